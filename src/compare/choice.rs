//! Choosing a map: which runs keep every limit, which of those is best in one figure, and what the others broke.

use std::cmp::Ordering;

use glob::Pattern;

use super::limit::Limit;
use super::median_interval::Spread;
use super::metric_catalog;
use crate::record::{CaseRecord, METRICS, Metric, Noise};

/// The figure in which a map is to be best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Its name.
    pub metric: String,
    /// Its unit.
    pub unit: &'static str,
    /// Whether more is better.
    pub more: bool,
    /// How it may be compared.
    pub noise: Noise,
}

impl Goal {
    /// The goal that `text` names.
    ///
    /// # Errors
    /// When it names no figure, or is a pattern; then what would be right.
    pub fn parse(text: &str) -> Result<Goal, String> {
        let name = text.trim();
        if name.is_empty() || name.contains(['*', '?', '[', '<', '>', '=']) {
            return Err("one metric is wanted, such as ns_per_op; conditions belong after --limit".to_owned());
        }
        let pattern = Pattern::new(name).map_err(|wrong| wrong.to_string())?;
        let known = metric_catalog::fitting(&pattern)?;
        let Some(figure) = known.into_iter().next() else { return Err(format!("unknown metric \"{name}\"")) };
        let more = METRICS.iter().any(|info| info.name == figure.name && info.more_is_better);
        Ok(Goal { metric: figure.name, unit: figure.unit, more, noise: figure.noise })
    }

    /// How two figures stand, the better one first. One that is not there is worse than all others.
    fn order(&self, a: Option<f64>, b: Option<f64>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.more => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

/// A condition that a run does not keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// The limit as it was given; none if the run lacks the figure in which it was to be best.
    pub limit: Option<String>,
    /// The figure.
    pub metric: String,
    /// Its value; none if the run does not have it.
    pub value: Option<f64>,
    /// Its unit; empty without a value.
    pub unit: String,
    /// By how much it misses the limit, as a share of it; none if that is no number.
    pub excess: Option<f64>,
}

/// A run that could be chosen.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// The figure in which it is to be best.
    pub value: Option<f64>,
    /// The interval of that figure, if it was measured several times.
    pub spread: Option<Spread>,
    /// What it does not keep; empty if it can be chosen.
    pub broken: Vec<Broken>,
}

impl Candidate<'_> {
    /// By how much the limit is missed that is missed by most.
    fn worst(&self) -> f64 {
        self.broken.iter().map(|broken| broken.excess.unwrap_or(f64::INFINITY)).fold(0.0, f64::max)
    }
}

/// The runs by whether they keep the limits.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// The figure in which a map is to be best.
    pub goal: Goal,
    /// Those that keep all limits, the best one first.
    pub kept: Vec<Candidate<'a>>,
    /// The others, first the one that comes nearest to keeping them.
    pub fallen: Vec<Candidate<'a>>,
}

/// How much times of two maps differ before one measurement of each tells them apart: the drift of a machine.
const DRIFT: f64 = 0.1;

impl<'a> Choice<'a> {
    /// The choice among `records`.
    pub fn new(goal: Goal, limits: &[Limit], records: impl Iterator<Item = &'a CaseRecord>) -> Choice<'a> {
        let all: Vec<Candidate<'a>> = records.map(|record| candidate(record, &goal, limits)).collect();
        let (mut kept, mut fallen): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|candidate| candidate.broken.is_empty());
        kept.sort_by(|a, b| goal.order(a.value, b.value));
        fallen.sort_by(|a, b| {
            let nearer = a.worst().total_cmp(&b.worst()).then(a.broken.len().cmp(&b.broken.len()));
            nearer.then(goal.order(a.value, b.value))
        });
        Choice { goal, kept, fallen }
    }

    /// Whether the measurements do not tell the best from the one behind it: a figure that is not exact, and intervals that
    /// overlap, or without intervals a difference that is no more than a machine's drift.
    pub fn is_close(&self) -> bool {
        let [first, second, ..] = self.kept.as_slice() else { return false };
        match (first.spread, second.spread) {
            _ if self.goal.noise == Noise::Exact => false,
            (Some(a), Some(b)) => a.low <= b.high && b.low <= a.high,
            _ => first.value.zip(second.value).is_some_and(|(a, b)| (a - b).abs() <= DRIFT * a.abs()),
        }
    }
}

fn candidate<'a>(record: &'a CaseRecord, goal: &Goal, limits: &[Limit]) -> Candidate<'a> {
    let metric = record.metrics.get(&goal.metric);
    let mut broken: Vec<Broken> = limits.iter().flat_map(|limit| broken(record, limit)).collect();
    if metric.is_none() && broken.iter().all(|broken| broken.metric != goal.metric) {
        broken.push(absent(None, &goal.metric));
    }
    Candidate {
        record,
        value: metric.map(|metric| metric.value),
        spread: metric.and_then(|metric| Spread::of(&metric.runs)),
        broken,
    }
}

