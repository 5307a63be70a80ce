//! Profiles at the paths that Go's servers have for them (`net/http/pprof`), so that `go tool pprof` takes an address.

use super::answer::Answer;
use super::route::{self, PROFILE_NAMES};
use super::run_folder::{RunFolder, ServedRun};
use crate::error::{Error, Result};
use crate::output::{CPU_PROFILE, HEAP_PROFILE};

/// The file of a run that a profile's name stands for.
fn file_of(name: &str) -> &'static str {
    if name == "profile" { CPU_PROFILE } else { HEAP_PROFILE }
}

/// Whether a run has a file.
fn has(run: &ServedRun, file: &str) -> bool {
    run.stored.as_ref().is_ok_and(|stored| stored.record.files.iter().any(|name| name == file))
}

/// A profile of a run; of the only run that has it, if none is named. A line says so if there is no such run, several could be
/// meant, or the run has no such profile.
pub(super) fn profile(folder: &RunFolder, name: &str, run: Option<&str>) -> Answer {
    let file = file_of(name);
    let run = run.map_or_else(|| the_only_one(folder, name, file), |run| Ok(run.to_owned()));
    match run.and_then(|run| folder.file(&run, file)) {
        Ok(bytes) => Answer::download(file, bytes),
        Err(error) => Answer::refused(404, format!("{error}\n")),
    }
}

/// The name of the only run with `file`.
fn the_only_one(folder: &RunFolder, name: &str, file: &str) -> Result<String> {
    let runs = folder.runs()?;
    let with: Vec<&ServedRun> = runs.iter().filter(|run| has(run, file)).collect();
    match with.as_slice() {
        [one] => Ok(one.name.clone()),
        [] => Err(Error::input(format!("no run here has {file}"))),
        [first, ..] => {
            let example = route::link(&format!("/debug/pprof/{name}"), [first.name.as_str()]);
            Err(Error::input(format!("{} runs have {file}; name one, such as {example}", with.len())))
        }
    }
}

/// The addresses of all profiles, one in a line.
pub(super) fn index(folder: &RunFolder) -> Answer {
    let runs = match folder.runs() {
        Ok(runs) => runs,
        Err(error) => return Answer::refused(404, format!("{error}\n")),
    };
    let mut text = String::new();
    for run in runs {
        for name in PROFILE_NAMES.into_iter().filter(|name| has(&run, file_of(name))) {
            text.push_str(&route::link(&format!("/debug/pprof/{name}"), [run.name.as_str()]));
            text.push('\n');
        }
    }
    Answer::text(text)
}
