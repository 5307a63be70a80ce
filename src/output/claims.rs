//! Claims that were put to the test: for a terminal, and as a document.

pub mod document;
pub mod text;

use crate::compare::claim::{ClaimVerdict, Measured, Shown, TestedClaim};
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
    let of_each = ClaimVerdict::ALL.iter().filter_map(|verdict| {
        let count = verdicts.iter().filter(|one| *one == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.name()))
    });
    let s = if groups.len() == 1 { "" } else { "s" };
    format!("{} claim{s}: {}", groups.len(), of_each.collect::<Vec<_>>().join(", "))
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
    rows
}

/// The figures that decided: `live_bytes: boxed 3.2 MB, unit 1.0 MB; 3.17 times`.
fn figures(claim: &TestedClaim) -> String {
    let of = |side: &Measured| format!("{} {}", side.side, full::value(side.value, &side.unit));
    let Some(left) = &claim.left else { return claim.words.clone() };
    let metric = match &claim.right {
        Some(right) if right.metric != left.metric => format!("{} and {}", left.metric, right.metric),
        _ => left.metric.clone(),
    };
    let mut words = format!("{metric}: {}", of(left));
    if let Some(right) = &claim.right {
        words += &format!(", {}", of(right));
    }
    if let (Some(ratio), Some(_)) = (&claim.ratio, &claim.right) {
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
