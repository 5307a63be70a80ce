//! The rules of attribution: what kind of frame a function is, by its name. One table, read from the top; the first
//! row that fits decides.
//!
//! A row sees the function's path without generic arguments ([`super::rust_symbol::Path`]).

use std::sync::LazyLock;

use super::class::Class;
use super::go_rules;
use super::rust_symbol::Path;
use crate::maps;

/// How a row names functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The whole path.
    Exact(&'static str),
    /// The path or a module, type or function that it begins with.
    Under(&'static str),
    /// The first characters of the path.
    Start(&'static str),
    /// Characters anywhere in the path.
    Contains(&'static str),
    /// Characters anywhere in the name of the source file.
    File(&'static str),
}

impl Pattern {
    /// Whether the path (of source file `file`, which may be empty) fits.
    pub fn fits(self, path: &str, file: &str) -> bool {
        match self {
            Pattern::Exact(whole) => path == whole,
            Pattern::Under(head) => path
                .strip_prefix(head)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')),
            Pattern::Start(head) => path.starts_with(head),
            Pattern::Contains(part) => path.contains(part),
            Pattern::File(part) => file.contains(part),
        }
    }
}

/// A row: which functions, what they are, and why.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Which functions.
    pub pattern: Pattern,
    /// What they are.
    pub class: Class,
    /// Why.
    pub why: &'static str,
}

const fn rule(pattern: Pattern, class: Class, why: &'static str) -> Rule {
    Rule { pattern, class, why }
}

use Class::{Adapter, Allocator, Glue, Harness, KeyMaker, Map, OperationLoop, ProgramLoop, Shim, ValueMaker};
use Pattern::{Contains, Exact, File, Start, Under};

/// The rules before those of the maps, most specific first.
const SPECIFIC: &[Rule] = &[
    // mapprof itself.
    rule(
        Under("mapprof::workload::payload::make_key"),
        KeyMaker,
        "the only place where a workload allocates a key",
    ),
    rule(
        Under("mapprof::workload::payload::make_value"),
        ValueMaker,
        "the only place where a workload allocates a value",
    ),
    rule(
        Under("mapprof::workload::payload::key::Key::make"),
        KeyMaker,
        "the key's own constructor: the maker may jump to it and leave no frame",
    ),
    rule(
        Under("mapprof::workload::payload::value::Value::make"),
        ValueMaker,
        "the value's own constructor: the maker may jump to it and leave no frame",
    ),
    rule(Under("mapprof::workload::payload::clone_key"), KeyMaker, "where a map is rebuilt, keys are cloned"),
    rule(
        Under("mapprof::workload::payload::clone_value"),
        ValueMaker,
        "where a map is rebuilt, values are cloned",
    ),
    rule(
        Start("mapprof::worker::replay::operations"),
        OperationLoop,
        "what lies inside belongs to the map or its payload",
    ),
    rule(
        Start("mapprof::worker::replay::Loops::operations"),
        OperationLoop,
        "the loops of a family of maps, which begin it",
    ),
    rule(
        Start("mapprof::worker::life_cycle::LifeCycle::operations"),
        OperationLoop,
        "the same border around the making of the map and the steps of its life cycle",
    ),
    rule(
        Start("mapprof::worker::program::operations"),
        ProgramLoop,
        "the same border around a user's own program",
    ),
    rule(Under("mapprof::worker::program::key"), KeyMaker, "a user's own code says that it makes a key"),
    rule(
        Under("mapprof::worker::program::value"),
        ValueMaker,
        "a user's own code says that it makes a value",
    ),
    rule(Under("mapprof::maps"), Adapter, "hands a call to a map; its own data is the map's"),
    rule(Under("mapprof::capture"), Allocator, "the counting allocator and its ledger"),
    rule(
        Under("mapprof::programs"),
        Class::Other,
        "a built-in program: its code is measured, like that of a user's own program",
    ),
    rule(Under("mapprof"), Harness, "all the rest of mapprof"),
    // The allocator.
    rule(Under("__rustc"), Allocator, "the compiler's shims to the global allocator"),
    rule(Start("__rust_alloc"), Allocator, "the same shims before rustc 1.87"),
    rule(Start("__rust_realloc"), Allocator, "the same shims before rustc 1.87"),
    rule(Start("__rust_dealloc"), Allocator, "the same shims before rustc 1.87"),
    rule(Start("__rg_"), Allocator, "what the shims call"),
    rule(Start("__rdl_"), Allocator, "the shims to the default allocator"),
    rule(Start("_rjem_"), Allocator, "jemalloc's exported functions"),
    rule(Start("je_"), Allocator, "jemalloc's exported functions, other prefix"),
    rule(Under("tikv_jemallocator"), Allocator, "jemalloc's Rust side"),
    rule(Under("tikv_jemalloc_sys"), Allocator, "jemalloc's Rust side"),
    rule(Under("jemallocator"), Allocator, "jemalloc's Rust side, older crate"),
    rule(Under("mimalloc"), Allocator, "mimalloc's Rust side"),
    rule(Start("mi_"), Allocator, "mimalloc"),
    rule(Start("tc_"), Allocator, "tcmalloc's exported functions"),
    rule(Under("tcmalloc"), Allocator, "tcmalloc"),
    rule(Under("snmalloc"), Allocator, "snmalloc"),
    rule(Start("sn_"), Allocator, "snmalloc's exported functions"),
    rule(Start("operator new"), Shim, "C++'s front of the allocator"),
    rule(Start("operator delete"), Shim, "C++'s front of the allocator"),
    rule(File("jemalloc-sys-"), Allocator, "static functions of jemalloc, as its crate builds it"),
    rule(File("jemalloc/internal/"), Allocator, "inlined functions of jemalloc"),
    rule(File("jemalloc/src/"), Allocator, "static functions of jemalloc, from its own repository"),
    rule(Exact("prof_backtrace_impl"), Allocator, "jemalloc without debug information"),
    rule(Exact("imalloc"), Allocator, "jemalloc without debug information"),
    rule(Exact("imalloc_body"), Allocator, "jemalloc without debug information"),
    rule(Exact("mallocx"), Allocator, "jemalloc without its prefix"),
    rule(Exact("rallocx"), Allocator, "jemalloc without its prefix"),
    rule(Exact("sdallocx"), Allocator, "jemalloc without its prefix"),
    rule(Exact("do_rallocx"), Allocator, "jemalloc without debug information"),
    rule(Exact("malloc"), Allocator, "the C library's allocator"),
    rule(Exact("calloc"), Allocator, "the C library's allocator"),
    rule(Exact("realloc"), Allocator, "the C library's allocator"),
    rule(Exact("free"), Allocator, "the C library's allocator"),
    rule(Exact("cfree"), Allocator, "the C library's allocator"),
    rule(Exact("posix_memalign"), Allocator, "the C library's allocator"),
    rule(Exact("aligned_alloc"), Allocator, "the C library's allocator"),
    rule(Start("__libc_malloc"), Allocator, "the C library's allocator"),
    rule(Start("_int_malloc"), Allocator, "the C library's allocator"),
    rule(Start("_int_free"), Allocator, "the C library's allocator"),
    // Plumbing inside map crates, so that a site is the operation that grew the table and not its last helper.
    rule(Contains("::alloc::inner::"), Shim, "hashbrown's shim to the allocator"),
    rule(Contains("hashbrown::raw::alloc::do_alloc"), Shim, "the same, where names come without their types"),
    rule(Under("hashbrown::raw::new_uninitialized"), Glue, "the same, where names come without their types"),
    rule(
        Under("hashbrown::raw::fallible_with_capacity"),
        Glue,
        "the same, where names come without their types",
    ),
    rule(Under("hashbrown::raw::prepare_resize"), Glue, "the same, where names come without their types"),
    rule(Under("hashbrown::raw::resize_inner"), Glue, "the same, where names come without their types"),
    rule(
        Under("hashbrown::raw::reserve_rehash_inner"),
        Glue,
        "the same, where names come without their types",
    ),
    rule(
        Contains("::RawTable::new_uninitialized"),
        Glue,
        "hashbrown's allocation of a table, on behalf of a clone or a growth",
    ),
    rule(
        Contains("::RawTableInner::"),
        Glue,
        "the untyped half of hashbrown's RawTable: the typed half names the operation",
    ),
    rule(
        Under("alloc::collections::btree::node::NodeRef::new_leaf"),
        Glue,
        "calls LeafNode::new, which is the site",
    ),
    rule(
        Under("alloc::collections::btree::node::NodeRef::new_internal"),
        Glue,
        "calls InternalNode::new, which is the site",
    ),
    rule(Under("alloc::collections::btree::mem"), Glue, "BTreeMap's `replace` around a closure"),
];

/// The rules behind those of the maps, most specific first.
const GENERAL: &[Rule] = &[
    // The data structures of built-in programs that are of other packages and no map of the table.
    rule(Under("lru"), Map, "a cache"),
    rule(Under("moka"), Map, "a cache"),
    rule(Under("quick_cache"), Map, "a cache"),
    rule(Under("boomphf"), Map, "a map by a perfect hash"),
    // The start of the process and its threads.
    rule(
        Contains("::available_parallelism"),
        Glue,
        "asked by concurrent maps to choose their number of shards",
    ),
    rule(Contains("::cgroups::"), Glue, "asked by concurrent maps to choose their number of shards"),
    rule(Under("std::rt"), Harness, "before main"),
    rule(Under("std::sys::backtrace"), Harness, "before main and before a thread's closure"),
    rule(Under("std::thread"), Harness, "before a thread's closure"),
    rule(Under("std::sys::thread"), Harness, "before a thread's closure"),
    rule(Under("std::panicking"), Harness, "the catch around main and threads"),
    rule(Under("std::panic"), Harness, "the catch around main and threads"),
    rule(Exact("main"), Harness, "the C entry"),
    rule(Exact("_start"), Harness, "the process's first frame"),
    rule(Start("__libc_start"), Harness, "calls main"),
    rule(Exact("start_thread"), Harness, "the C library's thread start"),
    rule(Exact("clone"), Harness, "the C library's thread start"),
    rule(Exact("clone3"), Harness, "the C library's thread start"),
    rule(Exact("__clone3"), Harness, "the C library's thread start"),
    // What the harness draws its operations and takes its samples with.
    rule(Under("rand"), Harness, "random numbers of the operation stream"),
    rule(Under("rand_core"), Harness, "random numbers of the operation stream"),
    rule(Under("rand_pcg"), Harness, "random numbers of the operation stream"),
    rule(Under("libm"), Harness, "distributions of the operation stream"),
    rule(Under("pprof"), Harness, "the CPU profiler"),
    rule(Under("framehop"), Harness, "the CPU profiler"),
    rule(Under("tikv_jemalloc_ctl"), Harness, "reads jemalloc's counters"),
    rule(Under("rustix"), Harness, "system calls of the harness"),
    // Plumbing of the standard library and its stand-ins.
    rule(
        Under("core::hash::sip"),
        Class::Other,
        "std's hash function: a cost that the choice of hasher decides",
    ),
    rule(Under("alloc::alloc"), Shim, "the global allocator's front"),
    rule(Under("alloc::raw_vec"), Shim, "the buffer inside every vector"),
    rule(Under("alloc::boxed::box_new_uninit"), Shim, "the allocation inside Box::new"),
    rule(Under("allocator_api2::stable::alloc"), Shim, "a stand-in for `alloc::alloc`"),
    rule(Under("core"), Glue, "the language's own library"),
    rule(Under("alloc"), Glue, "vectors, strings, boxes: the data structure that uses them is the site"),
    rule(Under("std"), Glue, "the standard library"),
    rule(Under("allocator_api2"), Glue, "a stand-in for `alloc`"),
    rule(Under("crossbeam_channel"), Glue, "queues: the data structure that uses them is the site"),
    rule(Under("once_cell"), Glue, "a stand-in for `std::sync`"),
    rule(Under("equivalent"), Glue, "comparison of keys, on behalf of a map"),
];

/// Every rule, in the order in which they are read. What a map's own functions are is in its row ([`maps::BUILT_IN`]).
fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let of_maps = maps::BUILT_IN.iter().flat_map(|info| info.frames);
        let mut named = Vec::new();
        for path in of_maps.filter(|path| !path.is_empty()) {
            if !named.contains(path) {
                named.push(*path);
            }
        }
        let of_maps = named.into_iter().map(|path| rule(Under(path), Map, "a map, or what it frees through"));
        SPECIFIC.iter().copied().chain(of_maps).chain(GENERAL.iter().copied()).collect()
    });
    &RULES
}

