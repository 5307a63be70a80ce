//! Sides: the folders that runs of the same cases come from, and the shortest names that tell them apart.

use std::path::{Component, Path, PathBuf};

use crate::printable::printable;
use crate::record::CaseId;

/// The folder of runs that a run of `case` in `path` belongs to: what is left of `<side>/<workload>/<map>`.
pub fn side(path: &Path, case: &CaseId) -> PathBuf {
    // A map of another language has two folders: `go1.27/go`.
    let without = |path: &Path, name: &str| {
        let folders = Path::new(name).components().count();
        path.ends_with(name).then(|| path.ancestors().nth(folders).unwrap_or(Path::new("")).to_path_buf())
    };
    match without(path, &case.row()) {
        Some(folder) => without(&folder, &case.workload).unwrap_or(folder),
        None => path.to_path_buf(),
    }
}

/// The name of the side of each run, which is its folder and its case.
pub fn of_runs<'r>(runs: impl Iterator<Item = (&'r Path, &'r CaseId)>) -> Vec<String> {
    let sides: Vec<PathBuf> = runs.map(|(path, case)| side(path, case)).collect();
    let mut distinct: Vec<PathBuf> = Vec::new();
    for side in &sides {
        if !distinct.contains(side) {
            distinct.push(side.clone());
        }
    }
    let names = names(&distinct);
    let name = |side: &PathBuf| {
        let at = distinct.iter().position(|other| other == side);
        at.and_then(|at| names.get(at)).cloned().unwrap_or_default()
    };
    sides.iter().map(name).collect()
}

/// The shortest names that tell `sides` apart, in their order: one folder's name where that is enough, the part of the
/// path in which they differ where not.
pub fn names(sides: &[PathBuf]) -> Vec<String> {
    let parts: Vec<Vec<String>> = sides.iter().map(|side| parts(side)).collect();
    if let [only] = parts.as_slice() {
        return vec![only.last().cloned().unwrap_or_else(|| ".".to_owned())];
    }
    let shortest = parts.iter().map(Vec::len).min().unwrap_or(0);
    let same = |at: &dyn Fn(&[String]) -> Option<String>| {
        let mut found = parts.iter().map(|parts| at(parts));
        let first = found.next().flatten();
        first.is_some() && found.all(|other| other == first)
    };
    let before = (0..shortest).take_while(|n| same(&|parts| parts.get(*n).cloned())).count();
    let after = (0..shortest - before)
        .take_while(|n| same(&|parts| parts.len().checked_sub(n + 1).and_then(|at| parts.get(at).cloned())))
        .count();
    let middles: Vec<&[String]> =
        parts.iter().map(|parts| parts.get(before..parts.len() - after).unwrap_or(&[])).collect();
    let or_here = |name: Option<&String>| name.cloned().unwrap_or_else(|| ".".to_owned());
    let firsts: Vec<String> = middles.iter().map(|middle| or_here(middle.first())).collect();
    let lasts: Vec<String> = middles.iter().map(|middle| or_here(middle.last())).collect();
    if distinct(&firsts) {
        firsts
    } else if distinct(&lasts) {
        lasts
    } else {
        middles
            .iter()
            .map(|middle| if middle.is_empty() { ".".to_owned() } else { middle.join("/") })
            .collect()
    }
}

fn parts(path: &Path) -> Vec<String> {
    let named = path.components().filter(|part| !matches!(part, Component::CurDir | Component::RootDir));
    named.map(|part| printable(&part.as_os_str().to_string_lossy()).into_owned()).collect()
}

fn distinct(names: &[String]) -> bool {
    names.iter().enumerate().all(|(n, name)| !names.iter().skip(n + 1).any(|other| other == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_what_is_left_of_a_runs_folder() {
        let of = |path: &str| side(Path::new(path), &CaseId::new("churn", "std"));
        assert_eq!(of("main/churn/std"), Path::new("main"));
        assert_eq!(of("main/std"), Path::new("main"));
        assert_eq!(of("main/run-7"), Path::new("main/run-7"));
        assert_eq!(of("churn/std"), Path::new(""));
        let go = CaseId { runtime: Some("go1.27".into()), ..CaseId::new("churn", "go") };
        assert_eq!(side(Path::new("main/churn/go1.27/go"), &go), Path::new("main"));
        assert_eq!(side(Path::new("main/go"), &go), Path::new("main/go"));
    }

    #[track_caller]
    fn named(sides: &[&str], names: &[&str]) {
        let sides: Vec<PathBuf> = sides.iter().map(PathBuf::from).collect();
        assert_eq!(super::names(&sides), names);
    }

    #[test]
    fn one_folder_is_enough_where_it_differs() {
        named(&["main", "./branch"], &["main", "branch"]);
        named(&["/a/main/profiles", "/a/branch/profiles"], &["main", "branch"]);
        named(&["main/monday", "branch/tuesday"], &["main", "branch"]);
        named(&["profiles/x"], &["x"]);
        named(&[""], &["."]);
    }

    #[test]
    fn more_of_the_path_where_one_folder_is_not_enough() {
        named(&["a/x", "a/y", "b/x"], &["a/x", "a/y", "b/x"]);
        named(&["a/1", "a/2", "b/3"], &["1", "2", "3"]);
        named(&["a", "a/b"], &[".", "b"]);
    }
}
