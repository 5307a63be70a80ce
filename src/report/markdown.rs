//! Sections as GitHub Markdown: what a pull request, an issue or a wiki page shows of runs.

mod document;

pub use document::document;

use super::sections::measured;
use super::site_words::{off, role, short_source};
use super::{Block, LabelledList, SiteList, Table};
use crate::output::markdown_escape::{code, code_as_it_is, markdown as escaped};
use crate::output::number_format;

/// The blocks, one after the other, each with an empty line behind it.
pub fn render<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> String {
    blocks.into_iter().map(of_block).collect()
}

fn of_block(block: &Block) -> String {
    match block {
        Block::Gap => String::new(),
        Block::Paragraph(text) => paragraph(text),
        Block::Items(items) => paragraph(&items.join(", ")),
        Block::Table(table) => of_table(table),
        Block::Sites(sites) => of_sites(sites),
        Block::Labelled(list) => of_labelled(list),
    }
}

/// Text that Markdown takes for nothing but a paragraph; nothing of nothing.
fn paragraph(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("{}\n\n", line(text)) }
}

/// Text at the start of a line: it begins no list, and no heading lies under it.
fn line(text: &str) -> String {
    let text = escaped(text);
    let text = text.trim();
    let number = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let (number, rest) = text.split_at(number);
    let is_item = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    if !number.is_empty() && rest.strip_prefix(['.', ')']).is_some_and(is_item) {
        return format!("{number}\\{rest}");
    }
    if text.starts_with(['-', '+', '=']) { format!("\\{text}") } else { text.to_owned() }
}

fn of_table(table: &Table) -> String {
    let header: Vec<String> = table.columns.iter().map(|column| escaped(&column.name)).collect();
    let cells = |row: &Vec<super::Cell>| row.iter().map(|cell| escaped(&cell.text)).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(cells).collect();
    format!("{}{}{}", paragraph(&table.heading), grid(&header, &rows), paragraph(&table.below))
}

fn of_sites(sites: &SiteList) -> String {
    let table = &sites.table;
    if table.rows.is_empty() {
        return paragraph(&sites.heading)
            + &paragraph(&format!("Nothing to show: {} is zero everywhere.", table.sample_type));
    }
    let measure = table.sample_type.replace('_', " ");
    let header = ["site", "role", measure.as_str(), "off by", "share", "source"].map(escaped);
    let rows = table.rows.iter().map(|row| {
        vec![
            code(&row.name),
            escaped(role(row)),
            escaped(&number_format::value(row.value, &table.unit)),
            escaped(&off(row)),
            escaped(&number_format::percent(row.share)),
            escaped(&short_source(row)),
        ]
    });
    let left_out = match table.left_out {
        0 => String::new(),
        more => paragraph(&format!("and {} more", number_format::count(more as i64))),
    };
    paragraph(&sites.heading) + &grid(&header, &rows.collect::<Vec<_>>()) + &left_out
}

fn of_labelled(list: &LabelledList) -> String {
    let mut text = match list.title.trim() {
        "" => String::new(),
        title => format!("**{}**\n\n", escaped(title)),
    };
    for (label, words) in &list.rows {
        let words = if *label == measured::RERUN { code_as_it_is(words) } else { escaped(words) };
        text.push_str(&format!("- {}: {}\n", escaped(label), words.trim()));
    }
    text + "\n"
}

/// A table of names and figures: these stand to the right.
fn grid(header: &[String], rows: &[Vec<String>]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let sides: Vec<String> =
        (0..header.len()).map(|n| if n == 0 { ":---" } else { "---:" }.to_owned()).collect();
    let rows: String = rows.iter().map(|cells| row(cells)).collect();
    format!("{}{}{rows}\n", row(header), row(&sides))
}

#[cfg(test)]
#[path = "markdown/tests.rs"]
mod tests;
