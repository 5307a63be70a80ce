//! The hottest sites of each profile, a line each.

use crate::command::full_report::wrap_text::paragraph;
use crate::command::full_report::{Run, hottest_sites, jemalloc_dump};
use crate::output::{number_format, site_lines};
use crate::profile::Profile;
use crate::profile::top::TopTable;

/// Sites of each profile.
const SITES: usize = 3;

/// The sites with the most bytes at the peak; of a dump, in use when it was taken. Empty if there is no heap profile.
pub fn of_heap(run: &Run<'_>, width: usize) -> String {
    let Some(heap) = run.heap else { return String::new() };
    let (sample_type, moment) = match &run.record.dump {
        Some(dump) => ("inuse_space", jemalloc_dump::moment(dump)),
        None => ("peak_space", "at the peak".to_owned()),
    };
    let samples = run.record.heap.as_ref().map(|heap| match heap.recording.sample_bytes() {
        None => ", every allocation recorded".to_owned(),
        Some(_) => format!(", {} samples", number_format::count(heap.samples as i64)),
    });
    let what = format!("{moment}{}", samples.unwrap_or_default());
    sites(heap, sample_type, |rows| format!("Heap, {} {what}:", number_format::bytes(rows.total)), width)
}

/// The sites that took the most CPU time; empty if there is no CPU profile.
pub fn of_cpu(run: &Run<'_>, width: usize) -> String {
    let Some(cpu) = run.cpu else { return String::new() };
    let samples = run.record.cpu.as_ref().map(|cpu| {
        let by = if cpu.backend.is_empty() { "the worker" } else { &cpu.backend };
        format!(", {} samples by {by}", number_format::count(cpu.delivered as i64))
    });
    let samples = samples.unwrap_or_default();
    sites(
        cpu,
        "cpu",
        |rows| format!("CPU, {} in operations{samples}:", number_format::nanoseconds(rows.total)),
        width,
    )
}

fn sites(
    profile: &Profile,
    sample_type: &str,
    heading: impl Fn(&TopTable) -> String,
    width: usize,
) -> String {
    match hottest_sites(profile, sample_type, SITES) {
        Ok(rows) => paragraph(&heading(&rows), width) + &site_lines::render(&rows, width),
        Err(error) => format!("{error}\n"),
    }
}
