//! Differences for a browser.

use maud::{Markup, html};

use crate::compare::diff_report::{CaseChanges, Changes};
use crate::compare::metric_changes::{Figures, Finding};
use crate::compare::site_changes::{SiteChanges, SiteRow};
use crate::profile::rust_symbol::short;

use super::difference_words::{
    FIGURE_HEADER, SiteColumns, case_sentences, figure_cells, figure_sentences, site_heading, site_sentences,
};
use super::top_table::file;

/// `changes` as elements of a page.
pub fn render(changes: &Changes) -> Markup {
    html! {
        @for case in &changes.cases { (of_case(case)) }
        (paragraphs(&case_sentences(changes)))
    }
}

fn of_case(case: &CaseChanges) -> Markup {
    html! {
        h2 {
            @if let Some(name) = &case.case { (name) ": " }
            (case.base) " → " (case.new)
        }
        (paragraphs(&case.notes))
        @if let Some(figures) = &case.metrics {
            (figure_table(figures))
            (paragraphs(&figure_sentences(figures)))
        }
        @if let Some(sites) = &case.sites {
            (site_table(sites))
            (paragraphs(&site_sentences(sites)))
        }
    }
}

fn paragraphs(sentences: &[String]) -> Markup {
    html! { @for sentence in sentences { p { (sentence) } } }
}

fn figure_table(figures: &Figures) -> Markup {
    html! {
        @if !figures.rows.is_empty() {
            div.wide tabindex="0" {
                table.sortable {
                    thead { tr { @for name in FIGURE_HEADER { th scope="col" { (name) } } } }
                    tbody {
                        @for row in &figures.rows {
                            @let is_worse = row.finding == Finding::Worse;
                            tr {
                                @for (n, cell) in figure_cells(row).iter().enumerate() {
                                    @match n {
                                        0 => { th scope="row" { (cell) } }
                                        1 => { td data-value=[row.base.as_ref().map(|side| side.value)] { (cell) } }
                                        2 => { td data-value=[row.new.as_ref().map(|side| side.value)] { (cell) } }
                                        3 => { td data-value=[row.difference] { (cell) } }
                                        4 => { td data-value=[row.ratio] { (cell) } }
                                        _ => { td.differs[is_worse] { (cell) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn site_table(sites: &SiteChanges) -> Markup {
    let columns = SiteColumns::of(sites);
    html! {
        @if !sites.rows.is_empty() {
            h3 { (site_heading(sites).trim_end_matches(':')) }
            div.wide tabindex="0" {
                table.sites {
                    thead {
                        tr {
                            th scope="col" { "site" }
                            th scope="col" { "role" }
                            @for name in columns.header(sites) { th scope="col" { (name) } }
                        }
                    }
                    tbody {
                        @for row in &sites.rows {
                            tr {
                                (site(row))
                                td { (row.role.as_deref().unwrap_or("")) }
                                @for cell in columns.cells(&row.change, &sites.unit) { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn site(row: &SiteRow) -> Markup {
    html! {
        th scope="row" {
            code { (short(&row.name)) }
            @if !row.file.is_empty() { br; span.note { (file(&row.file)) ":" (row.line) } }
        }
    }
}
