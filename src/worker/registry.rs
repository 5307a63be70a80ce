//! The tables of what can be run: maps and programs.

use super::program::Bench;
use super::program_info::Program;
use super::session::Session;
use crate::error::{Error, Result};
use crate::maps::{self, MapFamily, MapInfo, MapOf, Pairs};
use crate::record::{MapRecord, Settings};
use crate::workload::payload::{KeyInfo, ValueInfo};
use crate::workload::spec::{Size, Workload};
use crate::workload::{Key, Value};

/// A row of the table of maps.
#[derive(Clone)]
pub struct MapEntry {
    /// What is known of it.
    pub info: MapInfo,
    /// Whether another program runs it: the one that handed its command line over.
    pub is_elsewhere: bool,
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
    run: fn(&Workload, &mut Session) -> Result<()>,
}

impl Pair {
    /// Whether the workload's keys and values are of these types.
    fn is_of(&self, workload: &Workload) -> bool {
        let sized = self.value.bytes.is_none_or(|bytes| workload.value.size == Size::Fixed(bytes));
        self.key.name == workload.key.kind && self.value.name == workload.value.kind && sized
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
        self.0.push(Pair { key: K::INFO, value: V::INFO, run: run_of::<F, K, V>() });
    }
}

impl MapEntry {
    /// The row of a map.
    pub fn of<F: MapFamily>() -> Self {
        let mut pairs = Listed::default();
        F::pairs(&mut pairs);
        MapEntry { info: F::INFO, is_elsewhere: false, pairs: pairs.0 }
    }

    /// The row of a map that another program runs.
    pub(super) fn elsewhere(info: MapInfo) -> Self {
        MapEntry { info, is_elsewhere: true, pairs: Vec::new() }
    }

    /// How the map stands in a record.
    pub fn record(&self) -> MapRecord {
        let (package, version) = self.info.package;
        MapRecord { package: package.to_owned(), version: version.to_owned(), varies: self.info.varies }
    }

    /// Refuses a workload whose pair of key and value types the map is not compiled for.
    ///
    /// # Errors
    /// The message names the values that the map has beside such keys, or the keys that it has.
    pub fn check_types(&self, workload: &Workload) -> Result<()> {
        if self.is_elsewhere || self.pairs.iter().any(|pair| pair.is_of(workload)) {
            return Ok(());
        }
        let key = &workload.key.kind;
        let mut names: Vec<&str> =
            self.pairs.iter().filter(|pair| pair.key.name == key).map(|pair| pair.value.rust).collect();
        let (what, beside) = match names.is_empty() {
            false => ("values", format!(" beside {key} keys")),
            true => ("keys", String::new()),
        };
        if names.is_empty() {
            names = self.pairs.iter().map(|pair| pair.key.name).collect();
        }
        names.dedup();
        Err(Error::input(format!(
            "workload \"{}\" has {} keys and {} values, for which {} is not compiled: its {what}{beside} are {}",
            workload.name,
            workload.key.rust,
            workload.value.rust,
            self.info.name,
            names.join(", ")
        )))
    }

    pub(super) fn run(&self, workload: &Workload, session: &mut Session) -> Result<()> {
        if self.is_elsewhere {
            return Err(Error::case("this map is another program's"));
        }
        self.check_types(workload)?;
        let pair = self.pairs.iter().find(|pair| pair.is_of(workload));
        pair.map_or(Ok(()), |pair| (pair.run)(workload, session))
    }
}

/// How workloads run on maps of family `F`.
#[cfg(not(test))]
fn run_of<F: MapOf<K, V>, K: Key, V: Value>() -> fn(&Workload, &mut Session) -> Result<()> {
    <F as super::driver::Driver>::drive::<K, V>
}

/// Unit tests run no map, and compiling the loops of every map, key and value for them takes minutes.
#[cfg(test)]
fn run_of<F: MapOf<K, V>, K: Key, V: Value>() -> fn(&Workload, &mut Session) -> Result<()> {
    |_, _| Err(Error::case(format!("unit tests do not run {}", F::INFO.name)))
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
    /// Programs of the user's own, which bring their own map.
    pub programs: Vec<Program>,
}

impl Registry {
    /// The map of that name.
    pub fn map(&self, name: &str) -> Option<&MapEntry> {
        self.maps.iter().find(|entry| entry.info.name == name)
    }

    /// Whether a map answers nothing, so that its figures are the harness's own.
    pub fn is_floor(&self, map: &str) -> bool {
        self.map(map).map_or(map == "null", |entry| !entry.info.answers)
    }

    /// The program of that name.
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.name == name)
    }

    pub(super) fn run_program(
        &self,
        program: &Program,
        arguments: &[String],
        settings: &Settings,
        session: &mut Session,
    ) -> Result<()> {
        let mut bench = Bench::new(session, arguments, settings);
        (program.body)(&mut bench);
        bench.finish()
    }
}