/// What a run does not keep of a limit.
fn broken(record: &CaseRecord, limit: &Limit) -> Vec<Broken> {
    let fitting: Vec<(&String, &Metric)> =
        record.metrics.iter().filter(|(name, _)| limit.metric.matches(name)).collect();
    if fitting.is_empty() {
        return vec![absent(Some(limit), limit.metric.as_str())];
    }
    let breaks = |(name, metric): (&String, &Metric)| {
        let value = metric.value;
        let excess = (limit.value != 0.0).then(|| ((value - limit.value) / limit.value).abs());
        (!limit.bound.holds(value, limit.value)).then(|| Broken {
            limit: Some(limit.text.clone()),
            metric: name.clone(),
            value: Some(value),
            unit: metric.unit.clone(),
            excess,
        })
    };
    fitting.into_iter().filter_map(breaks).collect()
}

/// A figure that a run does not have.
fn absent(limit: Option<&Limit>, metric: &str) -> Broken {
    Broken {
        limit: limit.map(|limit| limit.text.clone()),
        metric: metric.to_owned(),
        value: None,
        unit: String::new(),
        excess: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::fixtures::three_maps;

    fn limits(texts: &[&str]) -> Vec<Limit> {
        texts.iter().map(|text| Limit::parse(text, "--limit".into()).unwrap()).collect()
    }

    /// The maps of churn that keep the limits, and those that do not.
    fn chosen(goal: &str, texts: &[&str]) -> (Vec<String>, Vec<String>) {
        let runs = three_maps();
        let records = runs.iter().map(|(record, _, _)| record);
        let of_churn = records.filter(|record| record.case.workload == "churn" && record.case.map != "null");
        let choice = Choice::new(Goal::parse(goal).unwrap(), &limits(texts), of_churn);
        let maps = |all: &[Candidate]| all.iter().map(|one| one.record.case.map.clone()).collect();
        (maps(&choice.kept), maps(&choice.fallen))
    }

    #[test]
    fn the_best_of_those_that_keep_the_limits_is_chosen() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(chosen("ns_per_op", &[]), (names(&["hashbrown", "std", "btree"]), names(&[])));
        assert_eq!(chosen("bytes_per_entry", &[]).0[0], "btree");
        assert_eq!(chosen("ops_per_sec", &[]).0[0], "hashbrown", "more is better");
        assert_eq!(
            chosen("ns_per_op", &["peak_ratio <= 1.3"]),
            (names(&["btree"]), names(&["hashbrown", "std"]))
        );
        // 35.65 is 19 % above 30, and 312 is 290 % above 80.
        let (kept, fallen) = chosen("ns_per_op", &["bytes_per_entry <= 30", "ns_per_op <= 80"]);
        assert_eq!((kept, fallen), (names(&[]), names(&["hashbrown", "std", "btree"])));
    }

    #[test]
    fn what_is_broken_is_told_with_its_value() {
        let (record, ..) = three_maps().into_iter().find(|(record, ..)| record.case.map == "btree").unwrap();
        let limits = limits(&["ns_per_op <= 100", "bytes_per_entry <= 27.25", "latency.scan.p99 <= 2us"]);
        let choice = Choice::new(Goal::parse("ns_per_op").unwrap(), &limits, [&record].into_iter());
        let broken = &choice.fallen[0].broken;
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert_eq!((broken[0].metric.as_str(), broken[0].value), ("ns_per_op", Some(312.0)));
        assert!((broken[0].excess.unwrap() - 2.12).abs() < 1e-9);
        assert_eq!((broken[1].metric.as_str(), broken[1].value), ("latency.scan.p99", None));
    }

    #[test]
    fn times_that_lie_near_each_other_are_close_and_counts_are_not() {
        let mut runs = three_maps();
        let mut close = |a: &[f64], b: &[f64], goal: &str| {
            for (at, times) in [(0, a), (1, b)] {
                let metric = runs[at].0.metrics.get_mut(goal).unwrap();
                metric.value = crate::record::middle(times);
                metric.runs = if times.len() > 1 { times.to_vec() } else { Vec::new() };
            }
            Choice::new(Goal::parse(goal).unwrap(), &[], runs[..2].iter().map(|run| &run.0)).is_close()
        };
        assert!(close(&[100.0], &[105.0], "ns_per_op"));
        assert!(!close(&[100.0], &[120.0], "ns_per_op"));
        assert!(close(&[100.0, 130.0], &[120.0, 140.0], "ns_per_op"));
        assert!(!close(&[100.0, 101.0], &[104.0, 105.0], "ns_per_op"));
        assert!(!close(&[35.0], &[35.5], "bytes_per_entry"));
    }

    #[test]
    fn a_goal_is_one_metric() {
        let wrong = |text: &str| Goal::parse(text).unwrap_err();
        assert!(wrong("latency.*.p99").contains("one metric is wanted"));
        assert!(wrong("ns_per_op < 5").contains("belong after --limit"));
        assert!(wrong("").contains("one metric is wanted"));
        assert!(wrong("ns_per_opp").contains("did you mean \"ns_per_op\""));
        assert!(Goal::parse("ops_per_sec").unwrap().more && !Goal::parse("latency.get.p99").unwrap().more);
    }
}
