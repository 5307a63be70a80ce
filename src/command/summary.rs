//! What a run prints of each case: its main figures, where its bytes are, the hottest sites, what the samples are worth,
//! and the files.

use super::parameters::called;
use super::{dumped, memory};
use crate::capture::cpu::stack_copy::MOST_STACK_BYTES;
use crate::output::{grid, size, table};
use crate::printable::Shown;
use crate::profile::Profile;
use crate::profile::top::{By, TopOptions, top};
use crate::record::{
    CaseRecord, CpuReconciliation, Failure, HeapReconciliation, Metric, PassKind, PhaseCounts, PhaseRecord,
    leaked_bytes,
};
use crate::run::case::{CaseOutcome, CasePlan};
use crate::run::protocol::Subject;
use crate::run::reconcile::{NO_LINE_TABLES, differing_counters};
use crate::run::rerun::quoted;

/// Sites that are shown of each profile.
const SITES: usize = 5;

/// The summary of a case, as text.
pub fn of_case(plan: &CasePlan, outcome: &CaseOutcome) -> String {
    let record = &outcome.record;
    let mut text = format!("{}\n", heading(plan, record));
    for failure in &outcome.failures {
        text.push_str(&paragraph(&format!(
            "FAILED in the {} pass: {}: {}",
            failure.pass, failure.kind, failure.message
        )));
    }
    text.push_str(&figures(record));
    text.push_str(&memory::of_case(record, super::width()));
    if let Some(heap) = &outcome.heap {
        text.push('\n');
        text.push_str(&match &record.dump {
            Some(dump) => hottest(heap, "inuse_space", &dumped::moment(dump)),
            None => hottest(heap, "peak_space", "in use when the heap was largest"),
        });
    }
    if let Some(heap) = &record.heap {
        text.push_str(&against_counters(record, heap));
    }
    if let Some(dump) = &record.dump {
        dumped::lines(dump).iter().for_each(|line| text.push_str(&paragraph(line)));
    }
    if let Some(cpu) = &outcome.cpu {
        text.push('\n');
        text.push_str(&hottest(cpu, "cpu", "of CPU time"));
    }
    if let Some((cpu, profile)) = record.cpu.as_ref().zip(outcome.cpu.as_ref()) {
        text.push_str(&cpu_samples(cpu, profile));
    }
    if let Some(place) = &outcome.place {
        text.push_str(&files(place, record));
    }
    text.push('\n');
    text
}

/// What the map leaked, in one line, if it did.
pub fn leak(record: &CaseRecord) -> Option<String> {
    let bytes = leaked_bytes(&record.metrics);
    if bytes == 0 {
        return None;
    }
    let from = match record.leaks.first() {
        Some(most) if record.leaks.len() == 1 => format!(": from {most}"),
        Some(most) => {
            format!(": {} from {most}, and the rest from elsewhere", size::bytes(most.bytes as i64))
        }
        None => "; no pass told from where".to_owned(),
    };
    Some(format!("{} leaks {}, live after the map was dropped{from}", record.case, size::bytes(bytes as i64)))
}

/// What is said of a case of the second program: its figures are for a comparison.
pub fn of_base(outcome: &CaseOutcome) -> String {
    match &outcome.place {
        Some(place) => format!("the base's run is in {}\n\n", place.shown()),
        None => String::new(),
    }
}

/// What the heap profile's totals are worth: sampled or recorded, against what was counted.
fn against_counters(record: &CaseRecord, heap: &HeapReconciliation) -> String {
    let mut text = match heap.recording.sample_bytes() {
        None => recorded(record, heap),
        Some(sample_bytes) => sampled(heap, sample_bytes),
    };
    if heap.unwinder != "frame-pointer" {
        text.push_str(&paragraph(
            "This build keeps no frame pointers: stacks came from the slower libgcc unwinder, at some microseconds each, and \
             growth events have no site; build with RUSTFLAGS=\"-C force-frame-pointers=yes\".",
        ));
    }
    if !heap.line_tables {
        text.push_str(&paragraph(&format!("{NO_LINE_TABLES}.")));
    }
    text
}

