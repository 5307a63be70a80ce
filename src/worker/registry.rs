//! The tables of what can be run: maps and programs.

use super::program::Bench;
use super::program_info::Program;
use super::session::Session;
use crate::error::{Error, Result};
use crate::maps::{self, MapFamily, MapInfo};
use crate::record::{MapRecord, Settings};
use crate::workload::Workload;

/// A row of the table of maps.
#[derive(Clone, Copy)]
pub struct MapEntry {
    /// What is known of it.
    pub info: MapInfo,
    /// Whether another program runs it: the one that handed its command line over.
    pub is_elsewhere: bool,
    run: fn(&Workload, &mut Session) -> Result<()>,
}

impl MapEntry {
    /// The row of a map.
    pub fn of<F: MapFamily>() -> Self {
        MapEntry { info: F::INFO, is_elsewhere: false, run: loops_of::<F>() }
    }

    /// The row of a map that another program runs.
    pub(super) fn elsewhere(info: MapInfo) -> Self {
        let run = |_: &Workload, _: &mut Session| Err(Error::case("this map is another program's"));
        MapEntry { info, is_elsewhere: true, run }
    }

    /// How the map stands in a record.
    pub fn record(&self) -> MapRecord {
        let (package, version) = self.info.package;
        MapRecord { package: package.to_owned(), version: version.to_owned(), varies: self.info.varies }
    }

    pub(super) fn run(&self, workload: &Workload, session: &mut Session) -> Result<()> {
        (self.run)(workload, session)
    }
}

/// How workloads run on maps of family `F`.
#[cfg(not(test))]
fn loops_of<F: MapFamily>() -> fn(&Workload, &mut Session) -> Result<()> {
    super::driver::run::<F>
}

/// Unit tests run no map, and compiling the loops of every map, key and value for them takes minutes.
#[cfg(test)]
fn loops_of<F: MapFamily>() -> fn(&Workload, &mut Session) -> Result<()> {
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
