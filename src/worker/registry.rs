//! The tables of what can be run: maps and programs.

use std::path::PathBuf;
use std::sync::Arc;

use super::driver::drive;
use super::map_set::MapKind;
use super::program::Bench;
use super::program_info::Program;
use super::session::Session;
use crate::error::{Error, Result};
use crate::maps::{self, Collection, HashedMapOf, MapFamily, MapInfo, MapOf, Pairs};
use crate::record::{MapRecord, Settings};
use crate::workload::hashers::{HasherInfo, NamedHasher};
use crate::workload::payload::{KeyInfo, ValueInfo};
use crate::workload::spec::{Size, StepKind, Workload};
use crate::workload::{Key, Value, type_registry};

/// Who runs a map or a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RunBy {
    /// This program, or the one of `--worker`.
    #[default]
    This,
    /// The program that handed its command line over.
    Caller,
    /// A worker of another language.
    Runtime(Arc<RuntimeWorker>),
}

impl RunBy {
    /// The worker of another language, if one runs it.
    pub fn runtime(&self) -> Option<&RuntimeWorker> {
        match self {
            RunBy::Runtime(worker) => Some(worker),
            RunBy::This | RunBy::Caller => None,
        }
    }
}

/// A worker of another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeWorker {
    /// The program.
    pub program: PathBuf,
    /// The language with its version, as runs are named by it: `go1.19`.
    pub name: String,
    /// The command of the language that it was built with.
    pub toolchain: PathBuf,
}

/// A row of the table of maps.
#[derive(Clone)]
pub struct MapEntry {
    /// What is known of it.
    pub info: MapInfo,
    /// Who runs it.
    pub run_by: RunBy,
    /// The pairs of a key and a value type that it is compiled for; empty where another program runs it.
    pub pairs: Vec<Pair>,
}

/// A pair of a key and a value type that a map is compiled for.
#[derive(Clone, Copy)]
pub struct Pair {
    /// The keys.
    pub key: KeyInfo,
    /// The values.
    pub value: ValueInfo,
    /// The hasher; none if it is the map's own.
    pub hasher: Option<HasherInfo>,
    kind: MapKind,
}

impl Pair {
    /// Whether the workload's hasher is this one.
    fn hashes_as(&self, workload: &Workload) -> bool {
        self.hasher.map(|info| info.name) == workload.hasher.as_ref().map(|hasher| hasher.kind.as_str())
    }

    /// Whether the workload's keys and values are of these types.
    fn is_of(&self, workload: &Workload) -> bool {
        let sized = self.value.bytes.is_none_or(|bytes| workload.value.size == Size::Fixed(bytes));
        workload.key.is_of(&self.key) && self.value.name == workload.value.kind && sized
    }
}

/// Takes the pairs of a family in.
#[derive(Default)]
struct Listed(Vec<Pair>);

impl<F: MapFamily> Pairs<F> for Listed {
    fn add<K: Key, V: Value>(&mut self)
    where
        F: MapOf<K, V>,
    {
        let kind = kind_of::<F, K, V, <F as MapOf<K, V>>::Map>();
        self.0.push(Pair { key: K::INFO, value: V::INFO, hasher: None, kind });
    }

    fn add_hashed<K: Key, V: Value, S: NamedHasher>(&mut self)
    where
        F: HashedMapOf<K, V, S>,
    {
        let kind = kind_of::<F, K, V, <F as HashedMapOf<K, V, S>>::Map>();
        self.0.push(Pair { key: K::INFO, value: V::INFO, hasher: Some(S::INFO), kind });
    }
}

impl MapEntry {
    /// The row of a map.
    pub fn of<F: MapFamily>() -> Self {
        let mut pairs = Listed::default();
        F::pairs(&mut pairs);
        MapEntry { info: F::INFO, run_by: RunBy::This, pairs: pairs.0 }
    }

    /// The row of a map that another program runs.
    pub(super) fn elsewhere(info: MapInfo, run_by: RunBy) -> Self {
        MapEntry { info, run_by, pairs: Vec::new() }
    }

    /// Whether another program runs it.
    pub fn is_elsewhere(&self) -> bool {
        self.run_by != RunBy::This
    }

    /// What it is called, with the runtime if another language has it: `std`, `go1.19/go`.
    pub fn label(&self) -> String {
        match self.run_by.runtime() {
            Some(runtime) => format!("{}/{}", runtime.name, self.info.name),
            None => self.info.name.to_owned(),
        }
    }

