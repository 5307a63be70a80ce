//! The table of the phases: times of the time pass, all else of the memory pass.

use super::wrap_text::cut;
use crate::output::{number_format, text_columns};
use crate::record::{CaseRecord, PassKind, PhaseCounts, PhaseRecord, Readers};

/// Letters of a phase's name that are always shown.
const SHORTEST: usize = 5;

/// The phases in `width` columns, a row each, `most` at most; empty if no pass tells of any. Long names are cut.
pub fn table(record: &CaseRecord, most: usize, width: usize) -> String {
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
        let bytes =
            |of: fn(&PhaseCounts) -> u64| counts.map(|counts| number_format::bytes(of(counts) as i64));
        let cells = [
            timed.get(number).and_then(|phase| per_op(phase, phase.wall_ns, number_format::mean_time)),
            counts.and_then(|counts| per_op(phase, counts.alloc_bytes, number_format::mean_bytes)),
            Some(number_format::count(phase.entries as i64)),
            bytes(|counts| counts.live_bytes),
            bytes(|counts| counts.peak_live_bytes),
            counts
                .and_then(|counts| counts.resident_bytes)
                .map(|resident| number_format::bytes(resident as i64)),
        ];
        [phase.name.clone(), number_format::count(phase.ops as i64)]
            .into_iter()
            .chain(cells.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())))
            .collect()
    };
    // The last row may as well be a phase as say that there is one more.
    let shown = if known.len() > most { most.saturating_sub(1) } else { known.len() };
    let mut rows: Vec<Vec<String>> = known.iter().enumerate().take(shown).map(row).collect();
    let header = ["phase", "operations", "time/op", "bytes/op", "entries", "live", "peak", "resident"];
    let widest = |(n, name): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count());
        cells.chain([name.len()]).max().unwrap_or(0) + 2
    };
    let taken: usize = header.iter().enumerate().skip(1).map(widest).sum();
    let room = width.saturating_sub(taken).max(SHORTEST);
    rows.iter_mut().filter_map(|row| row.first_mut()).for_each(|name| *name = cut(name, room));
    let mut text = text_columns::numbers(&header, &rows);
    if known.len() > shown {
        text.push_str(&format!("and {} more phases\n", known.len() - shown));
    }
    // Of the pass that does nothing else.
    for phase in if timed.is_empty() { counted } else { timed } {
        text.extend(phase.readers.map(|readers| readers_in_words(&phase.name, &readers, width)));
    }
    text
}

/// `refresh: 2 readers made 1,234,567 look-ups meanwhile, 35 ns each`.
fn readers_in_words(phase: &str, readers: &Readers, width: usize) -> String {
    let Readers { threads, look_ups, cpu_ns } = readers;
    let who = if *threads == 1 { "1 reader".to_owned() } else { format!("{threads} readers") };
    let each = if *look_ups > 0 {
        format!(", {} each", number_format::mean_time(*cpu_ns as f64 / *look_ups as f64))
    } else {
        String::new()
    };
    let made = format!("{who} made {} look-ups meanwhile{each}", number_format::count(*look_ups as i64));
    let name = cut(phase, width.saturating_sub(made.len() + 2).max(SHORTEST));
    format!("{name}: {made}\n")
}

/// The case's main figures, in a sentence; empty if it has none of them.
pub fn figures(record: &CaseRecord, width: usize) -> String {
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
    let figures: Vec<String> = shown
        .iter()
        .filter_map(|(name, label)| {
            let value = record.metrics.get(*name)?.value;
            Some(format!("{label} {value:.2}"))
        })
        .collect();
    if figures.is_empty() {
        return String::new();
    }
    let last = figures.len() - 1;
    let items = figures
        .iter()
        .enumerate()
        .map(|(n, figure)| if n == last { figure.clone() } else { format!("{figure},") });
    text_columns::wrapped(items, width)
}
