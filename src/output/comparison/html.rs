//! A comparison for a browser: a table per sheet, sorted by a click where the page has the script.

use maud::{Markup, html};

use super::{By, Entry, heading, legend, sheets};
use crate::compare::Ranking;

/// The comparison as elements of a page.
pub fn render(ranking: &Ranking<'_>, by: By) -> Markup {
    html! {
        @for sheet in sheets(ranking, by) {
            @let columns: Vec<_> = sheet.columns(&ranking.columns).collect();
            h2 { (sheet.title) }
            div.wide tabindex="0" {
                table.sortable {
                    thead {
                        tr {
                            th scope="col" { (sheet.rows_are) }
                            @for (_, column) in &columns { th scope="col" { (heading(column, usize::MAX).join(" ")) } }
                        }
                    }
                    tbody {
                        @for (name, entries) in &sheet.rows {
                            tr {
                                th scope="row" { (name) }
                                @for (place, _) in &columns { (cell(entries.get(*place).and_then(Option::as_ref))) }
                            }
                        }
                    }
                }
            }
            @for note in &sheet.notes { p { (note) } }
        }
        @for line in legend(ranking, by, "★") { p.note { (line) } }
    }
}

fn cell(entry: Option<&Entry>) -> Markup {
    let Some(entry) = entry else { return html! { td { "-" } } };
    html! {
        td.best[entry.best] data-value=[entry.figure] {
            (entry.value)
            @if !entry.spread.is_empty() { " " span.note { (entry.spread) } }
            @if !entry.ratio.is_empty() { " " span.note { (entry.ratio) } }
        }
    }
}