    /// How the map stands in a record.
    pub fn record(&self) -> MapRecord {
        let (package, version) = self.info.package;
        MapRecord { package: package.to_owned(), version: version.to_owned(), varies: self.info.varies }
    }

    /// Why it cannot run the workload for its types or its hasher: the map is not compiled for them. Names what it has instead.
    pub fn lacks_types(&self, workload: &Workload) -> Option<String> {
        if self.is_elsewhere()
            || self.pairs.iter().any(|pair| pair.is_of(workload) && pair.hashes_as(workload))
        {
            return None;
        }
        let (key, value) = (&workload.key, &workload.value);
        let hashed: Vec<&Pair> = self.pairs.iter().filter(|pair| pair.hashes_as(workload)).collect();
        if let (Some(hasher), true) = (&workload.hasher, hashed.is_empty()) {
            return Some(format!("it cannot be given a hasher such as {}; leave `hasher` out", hasher.kind));
        }
        let list = |names: &mut dyn Iterator<Item = &'static str>| {
            let mut all: Vec<&str> = Vec::new();
            names.for_each(|name| {
                if !all.contains(&name) {
                    all.push(name);
                }
            });
            all.join(", ")
        };
        let beside = |pair: &&&Pair| key.is_of(&pair.key);
        let values = list(&mut hashed.iter().filter(beside).map(|pair| pair.value.rust));
        let instead = match values.as_str() {
            "" => format!("its keys are {}", list(&mut hashed.iter().map(|pair| pair.key.rust))),
            values => format!("beside such keys it has {values}"),
        };
        let by = workload.hasher.as_ref().map_or(String::new(), |hasher| format!(" by {}", hasher.kind));
        Some(format!("it is not compiled for {} keys with {} values{by}; {instead}", key.rust, value.rust))
    }

    /// Bytes that the maps of the workload take before the first entry, at least: those of each in the vector that they lie in,
    /// and the slots that it is pre-sized with. 0 where another program runs it.
    pub fn least_bytes(&self, workload: &Workload) -> u64 {
        let pair = self.pairs.iter().find(|pair| pair.is_of(workload) && pair.hashes_as(workload));
        let made = workload.steps().filter(|step| step.kind == StepKind::New).map(|step| step.entries);
        let slots = made.chain([workload.capacity]).flatten().max().unwrap_or(0);
        pair.map_or(0, |pair| {
            let entries = slots.saturating_mul(pair.kind.entry_bytes as u64);
            workload.instances.saturating_mul(entries.saturating_add(pair.kind.map_bytes as u64))
        })
    }

    pub(super) fn run(&self, workload: &Workload, session: &mut Session) -> Result<()> {
        if self.is_elsewhere() {
            return Err(Error::case("this map is another program's"));
        }
        if let Some(why) = self.lacks_types(workload) {
            return Err(Error::input(format!(
                "map \"{}\" cannot run {}: {why}",
                self.info.name, workload.name
            )));
        }
        let pair = self.pairs.iter().find(|pair| pair.is_of(workload) && pair.hashes_as(workload));
        pair.map_or(Ok(()), |pair| drive(workload, &self.info, &pair.kind, session))
    }
}

/// The kind of maps of family `F` of these types.
#[cfg(not(test))]
fn kind_of<F: MapFamily, K: Key, V: Value, C: Collection<K, V>>() -> MapKind {
    MapKind::of::<F, K, V, C>()
}

/// Unit tests run no map, and compiling the loops of every map, key and value for them takes minutes.
#[cfg(test)]
#[expect(clippy::extra_unused_type_parameters, reason = "the other one uses it")]
fn kind_of<F: MapFamily, K: Key, V: Value, C: Collection<K, V>>() -> MapKind {
    MapKind {
        none_yet: || panic!("unit tests run no map"),
        open_stream: |_, _, _, _| panic!("unit tests run no map"),
        map_bytes: size_of::<C>(),
        entry_bytes: if C::KEEPS_KEYS { size_of::<(K, V)>() } else { size_of::<V>() },
        spare_bytes: C::SPARE_BYTES,
        spare_bytes_per_thread: C::SPARE_BYTES_PER_THREAD,
    }
}

/// The built-in maps, in the order in which they are listed.
pub fn built_in_maps() -> Vec<MapEntry> {
    macro_rules! entries {
        ($($module:ident :: $family:ident,)*) => { vec![$(MapEntry::of::<maps::$module::$family>(),)*] };
    }
    maps::built_in!(entries)
}