fn sampled(heap: &HeapReconciliation, sample_bytes: u64) -> String {
    let part = |kind: &str, what: &str| {
        heap.total(kind).map(|total| {
            let half = match (total.low, total.high) {
                (Some(low), Some(high)) if total.profile > 0 => {
                    format!(", {}", size::plus_minus((high - low) as f64 / 2.0 / total.profile as f64))
                }
                _ => String::new(),
            };
            format!(
                "{} of {} {what} ({:+.2} %{half})",
                size::bytes(total.profile as i64),
                size::bytes(total.counted as i64),
                total.difference_percent
            )
        })
    };
    let parts: Vec<String> =
        [part("alloc_space", "allocated"), part("inuse_space", "in use"), part("peak_space", "at the peak")]
            .into_iter()
            .flatten()
            .collect();
    paragraph(&format!(
        "Sampled of counted: {}. {} samples, one every {} on average.",
        parts.join(", "),
        size::count(heap.samples as i64),
        binary(sample_bytes),
    ))
}

fn recorded(record: &CaseRecord, heap: &HeapReconciliation) -> String {
    let wrong = heap.totals.iter().find(|total| {
        let gap = if total.sample_type == "peak_space" { heap.peak_gap_bytes } else { 0 };
        total.profile.abs_diff(total.counted) > gap
    });
    let mut text = match wrong {
        Some(total) => format!(
            "Every allocation was recorded, but {} comes to {} and {} were counted. This is an error of mapprof's.",
            total.sample_type, total.profile, total.counted
        ),
        None => format!(
            "Every allocation was recorded: {} of them, to the byte as they were counted; the peak is {} off.",
            size::count(heap.samples as i64),
            size::bytes(heap.peak_gap_bytes as i64)
        ),
    };
    let pass = |kind| record.passes.get(&kind);
    if let (1, Some(memory), Some(own)) = (record.case.threads, pass(PassKind::Memory), pass(PassKind::Heap))
        && let Some(difference) = differing_counters(memory, own)
    {
        text.push_str(&format!(" The memory pass and this one differ, though: {difference}."));
    }
    paragraph(&text)
}

fn heading(plan: &CasePlan, record: &CaseRecord) -> String {
    let version = &record.map.version;
    let map = if version.is_empty() {
        record.case.map.clone()
    } else {
        format!("{} ({} {version})", record.case.map, record.map.package)
    };
    let entries = match &plan.subject {
        Subject::Workload(workload) => format!(", {} entries", size::count(workload.entries as i64)),
        Subject::Program(_) => String::new(),
    };
    let threads = record.case.threads;
    let threads = if threads == 1 { String::new() } else { format!(", {threads} threads") };
    let repeats = match record.repeats {
        1 => String::new(),
        times => format!(", measured {times} times"),
    };
    let arguments = match record.arguments.as_slice() {
        [] => String::new(),
        arguments => format!(", arguments {}", arguments.join(" ")),
    };
    let set = record.environment.iter().map(|(name, value)| format!(", {name}={value}")).collect::<String>();
    format!(
        "{} on {map}{entries}{threads}, seed {}{repeats}{arguments}{set}",
        record.case.workload_and_variant(),
        record.seed
    )
}

