//! Profiles at the paths that Go's servers have for them (`net/http/pprof`), so that `go tool pprof` takes an address.

use super::answer::Answer;
use super::listed_run::{ListedRun, PROFILES};
use super::route;
use super::run_folder::RunFolder;
use crate::error::{Error, Result};

/// A profile of a run; of the only run that has it, if none is named. A line says so if there is no such run, several could be
/// meant, or the run has no such profile.
pub(super) fn profile(folder: &RunFolder, name: &str, run: Option<&str>) -> Answer {
    let file = PROFILES.iter().find(|(known, _)| *known == name).map_or("", |(_, file)| *file);
    let run = run.map_or_else(|| the_only_one(folder, name, file), |run| Ok(run.to_owned()));
    match run.and_then(|run| folder.file(&run, file)) {
        Ok(bytes) => Answer::download(file, bytes),
        Err(error) => Answer::refused(404, format!("{error}\n")),
    }
}

/// The name of the only run with `file`.
fn the_only_one(folder: &RunFolder, name: &str, file: &str) -> Result<String> {
    let runs = folder.list()?;
    let has = |run: &&ListedRun| run.profiles().any(|there| there == name);
    let with: Vec<&ListedRun> = runs.iter().map(AsRef::as_ref).filter(has).collect();
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
    let runs = match folder.list() {
        Ok(runs) => runs,
        Err(error) => return Answer::refused(404, format!("{error}\n")),
    };
    let mut text = String::new();
    for run in runs {
        for name in run.profiles() {
            text.push_str(&route::link(&format!("/debug/pprof/{name}"), [run.name.as_str()]));
            text.push('\n');
        }
    }
    Answer::text(text)
}
