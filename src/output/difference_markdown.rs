//! Differences in Markdown, for a pull request.

use crate::compare::diff_report::{CaseChanges, Changes};
use crate::compare::site_changes::{SiteChanges, SiteRow};
use crate::profile::rust_symbol::short;

use super::difference_words::{
    FIGURE_HEADER, SiteColumns, case_sentences, figure_cells, figure_sentences, site_heading, site_sentences,
};
use super::markdown_escape::{code, markdown as plain};
use super::top_table::file;

/// `changes` as Markdown.
pub fn render(changes: &Changes) -> String {
    let mut text: String = changes.cases.iter().map(case_text).collect();
    text.push_str(&list(&case_sentences(changes)));
    text
}

fn case_text(case: &CaseChanges) -> String {
    let (base, new) = (code(&case.base), code(&case.new));
    let mut text = match &case.case {
        Some(name) => format!("### {}\n\n{base} → {new}\n\n", plain(name)),
        None => format!("### {base} → {new}\n\n"),
    };
    text.push_str(&list(&case.notes));
    if let Some(figures) = &case.metrics {
        if !figures.rows.is_empty() {
            let rows = figures
                .rows
                .iter()
                .map(|row| figure_cells(row).iter().map(|cell| plain(cell)).collect::<Vec<_>>());
            text.push_str(&table(&FIGURE_HEADER.map(str::to_owned), rows, &[0, 5]));
        }
        text.push_str(&list(&figure_sentences(figures)));
    }
    if let Some(sites) = &case.sites {
        if !sites.rows.is_empty() {
            text.push_str(&format!("{}\n\n", plain(&site_heading(sites))));
            text.push_str(&site_table(sites));
        }
        text.push_str(&list(&site_sentences(sites)));
    }
    text
}

fn site_table(sites: &SiteChanges) -> String {
    let columns = SiteColumns::of(sites);
    let mut header = columns.header(sites);
    let figures = header.len();
    header.extend(["role", "site"].map(str::to_owned));
    let rows = sites.rows.iter().map(|row| {
        let mut cells: Vec<String> =
            columns.cells(&row.change, &sites.unit).iter().map(|cell| plain(cell)).collect();
        cells.push(plain(row.role.as_deref().unwrap_or("")));
        cells.push(site(row));
        cells
    });
    table(&header, rows, &[0, figures, figures + 1])
}

fn site(row: &SiteRow) -> String {
    let mut text = code(&short(&row.name));
    if !row.file.is_empty() {
        text.push_str(&format!("<br>{}:{}", plain(file(&row.file).as_str()), row.line));
    }
    text
}

/// A table; the columns in `left` begin at the left, all others end at the right.
fn table(header: &[String], rows: impl Iterator<Item = Vec<String>>, left: &[usize]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> = (0..header.len())
        .map(|index| if left.contains(&index) { "---" } else { "---:" }.to_owned())
        .collect();
    let mut text = line(header);
    text.push_str(&line(&rule));
    text.extend(rows.map(|row| line(&row)));
    text.push('\n');
    text
}

/// Sentences as a list with a free line behind it; nothing of none.
fn list(sentences: &[String]) -> String {
    let lines: String = sentences.iter().map(|sentence| format!("- {}\n", plain(sentence))).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}
