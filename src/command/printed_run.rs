//! What is printed of one run: sections of its report, and the commands and files that have more.

use std::path::Path;

use super::parameters::called;
use super::terminal::width;
use crate::record::CaseRecord;
use crate::report::{Run, full, summary, terminal};
use crate::run::rerun::quoted;

/// What `run` prints: one screen.
pub fn summary(run: &Run<'_>) -> String {
    let mut text = terminal::render(&summary::of_run(run), width().into());
    if let Some(place) = run.place {
        text.push_str(&format!("\nMore: {} show {}\n", called(), quoted(&place.to_string_lossy())));
    }
    text + "\n"
}

/// What `run --verbose` and `show` print: all of it.
pub fn full(run: &Run<'_>) -> String {
    let mut text = full::heading(run.record) + "\n";
    text.push_str(&terminal::render(&full::of_run(run), width().into()));
    if let Some(place) = run.place {
        text.push_str(&files(place, run.record));
    }
    text + "\n"
}

/// The files and the command that opens each.
fn files(place: &Path, record: &CaseRecord) -> String {
    let opened_by = |name: &str| match name {
        name if name.ends_with(".pb.gz") => "go tool pprof -http=: ",
        name if name.ends_with(".svg") => "xdg-open ",
        name if name.ends_with(".speedscope.json") => "npx speedscope ",
        _ => "less ",
    };
    let mut text = String::from("\nFiles, and what opens them:\n");
    for name in &record.files {
        text.push_str(&format!("  {}{}\n", opened_by(name), quoted(&place.join(name).to_string_lossy())));
    }
    if record.heap.is_some() || record.cpu.is_some() {
        text.push_str(&format!("  {} top {}\n", called(), quoted(&place.to_string_lossy())));
    }
    text
}
