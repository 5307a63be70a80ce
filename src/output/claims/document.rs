//! Claims as a document in Markdown: a table of verdicts, and for each claim what was said, what was measured and why.

use super::{by_number, figures, shown, tally, verdict_of};
use crate::compare::claim::TestedClaim;
use crate::output::markdown_escape::markdown as escaped;
use crate::output::text_columns::wrapped;
use crate::record::Machine;

/// Columns of its prose.
const WIDTH: usize = 120;

/// The document. `command` made it, on `machine`.
pub fn render(tested: &[TestedClaim], command: &str, machine: &Machine) -> String {
    let mut text = format!("# Published claims, put to the test\n\n{}.\n\n", tally(tested));
    text += &paragraph(&format!(
        "Written by `{command}` of mapprof {}, on {} cores of {} ({} {}). Counts and bytes are the same on any \
         machine of this kind; times are of this one. No verdict is written by hand: each follows from the figures beside it and \
         from the comparison in the workload's file.",
        env!("CARGO_PKG_VERSION"),
        machine.cores,
        escaped(&machine.cpu),
        machine.os,
        machine.arch,
    ));
    let groups = by_number(tested);
    text += "| # | workload | claim | verdict |\n|---:|---|---|---|\n";
    for parts in &groups {
        let first = parts[0];
        text += &format!(
            "| {} | [{}](#{}) | {} | {} |\n",
            first.number,
            first.workload,
            anchor(first),
            escaped(&first.text),
            verdict_of(parts).name()
        );
    }
    for parts in &groups {
        let first = parts[0];
        text += &format!("\n## {}. {}\n\n", first.number, first.workload);
        for part in parts {
            text += &paragraph(&format!("**{}** {}", part.verdict.name(), escaped(&part.text)));
            let mut row = |label: &str, words: &str| {
                text += &format!("- {label}: {}\n", escaped(words));
            };
            row("claimed", &format!("{} ({})", part.figure, part.source));
            if part.left.is_some() {
                row("measured", &figures(part));
                row("wanted", &part.wanted);
            }
            part.shown_by.iter().for_each(|one| row("shown by", &shown(one)));
            if !part.words.is_empty() {
                row("why", &part.words);
            }
            text.push('\n');
        }
        let mut told: Vec<&str> = Vec::new();
        for part in parts.iter().filter(|part| !part.mechanism.is_empty()) {
            if !told.contains(&part.mechanism.as_str()) {
                told.push(&part.mechanism);
                text +=
                    &paragraph(&escaped(&part.mechanism.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
        }
    }
    format!("{}\n", text.trim_end())
}

/// The anchor of a heading, as Markdown readers make it.
fn anchor(claim: &TestedClaim) -> String {
    format!("{}-{}", claim.number, claim.workload)
}

fn paragraph(words: &str) -> String {
    format!("{}\n", wrapped(words.split_whitespace(), WIDTH))
}