/// All that a program built on mapprof can run.
#[derive(Default)]
pub struct Registry {
    /// Maps.
    pub maps: Vec<MapEntry>,
    /// Programs that can be named: those of the user's own, and in the parent those that workload files stand for. They
    /// bring their own map.
    pub programs: Vec<Program>,
    /// Built-in programs, which workload files name.
    pub built_in_programs: Vec<Program>,
    /// What workers of other languages have.
    pub runtimes: Vec<RuntimePrograms>,
}

/// The programs of a worker of another language.
#[derive(Debug, Clone)]
pub struct RuntimePrograms {
    /// The worker.
    pub worker: Arc<RuntimeWorker>,
    /// Names of the programs, which do the same as the built-in ones of these names.
    pub programs: Vec<String>,
}

impl RuntimePrograms {
    /// The language, without its version: `go`.
    pub fn language(&self) -> &str {
        self.worker.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
    }
}

impl Registry {
    /// Has every built-in map compiled for keys of type `K` with values of type `V`, and workloads know both.
    pub fn add_types<K: Key, V: Value>(&mut self) {
        type_registry::add::<K, V>();
        macro_rules! each {
            ($($module:ident :: $family:ident,)*) => {$(
                self.add_pair::<maps::$module::$family, K, V>();
            )*};
        }
        maps::built_in!(each);
    }

    #[cfg_attr(not(feature = "maps"), allow(dead_code, reason = "there are no built-in maps"))]
    fn add_pair<F: MapOf<K, V>, K: Key, V: Value>(&mut self) {
        let of_family = |entry: &&mut MapEntry| entry.info.name == F::INFO.name && !entry.is_elsewhere();
        if let Some(entry) = self.maps.iter_mut().find(of_family) {
            let mut listed = Listed::default();
            Pairs::<F>::add::<K, V>(&mut listed);
            entry.pairs.extend(listed.0);
        }
    }

    /// The other languages that have maps here, each once.
    pub fn runtimes(&self) -> impl Iterator<Item = &str> {
        let mut told = Vec::new();
        let named = self.maps.iter().filter_map(|entry| Some(entry.run_by.runtime()?.name.as_str()));
        named.filter(move |name| {
            let is_new = !told.contains(name);
            told.push(*name);
            is_new
        })
    }

    /// The maps of this name, or of this label: several of a language whose versions each have it.
    pub fn maps_named(&self, name: &str) -> impl Iterator<Item = &MapEntry> {
        self.maps.iter().filter(move |entry| entry.info.name == name || entry.label() == name)
    }

    /// The map of that name.
    pub fn map(&self, name: &str) -> Option<&MapEntry> {
        self.maps.iter().find(|entry| entry.info.name == name)
    }

    /// Whether a map answers nothing, so that its figures are the harness's own.
    pub fn is_floor(&self, map: &str) -> bool {
        self.map(map).map_or(map == "null" || map == "go-null", |entry| !entry.info.answers)
    }

    /// The program of that name.
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.name == name)
    }

    /// The program that a workload file or a request names: one of the user's own, or else a built-in one.
    pub fn program_to_run(&self, name: &str) -> Option<&Program> {
        let built_in = || self.built_in_programs.iter().find(|program| program.name == name);
        self.program(name).or_else(built_in)
    }

    pub(super) fn run_program(
        &self,
        program: &Program,
        arguments: &[String],
        settings: &Settings,
        session: &mut Session,
    ) -> Result<()> {
        let settings = program.completed(settings)?;
        let mut bench = Bench::new(session, arguments, &settings);
        (program.body)(&mut bench);
        bench.finish()
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;
    use crate::workload::hashers::HASHERS;
    use crate::workload::{Catalog, Overrides};

    #[test]
    fn the_usual_workloads_take_every_hasher() {
        let (catalog, maps) = (Catalog::load(None).unwrap(), built_in_maps());
        let std = maps.iter().find(|entry| entry.info.name == "std").unwrap();
        for info in HASHERS {
            // Types that few maps have are not compiled with each hasher.
            for name in ["churn", "large-values", "skewed-keys", "sparse-iterate"] {
                let set = vec![format!("hasher={}", info.name)];
                let workload = catalog.get(name, &Overrides { set, ..Overrides::default() }).unwrap();
                assert_eq!(std.lacks_types(&workload), None, "{name}");
            }
        }
    }
}
