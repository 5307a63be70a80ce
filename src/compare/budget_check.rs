//! Whether a case keeps its budgets.

use super::Filter;
use super::bootstrap::{self, FEWEST};
use super::budget::Budget;
use super::gate::{more_runs, undecided, unmeasured, unsettled};
use super::limit::{Bound, Limit};
use super::measurements::measurements;
use super::verdict::{Against, Judgement, Verdict};
use crate::record::{CaseRecord, LEAKED_BYTES, Metric, Noise};

/// Holds the figures of a case to the budgets that are for it. What the map leaked fails without any.
pub fn against_budgets(record: &CaseRecord, budgets: &[Budget], filter: &Filter) -> Vec<Judgement> {
    let fitting = || {
        let fitting = budgets.iter().filter(|budget| budget.fits(&record.case));
        fitting.flat_map(|budget| budget.limits.iter().map(move |limit| (budget, limit)))
    };
    let is_given = fitting().any(|(_, limit)| limit.metric.as_str() == LEAKED_BYTES);
    let leaked = (!is_given && filter.metric(LEAKED_BYTES)).then(|| leaked(record)).flatten();
    fitting().flat_map(|(budget, limit)| held(record, budget, limit, filter)).chain(leaked).collect()
}

/// What the map leaked, if it did.
fn leaked(record: &CaseRecord) -> Option<Judgement> {
    let metric = record.metrics.get(LEAKED_BYTES).filter(|metric| metric.highest() > 0.0)?;
    let limit = format!("{LEAKED_BYTES} <= 0");
    let against = Against::Budget { place: "by default".to_owned(), limit, why: None };
    let runs = measurements(metric, record.repeats).len() as u32;
    Some(Judgement {
        against,
        unit: metric.unit.clone(),
        noise: Some(metric.noise),
        new: Some(metric.highest()),
        limit: Some(0.0),
        runs,
        ..Judgement::of(&record.case, LEAKED_BYTES, Verdict::Exceeded, where_from(record))
    })
}

/// Where most of what leaked comes from, if that is known.
fn where_from(record: &CaseRecord) -> String {
    match record.leaks.first() {
        Some(leak) => format!("misses the budget: {} bytes are from {leak}", leak.bytes),
        None => "misses the budget".to_owned(),
    }
}

fn held(record: &CaseRecord, budget: &Budget, limit: &Limit, filter: &Filter) -> Vec<Judgement> {
    let against =
        Against::Budget { place: limit.place.clone(), limit: limit.text.clone(), why: budget.why.clone() };
    let blank = |name: &str| Judgement {
        against: against.clone(),
        limit: Some(limit.value),
        ..Judgement::of(&record.case, name, Verdict::Fine, "fine: keeps the budget")
    };
    let looked_at = |name: &str| limit.metric.matches(name) && filter.metric(name);
    let judgements: Vec<Judgement> = record
        .metrics
        .iter()
        .filter(|(name, _)| looked_at(name))
        .map(|(name, metric)| {
            let judgement = judged(blank(name), metric, record.repeats, limit);
            match judgement.verdict {
                Verdict::Exceeded if name == LEAKED_BYTES => {
                    Judgement { words: where_from(record), ..judgement }
                }
                _ => judgement,
            }
        })
        .collect();
    let name = limit.metric.as_str();
    // A pattern may fit figures that the filter took away.
    let is_filtered = if limit.is_literal() { !filter.metric(name) } else { filter.names_metrics() };
    if judgements.is_empty() && !is_filtered && !filter.intersection {
        let words = unmeasured(name);
        return vec![Judgement { verdict: Verdict::Missing, words, ..blank(name) }];
    }
    judgements
}

fn judged(blank: Judgement, metric: &Metric, repeats: u32, limit: &Limit) -> Judgement {
    let runs = measurements(metric, repeats);
    let blank = Judgement {
        unit: metric.unit.clone(),
        noise: Some(metric.noise),
        new: Some(metric.value),
        runs: runs.len() as u32,
        ..blank
    };
    let keeps = runs.iter().filter(|figure| limit.bound.holds(**figure, limit.value)).count();
    if metric.noise == Noise::Exact || limit.bound == Bound::Equal {
        return if keeps == runs.len() { blank } else { exceeded(blank) };
    }
    if runs.len() < FEWEST {
        let count = runs.len() as u32;
        return undecided(blank, FEWEST as u32 - count, count, "");
    }
    let Some(interval) = bootstrap::of_one(&runs) else {
        // Some are 0, and have no logarithm.
        return match keeps {
            all if all == runs.len() => blank,
            0 => exceeded(blank),
            _ => Judgement {
                verdict: Verdict::Undecided,
                words: "not decided: some runs keep the budget and some do not".to_owned(),
                ..blank
            },
        };
    };
    let blank = Judgement { interval: Some(interval), ..blank };
    let (best, worst) = match limit.bound {
        Bound::Above | Bound::AtLeast => (interval.high, interval.low),
        Bound::Below | Bound::AtMost | Bound::Equal => (interval.low, interval.high),
    };
    if limit.bound.holds(worst, limit.value) {
        return blank;
    }
    if !limit.bound.holds(best, limit.value) {
        return exceeded(blank);
    }
    let count = runs.len() as u32;
    match more_runs(interval.map(f64::ln), limit.value.ln(), 0.0, count) {
        Some(more) => undecided(blank, more, count, ""),
        None => Judgement {
            verdict: Verdict::Undecided,
            words: unsettled("it lies at the limit", "another limit"),
            ..blank
        },
    }
}

