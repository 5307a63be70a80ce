//! Claims for a terminal.

use super::{figures, shown};
use crate::compare::claim::TestedClaim;
use crate::output::text_columns::{two_columns, wrapped};

/// One claim: what was said, what was measured, the verdict.
pub fn one(claim: &TestedClaim, width: u16) -> String {
    let mut text = paragraph("", &format!("{}. {}: {}", claim.number, claim.workload, claim.text), width);
    text += &paragraph("  claimed   ", &format!("{} ({})", claim.figure, claim.source), width);
    if claim.left.is_some() {
        text += &paragraph("  measured  ", &figures(claim), width);
        text += &paragraph("  wanted    ", &claim.wanted, width);
    }
    for one in &claim.shown_by {
        text += &paragraph("  shown by  ", &shown(one), width);
    }
    let why = if claim.words.is_empty() { String::new() } else { format!(": {}", claim.words) };
    text += &paragraph("  verdict   ", &format!("{}{why}", claim.verdict.name()), width);
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

/// Words behind a label; further lines stand under the words.
fn paragraph(label: &str, words: &str, width: u16) -> String {
    let indent = if label.is_empty() { 3 } else { label.chars().count() };
    let text = wrapped(words.split_whitespace(), usize::from(width).saturating_sub(indent).max(20));
    let between = format!("\n{}", " ".repeat(indent));
    format!("{label}{}\n", text.trim_end().replace('\n', &between))
}