/// The phases, a row each, and the case's figures below: times of the time pass, all else of the memory pass.
fn figures(record: &CaseRecord) -> String {
    let phases =
        |kind: PassKind| record.passes.get(&kind).map(|pass| pass.phases.as_slice()).unwrap_or_default();
    let (timed, counted) = (phases(PassKind::Time), phases(PassKind::Memory));
    let known = if counted.is_empty() { timed } else { counted };
    if known.is_empty() {
        return String::new();
    }
    let per_op = |phase: &PhaseRecord, value: u64, shown: fn(f64) -> String| {
        (phase.ops > 0).then(|| shown(value as f64 / phase.ops as f64))
    };
    let row = |(number, phase): (usize, &PhaseRecord)| -> Vec<String> {
        let counts = phase.counts.as_ref();
        let bytes = |of: fn(&PhaseCounts) -> u64| counts.map(|counts| size::bytes(of(counts) as i64));
        let cells = [
            timed.get(number).and_then(|phase| per_op(phase, phase.wall_ns, size::mean_time)),
            counts.and_then(|counts| per_op(phase, counts.alloc_bytes, size::mean_bytes)),
            Some(size::count(phase.entries as i64)),
            bytes(|counts| counts.live_bytes),
            bytes(|counts| counts.peak_live_bytes),
            counts.and_then(|counts| counts.resident_bytes).map(|resident| size::bytes(resident as i64)),
        ];
        [phase.name.clone(), size::count(phase.ops as i64)]
            .into_iter()
            .chain(cells.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())))
            .collect()
    };
    let rows: Vec<Vec<String>> = known.iter().enumerate().map(row).collect();
    let header = ["phase", "operations", "time/op", "bytes/op", "entries", "live", "peak", "resident"];
    let mut text = grid::numbers(&header, &rows);
    let shown = [
        ("bytes_per_entry", "bytes per entry"),
        ("overhead_ratio", "times its payload"),
        ("peak_ratio", "peak over fill"),
        ("retained_ratio", "of the live peak retained"),
        ("allocs_per_op", "allocations per operation"),
    ];
    let figures: Vec<String> = shown
        .iter()
        .filter_map(|(name, label)| {
            let Metric { value, .. } = record.metrics.get(*name)?;
            Some(format!("{label} {value:.2}"))
        })
        .collect();
    if !figures.is_empty() {
        let last = figures.len() - 1;
        let items = figures
            .iter()
            .enumerate()
            .map(|(n, figure)| if n == last { figure.clone() } else { format!("{figure},") });
        text.push_str(&grid::wrapped(items, super::width() as usize));
    }
    text
}

/// A sentence, wrapped to the terminal.
fn paragraph(text: &str) -> String {
    grid::wrapped(text.split_whitespace(), super::width() as usize)
}

fn hottest(profile: &Profile, sample_type: &str, what: &str) -> String {
    let options = TopOptions {
        by: By::Site,
        sample_type: Some(sample_type.to_owned()),
        limit: Some(SITES),
        harness: false,
    };
    match top(profile, &options) {
        Ok(rows) => format!(
            "Hottest sites, {} {what}:\n{}{}",
            size::value(rows.total, &rows.unit),
            table::render(&rows, super::width()),
            table::warnings(&rows, profile.sample_bytes())
        ),
        Err(error) => format!("{error}\n"),
    }
}

/// How many CPU samples came, and what they stand for.
fn cpu_samples(cpu: &CpuReconciliation, profile: &Profile) -> String {
    let sampled = cpu.cpu_ns.saturating_sub(cpu.unsampled_ns);
    let hidden = sampled.saturating_sub(visible_ns(profile).max(0) as u64);
    let time = |ns: u64| size::nanoseconds(i64::try_from(ns).unwrap_or(i64::MAX));
    let mut text = paragraph(&format!(
        "CPU samples by {}: {} of {} ({:.1} % of {} Hz), {} lost. They stand for {} of CPU time inside operations; {} of it \
         is the operation loop's own and hidden here.",
        if cpu.backend.is_empty() { "the worker" } else { &cpu.backend },
        size::count(cpu.delivered as i64),
        size::count(cpu.asked as i64),
        cpu.ratio * 100.0,
        size::count(cpu.hertz as i64),
        size::count(cpu.lost as i64),
        time(sampled),
        time(hidden),
    ));
    if cpu.truncated > 0 {
        text.push_str(&paragraph(&format!(
            "{} of the samples have stacks of more than {} KiB, cut off at the outer end.",
            size::count(cpu.truncated as i64),
            MOST_STACK_BYTES >> 10,
        )));
    }
    cpu.notes.iter().for_each(|note| text.push_str(&paragraph(&format!("{note}."))));
    text
}

/// CPU time that is not the harness's own.
fn visible_ns(profile: &Profile) -> i64 {
    let options = TopOptions { by: By::Role, sample_type: Some("cpu".to_owned()), ..TopOptions::default() };
    top(profile, &options).map_or(0, |rows| rows.total)
}

/// The files and the command that opens each.
fn files(place: &std::path::Path, record: &CaseRecord) -> String {
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

/// A power of two as it is typed: `16 KiB`.
fn binary(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 && b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{b} B"),
    }
}

/// A failure, as text: a line, and the child's last words below.
pub fn of_failure(failure: &Failure) -> String {
    let mut text = format!("{}: {} pass: {}: {}", failure.case, failure.pass, failure.kind, failure.message);
    for line in &failure.last_words {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}
