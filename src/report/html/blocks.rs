//! Blocks of sections as HTML.

use maud::{Markup, html};

use crate::output::number_format;
use crate::profile::top::TopTable;
use crate::report::sections::measured;
use crate::report::site_words::{off, role, short_source};
use crate::report::source_line::source_line;
use crate::report::{Block, LabelledList, SiteList, Table};

/// The blocks, one after the other.
pub(super) fn render<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> Markup {
    html! {
        @for block in blocks {
            @match block {
                Block::Gap => {}
                Block::Paragraph(text) => { p { (text) } }
                Block::Items(items) => { p { (items.join(", ")) } }
                Block::Table(table) => { (self::table(table)) }
                Block::Sites(sites) => { (site_list(sites)) }
                Block::Labelled(list) => { h4 { (list.title) } (labelled(list)) }
            }
        }
    }
}

/// The rows of a list; commands are code.
pub(super) fn labelled(list: &LabelledList) -> Markup {
    html! {
        dl.measured {
            @for (label, words) in &list.rows {
                dt { (label) }
                dd { @if *label == measured::RERUN { code { (words) } } @else { (words) } }
            }
        }
    }
}

/// A table whose rows can be sorted by any column.
pub(super) fn table(table: &Table) -> Markup {
    html! {
        div.wide tabindex="0" {
            table.sortable {
                @if !table.heading.is_empty() { caption { (table.heading) } }
                thead {
                    tr { @for column in &table.columns { th scope="col" { (column.name) } } }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (n, cell) in row.iter().enumerate() {
                                @if n == 0 {
                                    th scope="row" { (cell.text) }
                                } @else {
                                    td data-value=[cell.value] title=[cell.value.map(exact)] { (cell.text) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !table.below.is_empty() { p.note { (table.below) } }
    }
}

/// A figure with all its digits.
fn exact(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        number_format::count(value as i64)
    } else {
        value.to_string()
    }
}

fn site_list(sites: &SiteList) -> Markup {
    html! {
        p { (sites.heading) }
        (site_table(&sites.table))
    }
}

/// The sites of a profile, with how far each may be off and where it is.
pub(super) fn site_table(table: &TopTable) -> Markup {
    let unit = &table.unit;
    html! {
        @if table.rows.is_empty() {
            p.note { "Nothing to show: " (table.sample_type) " is zero everywhere." }
        } @else {
            div.wide tabindex="0" {
                table.sortable.sites {
                    thead {
                        tr {
                            th scope="col" { "site" }
                            th scope="col" { "role" }
                            th scope="col" { (table.sample_type.replace('_', " ")) }
                            th scope="col" { "off by" }
                            th scope="col" { "share" }
                            th scope="col" { "source" }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                th scope="row" { code { (row.name) } }
                                td { (role(row)) }
                                td data-value=(row.value) title={ (number_format::count(row.value)) " " (unit) } {
                                    (number_format::value(row.value, unit))
                                }
                                td data-value=[row.half_width()] { (off(row)) }
                                td data-value=(row.share) { (number_format::percent(row.share)) }
                                td.source title=(source_line(&row.file, row.line)) { (short_source(row)) }
                            }
                        }
                    }
                }
            }
            @if table.left_out > 0 { p.note { "and " (number_format::count(table.left_out as i64)) " more" } }
        }
    }
}
