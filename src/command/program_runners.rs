//! Who runs a program: this one, and workers of other languages that have a program of the same name.

use crate::compare::filter::pattern;
use crate::error::{Error, Result};
use crate::worker::program::OWN_MAP;
use crate::worker::program_info::Program;
use crate::worker::registry::{Registry, RunBy, RuntimePrograms};

/// Whether a name of `--map` is that of the map that a program brings, in whichever language.
pub(super) fn is_own(map: &str) -> bool {
    map == OWN_MAP || map.strip_suffix(OWN_MAP).is_some_and(|before| before.ends_with('/'))
}

/// Who runs `program` for what stands after `--map`: `own` is this program, `go` every worker in Go, and `go1.19/own` one of them.
///
/// # Errors
/// When a map is named that does not reach into the program, or a worker has no such program.
pub(super) fn of(registry: &Registry, program: &Program, maps: &[String]) -> Result<Vec<RunBy>> {
    let here = if program.is_elsewhere { RunBy::Caller } else { RunBy::This };
    if maps.is_empty() {
        return Ok(vec![here]);
    }
    let mut runners: Vec<RunBy> = Vec::new();
    for map in maps.iter().map(|map| map.trim()) {
        let mut found = if map == OWN_MAP { vec![here.clone()] } else { Vec::new() };
        let pattern = pattern("--map", map)?;
        for runtime in registry.runtimes.iter().filter(|runtime| is_meant(runtime, map, &pattern)) {
            if !runtime.programs.contains(&program.runs) {
                return Err(Error::input(format!(
                    "workload \"{}\" is the program {}, which {} does not have; its programs are {}",
                    program.name,
                    program.runs,
                    runtime.worker.name,
                    runtime.programs.join(", ")
                )));
            }
            found.push(RunBy::Runtime(runtime.worker.clone()));
        }
        if found.is_empty() {
            return Err(Error::input(format!(
                "workload \"{0}\" is a program and brings its own map: --map {map} does not reach into it; leave --map out, \
                 or run \"{0}\" by itself",
                program.name
            )));
        }
        found.retain(|runner| !runners.contains(runner));
        runners.append(&mut found);
    }
    Ok(runners)
}

/// Whether a name of `--map` is about this worker.
fn is_meant(runtime: &RuntimePrograms, map: &str, pattern: &glob::Pattern) -> bool {
    map == runtime.language() || pattern.matches(&format!("{}/{OWN_MAP}", runtime.worker.name))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::programs;
    use crate::worker::registry::RuntimeWorker;

    fn registry() -> Registry {
        let runtime = |name: &str| RuntimePrograms {
            worker: Arc::new(RuntimeWorker {
                program: "worker".into(),
                name: name.to_owned(),
                toolchain: "go".into(),
            }),
            programs: vec!["map-reuse".to_owned()],
        };
        Registry {
            built_in_programs: programs::built_in(),
            runtimes: vec![runtime("go1.19"), runtime("go1.27")],
            ..Registry::default()
        }
    }

    fn names(program: &str, maps: &[&str]) -> Result<Vec<String>> {
        let registry = registry();
        let program = registry.built_in_programs.iter().find(|row| row.name == program).unwrap();
        let maps: Vec<String> = maps.iter().map(|map| (*map).to_owned()).collect();
        let name = |by: &RunBy| by.runtime().map_or("here".to_owned(), |worker| worker.name.clone());
        Ok(of(&registry, program, &maps)?.iter().map(name).collect())
    }

    #[test]
    fn go_is_each_worker_in_go_and_own_is_this_program() {
        assert_eq!(names("map-reuse", &[]).unwrap(), ["here"]);
        assert_eq!(names("map-reuse", &["own", "go"]).unwrap(), ["here", "go1.19", "go1.27"]);
        assert_eq!(names("map-reuse", &["go1.27/own", "go"]).unwrap(), ["go1.27", "go1.19"]);
        assert_eq!(names("map-reuse", &["*/own"]).unwrap(), ["go1.19", "go1.27"]);
    }

    #[test]
    fn what_does_not_reach_into_a_program_is_refused() {
        let why = |program, map| names(program, &[map]).unwrap_err().to_string();
        assert!(why("map-reuse", "std").contains("--map std does not reach into it"));
        assert!(why("static-map", "go").contains("go1.19 does not have; its programs are map-reuse"));
    }
}
