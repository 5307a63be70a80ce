//! Which map: the runs of a workload ranked, and what separates them in a sentence.

use crate::compare::{Column as Metric, Ranking, Row, WorkloadRanking, ranking};
use crate::output::number_format::{self, full};
use crate::record::{CaseRecord, Moment, PassKind, STEPS, Waterfall, step_info};
use crate::report::{Cell, Column, Table};

/// The sentences: the smallest map, what separates the largest from it, and the fastest. Empty if no two runs can be ranked.
pub fn sentence(ranking: &Ranking<'_>, of_workload: &WorkloadRanking<'_>) -> String {
    let by = |metric: &str| ranked(ranking, of_workload, metric);
    let (space, time) = (by(ranking::SPACE), by(ranking::TIME));
    let mut sentences = Vec::new();
    if let [smallest, .., largest] = space.as_slice()
        && largest.value > smallest.value
    {
        let mut text = format!(
            "{} the least memory, {} per entry; {} the most, {} ({})",
            names(&space, smallest.value, ["takes", "take"]),
            full::value(smallest.value, "bytes"),
            names(&space, largest.value, ["takes", "take"]),
            full::value(largest.value, "bytes"),
            times(largest.value / smallest.value),
        );
        if let Some((label, bytes)) = widest_step(smallest.record, largest.record) {
            text.push_str(&format!(", of which {} more are {label}", full::value(bytes, "bytes")));
        }
        sentences.push(text + ".");
    }
    if let [fastest, .., slowest] = time.as_slice()
        && slowest.value > fastest.value
    {
        sentences.push(format!(
            "{} the fastest, {} per operation; {} the slowest, {} ({}).",
            names(&time, fastest.value, ["is", "are"]),
            number_format::mean_time(fastest.value),
            names(&time, slowest.value, ["is", "are"]),
            number_format::mean_time(slowest.value),
            times(slowest.value / fastest.value),
        ));
    }
    sentences.join(" ")
}

/// The runs with this value, and the verb for one or for several.
fn names(ranked: &[Ranked<'_>], value: f64, verb: [&str; 2]) -> String {
    let names: Vec<&str> =
        ranked.iter().filter(|run| run.value == value).map(|run| run.name.as_str()).collect();
    match names.as_slice() {
        [first, .., last] if names.len() > 1 => {
            let others = names.len() - 2;
            let between = if others > 0 { format!(", {others} more") } else { String::new() };
            format!("{first}{between} and {last} {}", verb[1])
        }
        names => format!("{} {}", names.concat(), verb[0]),
    }
}

/// `2.1x`.
fn times(ratio: f64) -> String {
    format!("{ratio:.2}x")
}

/// A run with one of its figures.
struct Ranked<'a> {
    record: &'a CaseRecord,
    name: String,
    value: f64,
}

/// What a run of a ranking is called, with its side where that matters.
pub fn label(ranking: &Ranking<'_>, row: &Row<'_>) -> String {
    ranking.series.get(row.series).map(crate::compare::Series::label).unwrap_or_default()
}

/// The runs with a figure, the least first. The harness's floor is none of them.
fn ranked<'a>(ranking: &Ranking<'_>, of_workload: &WorkloadRanking<'a>, metric: &str) -> Vec<Ranked<'a>> {
    let rows = of_workload.rows.iter().filter(|row| !row.ranked.floor);
    let with_figure = |row: &Row<'a>| {
        let record = row.ranked.record;
        let value = record.metrics.get(metric)?.value;
        (value.is_finite() && value > 0.0).then(|| Ranked { record, name: label(ranking, row), value })
    };
    let mut found: Vec<Ranked<'a>> = rows.filter_map(with_figure).collect();
    found.sort_by(|a, b| a.value.total_cmp(&b.value));
    found
}

/// The step of live bytes in which `large` has the most bytes per entry more than `small`, and how many.
fn widest_step(small: &CaseRecord, large: &CaseRecord) -> Option<(&'static str, f64)> {
    let (small, large) = (per_entry(small)?, per_entry(large)?);
    let requested = STEPS.iter().take_while(|step| step.name != "rounding");
    let more = |step: &str| large(step) - small(step);
    let widest = requested.map(|step| (step.name, more(step.name))).max_by(|a, b| a.1.total_cmp(&b.1));
    let (name, bytes) = widest.filter(|(_, bytes)| *bytes >= 0.5)?;
    Some((step_info(name)?.label, bytes))
}

/// The bytes of a step per entry while the map is full.
fn per_entry(record: &CaseRecord) -> Option<impl Fn(&str) -> f64> {
    let full = super::fullest_phase::fullest(record)?;
    let memory = record.passes.get(&PassKind::Memory)?;
    let entries = memory.phases.iter().find(|phase| phase.name == full.at)?.entries;
    (entries > 0).then_some(move |step: &str| full.bytes(step).unwrap_or(0) as f64 / entries as f64)
}

