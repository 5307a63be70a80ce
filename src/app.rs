//! The program: its tables of maps and workloads, and `main`.

use std::process::ExitCode;

use crate::maps::MapFamily;
use crate::programs;
use crate::worker::program::Bench;
use crate::worker::program_info::{Program, ProgramVariant};
use crate::worker::registry::{MapEntry, Registry, built_in_maps};
use crate::workload::{Key, Value};

/// A mapprof command with its maps and workloads. [`App::new`] has the built-in ones; add your own, then call
/// [`App::main`] and nothing else in `main`: children are the same program started again.
pub struct App {
    registry: Registry,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// The built-in maps and workloads.
    pub fn new() -> Self {
        let built_in_programs = programs::built_in();
        App { registry: Registry { maps: built_in_maps(), built_in_programs, ..Registry::default() } }
    }

    /// Adds a map of your own. A name that is there already is replaced.
    pub fn map<F: MapFamily>(mut self) -> Self {
        self.registry.maps.retain(|entry| entry.info.name != F::INFO.name);
        self.registry.maps.push(MapEntry::of::<F>());
        self
    }

    /// Adds types of keys and values of your own: workload files may name them, and every built-in map is compiled for keys of
    /// type `K` with values of type `V`. A map of your own names the pair in [`MapFamily::pairs`].
    pub fn types<K: Key, V: Value>(mut self) -> Self {
        self.registry.add_types::<K, V>();
        self
    }

    /// Adds a workload of your own as a closure that brings its own map. It is called once in every pass and must do
    /// the same each time.
    pub fn program(
        mut self,
        name: &str,
        about: &str,
        body: impl Fn(&mut Bench) + Send + Sync + 'static,
    ) -> Self {
        self.registry.programs.retain(|program| program.name != name);
        self.registry.programs.push(Program::new(name, about, body));
        self
    }

    /// Says how many entries the program added last puts in, if the user does not say otherwise with `--entries`: what
    /// [`Bench::entries`] returns.
    pub fn entries(mut self, entries: u64) -> Self {
        if let Some(program) = self.registry.programs.last_mut() {
            program.settings.entries = Some(entries);
        }
        self
    }

    /// Gives the program added last a parameter with its default. `--set name=value` sets another value, and
    /// [`Bench::param`] returns it.
    pub fn param(mut self, name: &str, default: impl ToString) -> Self {
        if let Some(program) = self.registry.programs.last_mut() {
            program.settings.parameters.insert(name.to_owned(), default.to_string());
        }
        self
    }

    /// Gives the program added last a variant: `parameters` are those whose values differ, by name. Runs of all variants
    /// are rows of one table; a program with variants is not run without one.
    pub fn variant<V: ToString>(
        mut self,
        name: &str,
        about: &str,
        parameters: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        if let Some(program) = self.registry.programs.last_mut() {
            let parameters =
                parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
            program.variants.retain(|variant| variant.name != name);
            program.variants.push(ProgramVariant {
                name: name.to_owned(),
                about: about.to_owned(),
                entries: None,
                parameters,
            });
        }
        self
    }

    /// Reads the command line and does what it says. The exit code is 0 when it is done, 1 when a check, a budget or `--verify`
    /// failed, 2 for wrong usage or input, 3 when a case failed to run, 130 when interrupted.
    pub fn main(self) -> ExitCode {
        #[cfg(feature = "cli")]
        let code = crate::command::main(self.registry);
        #[cfg(not(feature = "cli"))]
        let code = crate::worker::worker_main::main(&self.registry);
        ExitCode::from(code)
    }
}
