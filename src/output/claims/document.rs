//! Claims as a document in Markdown: a table of verdicts, and for each claim what was said, what was measured and why.

use super::{by_number, elsewhere, figures, runtimes, shown, tally};
use crate::compare::claim::TestedClaim;
use crate::output::markdown_escape::markdown as escaped;
use crate::output::text_columns::wrapped;
use crate::record::Machine;

/// Columns of its prose.
const WIDTH: usize = 120;

/// The document. `command` made it, on `machine`.
pub fn render(tested: &[TestedClaim], command: &str, machine: &Machine) -> String {
    let mut text = format!("# Published claims, put to the test\n\n{}.\n\n", tally(tested));
    let runtimes = runtimes(tested);
    let toolchains = if runtimes.is_empty() {
        String::new()
    } else {
        format!(" The toolchains of `--go` were {}.", runtimes.join(" and "))
    };
    text += &paragraph(&format!(
        "Written by `{command}` of mapprof {}, on {} cores of {} ({} {}).{toolchains} Counts and bytes are the same on any \
         machine of this kind; times are of this one. No verdict is written by hand: each follows from the figures beside it and \
         from the comparison in the workload's file.",
        env!("CARGO_PKG_VERSION"),
        machine.cores,
        escaped(&machine.cpu),
        machine.os,
        machine.arch,
    ));
    text.push('\n');
    let groups = by_number(tested);
    let verdict = if runtimes.is_empty() { "verdict" } else { "Rust" };
    text += &format!("| # | workload | claim | {verdict} |");
    runtimes.iter().for_each(|runtime| text += &format!(" {runtime} |"));
    text += &format!("\n|---:|---|---|---|{}\n", "---|".repeat(runtimes.len()));
    for parts in &groups {
        for part in parts {
            text += &format!(
                "| {} | [{}](#{}) | {} | {} |",
                part.number,
                part.workload,
                anchor(parts[0]),
                escaped(&part.text),
                part.verdict.name()
            );
            for runtime in &runtimes {
                let there = part.elsewhere.iter().find(|one| one.runtime == *runtime);
                text += &format!(" {} |", there.map_or("-", |one| one.verdict.name()));
            }
            text.push('\n');
        }
    }
    for parts in &groups {
        text += &format!("\n## {}. {}\n", parts[0].number, parts[0].workload);
        for part in parts {
            text +=
                &format!("\n{}", paragraph(&format!("**{}** {}", part.verdict.name(), escaped(&part.text))));
            text.push('\n');
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
            part.elsewhere.iter().for_each(|one| row("elsewhere", &elsewhere(one)));
            if !part.mechanism.is_empty() {
                text += &format!("\n{}", paragraph(&escaped(&part.mechanism.replace('\n', " "))));
            }
        }
    }
    text
}

/// The anchor of a heading, as Markdown readers make it.
fn anchor(claim: &TestedClaim) -> String {
    format!("{}-{}", claim.number, claim.workload)
}

fn paragraph(words: &str) -> String {
    wrapped(words.split_whitespace(), WIDTH)
}
