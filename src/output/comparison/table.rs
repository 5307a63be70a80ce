//! A comparison for a terminal.

use unicode_width::UnicodeWidthStr;

use super::{By, Entry, Sheet, heading, legend, sheets};
use crate::compare::{Column, Ranking};
use crate::output::text_columns;

/// Letters at which a column's name is broken, if its cells are not wider.
const HEADING: usize = 11;

/// Letters of a row's name at the most.
const NAME: usize = 36;

/// The comparison as text of `width` columns. Figures that have no room beside each other stand below each other.
pub fn render(ranking: &Ranking<'_>, by: By, width: u16) -> String {
    let width = usize::from(width);
    let mut text = String::new();
    for sheet in sheets(ranking, by) {
        text.push_str(&text_columns::wrapped(sheet.title.split_whitespace(), width));
        text.push_str(&rows(&sheet, &ranking.columns, width));
        for note in &sheet.notes {
            text.push_str(&text_columns::wrapped(note.split_whitespace(), width));
        }
        text.push('\n');
    }
    for line in legend(ranking, by, "*") {
        text.push_str(&text_columns::wrapped(line.split_whitespace(), width));
    }
    text
}

/// The cells of a column, all of one width.
struct Strip {
    heading: Vec<String>,
    cells: Vec<String>,
    width: usize,
}

fn rows(sheet: &Sheet, columns: &[Column], width: usize) -> String {
    let names: Vec<String> = sheet.rows.iter().map(|(name, _)| shortened(name)).collect();
    let first = names.iter().map(|name| name.width()).chain([sheet.rows_are.len()]).max().unwrap_or(0);
    let strips: Vec<Strip> =
        sheet.columns(columns).map(|(index, column)| strip(sheet, index, column)).collect();
    let mut text = String::new();
    let mut rest = strips.as_slice();
    while !rest.is_empty() {
        let mut room = width.saturating_sub(first);
        let fitting = rest
            .iter()
            .take_while(|strip| {
                let fits = strip.width < room;
                room = room.saturating_sub(strip.width + 1);
                fits
            })
            .count();
        let (block, after) = rest.split_at(fitting.clamp(1, rest.len()));
        text.push_str(&lines(sheet.rows_are, &names, first, block));
        rest = after;
        if !rest.is_empty() {
            text.push('\n');
        }
    }
    text
}

/// One block: the lines of the heading, which end at the same height, and the rows.
fn lines(rows_are: &str, names: &[String], first: usize, block: &[Strip]) -> String {
    let height = block.iter().map(|strip| strip.heading.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut line = |name: &str, of: &dyn Fn(&Strip) -> String| {
        let mut line = padded(name, first, false);
        for strip in block {
            // The room for a mark parts the columns too.
            line.push(' ');
            line.push_str(&padded(&of(strip), strip.width, true));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    for n in 0..height {
        let name = if n + 1 == height { rows_are } else { "" };
        line(name, &|strip| {
            let at = (n + strip.heading.len()).checked_sub(height);
            // Numbers end where their marks begin, and so does what stands above them.
            at.and_then(|at| strip.heading.get(at)).map(|piece| format!("{piece} ")).unwrap_or_default()
        });
    }
    for (n, name) in names.iter().enumerate() {
        line(name, &|strip| strip.cells.get(n).cloned().unwrap_or_default());
    }
    text
}

/// Value, spread and ratio of each row, each of them under that of the row above.
fn strip(sheet: &Sheet, index: usize, column: &Column) -> Strip {
    let entries: Vec<Option<&Entry>> =
        sheet.rows.iter().map(|(_, entries)| entries.get(index).and_then(Option::as_ref)).collect();
    let widest =
        |of: fn(&Entry) -> &str| entries.iter().flatten().map(|entry| of(entry).width()).max().unwrap_or(0);
    let widths = [widest(|e| &e.value), widest(|e| &e.spread), widest(|e| &e.ratio)];
    let cell = |entry: &Option<&Entry>| match entry {
        None => "- ".to_owned(),
        Some(entry) => {
            let ratio = if entry.ratio.is_empty() { "-" } else { &entry.ratio };
            let parts = [entry.value.as_str(), &entry.spread, ratio].into_iter().zip(widths);
            let parts: Vec<String> = parts
                .filter(|(_, width)| *width > 0)
                .map(|(part, width)| padded(part, width, true))
                .collect();
            format!("{}{}", parts.join(" "), if entry.best { '*' } else { ' ' })
        }
    };
    let cells: Vec<String> = entries.iter().map(cell).collect();
    let widest = cells.iter().map(|cell| cell.width()).max().unwrap_or(0);
    let heading = heading(column, HEADING.max(widest.saturating_sub(1)));
    let above = heading.iter().map(|piece| piece.width() + 1).max().unwrap_or(0);
    Strip { heading, cells, width: widest.max(above) }
}

fn padded(text: &str, width: usize, right: bool) -> String {
    let missing = " ".repeat(width.saturating_sub(text.width()));
    if right { format!("{missing}{text}") } else { format!("{text}{missing}") }
}

/// A long name without its middle: folders often differ at their ends.
fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.len().checked_sub(NAME) {
        None | Some(0) => name.to_owned(),
        Some(_) => {
            let (head, tail) =
                (letters.iter().take(NAME / 2), letters.iter().skip(letters.len() + 1 - NAME / 2));
            head.chain(&['…']).chain(tail).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_ends() {
        let long = "a-map-with-a-long-name (a/folder/with/a/long/name/2025-01-31)";
        let short = shortened(long);
        assert_eq!(short.chars().count(), NAME);
        assert!(short.starts_with("a-map-with") && short.ends_with("2025-01-31)"), "{short}");
        assert_eq!(shortened("std (main)"), "std (main)");
    }
}