fn exceeded(blank: Judgement) -> Judgement {
    Judgement { verdict: Verdict::Exceeded, words: "misses the budget".to_owned(), ..blank }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::budget::Budgets;
    use crate::record::fixtures;

    fn record(times: &[f64]) -> CaseRecord {
        let mut record = fixtures::case();
        record.repeats = times.len() as u32;
        let metric = record.metrics.get_mut("ns_per_op").unwrap();
        metric.value = crate::record::middle(times);
        metric.runs = times.to_vec();
        record
    }

    fn against(record: &CaseRecord, limit: &str, filter: &Filter) -> Vec<Judgement> {
        let text = format!("[[budget]]\nwhy = \"because\"\nlimits = [\"{limit}\"]");
        against_budgets(record, &Budgets::parse(&text, "b.toml").unwrap().budgets, filter)
    }

    #[track_caller]
    fn verdict(record: &CaseRecord, limit: &str) -> (Verdict, String) {
        let mut all = against(record, limit, &Filter::default());
        assert_eq!(all.len(), 1, "{all:?}");
        let judgement = all.remove(0);
        (judgement.verdict, judgement.words)
    }

    const TIMES: [f64; 8] = [80.0, 81.0, 79.5, 80.2, 80.9, 95.0, 80.4, 79.9];

    #[test]
    fn exact_figures_are_compared_as_they_are() {
        let record = record(&[80.0]);
        let live = record.metrics["live_bytes"].value;
        assert_eq!(verdict(&record, &format!("live_bytes <= {live}")).0, Verdict::Fine);
        assert_eq!(verdict(&record, &format!("live_bytes == {live}")).0, Verdict::Fine);
        assert_eq!(verdict(&record, &format!("live_bytes < {live}")).0, Verdict::Exceeded);
        assert_eq!(verdict(&record, &format!("live_bytes == {}", live + 1.0)).0, Verdict::Exceeded);
    }

    #[test]
    fn a_time_is_held_with_its_interval() {
        let many = record(&TIMES);
        assert_eq!(verdict(&many, "ns_per_op <= 100").0, Verdict::Fine);
        assert_eq!(verdict(&many, "ns_per_op <= 79").0, Verdict::Exceeded);
        let (undecided, words) = verdict(&many, "ns_per_op <= 80.6");
        assert_eq!(undecided, Verdict::Undecided);
        assert!(words.contains("more run"), "{words}");
        let (few, words) = verdict(&record(&TIMES[..3]), "ns_per_op <= 100");
        assert_eq!(
            (few, words.as_str()),
            (Verdict::Undecided, "not decided, needs 2 more runs (--repeat 5)")
        );
    }

    #[test]
    fn more_may_be_better() {
        let mut record = record(&TIMES);
        let metric = record.metrics.get_mut("ops_per_sec").unwrap();
        metric.runs = TIMES.iter().map(|ns| 1e9 / ns).collect();
        assert_eq!(verdict(&record, "ops_per_sec >= 10M").0, Verdict::Fine);
        assert_eq!(verdict(&record, "ops_per_sec >= 13M").0, Verdict::Exceeded);
        assert_eq!(verdict(&record, "ops_per_sec >= 12.45M").0, Verdict::Undecided);
    }

    #[test]
    fn figures_of_0_are_held_run_by_run() {
        let mut record = record(&TIMES);
        let metric = record.metrics.get_mut("garbage_bytes").unwrap();
        metric.noise = Noise::Interleaved;
        metric.runs = vec![0.0, 0.0, 64.0, 0.0, 128.0, 0.0, 0.0, 0.0];
        assert_eq!(verdict(&record, "garbage_bytes <= 128").0, Verdict::Fine);
        assert_eq!(verdict(&record, "garbage_bytes <= 100").0, Verdict::Undecided);
        assert_eq!(verdict(&record, "garbage_bytes < 0").0, Verdict::Exceeded);
        assert_eq!(verdict(&record, "garbage_bytes == 0").0, Verdict::Exceeded);
    }

    #[test]
    fn a_figure_that_is_not_there_fails_and_a_filtered_one_does_not() {
        let mut record = record(&TIMES);
        record.metrics.retain(|name, _| !name.starts_with("latency."));
        let (missing, words) = verdict(&record, "latency.get.p99 <= 2us");
        assert_eq!(missing, Verdict::Missing);
        assert!(words.contains("--latency"), "{words}");
        assert_eq!(verdict(&record, "latency.*.p99 <= 2us").0, Verdict::Missing);
        let filter = Filter::new(&[], &[], &["live_bytes".into()], false).unwrap();
        assert!(against(&record, "latency.get.p99 <= 2us", &filter).is_empty());
        assert!(against(&record, "latency.*.p99 <= 2us", &filter).is_empty());
        assert_eq!(against(&record, "live_bytes <= 1", &filter).len(), 1);
    }

    #[test]
    fn a_pattern_holds_every_figure_that_it_fits_and_the_reason_is_told() {
        let all = against(&record(&TIMES), "latency.*.p99 <= 2us", &Filter::default());
        assert_eq!(all.len(), 3);
        let Against::Budget { place, why, .. } = &all[0].against else { panic!("{all:?}") };
        assert_eq!((place.as_str(), why.as_deref()), ("b.toml:3", Some("because")));
    }
}
