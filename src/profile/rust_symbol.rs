//! Function names of Rust: taken apart for the rules of attribution, and shortened for the eye.
//!
//! Two manglings are met in one binary: the legacy one (`hashbrown::raw::RawTable<T,A>::reserve`) and v0
//! (`<hashbrown::raw::RawTable<u8>>::reserve::<F>`), which the standard library itself is built with.

use crate::printable::printable;

/// A function's name without generic arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The type or module that has the function, and the function: `alloc::string::String::clone`.
    pub subject: String,
    /// For a method of a trait, the same through the trait: `core::clone::Clone::clone`.
    pub via: Option<String>,
    /// Whether the owner is a type without a module: built-in (`[u8]`), or a type parameter (`T`).
    pub bare: bool,
}

impl Path {
    /// Takes a demangled name apart.
    pub fn of(name: &str) -> Path {
        if monstrous(name) {
            return Path { subject: name.to_owned(), via: None, bare: false };
        }
        let Some((inner, rest)) = bracketed(name) else {
            return Path { subject: plain(name), via: None, bare: false };
        };
        let rest = plain(rest);
        let (owner, of_trait) = match split_as(inner) {
            Some((owner, of_trait)) => (owner, Some(of_trait)),
            None => (inner, None),
        };
        let owner = base(owner);
        Path {
            bare: owner.starts_with(['[', '(']) || !owner.contains("::"),
            subject: owner + &rest,
            via: of_trait.map(|of_trait| base(of_trait) + &rest),
        }
    }
}

/// The longest name that is taken apart, bytes. Names of real functions stay far below; a longer one is shown as it is,
/// cut off.
const LONGEST: usize = 1 << 14;

/// The most brackets that are taken apart: some may be nested, and each level is a call.
const MOST_BRACKETS: usize = 512;

/// Whether a name is too long or has too many brackets to be taken apart: a file of another program may hold anything.
fn monstrous(name: &str) -> bool {
    name.len() > LONGEST || name.matches('<').count() > MOST_BRACKETS
}

/// `name` for display: generic arguments become `<…>`, and no character that the folded form needs is left in, nor any
/// that a terminal would obey.
pub fn short(name: &str) -> String {
    if monstrous(name) {
        let cut = &name[..name.floor_char_boundary(200)];
        return printable(&cut.replace(';', ",")).into_owned();
    }
    let shown = match bracketed(name) {
        Some((inner, rest)) => match split_as(inner) {
            Some((owner, of_trait)) => {
                format!("<{} as {}>{}", collapse(owner), collapse(of_trait), collapse(rest))
            }
            None => format!("{}{}", collapse(inner), collapse(rest)),
        },
        None => collapse(name),
    };
    // A function's own arguments come last.
    let shown = shown.replace("::<…>", "");
    printable(&shown.strip_suffix("<…>").unwrap_or(&shown).replace(';', ",")).into_owned()
}

/// [`short`] with the modules in the middle left out: `hashbrown::…::RawTable<…>::reserve`, `<Vec<…> as Value>::make`.
pub fn brief(name: &str) -> String {
    let shown = short(name);
    if let Some((inner, rest)) = bracketed(&shown)
        && let Some((owner, of_trait)) = split_as(inner)
    {
        let last = |path: &str| segments(path).last().map_or_else(String::new, |s| s.to_string());
        return format!("<{} as {}>{rest}", last(owner), last(of_trait));
    }
    let parts = segments(&shown);
    // A closure is told by the function that it is in.
    let closures = parts.iter().rev().take_while(|part| part.starts_with('{')).count();
    let kept = 2 + closures;
    if parts.len() <= kept + 1 {
        return shown;
    }
    format!("{}::…::{}", parts[0], parts[parts.len() - kept..].join("::"))
}

/// The parts of a path between `::` outside of brackets.
fn segments(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, _, depth) in scan(path) {
        if depth == 0 && index >= start && path[index..].starts_with("::") {
            parts.push(&path[start..index]);
            start = index + 2;
        }
    }
    parts.push(&path[start..]);
    parts
}

/// The inside of the `<…>` that a name starts with, and what follows it.
fn bracketed(name: &str) -> Option<(&str, &str)> {
    let inner = name.strip_prefix('<')?;
    let close = scan(inner).find(|(_, c, depth)| *c == '>' && *depth == -1)?.0;
    Some((&inner[..close], &inner[close + 1..]))
}

/// Splits `T as Trait`.
fn split_as(inner: &str) -> Option<(&str, &str)> {
    let at = scan(inner).find(|(i, _, depth)| *depth == 0 && inner[*i..].starts_with(" as "))?.0;
    Some((&inner[..at], &inner[at + 4..]))
}

/// Characters with their place and how many brackets are open after them. The `>` of `->` closes nothing.
fn scan(text: &str) -> impl Iterator<Item = (usize, char, i32)> + '_ {
    let mut depth = 0;
    let mut before = ' ';
    text.char_indices().map(move |(index, c)| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        before = c;
        (index, c, depth)
    })
}