/// Shared libraries that are an allocator and nothing else, by the beginning of their file's name. A stripped one has no
/// names for its functions.
const LIBRARIES: [&str; 4] = ["libjemalloc", "libtcmalloc", "libmimalloc", "libsnmalloc"];

/// Whether the file of a mapping is an allocator: `/usr/lib/libjemalloc.so.2`.
pub fn is_allocator(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    LIBRARIES.iter().any(|library| name.starts_with(library)) && name.contains(".so")
}

/// The class of the function `name` (demangled) in source file `file` (may be empty).
pub fn classify(name: &str, file: &str) -> Class {
    if let Some(class) = go_rules::class(name) {
        return class;
    }
    let path = Path::of(name);
    match class_of(&path, file) {
        Class::Other if makes_key(&path.subject) => Class::OwnKey,
        class => class,
    }
}

/// Whether a function of a user's own says by its name that it makes a key: it is called `key`, or its last word is (and no
/// word before says that it works by or with one), or its type is a key.
fn makes_key(path: &str) -> bool {
    let mut parts =
        path.split("::").filter(|part| !part.starts_with('{')).collect::<Vec<_>>().into_iter().rev();
    let Some(function) = parts.next() else { return false };
    let mut words = function.rsplit('_');
    let is_key = words.next().is_some_and(|word| matches!(word, "key" | "keys"));
    let about = words.next().is_some_and(|word| {
        matches!(
            word,
            "by" | "with" | "for" | "from" | "of" | "per" | "has" | "get" | "find" | "contains" | "remove"
        )
    });
    is_key && !about || parts.next().is_some_and(|owner| owner.ends_with("Key"))
}

