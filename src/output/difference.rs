//! Differences for a terminal, 80 columns wide unless told otherwise.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use crate::compare::diff_report::{CaseChanges, Changes};
use crate::compare::metric_changes::Figures;
use crate::compare::site_changes::{SiteChanges, SiteRow};

use super::difference_words::{
    FIGURE_HEADER, SiteColumns, case_sentences, figure_cells, figure_sentences, site_heading, site_sentences,
};
use super::text_columns;
use super::top_table::{file, fit, fit_name};

pub use super::difference_html::render as html;
pub use super::difference_markdown::render as markdown;

/// `changes` as text, `width` columns wide at most.
pub fn render(changes: &Changes, width: u16) -> String {
    let width = usize::from(width);
    let cases: Vec<String> = changes.cases.iter().map(|case| case_text(case, width)).collect();
    let mut text = cases.join("\n");
    let sentences = case_sentences(changes);
    if !sentences.is_empty() {
        text.push('\n');
        text.push_str(&paragraphs(&sentences, width));
    }
    text
}

fn case_text(case: &CaseChanges, width: usize) -> String {
    let name = case.case.as_ref().map_or(String::new(), |case| format!("{case}: "));
    let mut text = paragraphs(&[format!("{name}{} → {}", case.base, case.new)], width);
    text.push_str(&paragraphs(&case.notes, width));
    if let Some(figures) = &case.metrics {
        let told = figure_table(figures) + &paragraphs(&figure_sentences(figures), width);
        if !told.is_empty() {
            text.push('\n');
            text.push_str(&told);
        }
    }
    if let Some(sites) = &case.sites {
        text.push('\n');
        if !sites.rows.is_empty() {
            text.push_str(&paragraphs(&[site_heading(sites)], width));
            text.push_str(&site_table(sites, width));
        }
        text.push_str(&paragraphs(&site_sentences(sites), width));
    }
    text
}

/// Sentences, a line each, wrapped to the terminal.
fn paragraphs(sentences: &[String], width: usize) -> String {
    sentences.iter().map(|sentence| text_columns::wrapped(sentence.split(' '), width)).collect()
}

fn figure_table(figures: &Figures) -> String {
    if figures.rows.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = figures.rows.iter().map(figure_cells).collect();
    text_columns::numbers(&FIGURE_HEADER, &rows)
}

/// The table of sites: under each its place and role.
fn site_table(sites: &SiteChanges, width: usize) -> String {
    let columns = SiteColumns::of(sites);
    let header = columns.header(sites);
    let cells: Vec<Vec<String>> =
        sites.rows.iter().map(|row| columns.cells(&row.change, &sites.unit)).collect();
    let widest = |index: usize| {
        let own = cells.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
        own.chain(header.get(index).map(|head| head.width())).max().unwrap_or(0)
    };
    // The name gets what the figures leave, with two spaces behind each.
    let taken: usize = (0..header.len()).map(|index| widest(index) + 2).sum();
    let room = width.saturating_sub(taken).max(18);
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(String::as_str).chain(["site"]).map(Cell::new));
    for (row, cells) in sites.rows.iter().zip(&cells) {
        table.add_row(cells.iter().cloned().chain([named(row, room)]));
    }
    let last = header.len();
    for (index, column) in table.column_iter_mut().enumerate() {
        if index == last {
            column.set_padding((0, 0));
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(room as u16)));
            continue;
        }
        column.set_padding((0, 2));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn named(row: &SiteRow, room: usize) -> String {
    let mut lines = vec![fit_name(&row.name, room)];
    if !row.file.is_empty() {
        lines.push(fit(&format!("  {}:{}", file(&row.file), row.line), room));
    }
    if let Some(role) = &row.role {
        lines.push(fit(&format!("  {role}"), room));
    }
    lines.join("\n")
}
