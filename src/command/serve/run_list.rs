//! The list of runs: what was run when, what it cost, and what can be opened.

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use maud::{Markup, html};

use super::answer::Answer;
use super::listed_run::{FIGURES, ListedRun, Measured};
use super::route::{ListFilter, file_link, link};
use super::run_folder::RunFolder;
use crate::compare::Filter;
use crate::error::Result;
use crate::output::number_format::{count, full};
use crate::report::html::{Document, Reach, document};

/// The most rows of a page: a browser has trouble with more, and so has a reader.
const MOST_ROWS: usize = 2000;

/// The page with the runs that a filter lets pass.
///
/// # Errors
/// When the folder cannot be read, or the filter is no pattern.
pub(super) fn page(folder: &RunFolder, filter: &ListFilter) -> Result<Answer> {
    let state = folder.state()?;
    let patterns = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    let passes = Filter::new(&patterns(&filter.workload), &patterns(&filter.map), &[], false)?;
    let all = folder.list()?;
    let is_shown = |run: &&ListedRun| run.summary.as_ref().map_or(true, |known| passes.case(&known.case));
    let shown: Vec<&ListedRun> = all.iter().map(AsRef::as_ref).filter(is_shown).collect();
    let sweeps = folder.sweeps()?;
    let body = html! {
        header { h1 { "Runs" } }
        main {
            form.controls action="/" method="get" {
                label { "Workload " input type="search" name="workload" value=(filter.workload) placeholder="skewed*"; }
                label { "Map " input type="search" name="map" value=(filter.map) placeholder="std"; }
                button type="submit" { "Filter" }
            }
            form method="get" action="/report" {
                div.controls {
                    button type="submit" { "Report" }
                    button type="submit" formaction="/compare" { "Compare" }
                    button type="submit" formaction="/diff" { "Difference of two" }
                    span.note { "of the runs that are ticked" }
                }
                p.failed #many hidden {
                    "Too many runs are ticked for one address; mapprof report takes a folder with any number."
                }
                div #runs data-state=(state) { (table(&shown, &sweeps, all.len())) }
                p.note #lost hidden { "The server does not answer; this list may be old." }
            }
        }
    };
    Ok(Answer::page(document(&Document {
        title: "mapprof: runs",
        body,
        script: include_str!("run_list.js"),
        reach: Reach::ItsServer,
    })))
}

/// The table of runs.
fn table(shown: &[&ListedRun], sweeps: &[(String, PathBuf)], of: usize) -> Markup {
    html! {
        @if of + sweeps.len() == 0 {
            p { "No run is here yet. This page shows one as soon as it lands." }
        } @else if shown.len() + sweeps.len() == 0 {
            p { "None of " (of) " runs passes the filter." }
        } @else {
            @if shown.len() > MOST_ROWS {
                p.note {
                    "The first " (count(MOST_ROWS as i64)) " of " (count(shown.len() as i64))
                    " runs are shown; filter by workload or map to see others."
                }
            }
            div.wide {
                table.runs {
                    thead {
                        tr {
                            th { "run" }
                            @for (_, name) in FIGURES { th { (name) } }
                            th { "open" }
                            th { "begun" }
                        }
                    }
                    tbody {
                        @for run in shown.iter().take(MOST_ROWS) { (row(run)) }
                        @for (name, _) in sweeps { (sweep_row(name)) }
                    }
                }
            }
        }
    }
}

/// A name to tick, with the way to its report.
fn tickable(name: &str) -> Markup {
    html! {
        input type="checkbox" name="run" value=(name) aria-label=(name);
        " " a href=(link("/report", [name])) { (name) }
    }
}

/// A sweep, whose figures are in its report.
fn sweep_row(name: &str) -> Markup {
    html! {
        tr {
            th { (tickable(name)) }
            @for _ in FIGURES { td { "-" } }
            td { "sweep" }
            td {}
        }
    }
}

fn row(run: &ListedRun) -> Markup {
    let (measured, why) = match &run.summary {
        Ok(summary) => (summary.measured.as_ref(), summary.failure.as_ref()),
        Err(why) => (None, Some(why)),
    };
    html! {
        tr {
            th {
                // Without a record there is nothing to compare.
                @if measured.is_some() { (tickable(&run.name)) } @else { (run.name) }
                @if let Some(why) = why { p.failed { (why) } }
            }
            @match measured {
                Some(measured) => {
                    @for figure in &measured.figures { (self::figure(figure.as_ref())) }
                    td { (opens(run, measured)) }
                    td { (date(measured.begun)) }
                }
                None => {
                    @for _ in FIGURES { td { "-" } }
                    td {}
                    td {}
                }
            }
        }
    }
}

/// A figure of a run; a dash if it has none.
fn figure(found: Option<&(f64, String)>) -> Markup {
    match found {
        Some((value, unit)) => html! { td data-value=(value) { (full::value(*value, unit)) } },
        None => html! { td { "-" } },
    }
}

/// A moment since 1970 as a date.
fn date(since: Duration) -> String {
    // That library counts in four digits of a year.
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let when = UNIX_EPOCH.checked_add(since).filter(|when| *when <= last);
    when.map(httpdate::fmt_http_date).unwrap_or_else(|| "unknown".to_owned())
}

/// Links to what a run has.
fn opens(run: &ListedRun, measured: &Measured) -> Markup {
    let name = run.name.as_str();
    html! {
        @for profile in run.profiles() {
            " " a href=(link(&format!("/debug/pprof/{profile}"), [name]))
                { @if profile == "profile" { "cpu" } @else { (profile) } }
        }
        @if !measured.pictures.is_empty() {
            details {
                summary { "pictures" }
                @for picture in &measured.pictures {
                    a href=(file_link(name, picture)) { (picture.trim_end_matches(".svg")) } " "
                }
            }
        }
    }
}
