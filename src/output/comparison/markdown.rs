//! A comparison for a pull request or a wiki: tables of GitHub's Markdown, the best in bold.

use super::{By, Entry, heading, legend, sheets};
use crate::compare::Standing;

/// The comparison as Markdown.
pub fn render(standing: &Standing<'_>, by: By) -> String {
    let mut text = String::new();
    for sheet in sheets(standing, by) {
        text.push_str(&format!("### {}\n\n| {} |", escaped(&sheet.title), sheet.rows_are));
        for column in &standing.columns {
            let name = heading(column, usize::MAX).join(" ");
            text.push_str(&format!(" {} |", escaped(&name)));
        }
        text.push_str("\n|---|");
        text.push_str(&"---:|".repeat(standing.columns.len()));
        for (name, entries) in &sheet.rows {
            text.push_str(&format!("\n| {} |", escaped(name)));
            for entry in entries {
                text.push_str(&format!(" {} |", cell(entry.as_ref())));
            }
        }
        text.push('\n');
        for note in &sheet.notes {
            text.push_str(&format!("\n{}\n", escaped(note)));
        }
        text.push('\n');
    }
    for line in legend(standing, by, "Bold:") {
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

/// Text without a meaning in Markdown. Names come from files, so they may hold anything.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '*' | '`' | '[' | ']' | '~' | '_' | '#' | '!' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            // Nobody is to be told of a comparison because a folder has a name like theirs.
            '@' => out.push_str("&#64;"),
            _ if letter.is_control() => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_a_table_or_mark_anything() {
        assert_eq!(escaped("a|b*c<d>\ne@f"), "a\\|b\\*c&lt;d> e&#64;f");
    }
}
