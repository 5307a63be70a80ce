//! What a case is run with besides its plan: the program as it was called, its environment and its arguments, as they
//! stand in the command that runs the case again.

use std::collections::BTreeMap;
use std::env::VarError;

use super::go_counterpart::LANGUAGE;
use super::run_request::RunRequest;
use crate::capture::heap_recording;
use crate::cli::HeapHow;
use crate::error::{Error, Result};
use crate::record::{CaseId, PassKind};
use crate::run::rerun::{Rerun, quoted};
use crate::worker::program::OWN_MAP;
use crate::worker::registry::RuntimeWorker;

/// This program as it was called: `mapprof`, or the binary of a user's own crate.
fn program() -> String {
    let name = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty()).unwrap_or("mapprof".to_owned())
}

/// The same as a shell takes it.
pub fn called() -> String {
    quoted(&program())
}

/// The environment that `--env` asks for.
///
/// # Errors
/// When one is no variable, is mapprof's own, or has no value.
pub fn environment(typed: &[String]) -> Result<BTreeMap<String, String>> {
    let mut environment = BTreeMap::new();
    for text in typed {
        let wrong = |why: &str| Error::input(format!("--env {text}: {why}"));
        let whole = with_value(text).map_err(|error| match error {
            VarError::NotPresent => wrong("is not set here; give it a value with NAME=VALUE"),
            VarError::NotUnicode(_) => {
                wrong("its value here is not UTF-8, as it must be; give it one with NAME=VALUE")
            }
        })?;
        let (name, value) = whole.split_once('=').unwrap_or_default();
        if name.is_empty() || whole.contains('\0') {
            return Err(wrong("a variable is wanted, as NAME=VALUE"));
        }
        if heap_recording::VARIABLES.contains(&name) {
            return Err(wrong("mapprof sets it itself, by the pass"));
        }
        environment.insert(name.to_owned(), value.to_owned());
    }
    Ok(environment)
}

/// A variable with its value, which is that of this process if none was given.
fn with_value(text: &str) -> std::result::Result<String, VarError> {
    match text.contains('=') {
        true => Ok(text.to_owned()),
        false => std::env::var(text).map(|value| format!("{text}={value}")),
    }
}

/// The command that runs one case of this run again; who serves it is added by whoever starts that program.
pub fn rerun_command(wanted: &RunRequest, case: &CaseId, runtime: Option<&RuntimeWorker>) -> Rerun {
    let (args, profiles) = (wanted.cases, wanted.profiles);
    let mut words = vec!["run".to_owned(), case.workload_and_variant()];
    let map = match runtime {
        // The language stands for its program.
        Some(_) if case.map == OWN_MAP => Some(LANGUAGE),
        _ => (case.map != OWN_MAP).then_some(case.map.as_str()),
    };
    words.extend(flag("--map", map));
    words.extend(flag("--go", runtime.map(|runtime| runtime.toolchain.to_string_lossy())));
    words.extend(flag("--entries", args.of.entries));
    words.extend(flag("--ops", args.of.ops));
    words.extend(flag("--seed", Some(args.seed)));
    words.extend(flag("--threads", args.threads));
    words.extend(flag("--repeat", (args.repeat != 1).then_some(args.repeat)));
    words.extend(flag("--workloads", args.of.workloads.as_ref().map(|folder| folder.to_string_lossy())));
    words.extend(args.of.set.iter().flat_map(|set| flag("--set", Some(set))));
    words.extend(profiles.heap.map(|how| match how {
        HeapHow::Jemalloc => "--heap".to_owned(),
        HeapHow::Exact => "--heap=exact".to_owned(),
        HeapHow::Dump => "--heap=dump".to_owned(),
    }));
    words.extend(args.optional_passes().into_iter().flat_map(|kind| match kind {
        PassKind::Latency => vec!["--latency".to_owned()],
        kind => vec!["--also".to_owned(), kind.name().to_owned()],
    }));
    words.extend(args.skip.iter().flat_map(|skip| flag("--skip", Some(skip.kind().name()))));
    words.extend(flag("--sample-bytes", profiles.sample_bytes.as_ref()));
    if let Some(how) = profiles.cpu {
        let backend = how.backend().map_or(String::new(), |backend| format!("={}", backend.name()));
        words.extend([format!("--cpu{backend}"), "--hertz".to_owned(), profiles.hertz.to_string()]);
    }
    words.extend(profiles.harness_frames.then(|| "--harness-frames".to_owned()));
    words.extend(wanted.verify.then(|| "--verify".to_owned()));
    words.extend(args.env.iter().flat_map(|set| flag("--env", with_value(set).ok())));
    Rerun { program: program(), words, arguments: args.arguments.clone() }
}

/// A flag and its value, if it has one.
fn flag(name: &str, value: Option<impl ToString>) -> impl Iterator<Item = String> {
    value.into_iter().flat_map(move |value| [name.to_owned(), value.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_has_names_and_values() {
        let parse = |text: &str| environment(&[text.to_owned()]);
        assert_eq!(parse("A=b=c").unwrap(), BTreeMap::from([("A".to_owned(), "b=c".to_owned())]));
        assert_eq!(parse("A=").unwrap()["A"], "");
        assert!(!parse("PATH").unwrap()["PATH"].is_empty(), "its value here");
        for (text, why) in [
            ("=b", "NAME=VALUE"),
            ("NOT_SET_ANYWHERE_HERE", "is not set here"),
            ("_RJEM_MALLOC_CONF=prof:true", "mapprof sets it itself"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(why) && said.starts_with(&format!("--env {text}: ")), "{said}");
        }
    }
}
