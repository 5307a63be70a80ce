//! From payload to resident memory: the waterfalls of the phases' ends and of the peak, a column each.

use crate::output::number_format;
use crate::profile::rust_symbol::brief;
use crate::record::{LiveSite, Moment, STEPS, Waterfall};
use crate::report::wrap_text::cut;
use crate::report::{Block, Cell, Column, Table};

/// Sites of live bytes at most.
const SITES: usize = 3;
/// Notes to the waterfall at most.
const NOTES: usize = 2;
/// Letters of a phase's name above its column.
const COLUMN: usize = 12;

/// The table, what its totals are, and the notes; empty if there is no end of a phase.
pub fn of(waterfalls: &[Waterfall]) -> Vec<Block> {
    let shown: Vec<&Waterfall> = waterfalls.iter().filter(|w| w.moment != Moment::Settled).collect();
    let Some(last) = shown.iter().rposition(|w| w.moment == Moment::PhaseEnd) else { return Vec::new() };
    // The fullest map, the last phase and the peak have room always.
    let fullest = (0..=last).max_by_key(|index| shown.get(*index).and_then(|w| w.bytes("payload")));
    let is_kept = |index: usize| index >= last || Some(index) == fullest;
    let mut blocks = vec![Block::Table(table(&shown, is_kept))];
    blocks.push(Block::Paragraph(totals(&shown)));
    let mut notes: Vec<String> = Vec::new();
    for w in shown.iter().filter(|w| w.moment == Moment::PhaseEnd) {
        for note in &w.notes {
            if !notes.iter().any(|known| known.ends_with(note)) {
                notes.push(format!("{}: {note}", w.at));
            }
        }
    }
    notes.truncate(NOTES);
    blocks.extend(notes.into_iter().map(Block::Paragraph));
    let kept = shown.iter().enumerate().filter(|(index, _)| is_kept(*index)).map(|(_, w)| w);
    blocks.extend(kept.filter(|w| !w.sites.is_empty()).map(|w| Block::Paragraph(live_sites(w))));
    blocks
}

fn table(shown: &[&Waterfall], is_kept: impl Fn(usize) -> bool) -> Table {
    let always = |name| matches!(name, "payload" | "unexplained");
    let has_bytes = |name| shown.iter().any(|w| w.bytes(name).unwrap_or(0) != 0);
    let steps = STEPS.iter().filter(|info| always(info.name) || has_bytes(info.name));
    let row = |name: &str, label: &str| -> Vec<Cell> {
        let cell = |w: &&Waterfall| match w.bytes(name) {
            None if name == "payload" => Cell::text("not known"),
            bytes => Cell::whole(bytes, number_format::bytes),
        };
        std::iter::once(Cell::text(label)).chain(shown.iter().map(cell)).collect()
    };
    let mut rows: Vec<Vec<Cell>> = steps.map(|info| row(info.name, info.label)).collect();
    let total =
        |w: &&Waterfall| Cell::whole(Some(i64::try_from(w.total).unwrap_or(i64::MAX)), number_format::bytes);
    rows.push(std::iter::once(Cell::text("total")).chain(shown.iter().map(total)).collect());
    let column =
        |(index, w): (usize, &&Waterfall)| Column { name: cut(&w.at, COLUMN), may_go: !is_kept(index) };
    Table {
        heading: "From payload to resident memory:".to_owned(),
        columns: std::iter::once(Column::kept("step")).chain(shown.iter().enumerate().map(column)).collect(),
        rows,
        columns_are: "phases",
        ..Table::default()
    }
}

/// What the totals are.
fn totals(shown: &[&Waterfall]) -> String {
    if !shown.iter().any(|w| w.to_resident) {
        return "Totals are usable bytes of the map.".to_owned();
    }
    let at_peak = match shown.iter().any(|w| w.moment == Moment::Peak) {
        true => ". The peak ends at the map's usable bytes, because pages cannot be read during an operation",
        false => "",
    };
    format!("Totals are resident bytes of the process{at_peak}.")
}

/// The sites with the most live bytes at a moment.
fn live_sites(w: &Waterfall) -> String {
    let site = |live: &LiveSite| {
        format!("{} {} ({})", number_format::bytes(live.bytes as i64), brief(&live.site), live.role)
    };
    let sites: Vec<String> = w.sites.iter().take(SITES).map(site).collect();
    let what = if w.moment == Moment::Peak { "Live at the peak" } else { "Live at the end" };
    format!("{what} by site: {}.", sites.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PhaseRecord, fixtures, waterfalls};
    use crate::report::terminal::render;

    #[test]
    fn where_the_bytes_are() {
        let all = waterfalls(&fixtures::memory(), &fixtures::phases());
        let text = render(&of(&all), 80);
        let expected = "\
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
        let text = render(&of(&waterfalls(&memory, &phases)), 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("and 61 more phases") || text.contains("and 60 more phases"), "{text}");
        assert_eq!(of(&[]), []);
    }
}
