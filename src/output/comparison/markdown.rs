//! A comparison for a pull request or a wiki: tables of GitHub's Markdown, the best in bold.

use super::{By, Entry, heading, legend, sheets};
use crate::compare::Ranking;
use crate::output::markdown_escape::markdown as escaped;

/// The comparison as Markdown.
pub fn render(ranking: &Ranking<'_>, by: By) -> String {
    let mut text = String::new();
    for sheet in sheets(ranking, by) {
        text.push_str(&format!("### {}\n\n| {} |", escaped(&sheet.title), sheet.rows_are));
        let columns: Vec<_> = sheet.columns(&ranking.columns).collect();
        for (_, column) in &columns {
            let name = heading(column, usize::MAX).join(" ");
            text.push_str(&format!(" {} |", escaped(&name)));
        }
        text.push_str("\n|---|");
        text.push_str(&"---:|".repeat(columns.len()));
        for (name, entries) in &sheet.rows {
            text.push_str(&format!("\n| {} |", escaped(name)));
            for (place, _) in &columns {
                text.push_str(&format!(" {} |", cell(entries.get(*place).and_then(Option::as_ref))));
            }
        }
        text.push('\n');
        for note in &sheet.notes {
            text.push_str(&format!("\n{}\n", escaped(note)));
        }
        text.push('\n');
    }
    for line in legend(ranking, by, "Bold:") {
        text.push_str(&format!("{}\n", escaped(&line)));
    }
    text
}

fn cell(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return "-".to_owned() };
    let ratio = match (entry.value.is_empty(), entry.ratio.is_empty()) {
        (_, true) => String::new(),
        (true, false) => entry.ratio.clone(),
        (false, false) => format!("({})", entry.ratio),
    };
    let parts = [entry.value.as_str(), &entry.spread, &ratio];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if entry.best { format!("**{text}**") } else { text }
}
