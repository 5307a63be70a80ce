//! What the script is given: the figures behind the charts, as JSON within the page.

use serde::Serialize;

use super::latency_curves::{Curve, curves};
use super::profile_data::{self, ProfileData};
use crate::error::{Error, Result};
use crate::output::timeline;
use crate::record::{Memory, PassKind, PhaseRecord, Point};
use crate::report::ReportedRun;

#[derive(Serialize)]
struct PageData {
    runs: Vec<RunData>,
}

#[derive(Serialize)]
struct RunData {
    label: String,
    phases: Vec<Band>,
    timeline: Option<Lines>,
    marks: Vec<timeline::Mark>,
    latency: Vec<Curve>,
    heap: Option<ProfileData>,
    cpu: Option<ProfileData>,
}

/// The calls of a phase.
#[derive(Serialize)]
struct Band {
    name: String,
    from: u64,
    to: u64,
}

/// The points of a timeline, column by column; bytes.
#[derive(Serialize)]
struct Lines {
    calls: Vec<u64>,
    live: Vec<u64>,
    allocated: Vec<u64>,
    active: Vec<u64>,
    resident: Vec<u64>,
}

/// The JSON of the runs, as it stands in a page: whatever names hold, no tag begins or ends in it.
///
/// # Errors
/// When it cannot be written.
pub(super) fn json(runs: &[ReportedRun<'_>]) -> Result<String> {
    let data = PageData { runs: runs.iter().map(of_run).collect::<Result<_>>()? };
    let json = serde_json::to_string(&data).map_err(Error::case)?;
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(letter)))
            }
            _ => safe.push(letter),
        }
    }
    Ok(safe)
}

fn of_run(run: &ReportedRun<'_>) -> Result<RunData> {
    let record = run.run.record;
    let memory = record.passes.get(&PassKind::Memory);
    let read = memory.and_then(|pass| pass.memory.as_ref());
    let phases = memory.map(|pass| pass.phases.as_slice()).unwrap_or_default();
    let latency = record.passes.get(&PassKind::Latency);
    Ok(RunData {
        label: run.label.clone(),
        phases: bands(phases),
        timeline: read.filter(|memory| !memory.timeline.is_empty()).map(lines),
        marks: read.map(|memory| timeline::marks(phases, memory)).unwrap_or_default(),
        latency: latency
            .and_then(|pass| Some(curves(pass.latency.as_ref()?, &pass.phases)))
            .unwrap_or_default(),
        heap: run.run.heap.map(|heap| profile_data::of(heap, run.run.heap_timeline)).transpose()?,
        cpu: run.run.cpu.map(|cpu| profile_data::of(cpu, None)).transpose()?,
    })
}

fn bands(phases: &[PhaseRecord]) -> Vec<Band> {
    let bands = timeline::bands(phases).into_iter();
    phases.iter().zip(bands).map(|(phase, (from, to))| Band { name: phase.name.clone(), from, to }).collect()
}

fn lines(memory: &Memory) -> Lines {
    let column = |of: fn(&Point) -> u64| memory.timeline.iter().map(of).collect();
    Lines {
        calls: column(|point| point.calls),
        live: column(|point| point.live_bytes),
        allocated: column(|point| point.allocated),
        active: column(|point| point.active),
        resident: column(|point| point.resident),
    }
}
