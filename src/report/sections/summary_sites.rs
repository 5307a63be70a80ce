//! The hottest sites of each profile, a line each.

use super::hot_sites::hottest_sites;
use super::jemalloc_dump;
use crate::output::number_format;
use crate::profile::Profile;
use crate::profile::top::TopTable;
use crate::report::{Block, Run, SiteList};

/// Sites of each profile.
const SITES: usize = 3;

/// The sites with the most bytes at the peak; of a dump, in use when it was taken. None if there is no heap profile.
pub fn of_heap(run: &Run<'_>) -> Option<Block> {
    let heap = run.heap?;
    let (sample_type, moment) = match &run.record.dump {
        Some(dump) => ("inuse_space", jemalloc_dump::moment(dump)),
        None => ("peak_space", "at the peak".to_owned()),
    };
    let samples = run.record.heap.as_ref().map(|heap| match heap.recording.sample_bytes() {
        None => ", every allocation recorded".to_owned(),
        Some(_) => format!(", {} samples", number_format::count(heap.samples as i64)),
    });
    let what = format!("{moment}{}", samples.unwrap_or_default());
    Some(sites(heap, sample_type, |rows| format!("Heap, {} {what}:", number_format::bytes(rows.total))))
}

/// The sites that took the most CPU time; none if there is no CPU profile.
pub fn of_cpu(run: &Run<'_>) -> Option<Block> {
    let cpu = run.cpu?;
    let samples = run.record.cpu.as_ref().map(|cpu| {
        let by = if cpu.backend.is_empty() { "the worker" } else { &cpu.backend };
        format!(", {} samples by {by}", number_format::count(cpu.delivered as i64))
    });
    let samples = samples.unwrap_or_default();
    let heading =
        |rows: &TopTable| format!("CPU, {} in operations{samples}:", number_format::nanoseconds(rows.total));
    Some(sites(cpu, "cpu", heading))
}

fn sites(profile: &Profile, sample_type: &str, heading: impl Fn(&TopTable) -> String) -> Block {
    match hottest_sites(profile, sample_type, SITES) {
        Ok(table) => Block::Sites(SiteList {
            heading: heading(&table),
            table,
            sample_bytes: profile.sample_bytes(),
            is_brief: true,
        }),
        Err(error) => Block::Paragraph(error.to_string()),
    }
}
