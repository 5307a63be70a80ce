//! The full report of a run: its figures, where its bytes are, the hottest sites, what the samples are worth, and the files.
//! A function of the record and the profiles, so that `run --verbose` and `show` print the same.

mod cpu;
pub mod heading;
pub mod heap;
mod hot_sites;
pub mod jemalloc_dump;
pub mod memory;
pub mod phases;
pub mod wrap_text;

use std::path::Path;

use wrap_text::paragraph;

use super::parameters::called;
use crate::profile::Profile;
use crate::record::{CaseRecord, Failure};
use crate::run::rerun::quoted;

/// What there is to tell of one case.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// What went wrong.
    pub failures: &'a [Failure],
    /// Its heap profile; of several dumps the last one that has samples.
    pub heap: Option<&'a Profile>,
    /// Its CPU profile.
    pub cpu: Option<&'a Profile>,
    /// Its folder, if it could be written.
    pub place: Option<&'a Path>,
}

pub use hot_sites::hottest_sites;

/// All that there is to tell, in `width` columns.
pub fn of_run(run: &Run<'_>, width: usize) -> String {
    let record = run.record;
    let mut text = format!("{}\n{}", heading::heading(record), failures(run.failures, width));
    text.push_str(&phases::table(record, usize::MAX, width));
    text.push_str(&phases::figures(record, width));
    text.push_str(&memory::of_case(record, width));
    if let Some(heap) = run.heap {
        text.push('\n');
        text.push_str(&heap::sites(record, heap, width));
    }
    if let Some(heap) = &record.heap {
        text.push_str(&heap::against_counters(record, heap, width));
    }
    if let Some(dump) = &record.dump {
        jemalloc_dump::lines(dump).iter().for_each(|line| text.push_str(&paragraph(line, width)));
    }
    if let Some(cpu) = run.cpu {
        text.push('\n');
        text.push_str(&cpu::sites(cpu, width));
    }
    if let Some((cpu, profile)) = record.cpu.as_ref().zip(run.cpu) {
        text.push_str(&cpu::samples(cpu, profile, width));
    }
    if let Some(place) = run.place {
        text.push_str(&files(place, record));
    }
    text.push('\n');
    text
}

/// A paragraph for each failure.
pub fn failures(failures: &[Failure], width: usize) -> String {
    let line = |failure: &Failure| {
        let line = format!("FAILED in the {} pass: {}: {}", failure.pass, failure.kind, failure.message);
        paragraph(&line, width)
    };
    failures.iter().map(line).collect()
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
