//! What the full report says of a case's memory and latencies: where the bytes are, what is left after the last phase, the
//! operations that grew the map, and how long single operations took.

use super::wrap_text::{cut, paragraph};
use crate::output::{number_format, text_columns};
use crate::profile::rust_symbol::brief;
use crate::record::{
    CaseRecord, Growth, KindLatency, Latency, LiveSite, Memory, Moment, Pages, PassKind, PhaseRecord, STEPS,
    SettleStep, Settled, Waterfall,
};

/// Growth events that are shown, and slow operations.
const LARGEST: usize = 3;
/// Rows of the table of latencies at most.
const KINDS: usize = 8;
/// Sites of live bytes at most.
const SITES: usize = 3;
/// Notes to the waterfall at most.
const NOTES: usize = 2;
/// Letters of a phase's name above its column.
const COLUMN: usize = 12;

/// Memory and latencies of a case in `width` columns; empty if no pass reported them.
pub fn of_case(record: &CaseRecord, width: usize) -> String {
    let mut text = where_bytes_are(&record.waterfalls, width);
    if let Some(pass) = record.passes.get(&PassKind::Memory)
        && let Some(memory) = &pass.memory
    {
        text.push_str(&settling(memory, pass.total.peak_live_bytes));
        text.push_str(&growth(memory, width));
    }
    if let Some(pass) = record.passes.get(&PassKind::Latency)
        && let Some(latency) = &pass.latency
    {
        text.push_str(&latencies(latency, &pass.phases, width));
    }
    text
}

/// The waterfalls of the phases' ends and of the peak, a column each.
fn where_bytes_are(waterfalls: &[Waterfall], width: usize) -> String {
    let shown: Vec<&Waterfall> = waterfalls.iter().filter(|w| w.moment != Moment::Settled).collect();
    let Some(last) = shown.iter().rposition(|w| w.moment == Moment::PhaseEnd) else {
        return String::new();
    };
    let steps: Vec<_> = STEPS
        .iter()
        .filter(|info| {
            matches!(info.name, "payload" | "unexplained")
                || shown.iter().any(|w| w.bytes(info.name).unwrap_or(0) != 0)
        })
        .collect();
    let column = |w: &Waterfall| -> Vec<String> {
        let none = |name: &str| if name == "payload" { "not known" } else { "-" };
        let cell = |name: &str, bytes: Option<i64>| {
            bytes.map_or_else(|| none(name).to_owned(), number_format::bytes)
        };
        let total = i64::try_from(w.total).unwrap_or(i64::MAX);
        std::iter::once(cut(&w.at, COLUMN))
            .chain(steps.iter().map(|info| cell(info.name, w.bytes(info.name))))
            .chain([number_format::bytes(total)])
            .collect()
    };
    let labels: Vec<String> = std::iter::once("step".to_owned())
        .chain(steps.iter().map(|info| info.label.to_owned()))
        .chain(["total".to_owned()])
        .collect();
    let columns: Vec<Vec<String>> = shown.iter().map(|w| column(w)).collect();
    let room = |column: &[String]| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0) + 2;

    // The fullest map, the last phase and the peak always; then the other phases from the first on, as they fit.
    let fullest = (0..=last).max_by_key(|index| shown.get(*index).and_then(|w| w.bytes("payload")));
    let always = |index: &usize| *index >= last || Some(*index) == fullest;
    let (needed, others): (Vec<usize>, Vec<usize>) = (0..shown.len()).partition(always);
    let mut left = (width + 2).saturating_sub(room(&labels));
    let mut kept = Vec::new();
    for index in needed.iter().chain(&others).copied() {
        let room = columns.get(index).map_or(0, |column| room(column));
        if needed.contains(&index) || room <= left {
            left = left.saturating_sub(room);
            kept.push(index);
        } else {
            break;
        }
    }
    kept.sort_unstable();

    let columns: Vec<&Vec<String>> = kept.iter().filter_map(|index| columns.get(*index)).collect();
    let row = |n: usize| -> Vec<String> {
        std::iter::once(&labels).chain(columns.iter().copied()).filter_map(|c| c.get(n).cloned()).collect()
    };
    let header = row(0);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = (1..labels.len()).map(row).collect();
    let mut text = format!("\nFrom payload to resident memory:\n{}", text_columns::numbers(&header, &rows));

    let left_out = shown.len() - kept.len();
    if left_out > 0 {
        text.push_str(&format!("and {left_out} more phases in run.json\n"));
    }
    let peak = shown.iter().any(|w| w.moment == Moment::Peak);
    if shown.iter().any(|w| w.to_resident) {
        let at_peak = if peak {
            ". The peak ends at the map's usable bytes, because pages cannot be read during an operation"
        } else {
            ""
        };
        text.push_str(&paragraph(&format!("Totals are resident bytes of the process{at_peak}."), width));
    } else {
        text.push_str(&paragraph("Totals are usable bytes of the map.", width));
    }
    let mut notes: Vec<String> = Vec::new();
    for index in &kept {
        let Some(w) = shown.get(*index).filter(|w| w.moment == Moment::PhaseEnd) else { continue };
        for note in &w.notes {
            if !notes.iter().any(|known| known.ends_with(note)) {
                notes.push(format!("{}: {note}", w.at));
            }
        }
    }
    for note in notes.iter().take(NOTES) {
        text.push_str(&paragraph(note, width));
    }
    for w in kept.iter().filter_map(|index| shown.get(*index)).filter(|w| !w.sites.is_empty()) {
        let site = |live: &LiveSite| {
            format!("{} {} ({})", number_format::bytes(live.bytes as i64), brief(&live.site), live.role)
        };
        let sites: Vec<String> = w.sites.iter().take(SITES).map(site).collect();
        let what = if w.moment == Moment::Peak { "Live at the peak" } else { "Live at the end" };
        text.push_str(&paragraph(&format!("{what} by site: {}.", sites.join(", ")), width));
    }
    text
}

