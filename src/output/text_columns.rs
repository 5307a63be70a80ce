//! Plain tables for a terminal: names and descriptions, names and numbers.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// Rows of a name and a text; the text is wrapped beside its name, `width` columns in all.
pub fn two_columns(rows: &[[String; 2]], width: u16) -> String {
    let mut table = bare();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for row in rows {
        table.add_row(row);
    }
    let widest = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or(0) as u16;
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding(if index == 0 { (2, 2) } else { (0, 0) });
        if index == 0 {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(widest + 4)));
        }
    }
    text(&table)
}

/// Rows of a name and numbers under a header.
pub fn numbers(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = bare();
    table.set_header(header.iter().map(Cell::new));
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text(&table)
}

/// Words joined by blanks, with line breaks between words so that no line is wider than `width`.
pub fn wrapped(words: impl IntoIterator<Item = impl AsRef<str>>, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in words {
        let word = word.as_ref();
        let room = word.chars().count();
        if column > 0 && column + 1 + room > width {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += room;
    }
    text.push('\n');
    text
}

/// Columns of a label and the blanks around it.
const LABEL: usize = 12;

/// Words behind a label; further lines stand under the words. Without a label they stand under the third letter.
pub fn labelled(label: &str, words: &str, width: u16) -> String {
    let (label, indent) = match label {
        "" => (String::new(), 3),
        label => (format!("  {label:<0$}", LABEL - 2), LABEL),
    };
    let text = wrapped(words.split_whitespace(), usize::from(width).saturating_sub(indent).max(20));
    let between = format!("\n{}", " ".repeat(indent));
    format!("{label}{}\n", text.trim_end().replace('\n', &between))
}

fn bare() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn text(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_wrapped_beside_its_name() {
        let text = two_columns(&[["name".into(), "one two three four five".into()]], 24);
        assert_eq!(text, "  name  one two three\n        four five\n");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped(["one", "two", "three"], 8), "one two\nthree\n");
        assert_eq!(wrapped(["much-too-long", "a"], 5), "much-too-long\na\n");
    }

    #[test]
    fn words_stand_beside_their_label() {
        assert_eq!(labelled("claimed", "1 allocation", 80), "  claimed   1 allocation\n");
        let text = labelled("wanted", "one two three four five six", 24);
        assert_eq!(text, "  wanted    one two three four\n            five six\n");
        assert_eq!(labelled("", "one two three four five six", 22), "one two three four\n   five six\n");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let text =
            numbers(&["phase", "ops"], &[vec!["fill".into(), "10".into()], vec!["serve".into(), "2".into()]]);
        assert_eq!(text, "phase  ops\nfill    10\nserve    2\n");
    }
}
