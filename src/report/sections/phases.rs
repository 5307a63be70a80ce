//! The table of the phases: times of the time pass, all else of the memory pass.

use crate::output::number_format;
use crate::record::{CaseRecord, PassKind, PhaseCounts, PhaseRecord, Readers};
use crate::report::{Cell, Column, NameCut, Table};

/// Letters of a phase's name that are always shown.
const SHORTEST: usize = 5;

/// The phases, a row each, `most` at most; none if no pass tells of any.
pub fn table(record: &CaseRecord, most: usize) -> Option<Table> {
    let (timed, counted) = (phases(record, PassKind::Time), phases(record, PassKind::Memory));
    let known = if counted.is_empty() { timed } else { counted };
    if known.is_empty() {
        return None;
    }
    let per_op = |phase: &PhaseRecord, value: u64| (phase.ops > 0).then(|| value as f64 / phase.ops as f64);
    let row = |(number, phase): (usize, &PhaseRecord)| -> Vec<Cell> {
        let counts = phase.counts.as_ref();
        let bytes = |of: fn(&PhaseCounts) -> u64| {
            Cell::whole(counts.map(|counts| of(counts) as i64), number_format::bytes)
        };
        let time = timed.get(number).and_then(|phase| per_op(phase, phase.wall_ns));
        let resident = counts.and_then(|counts| counts.resident_bytes);
        vec![
            Cell::text(phase.name.clone()),
            Cell::whole(Some(phase.ops as i64), number_format::count),
            Cell::figure(time, number_format::mean_time),
            Cell::figure(
                counts.and_then(|counts| per_op(phase, counts.alloc_bytes)),
                number_format::mean_bytes,
            ),
            Cell::whole(Some(phase.entries as i64), number_format::count),
            bytes(|counts| counts.live_bytes),
            bytes(|counts| counts.peak_live_bytes),
            Cell::whole(resident.map(|bytes| bytes as i64), number_format::bytes),
        ]
    };
    // The last row may as well be a phase as say that there is one more.
    let shown = if known.len() > most { most.saturating_sub(1) } else { known.len() };
    let header = ["phase", "operations", "time/op", "bytes/op", "entries", "live", "peak", "resident"];
    let left_out = known.len() - shown;
    Some(Table {
        columns: header.map(Column::kept).to_vec(),
        rows: known.iter().enumerate().take(shown).map(row).collect(),
        names: NameCut::End(SHORTEST),
        below: if left_out > 0 { format!("and {left_out} more phases") } else { String::new() },
        ..Table::default()
    })
}

fn phases(record: &CaseRecord, kind: PassKind) -> &[PhaseRecord] {
    record.passes.get(&kind).map(|pass| pass.phases.as_slice()).unwrap_or_default()
}

/// What readers did meanwhile, a sentence for each phase that had any: of the pass that does nothing else.
pub fn readers(record: &CaseRecord) -> Vec<String> {
    let (timed, counted) = (phases(record, PassKind::Time), phases(record, PassKind::Memory));
    let known = if timed.is_empty() { counted } else { timed };
    known.iter().filter_map(|phase| Some(of_readers(&phase.name, &phase.readers?))).collect()
}

/// `refresh: 2 readers made 1,234,567 look-ups meanwhile, 35 ns each`.
fn of_readers(phase: &str, readers: &Readers) -> String {
    let Readers { threads, look_ups, cpu_ns } = readers;
    let who = if *threads == 1 { "1 reader".to_owned() } else { format!("{threads} readers") };
    let each = if *look_ups > 0 {
        format!(", {} each", number_format::mean_time(*cpu_ns as f64 / *look_ups as f64))
    } else {
        String::new()
    };
    format!("{phase}: {who} made {} look-ups meanwhile{each}", number_format::count(*look_ups as i64))
}

/// The case's main figures, a few words each; empty if it has none of them.
pub fn figures(record: &CaseRecord) -> Vec<String> {
    let shown = [
        ("bytes_per_entry", "bytes per entry"),
        ("bytes_per_instance", "bytes per map"),
        ("empty_bytes_per_instance", "bytes per empty map"),
        ("overhead_ratio", "times its payload"),
        ("peak_ratio", "peak over fill"),
        ("retained_ratio", "of the live peak retained"),
        ("allocs_per_op", "allocations per operation"),
        ("hit_ratio", "of the look-ups hit"),
    ];
    let figure = |(name, label): &(&str, &str)| {
        let value = record.metrics.get(*name)?.value;
        Some(format!("{label} {value:.2}"))
    };
    shown.iter().filter_map(figure).collect()
}