/// What is left after the last phase, a row per step.
fn settling(memory: &Memory, peak_live: u64) -> String {
    if memory.settling.is_empty() {
        return String::new();
    }
    let baseline = memory.baseline.as_ref();
    let resident = |pages: Option<&Pages>| match pages.zip(baseline) {
        Some((now, before)) => {
            number_format::bytes(now.rss_allocator.wrapping_sub(before.rss_allocator) as i64)
        }
        None => "-".to_owned(),
    };
    let row = |Settled { step, reading }: &Settled| {
        let of_peak = reading.live_bytes as f64 / peak_live as f64;
        vec![
            what_was_done(*step).to_owned(),
            number_format::bytes(reading.live_bytes as i64),
            if peak_live == 0 { "-".to_owned() } else { number_format::percent(of_peak) },
            number_format::bytes(reading.usable_bytes as i64),
            resident(reading.pages.as_ref()),
        ]
    };
    let rows: Vec<Vec<String>> = memory.settling.iter().map(row).collect();
    let header = ["after the last phase", "live", "of live peak", "usable", "resident"];
    let mut text = format!("\n{}", text_columns::numbers(&header, &rows));
    let live = |step| memory.settling.iter().find(|s| s.step == step).map(|s| s.reading.live_bytes);
    if let Some((end, quiesced)) = live(SettleStep::End).zip(live(SettleStep::Quiesced))
        && end > quiesced
    {
        let garbage = number_format::bytes((end - quiesced) as i64);
        text.push_str(&format!("Garbage that deferred reclamation had not freed yet: {garbage}\n"));
    }
    text
}

fn what_was_done(step: SettleStep) -> &'static str {
    match step {
        SettleStep::End => "nothing done",
        SettleStep::Quiesced => "reclamation finished",
        SettleStep::Shrunk => "map shrunk",
        SettleStep::ShrunkPurged => "shrunk, free pages returned",
        SettleStep::Dropped => "map dropped",
        SettleStep::Purged => "dropped, free pages returned",
    }
}

/// How many operations grew the map, and the largest of them.
fn growth(memory: &Memory, width: usize) -> String {
    let mut largest: Vec<&Growth> = memory.growth.iter().collect();
    if largest.is_empty() {
        return String::new();
    }
    largest.sort_by_key(|growth| std::cmp::Reverse(growth.highest));
    largest.truncate(LARGEST);
    let figures = |growth: &Growth| {
        [
            number_format::count(growth.call as i64),
            number_format::bytes(growth.before as i64),
            number_format::bytes(growth.highest as i64),
            number_format::bytes(growth.after as i64),
            number_format::nanoseconds(growth.duration_ns as i64),
        ]
    };
    let header = ["growth at", "call", "before", "highest", "after", "took"];
    let taken: usize = (0..5)
        .map(|n| {
            let cells = largest.iter().map(|growth| figures(growth)[n].chars().count());
            cells.chain([header[n + 1].len()]).max().unwrap_or(0) + 2
        })
        .sum();
    let room = width.saturating_sub(taken).max(12);
    let rows: Vec<Vec<String>> = largest
        .iter()
        .map(|growth| std::iter::once(site(&growth.site, room)).chain(figures(growth)).collect())
        .collect();
    let how_many = match memory.growth_events {
        1 => "1 operation".to_owned(),
        n => format!("{} operations", number_format::count(n as i64)),
    };
    let largest = if rows.len() as u64 == memory.growth_events { "" } else { "; the largest" };
    let heading =
        format!("{how_many} of the memory pass allocated more than an eighth of the live bytes{largest}:");
    format!("\n{}{}", paragraph(&heading, width), text_columns::numbers(&header, &rows))
}

