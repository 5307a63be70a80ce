//! A comparison as it is read: sheets of rows and columns, their notes, and the legend. `table`, `markdown` and `html`
//! show them; `data` prints the comparison itself, for programs.

pub mod data;
pub mod html;
pub mod markdown;
pub mod table;

use super::number_format;
use super::number_format::compact;
use crate::compare::ranking::{SPACE, TIME};
use crate::compare::{Baseline, Cell, Column, Means, Ranking, Row, Series, WorkloadRanking};
use crate::printable::printable;
use crate::record::{CaseRecord, Noise};

/// What a row of a sheet stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A sheet per workload, a row per map.
    Map,
    /// A sheet per map, a row per workload.
    Workload,
}

/// A table of a comparison.
#[derive(Debug, Clone, PartialEq)]
struct Sheet {
    /// What it is of.
    title: String,
    /// What its rows stand for.
    rows_are: &'static str,
    rows: Vec<(String, Vec<Option<Entry>>)>,
    /// What there is to say of it, a sentence each.
    notes: Vec<String>,
}

impl Sheet {
    /// The columns that any of its rows has, each with its place.
    fn columns<'a>(&'a self, columns: &'a [Column]) -> impl Iterator<Item = (usize, &'a Column)> {
        let there =
            |place: usize| self.rows.iter().any(|(_, row)| row.get(place).is_some_and(Option::is_some));
        columns.iter().enumerate().filter(move |(place, _)| there(*place))
    }
}

/// A figure of a sheet, in words.
#[derive(Debug, Clone, Default, PartialEq)]
struct Entry {
    /// Empty in a row of means.
    value: String,
    /// `±3%`; empty if it was measured once, or is the same each time.
    spread: String,
    /// `1.23x`; empty if there is none.
    ratio: String,
    best: bool,
    /// What it is sorted by: the value, or the ratio in a row of means.
    figure: Option<f64>,
}

/// The sheets of a comparison, those of the means last.
fn sheets(ranking: &Ranking<'_>, by: By) -> Vec<Sheet> {
    let whole: Vec<bool> = (0..ranking.columns.len()).map(|column| whole(ranking, column)).collect();
    let mut sheets: Vec<Sheet> = match by {
        By::Map => {
            let of_board = |of_workload| board_sheet(ranking, of_workload, &whole);
            let means = ranking.means.as_ref().filter(|_| !is_alone(ranking));
            let means = means.map(|means| means_sheet(ranking, means));
            ranking.workloads.iter().map(of_board).chain(means).collect()
        }
        By::Workload => {
            let of = |series| contestant_sheet(ranking, series, &whole);
            (0..ranking.series.len()).map(of).collect()
        }
    };
    for sheet in &mut sheets {
        let names = sheet.rows.iter_mut().map(|(name, _)| name);
        let texts = names.chain(&mut sheet.notes).chain([&mut sheet.title]);
        texts.for_each(|text| *text = printable(text).into_owned());
    }
    sheets
}

/// What the sheets' signs mean.
fn legend(ranking: &Ranking<'_>, by: By, best: &str) -> Vec<String> {
    let ratios = match &ranking.baseline {
        Baseline::Best => "the best of the workload".to_owned(),
        Baseline::Row(row) if ranking.series.iter().any(|c| c.side.is_some()) => {
            format!("{row} on the same side")
        }
        Baseline::Row(row) => row.clone(),
        Baseline::Side(side) => format!("the same map in {side}"),
    };
    let more: Vec<&str> = ranking.columns.iter().filter(|c| c.more).map(|c| c.name.as_str()).collect();
    let direction = match more.as_slice() {
        [] => "less is better".to_owned(),
        _ if more.len() == ranking.columns.len() => "more is better".to_owned(),
        _ => format!("less is better, but of {} more", more.join(", ")),
    };
    let alone = is_alone(ranking);
    let signs = || format!("{best} best of the workload ({direction}); 1.23x: ratio to {ratios}.");
    let mut lines: Vec<String> = (!alone).then(signs).into_iter().collect();
    if let (By::Workload, Some(means), false) = (by, &ranking.means, alone) {
        lines.extend(over(ranking, means));
    }
    for column in ranking.columns.iter().filter(|column| !column.phases.is_empty()) {
        let s = if column.phases.len() == 1 { "" } else { "s" };
        lines.push(format!("{}: of the phase{s} {} alone.", column.name, column.phases.join(", ")));
    }
    let rows = || ranking.workloads.iter().flat_map(|of_workload| &of_workload.rows);
    if rows().any(|row| row.cells.iter().flatten().any(|cell| cell.spread.is_some())) {
        lines.push(
            "±: farther end of the 95 % interval of the median; of fewer than 6 measurements, of their range."
                .to_owned(),
        );
    }
    lines.extend(two_languages(ranking));
    lines.extend(measured_once(ranking));
    lines.iter().map(|line| printable(line).into_owned()).collect()
}

