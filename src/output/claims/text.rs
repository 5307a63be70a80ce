//! Claims for a terminal.

use super::{figures, rows};
use crate::compare::claim::TestedClaim;
use crate::output::text_columns::{labelled, two_columns};

/// One claim: what was said, what was measured, the verdict.
pub fn one(claim: &TestedClaim, width: u16) -> String {
    let mut text = labelled("", &format!("{}. {}: {}", claim.number, claim.workload, claim.text), width);
    for (label, words) in rows(claim) {
        text += &labelled(label, &words, width);
    }
    text.push('\n');
    text
}

/// Claims in a line or two each, with their verdicts and what these rest on.
pub fn brief(tested: &[TestedClaim], width: u16) -> String {
    if tested.is_empty() {
        return String::new();
    }
    let row = |claim: &TestedClaim| {
        let why = if claim.words.is_empty() { figures(claim) } else { claim.words.clone() };
        [claim.verdict.name().to_owned(), format!("{}. {} {why}", claim.number, claim.text)]
    };
    let rows: Vec<[String; 2]> = tested.iter().map(row).collect();
    format!("Claims\n{}\n", two_columns(&rows, width))
}