/// A function's name in `room` columns: without its crate and then without its beginning, should it be too wide.
pub fn site(name: &str, room: usize) -> String {
    if name.is_empty() {
        return "unknown".to_owned();
    }
    let name = brief(name);
    if name.chars().count() <= room {
        return name;
    }
    let tail = match name.split_once("::…::") {
        Some((_, tail)) => format!("…::{tail}"),
        None => name,
    };
    let letters = tail.chars().count();
    if letters <= room {
        return tail;
    }
    std::iter::once('…').chain(tail.chars().skip(letters + 1 - room)).collect()
}

/// The latencies by phase and operation, and the slowest operations.
fn latencies(latency: &Latency, phases: &[PhaseRecord], width: usize) -> String {
    if latency.kinds.is_empty() {
        return String::new();
    }
    let phase_name = |index: u16| phase_name(phases, index);
    let mut kept: Vec<usize> = (0..latency.kinds.len()).collect();
    kept.sort_by_key(|index| latency.kinds.get(*index).map(|kind| std::cmp::Reverse(kind.count)));
    kept.truncate(KINDS);
    kept.sort_unstable();
    let rows: Vec<Vec<String>> = kept
        .iter()
        .filter_map(|index| latency.kinds.get(*index))
        .map(|kind| {
            let times = [kind.p50_ns, kind.p90_ns, kind.p99_ns, kind.p999_ns, kind.max_ns];
            let name = format!("{} {}", cut(&phase_name(kind.phase), COLUMN), kind.op);
            [
                name,
                number_format::brief_count(kind.count as i64),
                number_format::nanoseconds(kind.mean_ns.round() as i64),
            ]
            .into_iter()
            .chain(times.map(|time| resolved(time, latency.resolution_ns)))
            .collect()
        })
        .collect();
    let header = ["latency", "count", "mean", "p50", "p90", "p99", "p99.9", "max"];
    let mut text = format!("\n{}", text_columns::numbers(&header, &rows));
    let left_out = latency.kinds.len() - rows.len();
    if left_out > 0 {
        text.push_str(&format!("and {left_out} more rows in run.json\n"));
    }
    let slow: Vec<String> = latency
        .slowest
        .iter()
        .take(LARGEST)
        .map(|slow| {
            let growth = if slow.growth { ", a growth event" } else { "" };
            let took = number_format::nanoseconds(slow.ns as i64);
            let call = number_format::count(slow.call as i64);
            format!("{} {took} (call {call} in {}{growth})", slow.op, phase_name(slow.phase))
        })
        .collect();
    if !slow.is_empty() {
        text.push_str(&paragraph(&format!("Slowest of the latency pass: {}.", slow.join("; ")), width));
    }
    let backwards = match latency.backwards {
        0 => String::new(),
        n => format!(" {} readings went backwards and are left out.", number_format::count(n as i64)),
    };
    let clock = format!(
        "Clock: {}, in steps of {:.1} ns; the {:.1} ns of a reading are taken off each figure.{backwards}",
        latency.clock, latency.resolution_ns, latency.overhead_ns
    );
    text.push_str(&paragraph(&clock, width));
    let fast = |kind: &&KindLatency| (kind.p50_ns as f64) < latency.resolution_ns;
    if let Some(kind) = latency.kinds.iter().filter(fast).max_by_key(|kind| kind.count) {
        let line = format!(
            "Half of the {} calls took less than the clock can resolve; for their mean see time/op, which comes from the \
             time pass.",
            kind.op
        );
        text.push_str(&paragraph(&line, width));
    }
    text
}

