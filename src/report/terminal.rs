//! Sections as text for a terminal.

use super::wrap_text::{cut, paragraph};
use super::{Block, LabelledList, NameCut, SiteList, Table};
use crate::output::{site_lines, text_columns, top_table};
use crate::profile::rust_symbol::brief;

/// The text of `blocks`, `width` columns wide at most, but for names that cannot be shortened any further.
pub fn render<'b>(blocks: impl IntoIterator<Item = &'b Block>, width: usize) -> String {
    blocks.into_iter().map(|block| of_block(block, width)).collect()
}

fn of_block(block: &Block, width: usize) -> String {
    match block {
        Block::Gap => "\n".to_owned(),
        Block::Paragraph(text) => paragraph(text, width),
        Block::Items(items) => {
            let last = items.len().saturating_sub(1);
            let words = items.iter().enumerate();
            let words = words.map(|(n, item)| if n == last { item.clone() } else { format!("{item},") });
            text_columns::wrapped(words, width)
        }
        Block::Table(table) => of_table(table, width),
        Block::Sites(sites) => of_sites(sites, width),
        Block::Labelled(list) => of_labelled(list, width),
    }
}

fn of_labelled(list: &LabelledList, width: usize) -> String {
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let rows = list.rows.iter().map(|(label, words)| text_columns::labelled(label, words, width));
    std::iter::once(text_columns::labelled("", &list.title, width)).chain(rows).collect()
}

fn of_table(table: &Table, width: usize) -> String {
    let shown = fitting(table, width);
    let header: Vec<&str> = shown.iter().filter_map(|n| Some(table.columns.get(*n)?.name.as_str())).collect();
    let cells = |row: &Vec<super::Cell>| -> Vec<String> {
        shown.iter().map(|n| row.get(*n).map(|cell| cell.text.clone()).unwrap_or_default()).collect()
    };
    let mut rows: Vec<Vec<String>> = table.rows.iter().map(cells).collect();
    let taken: usize = (1..header.len()).map(|n| column_width(&header, &rows, n)).sum();
    for name in rows.iter_mut().filter_map(|row| row.first_mut()) {
        match table.names {
            NameCut::Never => {}
            NameCut::End(least) => *name = cut(name, width.saturating_sub(taken).max(least)),
            NameCut::Function(least) => *name = function(name, width.saturating_sub(taken).max(least)),
        }
    }
    let mut text = if table.heading.is_empty() { String::new() } else { paragraph(&table.heading, width) };
    text.push_str(&text_columns::numbers(&header, &rows));
    let left_out = table.columns.len() - shown.len();
    if left_out > 0 {
        text.push_str(&format!("and {left_out} more {} in run.json\n", table.columns_are));
    }
    if !table.below.is_empty() {
        text.push_str(&paragraph(&table.below, width));
    }
    text
}

/// Letters of a column and the two blanks behind it.
fn column_width(header: &[&str], rows: &[Vec<String>], n: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count());
    cells.chain(header.get(n).map(|name| name.chars().count())).max().unwrap_or(0) + 2
}

/// The columns that have room: those that are always there, and then the others from the first on.
fn fitting(table: &Table, width: usize) -> Vec<usize> {
    let room = |n: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.text.chars().count());
        let name = table.columns.get(n).map(|column| column.name.chars().count());
        cells.chain(name).max().unwrap_or(0) + 2
    };
    let may_go = |n: &usize| table.columns.get(*n).is_some_and(|column| column.may_go);
    let (others, needed): (Vec<usize>, Vec<usize>) = (0..table.columns.len()).partition(may_go);
    let mut left = needed.iter().fold(width + 2, |left, n| left.saturating_sub(room(*n)));
    let mut kept = needed;
    for n in others {
        if room(n) > left {
            break;
        }
        left -= room(n);
        kept.push(n);
    }
    kept.sort_unstable();
    kept
}

fn of_sites(sites: &SiteList, width: usize) -> String {
    let SiteList { heading, table, sample_bytes, is_brief } = sites;
    let rows = match is_brief {
        true => site_lines::render(table, width),
        false => {
            let table_width = u16::try_from(width).unwrap_or(u16::MAX);
            top_table::render(table, table_width) + &top_table::warnings(table, *sample_bytes)
        }
    };
    paragraph(heading, width) + &rows
}

/// A function's name in `room` columns: without its crate and then without its beginning, should it be too wide.
pub fn function(name: &str, room: usize) -> String {
    if name.is_empty() {
        return "unknown".to_owned();
    }
    let name = brief(name);
    if name.chars().count() <= room {
        return name;
    }
    let tail = match name.split_once("::…::") {
        Some((_, tail)) => format!("…::{tail}"),
        None => name,
    };
    let letters = tail.chars().count();
    if letters <= room {
        return tail;
    }
    std::iter::once('…').chain(tail.chars().skip(letters + 1 - room)).collect()
}
