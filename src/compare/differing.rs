//! What two runs differ in that bears on their figures: a comparison of such runs needs the user's word.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::printable::PrintablePath;
use crate::record::CaseRecord;
use crate::workload::Workload;

/// Something that two runs differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The seed of the operation stream.
    Seed,
    /// The definition of the workload.
    Size,
    /// Worker threads.
    Threads,
    /// The kind of machine: architecture, processor, cores.
    Machine,
    /// The version of mapprof.
    Version,
}

impl Difference {
    /// The word that permits it, after `--allow-mismatch`.
    pub fn name(self) -> &'static str {
        match self {
            Difference::Seed => "seed",
            Difference::Size => "size",
            Difference::Threads => "threads",
            Difference::Machine => "machine",
            Difference::Version => "version",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What `a` and `b`, two runs of one workload, differ in, each with both sides in words: `seed 1 and seed 2`.
pub fn differences(a: &CaseRecord, b: &CaseRecord) -> Vec<(Difference, String)> {
    let mut found = Vec::new();
    let mut note = |what, differ: bool, words: String| {
        if differ {
            found.push((what, words));
        }
    };
    note(Difference::Seed, a.seed != b.seed, format!("seed {} and seed {}", a.seed, b.seed));
    note(
        Difference::Size,
        a.definition != b.definition,
        definitions(a.definition.as_ref(), b.definition.as_ref()),
    );
    let settings = a.settings.difference(&b.settings);
    note(Difference::Size, settings.is_some(), settings.unwrap_or_default());
    note(Difference::Size, a.arguments != b.arguments, parameters(&a.arguments, &b.arguments));
    note(Difference::Size, a.environment != b.environment, environments(&a.environment, &b.environment));
    note(
        Difference::Threads,
        a.case.threads != b.case.threads,
        format!("{} and {} threads", a.case.threads, b.case.threads),
    );
    let kind = |r: &CaseRecord| (r.machine.arch.clone(), r.machine.cpu.clone(), r.machine.cores);
    let machine = |r: &CaseRecord| {
        let m = &r.machine;
        format!("{} {} with {} cores", m.arch, if m.cpu.is_empty() { "processor" } else { &m.cpu }, m.cores)
    };
    note(Difference::Machine, kind(a) != kind(b), format!("{} and {}", machine(a), machine(b)));
    note(Difference::Version, a.mapprof != b.mapprof, format!("mapprof {} and {}", a.mapprof, b.mapprof));
    found
}

/// Why `runs` may not be compared: a line for each workload and kind of difference that is not in `allowed`, with both
/// sides, the folders they are in, and the flag that permits it. Empty if they may.
pub fn refused_among(runs: &[(&Path, &CaseRecord)], allowed: &[Difference]) -> Vec<String> {
    let mut said: BTreeSet<(&str, Difference)> = BTreeSet::new();
    let mut lines = Vec::new();
    for (index, (path, run)) in runs.iter().enumerate() {
        let first = runs.iter().take(index).find(|(_, other)| other.case.same_setting(&run.case));
        let Some((first_path, first)) = first else { continue };
        for (what, words) in differences(first, run) {
            if !allowed.contains(&what) && said.insert((&run.case.workload, what)) {
                lines.push(format!(
                    "{}: {words} ({} and {}); compare them all the same with --allow-mismatch {what}",
                    run.case.workload,
                    first_path.shown(),
                    path.shown()
                ));
            }
        }
    }
    lines
}

/// What keeps two runs from being compared, in words, for each thing that they differ in and that is not among
/// `allowed`. Machines are no such thing: [`super::against_baseline`]
/// looks at what each figure needs.
pub fn refused_pair(base: &CaseRecord, new: &CaseRecord, allowed: &[Difference]) -> Vec<String> {
    let refused = |what: &Difference| *what != Difference::Machine && !allowed.contains(what);
    let found = differences(base, new).into_iter().filter(|(what, _)| refused(what));
    found
        .map(|(what, words)| {
            format!(
                "{}: the baseline and the run differ: {words}; --allow-mismatch {what} compares them all the same",
                new.case
            )
        })
        .collect()
}

/// The first thing that two definitions differ in, in words: `100 and 200 entries`. None is that of a program.
pub fn definitions(a: Option<&Workload>, b: Option<&Workload>) -> String {
    let (Some(one), Some(other)) = (a, b) else {
        return "one is a workload and the other a program".to_owned();
    };
    if one.entries != other.entries {
        return format!("{} and {} entries", one.entries, other.entries);
    }
    let (one, other) = (serde_json::to_value(one), serde_json::to_value(other));
    match (one, other) {
        (Ok(one), Ok(other)) => first("", &one, &other),
        _ => "different definitions".to_owned(),
    }
}

/// The arguments of two programs: `arguments 5 and none`.
pub fn parameters(a: &[String], b: &[String]) -> String {
    let words = |all: &[String]| if all.is_empty() { "none".to_owned() } else { all.join(" ") };
    format!("arguments {} and {}", words(a), words(b))
}

/// The environments of two cases, as far as they were set for them.
pub fn environments(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> String {
    let words = |all: &BTreeMap<String, String>| {
        let set: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if set.is_empty() { "none".to_owned() } else { set.join(" ") }
    };
    format!("environment {} and {}", words(a), words(b))
}

/// The first place at which two JSON values differ.
fn first(path: &str, a: &serde_json::Value, b: &serde_json::Value) -> String {
    use serde_json::Value::{Array, Object};
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (a, b) {
        (Object(a), Object(b)) => {
            for (name, value) in a {
                let other = b.get(name).unwrap_or(&serde_json::Value::Null);
                if value != other {
                    return first(&inner(name), value, other);
                }
            }
            format!("{path}: other fields")
        }
        (Array(a), Array(b)) if a.len() == b.len() => {
            let place = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(0);
            first(&inner(&place.to_string()), &a[place], &b[place])
        }
        _ => format!("{path} {a} and {b}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    #[test]
    fn a_run_does_not_differ_from_itself() {
        assert_eq!(differences(&fixtures::case(), &fixtures::case()), []);
    }

    #[test]
    fn each_difference_has_its_word_and_both_sides() {
        let a = fixtures::case();
        let mut b = a.clone();
        b.seed += 1;
        b.case.threads = 2;
        b.machine.cores += 6;
        b.mapprof = "9.9.9".into();
        let found = differences(&a, &b);
        let names: Vec<_> = found.iter().map(|(what, _)| what.name()).collect();
        assert_eq!(names, ["seed", "threads", "machine", "version"]);
        assert!(found[0].1.contains("seed"), "{found:?}");
    }

    #[test]
    fn one_line_for_each_kind_names_both_sides_and_the_flag() {
        let a = fixtures::case();
        let mut b = a.clone();
        (b.seed, b.mapprof) = (2, "9.9.9".into());
        let mut elsewhere = b.clone();
        elsewhere.case.workload = "another".into();
        let runs: Vec<(&Path, &CaseRecord)> =
            [("x/std", &a), ("y/std", &b), ("z/std", &b), ("z/other", &elsewhere)]
                .map(|(path, record)| (Path::new(path), record))
                .to_vec();
        let lines = refused_among(&runs, &[Difference::Version]);
        assert_eq!(
            lines,
            [
                "planted: seed 1 and seed 2 (x/std and y/std); compare them all the same with --allow-mismatch seed"
            ]
        );
        assert_eq!(refused_among(&runs, &[Difference::Seed, Difference::Version]), [""; 0]);
        assert_eq!(refused_among(&runs, &[]).len(), 2);
    }

    #[test]
    fn a_definition_is_compared_down_to_the_number() {
        let catalog = crate::workload::Catalog::load(None).unwrap();
        let definition = |set: &str| {
            let overrides = crate::workload::Overrides { set: vec![set.to_owned()], ..Default::default() };
            Some(catalog.get("skewed-keys", &overrides).unwrap())
        };
        let (mut a, mut b) = (fixtures::case(), fixtures::case());
        a.definition = definition("phase.serve.access.theta=0.8");
        b.definition = definition("phase.serve.access.theta=0.9");
        let found = differences(&a, &b);
        assert_eq!(found[0].0, Difference::Size);
        assert!(found[0].1.contains("theta 0.8 and 0.9"), "{}", found[0].1);
    }

    #[test]
    fn runs_of_other_cases_are_refused_with_the_word_that_permits_it() {
        let base = fixtures::case();
        let mut new = base.clone();
        assert!(refused_pair(&base, &new, &[]).is_empty());
        new.seed = 7;
        new.case.threads = 4;
        new.machine.cores = 9;
        let said = refused_pair(&base, &new, &[]);
        assert_eq!(said.len(), 2, "machines are no reason: {said:?}");
        assert!(
            said[0].starts_with("planted/std,threads=4: ") && said[0].contains("--allow-mismatch seed"),
            "{said:?}"
        );
        assert_eq!(refused_pair(&base, &new, &[Difference::Seed, Difference::Threads]), [""; 0]);
    }
}