/// The name of a phase by its place.
pub fn phase_name(phases: &[PhaseRecord], index: u16) -> String {
    let known = phases.get(usize::from(index)).map(|phase| phase.name.clone());
    known.unwrap_or_else(|| format!("phase {}", u32::from(index) + 1))
}

/// A percentile, or that it is below the clock's step.
pub fn resolved(ns: u64, resolution_ns: f64) -> String {
    if (ns as f64) < resolution_ns {
        format!("< {}", number_format::nanoseconds(resolution_ns.ceil() as i64))
    } else {
        number_format::nanoseconds(ns as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{fixtures, waterfalls};

    #[test]
    fn where_the_bytes_are() {
        let all = waterfalls(&fixtures::memory(), &fixtures::phases());
        let text = where_bytes_are(&all, 80);
        let expected = "
From payload to resident memory:
step               fill     serve     drain     peak
payload         16.0 MB   16.0 MB   1.60 MB  14.7 MB
empty slots     17.6 MB   17.6 MB   32.0 MB        -
control         2.10 MB   2.10 MB   2.10 MB        -
structure             -         -         -  38.8 MB
rounding        6.29 MB   6.29 MB   6.29 MB  9.44 MB
fragmentation   50.0 kB   50.0 kB   50.0 kB        -
allocator        700 kB    700 kB    700 kB        -
untouched      -10.5 MB  -10.5 MB  -10.5 MB        -
harness         3.00 MB   3.00 MB   3.00 MB        -
process         8.30 MB   8.30 MB   8.30 MB        -
unexplained     4.10 kB   4.10 kB   4.10 kB      0 B
total           43.5 MB   43.5 MB   43.5 MB  62.9 MB
Totals are resident bytes of the process. The peak ends at the map's usable
bytes, because pages cannot be read during an operation.
";
        assert_eq!(text, expected, "{text}");
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        let mut memory = fixtures::memory();
        memory.phases = (0..64).map(|n| fixtures::reading(if n == 40 { 999 } else { n })).collect();
        let phases: Vec<PhaseRecord> = (0..64)
            .map(|n| PhaseRecord { name: format!("a-rather-long-name-{n}"), ..PhaseRecord::default() })
            .collect();
        let text = where_bytes_are(&waterfalls(&memory, &phases), 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("and 61 more phases") || text.contains("and 60 more phases"), "{text}");
        assert_eq!(where_bytes_are(&[], 80), "");
    }

    #[test]
    fn what_is_left() {
        let mut memory = fixtures::memory();
        memory.settling[0].reading.live_bytes += 1_000_000;
        let text = settling(&memory, 53_477_408);
        let expected = "
after the last phase             live  of live peak   usable  resident
nothing done                  36.7 MB        68.5 %  41.9 MB   32.2 MB
reclamation finished          35.7 MB        66.7 %  41.9 MB   32.2 MB
map shrunk                    2.23 MB         4.2 %  2.62 MB   2.72 MB
shrunk, free pages returned   2.23 MB         4.2 %  2.62 MB   2.12 MB
map dropped                       0 B         0.0 %      0 B    754 kB
dropped, free pages returned      0 B         0.0 %      0 B    754 kB
Garbage that deferred reclamation had not freed yet: 1.00 MB
";
        assert_eq!(text, expected, "{text}");
        assert_eq!(settling(&Memory::default(), 0), "");
    }

    #[test]
    fn the_largest_growth_events() {
        let text = growth(&fixtures::memory(), 80);
        let expected = "
19 operations of the memory pass allocated more than an eighth of the live
bytes; the largest:
growth at                          call   before  highest    after     took
…::RawTable<…>::reserve_rehash  917,504  17.8 MB  53.5 MB  35.7 MB  18.9 ms
…::RawTable<…>::reserve_rehash  458,752  8.91 MB  26.7 MB  17.8 MB  9.44 ms
…::RawTable<…>::reserve_rehash  229,376  4.46 MB  13.4 MB  8.91 MB  4.72 ms
";
        assert_eq!(text, expected, "{text}");
        assert_eq!(growth(&Memory::default(), 80), "");
        assert_eq!(site("an_unreasonably_long_name_of_a_function", 12), "…_a_function");
    }

    #[test]
    fn how_long_operations_took() {
        let text = latencies(&fixtures::latency(), &fixtures::phases(), 80);
        let expected = "
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
        assert_eq!(latencies(&Latency::default(), &[], 80), "");
    }
}