/// The figures of the runs, a row each.
pub fn table(ranking: &Ranking<'_>, of_workload: &WorkloadRanking<'_>) -> Table {
    let row = |row: &Row<'_>| -> Vec<Cell> {
        let name = label(ranking, row);
        let cells = ranking.columns.iter().zip(&row.cells).map(|(column, cell)| {
            let Some(cell) = cell else { return Cell::text("-") };
            let shown = full::value(cell.value, &column.unit);
            let ratio = match cell.ratio {
                Some(_) if cell.best => " (best)".to_owned(),
                Some(ratio) => format!(" ({ratio:.2}x)"),
                None => String::new(),
            };
            Cell { text: shown + &ratio, value: Some(cell.value) }
        });
        std::iter::once(Cell::text(name)).chain(cells).collect()
    };
    let name = |column: &Metric| column.name.replace('_', " ");
    Table {
        columns: std::iter::once("map".to_owned())
            .chain(ranking.columns.iter().map(name))
            .map(Column::kept)
            .collect(),
        rows: of_workload.rows.iter().map(row).collect(),
        ..Table::default()
    }
}

/// The moments of a run that its waterfalls are shown for: the fullest map, the peak, the end of the last phase, and after the
/// drop; each once, with what it is called.
pub fn moments(record: &CaseRecord) -> Vec<(&'static str, &Waterfall)> {
    let ends: Vec<&Waterfall> = record.waterfalls.iter().filter(|w| w.moment == Moment::PhaseEnd).collect();
    let full = super::fullest_phase::fullest(record);
    let last = ends.last().copied().filter(|last| full.is_none_or(|full| !std::ptr::eq(full, *last)));
    let peak = record.waterfalls.iter().find(|w| w.moment == Moment::Peak);
    let gone = record.waterfalls.iter().rfind(|w| w.moment == Moment::Settled);
    let all = [("full", full), ("peak", peak), ("end", last), ("after the drop", gone)];
    all.into_iter().filter_map(|(name, waterfall)| Some((name, waterfall?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Baseline, Filter, RankedRun};
    use crate::record::{Metric, Noise, fixtures};
    use std::path::Path;

    fn record(map: &str, space: f64, time: f64) -> CaseRecord {
        let mut record = fixtures::case();
        record.case.map = map.to_owned();
        for (name, value) in [(ranking::SPACE, space), (ranking::TIME, time)] {
            let metric = Metric {
                value,
                unit: if name == ranking::TIME { "ns" } else { "bytes" }.to_owned(),
                better: "less".to_owned(),
                noise: Noise::Exact,
                runs: Vec::new(),
                phase: None,
            };
            record.metrics.insert(name.to_owned(), metric);
        }
        record
    }

    fn said_of_sides(records: &[(&CaseRecord, &str)]) -> String {
        let runs: Vec<RankedRun<'_>> = records
            .iter()
            .map(|(record, side)| RankedRun {
                record,
                path: Path::new("."),
                side: (*side).to_owned(),
                floor: false,
            })
            .collect();
        let all = Filter::new(&[], &[], &[], false).unwrap();
        let ranking = Ranking::new(&runs, &all, Baseline::Best);
        ranking.workloads.first().map(|of_workload| sentence(&ranking, of_workload)).unwrap_or_default()
    }

    fn said(records: &[CaseRecord]) -> String {
        said_of_sides(&records.iter().map(|record| (record, "x")).collect::<Vec<_>>())
    }

    #[test]
    fn runs_that_differ_in_runtime_or_folder_alone_are_told_apart() {
        let (rust, mut go) = (record("std", 35.0, 100.0), record("std", 70.0, 200.0));
        let text = said_of_sides(&[(&rust, "main"), (&go, "branch")]);
        assert!(text.starts_with("std (main) takes the least memory"), "{text}");
        assert!(text.contains("std (branch) is the slowest"), "{text}");
        go.case.runtime = Some("go1.24".into());
        let text = said(&[rust, go]);
        assert!(text.starts_with("std takes the least memory"), "{text}");
        assert!(
            text.contains("go1.24/std takes the most") && text.contains("go1.24/std is the slowest"),
            "{text}"
        );
    }

    #[test]
    fn the_sentence_names_the_ends_of_both_rankings_and_the_step() {
        let mut large = record("btree", 75.0, 200.0);
        for waterfall in &mut large.waterfalls {
            for step in waterfall.steps.iter_mut().filter(|step| step.name == "control") {
                step.bytes += 40_000_000;
            }
        }
        let text = said(&[record("std", 35.0, 100.0), large]);
        assert_eq!(
            text,
            "std takes the least memory, 35 B per entry; btree takes the most, 75 B (2.14x), of which 40 B more are control. \
             std is the fastest, 100 ns per operation; btree is the slowest, 200 ns (2.00x)."
        );
    }

    #[test]
    fn one_run_and_equal_runs_are_not_ranked() {
        assert_eq!(said(&[record("std", 35.0, 100.0)]), "");
        let tied =
            said(&[record("std", 35.0, 100.0), record("hashbrown", 35.0, 90.0), record("btree", 70.0, 90.0)]);
        assert!(
            tied.starts_with("std and hashbrown take the least memory, 35 B per entry; btree takes"),
            "{tied}"
        );
        assert!(tied.ends_with("hashbrown and btree are the fastest, 90.0 ns per operation; std is the slowest, 100 ns (1.11x)."), "{tied}");
        assert_eq!(said(&[record("std", 35.0, 100.0), record("hashbrown", 35.0, 100.0)]), "");
    }
}