/// The path of a type: no references, no generic arguments.
fn base(owner: &str) -> String {
    let mut owner = owner.trim();
    loop {
        let stripped = ["&mut ", "*const ", "*mut ", "&", "dyn "].iter().find_map(|p| owner.strip_prefix(p));
        match stripped {
            Some(rest) => owner = rest.trim_start(),
            None => break,
        }
    }
    if owner.starts_with('<') { Path::of(owner).subject } else { plain(owner) }
}

/// Without generic arguments; unchanged if the angle brackets do not match up (C++ operators).
fn plain(name: &str) -> String {
    match angle(name, "") {
        Some(plain) => plain.replace("::::", "::").trim_end_matches("::").to_string(),
        None => name.to_string(),
    }
}

/// With generic arguments shown as `<…>`.
fn collapse(name: &str) -> String {
    // An `<impl …>` block is part of the path: without it only the module would be left.
    if let Some((before, rest)) = name.split_once("<impl ")
        && let Some((inner, after)) = bracketed(&format!("<{rest}"))
    {
        return format!("{}<impl {}>{}", collapse(before), collapse(inner), collapse(after));
    }
    angle(name, "<…>").unwrap_or_else(|| name.to_string())
}

/// Puts `instead` in place of every outermost `<…>`.
fn angle(name: &str, instead: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0usize;
    let mut before = ' ';
    for c in name.chars() {
        match c {
            '<' => {
                if depth == 0 {
                    out.push_str(instead);
                }
                depth += 1;
            }
            '>' if before != '-' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        before = c;
    }
    (depth == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> (String, String) {
        let path = Path::of(name);
        (path.subject, path.via.unwrap_or_default())
    }

    #[test]
    fn both_manglings_give_the_same_path() {
        let wanted = ("hashbrown::raw::RawTable::reserve_rehash".to_string(), String::new());
        assert_eq!(path("hashbrown::raw::RawTable<T,A>::reserve_rehash"), wanted);
        assert_eq!(path("<hashbrown::raw::RawTable<(u64, fn(u8) -> u8)>>::reserve_rehash::<F>"), wanted);
    }

    #[test]
    fn a_trait_method_has_two_paths() {
        assert_eq!(
            path("<alloc::string::String as core::clone::Clone>::clone"),
            ("alloc::string::String::clone".into(), "core::clone::Clone::clone".into())
        );
        assert_eq!(
            path("<&mut mapprof::maps::sorted_vec::SortedMap<K,V> as mapprof::maps::Handle<K,V>>::insert"),
            ("mapprof::maps::sorted_vec::SortedMap::insert".into(), "mapprof::maps::Handle::insert".into())
        );
        assert_eq!(
            path("<T as alloc::slice::<impl [T]>::to_vec_in::ConvertVec>::to_vec"),
            ("T::to_vec".into(), "alloc::slice::to_vec_in::ConvertVec::to_vec".into())
        );
    }

    #[test]
    fn names_that_are_not_rust_stay_whole() {
        assert_eq!(path("operator<<").0, "operator<<");
        assert_eq!(path("main.(*Server).handle").0, "main.(*Server).handle");
        assert_eq!(short("runtime.mallocgc"), "runtime.mallocgc");
    }

    #[test]
    fn a_brief_name_keeps_the_crate_and_the_function() {
        assert_eq!(
            brief("hashbrown::raw::RawTable<T,A>::reserve_rehash"),
            "hashbrown::…::RawTable<…>::reserve_rehash"
        );
        assert_eq!(brief("dashmap::DashMap<K,V,S>::insert"), "dashmap::DashMap<…>::insert");
        assert_eq!(
            brief("seize::raw::collector::Collector::new::{{closure}}"),
            "seize::…::Collector::new::{{closure}}"
        );
        assert_eq!(
            brief("<alloc::vec::Vec<u8> as mapprof::workload::payload::value::Value>::make"),
            "<Vec<…> as Value>::make"
        );
        assert_eq!(brief("main"), "main");
    }

    #[test]
    fn a_hostile_name_is_shown_and_not_taken_apart() {
        for name in ["<".repeat(60_000), "a<impl ".repeat(20_000)] {
            assert_eq!(Path::of(&name).subject, name);
            assert!(short(&name).len() <= 200);
        }
        assert_eq!(short("a\u{1b}[31mb"), "a [31mb");
    }

    #[test]
    fn generic_arguments_are_collapsed_for_the_eye() {
        assert_eq!(
            short("std::collections::hash::map::HashMap<alloc::string::String, [u8; 4]>::insert"),
            "std::collections::hash::map::HashMap<…>::insert"
        );
        assert_eq!(
            short("<hashbrown::raw::RawTable<T, A>>::reserve::<F>"),
            "hashbrown::raw::RawTable<…>::reserve"
        );
        assert_eq!(
            short("<alloc::vec::Vec<T,A> as core::clone::Clone>::clone"),
            "<alloc::vec::Vec<…> as core::clone::Clone>::clone"
        );
        assert_eq!(short("alloc::slice::<impl [T]>::to_vec"), "alloc::slice::<impl [T]>::to_vec");
        assert_eq!(short("make_array::<[u8; 8]>"), "make_array");
        assert_eq!(short("hashbrown::raw::reserve<(u64, u64), Global>"), "hashbrown::raw::reserve");
        assert_eq!(short("<[u8; 8] as Key>::make"), "<[u8, 8] as Key>::make");
    }
}
