//! Claims that were put to the test: for a terminal, and as a document.

pub mod document;
pub mod text;

use crate::compare::bootstrap::Interval;
use crate::compare::claim::{ClaimVerdict, Measured, Shown, TestedClaim, TestedElsewhere};
use crate::output::number_format::full;

/// The claims of each number, in order.
fn by_number(tested: &[TestedClaim]) -> Vec<Vec<&TestedClaim>> {
    let mut all: Vec<&TestedClaim> = tested.iter().collect();
    all.sort_by_key(|claim| claim.number);
    let mut groups: Vec<Vec<&TestedClaim>> = Vec::new();
    for claim in all {
        match groups.last_mut() {
            Some(group) if group[0].number == claim.number => group.push(claim),
            _ => groups.push(vec![claim]),
        }
    }
    groups
}

/// The verdict of claims of one number.
fn verdict_of(parts: &[&TestedClaim]) -> ClaimVerdict {
    ClaimVerdict::of_parts(parts.iter().map(|part| part.verdict))
}

/// How many of each verdict, by number: `33 claims: 20 upheld, 13 refuted`.
pub fn tally(tested: &[TestedClaim]) -> String {
    let groups = by_number(tested);
    let verdicts: Vec<ClaimVerdict> = groups.iter().map(|parts| verdict_of(parts)).collect();
    let s = if groups.len() == 1 { "" } else { "s" };
    let mut words = format!("{} claim{s}: {}", groups.len(), counted(&verdicts));
    for runtime in runtimes(tested) {
        let verdicts: Vec<ClaimVerdict> =
            groups.iter().filter_map(|parts| verdict_elsewhere(parts, &runtime)).collect();
        words += &format!("; on {runtime}: {}", counted(&verdicts));
    }
    words
}

/// The other languages that claims were tested in, in order.
fn runtimes(tested: &[TestedClaim]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for one in tested.iter().flat_map(|claim| &claim.elsewhere) {
        if !all.contains(&one.runtime) {
            all.push(one.runtime.clone());
        }
    }
    all
}

/// The verdict of claims of one number in another language; none if they were not tested there.
fn verdict_elsewhere(parts: &[&TestedClaim], runtime: &str) -> Option<ClaimVerdict> {
    let of_part =
        |part: &&TestedClaim| part.elsewhere.iter().find(|one| one.runtime == runtime).map(|one| one.verdict);
    let verdicts: Vec<ClaimVerdict> = parts.iter().filter_map(of_part).collect();
    (!verdicts.is_empty()).then(|| ClaimVerdict::of_parts(verdicts))
}

/// How many of each verdict: `20 upheld, 13 refuted`.
fn counted(verdicts: &[ClaimVerdict]) -> String {
    let of_each = ClaimVerdict::ALL.iter().filter_map(|verdict| {
        let count = verdicts.iter().filter(|one| *one == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.name()))
    });
    of_each.collect::<Vec<_>>().join(", ")
}

/// What is told of a claim, each with its label: what was said and by whom, what was measured, and the verdict.
pub fn rows(claim: &TestedClaim) -> Vec<(&'static str, String)> {
    let mut rows = vec![("claimed", format!("{} ({})", claim.figure, claim.source))];
    if claim.left.is_some() {
        rows.extend([("measured", figures(claim)), ("wanted", claim.wanted.clone())]);
    }
    rows.extend(claim.shown_by.iter().map(|one| ("shown by", shown(one))));
    let why = if claim.words.is_empty() { String::new() } else { format!(": {}", claim.words) };
    rows.push(("verdict", format!("{}{why}", claim.verdict.name())));
    rows.extend(claim.elsewhere.iter().map(|one| ("elsewhere", elsewhere(one))));
    rows
}

/// What is told of a claim in another language: `go1.19: upheld; live_bytes: boxed 3.2 MB, unit 1.0 MB; 3.17 times`.
fn elsewhere(one: &TestedElsewhere) -> String {
    let mut words = format!("{}: {}", one.runtime, one.verdict.name());
    let measured = compared(one.left.as_ref(), one.right.as_ref(), one.ratio.as_ref());
    for more in [one.words.as_str(), &measured].iter().filter(|more| !more.is_empty()) {
        words += &format!("; {more}");
    }
    words
}

/// The figures that decided: `live_bytes: boxed 3.2 MB, unit 1.0 MB; 3.17 times`.
fn figures(claim: &TestedClaim) -> String {
    match &claim.left {
        Some(left) => compared(Some(left), claim.right.as_ref(), claim.ratio.as_ref()),
        None => claim.words.clone(),
    }
}

/// Two figures, or one beside a number, and their ratio. Empty if there is no left one.
fn compared(left: Option<&Measured>, right: Option<&Measured>, ratio: Option<&Interval>) -> String {
    let of = |side: &Measured| format!("{} {}", side.side, full::value(side.value, &side.unit));
    let Some(left) = left else { return String::new() };
    let metric = match right {
        Some(right) if right.metric != left.metric => format!("{} and {}", left.metric, right.metric),
        _ => left.metric.clone(),
    };
    let mut words = format!("{metric}: {}", of(left));
    if let Some(right) = right {
        words += &format!(", {}", of(right));
    }
    if let (Some(ratio), Some(_)) = (ratio, right) {
        words += &format!("; {} times", full::digits(ratio.value));
        if ratio.low < ratio.high {
            words += &format!(" ({} to {})", full::digits(ratio.low), full::digits(ratio.high));
        }
    }
    words
}

/// What shows it: `free-slots: boxed 1.2 MB, unit 0.3 MB`.
fn shown(shown: &Shown) -> String {
    let values =
        shown.values.iter().map(|(side, value)| format!("{side} {}", full::value(*value, &shown.unit)));
    format!("{}: {}", shown.name, values.collect::<Vec<_>>().join(", "))
}