/// Says what does not mean the same in rows of two languages, if there are such rows.
pub fn two_languages(ranking: &Ranking<'_>) -> Option<String> {
    let rows = || ranking.workloads.iter().flat_map(|of_workload| &of_workload.rows);
    let is_collected = |row: &&Row<'_>| row.ranked.record.case.runtime.is_some();
    let is_mixed = rows().any(|row| is_collected(&row)) && rows().any(|row| !is_collected(&row));
    is_mixed.then(|| TWO_LANGUAGES.to_owned())
}

/// What does not mean the same in a run of Go and in one of Rust.
pub const TWO_LANGUAGES: &str = "Bytes of Go are those of its size classes, and of Rust requested ones: usable_bytes means the same in \
                                 both. What is live in Go is counted after a collection.";

/// Says that times were measured once, if there are such times.
pub fn measured_once(ranking: &Ranking<'_>) -> Option<String> {
    let times = ranking.columns.iter().any(|c| c.noise == Noise::Time);
    let rows = || ranking.workloads.iter().flat_map(|of_workload| &of_workload.rows);
    let once = rows().filter(|row| row.ranked.record.repeats < 2).count();
    let which = if once == rows().count() { "Times" } else { "Times without ±" };
    (times && once > 0).then(|| {
        format!("{which} come from one measurement, so how much they vary is not known. --repeat 10 tells.")
    })
}

fn board_sheet(ranking: &Ranking<'_>, of_workload: &WorkloadRanking<'_>, whole: &[bool]) -> Sheet {
    let row = |row: &Row<'_>| (label(ranking, row.series), entries(ranking, row, whole));
    Sheet {
        title: format!("{}{}", of_workload.workload, facts(of_workload)),
        rows_are: "map",
        rows: of_workload.rows.iter().map(row).collect(),
        notes: front_of(ranking, of_workload).into_iter().collect(),
    }
}

fn contestant_sheet(ranking: &Ranking<'_>, series: usize, whole: &[bool]) -> Sheet {
    let mine = || {
        ranking.workloads.iter().filter_map(move |of_workload| {
            Some((of_workload, of_workload.rows.iter().find(|row| row.series == series)?))
        })
    };
    let mut rows: Vec<(String, Vec<Option<Entry>>)> = mine()
        .map(|(of_workload, row)| (of_workload.workload.clone(), entries(ranking, row, whole)))
        .collect();
    let mut notes = Vec::new();
    if let Some(means) = &ranking.means
        && mine().count() > 1
        && !is_alone(ranking)
    {
        rows.push(("geometric mean".to_owned(), mean_entries(means, series)));
    }
    let front: Vec<&str> =
        mine().filter(|(_, row)| row.front).map(|(of_workload, _)| of_workload.workload.as_str()).collect();
    let drawn = mine().any(|(_, row)| row.spot.is_some());
    if is_alone(ranking) {
        return Sheet { title: label(ranking, series), rows_are: "workload", rows, notes };
    }
    if !front.is_empty() {
        notes.push(format!("On the Pareto front of {TIME} and {SPACE} in: {}.", front.join(", ")));
    } else if drawn {
        notes.push(format!("Nowhere on the Pareto front of {TIME} and {SPACE}."));
    }
    Sheet { title: label(ranking, series), rows_are: "workload", rows, notes }
}

fn means_sheet(ranking: &Ranking<'_>, means: &Means) -> Sheet {
    let rows = (0..ranking.series.len())
        .map(|series| (label(ranking, series), mean_entries(means, series)))
        .filter(|(_, entries)| entries.iter().any(Option::is_some))
        .collect();
    Sheet {
        title: "Geometric means of the ratios".to_owned(),
        rows_are: "map",
        rows,
        notes: over(ranking, means),
    }
}

fn label(ranking: &Ranking<'_>, series: usize) -> String {
    ranking.series.get(series).map(Series::label).unwrap_or_default()
}

/// What all runs of a workload have in common, behind its name: `, 1,000,000 entries, seed 1`.
pub fn facts(of_workload: &WorkloadRanking<'_>) -> String {
    fn common<T: PartialEq>(
        of_workload: &WorkloadRanking<'_>,
        of: impl Fn(&CaseRecord) -> Option<T>,
    ) -> Option<T> {
        let mut all = of_workload.rows.iter().map(|row| of(row.ranked.record));
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }
    let mut text = String::new();
    if let Some(entries) = common(of_workload, |r| r.definition.as_ref().map(|d| d.entries)) {
        text += &format!(", {} entries", number_format::count(entries as i64));
    }
    match common(of_workload, |r| Some(r.case.threads)) {
        Some(1) | None => {}
        Some(threads) => text += &format!(", {threads} threads"),
    }
    if let Some(seed) = common(of_workload, |r| Some(r.seed)) {
        text += &format!(", seed {seed}");
    }
    text
}

