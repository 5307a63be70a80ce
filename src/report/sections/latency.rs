//! How long single operations took: a table by phase and operation, the slowest ones, and the shortest account in a line.

use std::cmp::Reverse;

use super::phase_name;
use crate::output::number_format;
use crate::record::{CaseRecord, KindLatency, Latency, PassKind, PhaseRecord, SlowCause};
use crate::report::wrap_text::cut;
use crate::report::{Block, Cell, Column, Table};

/// Rows of the table at most.
const ROWS: usize = 8;
/// Slow operations that are named.
const SLOWEST: usize = 3;
/// Letters of a phase's name in a row.
const PHASE: usize = 12;
/// Kinds of operations at most.
const KINDS: usize = 3;

/// The latencies by phase and operation, and the slowest operations; empty if there are none.
pub fn of_phases(latency: &Latency, phases: &[PhaseRecord]) -> Vec<Block> {
    if latency.kinds.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Table(table(latency, phases, ROWS))];
    let slow = latency.slowest.iter().take(SLOWEST).map(|slow| {
        let cause = match slow.cause {
            _ if slow.growth => ", a growth event",
            Some(SlowCause::Growth) => ", the storage grew",
            Some(SlowCause::Pause) => ", stopped by the collector",
            Some(SlowCause::Assist) => ", assisted the collector",
            Some(SlowCause::Marking) => ", while the collector marked",
            None => "",
        };
        let took = number_format::nanoseconds(slow.ns as i64);
        let call = number_format::count(slow.call as i64);
        format!("{} {took} (call {call} in {}{cause})", slow.op, phase_name(phases, slow.phase))
    });
    let slow: Vec<String> = slow.collect();
    if !slow.is_empty() {
        blocks.push(Block::Paragraph(format!("Slowest of the latency pass: {}.", slow.join("; "))));
    }
    blocks.extend(clock(latency).into_iter().map(Block::Paragraph));
    blocks
}

/// The `most` most frequent kinds of operations, a row each, in the order of the phases.
pub fn table(latency: &Latency, phases: &[PhaseRecord], most: usize) -> Table {
    let mut kept: Vec<usize> = (0..latency.kinds.len()).collect();
    kept.sort_by_key(|index| latency.kinds.get(*index).map(|kind| Reverse(kind.count)));
    kept.truncate(most);
    kept.sort_unstable();
    let row = |kind: &KindLatency| -> Vec<Cell> {
        let time = |ns: u64| Cell { text: resolved(ns, latency.resolution_ns), value: Some(ns as f64) };
        let times = [kind.p50_ns, kind.p90_ns, kind.p99_ns, kind.p999_ns, kind.max_ns];
        [
            Cell::text(format!("{} {}", cut(&phase_name(phases, kind.phase), PHASE), kind.op)),
            Cell::whole(Some(kind.count as i64), number_format::brief_count),
            Cell::whole(Some(kind.mean_ns.round() as i64), number_format::nanoseconds),
        ]
        .into_iter()
        .chain(times.map(time))
        .collect()
    };
    let rows: Vec<Vec<Cell>> = kept.iter().filter_map(|index| latency.kinds.get(*index)).map(row).collect();
    let left_out = latency.kinds.len() - rows.len();
    let header = ["latency", "count", "mean", "p50", "p90", "p99", "p99.9", "max"];
    Table {
        columns: header.map(Column::kept).to_vec(),
        rows,
        below: if left_out > 0 { format!("and {left_out} more rows in run.json") } else { String::new() },
        ..Table::default()
    }
}

/// What the clock can tell, a sentence each.
pub fn clock(latency: &Latency) -> Vec<String> {
    let backwards = match latency.backwards {
        0 => String::new(),
        n => format!(" {} readings went backwards and are left out.", number_format::count(n as i64)),
    };
    let mut sentences = vec![format!(
        "Clock: {}, in steps of {:.1} ns; the {:.1} ns of a reading are taken off each figure.{backwards}",
        latency.clock, latency.resolution_ns, latency.overhead_ns
    )];
    let fast = |kind: &&KindLatency| (kind.p50_ns as f64) < latency.resolution_ns;
    if let Some(kind) = latency.kinds.iter().filter(fast).max_by_key(|kind| kind.count) {
        sentences.push(format!(
            "Half of the {} calls took less than the clock can resolve; for their mean see time/op, which comes from the \
             time pass.",
            kind.op
        ));
    }
    sentences
}

/// Median, 99th percentile and slowest call of each; empty if no latency pass went well.
pub fn of(record: &CaseRecord) -> String {
    let pass = record.passes.get(&PassKind::Latency);
    let Some((latency, pass)) = pass.and_then(|pass| pass.latency.as_ref()).zip(pass) else {
        return String::new();
    };
    let mut kinds: Vec<&KindLatency> = latency.kinds.iter().collect();
    if kinds.is_empty() {
        return String::new();
    }
    kinds.sort_by_key(|kind| Reverse(kind.count));
    kinds.truncate(KINDS);
    let line = |kind: &&KindLatency| {
        let [median, p99] = [kind.p50_ns, kind.p99_ns].map(|ns| resolved(ns, latency.resolution_ns));
        let slowest = number_format::nanoseconds(kind.max_ns as i64);
        format!("{} in {} {median}, {p99}, {slowest}", kind.op, phase_name(&pass.phases, kind.phase))
    };
    let lines: Vec<String> = kinds.iter().map(line).collect();
    format!("Latency (p50, p99, max): {}.", lines.join("; "))
}

/// A percentile, or that it is below the clock's step.
fn resolved(ns: u64, resolution_ns: f64) -> String {
    if (ns as f64) < resolution_ns {
        format!("< {}", number_format::nanoseconds(resolution_ns.ceil() as i64))
    } else {
        number_format::nanoseconds(ns as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;
    use crate::report::terminal::render;

    #[test]
    fn how_long_operations_took() {
        let text = render(&of_phases(&fixtures::latency(), &fixtures::phases()), 80);
        let expected = "\
latency        count    mean    p50     p90     p99   p99.9      max
fill insert   1.00 M  135 ns  90 ns  180 ns  360 ns  810 ns  18.0 ms
serve get     1.40 M   60 ns  40 ns   80 ns  160 ns  360 ns  8.00 ms
serve insert  50.0 k  143 ns  95 ns  190 ns  380 ns  855 ns  19.0 ms
drain remove   900 k   90 ns  60 ns  120 ns  240 ns  540 ns  12.0 ms
Slowest of the latency pass: insert 18.9 ms (call 917,504 in fill, a growth
event); get 41.2 µs (call 1,200,003 in serve).
Clock: tsc, in steps of 10.0 ns; the 11.2 ns of a reading are taken off each
figure.
";
        assert_eq!(text, expected, "{text}");
        assert_eq!(of_phases(&Latency::default(), &[]), []);
    }
}