fn class_of(path: &Path, file: &str) -> Class {
    let subject = look_up(&path.subject, file);
    let Some(via) = &path.via else {
        return subject.unwrap_or(match path.bare {
            // `<[u8]>::to_vec`: a method that the language's own library gives a built-in type.
            true => Glue,
            false if path.subject.contains("::") => Class::Other,
            false => Class::Foreign,
        });
    };
    // `<u8 as <[_]>::to_vec_in::ConvertVec>`: a trait inside a method of a built-in type.
    let via = look_up(via, "").or_else(|| via.starts_with(['[', '(']).then_some(Glue));
    match (subject, via) {
        // The loops are methods of a family of maps, which may be in any crate.
        (_, Some(OperationLoop)) => OperationLoop,
        // Whoever implements mapprof's map traits is an adapter, in whichever crate it lives.
        (None, Some(Adapter)) => Adapter,
        // The trait says whose code it is when the type is plain data: `<String as my_crate::Describe>::describe`.
        (Some(Glue), via) => via.unwrap_or(Class::Other),
        (Some(class), _) => class,
        (None, via) if path.bare => via.unwrap_or(Class::Other),
        (None, _) => Class::Other,
    }
}

fn look_up(path: &str, file: &str) -> Option<Class> {
    Some(rules().get(row(path, file)?)?.class)
}

/// The first row that fits.
fn row(path: &str, file: &str) -> Option<usize> {
    rules().iter().position(|rule| rule.pattern.fits(path, file))
}

/// The pattern of functions that pprof drops from the leaves of a heap profile, with what they call: the allocator's
/// and its shims' rows that go by name.
pub fn allocator_pattern() -> String {
    let mut parts: Vec<String> = rules()
        .iter()
        .filter(|rule| matches!(rule.class, Allocator | Shim))
        .filter_map(|rule| match rule.pattern {
            Exact(name) => Some(name.to_string()),
            Under(name) => Some(format!("<?{name}(?:::.*)?")),
            Start(name) => Some(format!("{name}.*")),
            Contains(name) => Some(format!(".*{name}.*")),
            File(_) => None,
        })
        .collect();
    // Their functions without a name: `libjemalloc.so.2+0x1234`.
    parts.extend(LIBRARIES.map(|library| format!("{library}[^/]*\\.so.*")));
    parts.dedup();
    parts.join("|")
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
