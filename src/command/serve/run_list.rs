//! The list of runs: what was run when, what it cost, and what can be opened.

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use maud::{Markup, html};

use super::answer::Answer;
use super::route::{ListFilter, file_link, link};
use super::run_folder::{RunFolder, ServedRun};
use crate::compare::Filter;
use crate::error::Result;
use crate::output::number_format::full;
use crate::output::{CPU_PROFILE, HEAP_PROFILE};
use crate::record::CaseRecord;
use crate::record::run_store::StoredRun;
use crate::report::html::{Document, Reach, document};

/// The figures that the list shows, with what stands above them.
const FIGURES: [(&str, &str); 4] = [
    ("bytes_per_entry", "bytes per entry"),
    ("peak_ratio", "peak ratio"),
    ("resident_bytes", "resident"),
    ("ns_per_op", "time per operation"),
];

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
    let all = folder.runs()?;
    let is_shown = |run: &&ServedRun| run.stored.as_ref().map_or(true, |stored| passes.case(stored.case()));
    let shown: Vec<&ServedRun> = all.iter().filter(is_shown).collect();
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
fn table(shown: &[&ServedRun], sweeps: &[(String, PathBuf)], of: usize) -> Markup {
    html! {
        @if of + sweeps.len() == 0 {
            p { "No run is here yet. This page shows one as soon as it lands." }
        } @else if shown.len() + sweeps.len() == 0 {
            p { "None of " (of) " runs passes the filter." }
        } @else {
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
                        @for run in shown { (row(run)) }
                        @for (name, _) in sweeps { (sweep_row(name)) }
                    }
                }
            }
        }
    }
}

/// A sweep, whose figures are in its report.
fn sweep_row(name: &str) -> Markup {
    html! {
        tr {
            th {
                input type="checkbox" name="run" value=(name) aria-label=(name);
                " " a href=(link("/report", [name])) { (name) }
            }
            @for _ in FIGURES { td { "-" } }
            td { "sweep" }
            td {}
        }
    }
}

fn row(run: &ServedRun) -> Markup {
    match &run.stored {
        Ok(stored) => html! {
            tr {
                th {
                    input type="checkbox" name="run" value=(run.name) aria-label=(run.name);
                    " " a href=(link("/report", [run.name.as_str()])) { (run.name) }
                    @if let Some(failure) = stored.failures.first() {
                        p.failed { "failed in the " (failure.pass) " pass: " (failure.message) }
                    }
                }
                @for (metric, _) in FIGURES { (figure(&stored.record, metric)) }
                td { (opens(&run.name, stored)) }
                td { (begun(&stored.record)) }
            }
        },
        Err(why) => html! {
            tr {
                th { (run.name) p.failed { (why) } }
                @for _ in FIGURES { td { "-" } }
                td {}
                td {}
            }
        },
    }
}

/// A figure of a run; a dash if it has none.
fn figure(record: &CaseRecord, metric: &str) -> Markup {
    match record.metrics.get(metric) {
        Some(found) => html! { td data-value=(found.value) { (full::value(found.value, &found.unit)) } },
        None => html! { td { "-" } },
    }
}

/// When a run began.
fn begun(record: &CaseRecord) -> String {
    let when = UNIX_EPOCH.checked_add(Duration::from_secs(record.started_unix_s));
    // That library counts in four digits of a year.
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    when.filter(|when| *when <= last).map(httpdate::fmt_http_date).unwrap_or_else(|| "unknown".to_owned())
}

/// Links to what a run has.
fn opens(name: &str, stored: &StoredRun) -> Markup {
    let has = |file: &str| stored.record.files.iter().any(|known| known == file);
    let pictures: Vec<&String> = stored.record.files.iter().filter(|file| file.ends_with(".svg")).collect();
    html! {
        @for (file, path, label) in
            [(HEAP_PROFILE, "/debug/pprof/heap", "heap"), (CPU_PROFILE, "/debug/pprof/profile", "cpu")]
        {
            @if has(file) { " " a href=(link(path, [name])) { (label) } }
        }
        @if !pictures.is_empty() {
            details {
                summary { "pictures" }
                @for picture in pictures {
                    a href=(file_link(name, picture)) { (picture.trim_end_matches(".svg")) } " "
                }
            }
        }
    }
}