/// Who is on the front, and for what: `Pareto front of ...: hashbrown (least ns_per_op), btree (least bytes_per_entry).`
fn front_of(ranking: &Ranking<'_>, of_workload: &WorkloadRanking<'_>) -> Option<String> {
    let spots: Vec<_> = of_workload.rows.iter().filter_map(|row| Some((row, row.spot?))).collect();
    if spots.len() < 2 {
        return None;
    }
    let least =
        |of: fn(&crate::compare::Spot) -> f64| spots.iter().map(|(_, spot)| of(spot)).min_by(f64::total_cmp);
    let (time, space) = (least(|spot| spot.time), least(|spot| spot.space));
    let names: Vec<String> = spots
        .iter()
        .filter(|(row, _)| row.front)
        .map(|(row, spot)| {
            let name = label(ranking, row.series);
            match (Some(spot.time) == time, Some(spot.space) == space) {
                (true, true) => format!("{name} (least of both)"),
                (true, false) => format!("{name} (least {TIME})"),
                (false, true) => format!("{name} (least {SPACE})"),
                (false, false) => name,
            }
        })
        .collect();
    Some(format!("Pareto front of {TIME} and {SPACE}: {}.", names.join(", ")))
}

/// Over which workloads the means are, and which are left out.
fn over(ranking: &Ranking<'_>, means: &Means) -> Vec<String> {
    let workloads = |over: &[usize]| -> String {
        let names: Vec<&str> = ranking
            .workloads
            .iter()
            .enumerate()
            .filter(|(index, _)| over.contains(index))
            .map(|(_, of_workload)| of_workload.workload.as_str())
            .collect();
        if names.is_empty() { "no workload, as none has all rows".to_owned() } else { names.join(", ") }
    };
    let mut kinds: Vec<(&[usize], Vec<&str>)> = Vec::new();
    for (column, means) in ranking.columns.iter().zip(&means.columns) {
        match kinds.iter_mut().find(|(over, _)| *over == means.over) {
            Some((_, names)) => names.push(&column.name),
            None => kinds.push((&means.over, vec![&column.name])),
        }
    }
    // What most figures are over comes first and needs no names.
    kinds.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    let line = |(index, (over, names)): (usize, &(&[usize], Vec<&str>))| {
        let what = if index == 0 { "Means".to_owned() } else { format!("Those of {}", names.join(", ")) };
        let absent: Vec<usize> = (0..ranking.workloads.len()).filter(|n| !over.contains(n)).collect();
        let without = if absent.is_empty() || over.is_empty() {
            String::new()
        } else {
            format!("; left out, as not all rows have it: {}", workloads(&absent))
        };
        format!("{what} are over {}{without}.", workloads(over))
    };
    kinds.iter().enumerate().map(line).collect()
}

/// Whether there is nothing to compare with: each figure would be the best, and 1.00x itself.
fn is_alone(ranking: &Ranking<'_>) -> bool {
    ranking.series.len() == 1 && ranking.baseline == Baseline::Best
}

/// Whether every value of a column is a whole number.
fn whole(ranking: &Ranking<'_>, column: usize) -> bool {
    let rows = ranking.workloads.iter().flat_map(|of_workload| &of_workload.rows);
    rows.filter_map(|row| row.cells.get(column)?.as_ref()).all(|cell| cell.value.fract() == 0.0)
}

fn entries(ranking: &Ranking<'_>, row: &Row<'_>, whole: &[bool]) -> Vec<Option<Entry>> {
    let alone = is_alone(ranking);
    let entry = |((column, cell), whole): ((&Column, &Option<Cell>), &bool)| {
        let cell = cell.as_ref()?;
        let share = cell.spread.and_then(|spread| spread.share(cell.value));
        Some(Entry {
            value: compact::value(cell.value, &column.unit, *whole),
            spread: share.map(compact::plus_minus).unwrap_or_default(),
            ratio: cell.ratio.map(compact::ratio).filter(|_| !alone).unwrap_or_default(),
            best: cell.best && !alone,
            figure: Some(cell.value),
        })
    };
    ranking.columns.iter().zip(&row.cells).zip(whole).map(entry).collect()
}

fn mean_entries(means: &Means, series: usize) -> Vec<Option<Entry>> {
    let entry = |column: &crate::compare::geometric_mean::ColumnMeans| {
        let mean = column.means.get(series).copied().flatten()?;
        Some(Entry {
            ratio: compact::ratio(mean.ratio),
            best: mean.best,
            figure: Some(mean.ratio),
            ..Entry::default()
        })
    };
    means.columns.iter().map(entry).collect()
}

/// A column's name in pieces of at most `room` letters where it can be broken, its unit at the end if the name does not
/// say it.
fn heading(column: &Column, room: usize) -> Vec<String> {
    let mut text = printable(&column.name).into_owned();
    if column.unit == "ns" && !column.name.starts_with("ns_") && !column.name.contains("_ns_") {
        text.push_str("_[ns]");
    }
    let mut lines: Vec<String> = vec![String::new()];
    for piece in text.split_inclusive(['_', '.']) {
        let unit = piece.starts_with('[');
        match lines.last_mut() {
            Some(line) if !unit && line.chars().count() + piece.chars().count() <= room => {
                line.push_str(piece);
            }
            _ => lines.push(piece.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    if let [.., before, unit] = lines.as_mut_slice()
        && unit.starts_with('[')
    {
        before.truncate(before.trim_end_matches('_').len());
    }
    lines
}

#[cfg(test)]
mod tests;
