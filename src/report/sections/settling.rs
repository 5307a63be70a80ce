//! What is left after the last phase, a row per step of taking the map down.

use crate::output::number_format;
use crate::record::{Memory, Pages, SettleStep, Settled};
use crate::report::{Cell, Column, Table};

/// The table; none if the map was not taken down. `peak_live` is the highest live bytes of the run.
pub fn table(memory: &Memory, peak_live: u64) -> Option<Table> {
    if memory.settling.is_empty() {
        return None;
    }
    let baseline = memory.baseline.as_ref();
    let resident = |pages: Option<&Pages>| {
        let (now, before) = pages.zip(baseline)?;
        Some(now.rss_allocator.wrapping_sub(before.rss_allocator) as i64)
    };
    let row = |Settled { step, reading }: &Settled| {
        let of_peak = (peak_live > 0).then(|| reading.live_bytes as f64 / peak_live as f64);
        vec![
            Cell::text(step.label()),
            Cell::whole(Some(reading.live_bytes as i64), number_format::bytes),
            Cell::figure(of_peak, number_format::percent),
            Cell::whole(Some(reading.usable_bytes as i64), number_format::bytes),
            Cell::whole(resident(reading.pages.as_ref()), number_format::bytes),
        ]
    };
    let live = |step| memory.settling.iter().find(|s| s.step == step).map(|s| s.reading.live_bytes);
    let garbage =
        live(SettleStep::End).zip(live(SettleStep::Quiesced)).filter(|(end, quiesced)| end > quiesced);
    let garbage = garbage.map(|(end, quiesced)| {
        let bytes = number_format::bytes((end - quiesced) as i64);
        format!("Garbage that deferred reclamation had not freed yet: {bytes}")
    });
    let header = ["after the last phase", "live", "of live peak", "usable", "resident"];
    Some(Table {
        columns: header.map(Column::kept).to_vec(),
        rows: memory.settling.iter().map(row).collect(),
        below: garbage.unwrap_or_default(),
        ..Table::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;
    use crate::report::{Block, terminal::render};

    #[test]
    fn what_is_left() {
        let mut memory = fixtures::memory();
        memory.settling[0].reading.live_bytes += 1_000_000;
        let text = render(&[Block::Table(table(&memory, 53_477_408).unwrap())], 80);
        let expected = "\
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
        assert_eq!(table(&Memory::default(), 0), None);
    }
}
