//! What changed between the figures of two runs, and whether that is real.
//!
//! An exact figure is the same in every run of a case, so any difference is one. All others vary from run to run: of
//! fewer than five runs nothing can be said, and of more the interval of the ratio tells ([`bootstrap`]), of pairs where
//! both sides were measured in turns. Times of two sessions are of two moments of a machine, which may be faster at one:
//! their interval is wider by [`DRIFT`] at either end.

use serde::Serialize;

use crate::record::{CaseRecord, METRICS, Metric, Noise};

use super::Filter;
use super::bootstrap::{self, FEWEST, Interval};
use super::measurements::{floor, measurements, ratio, span};

/// What can be said of a figure's difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// There is no difference.
    Same,
    /// The new side is better.
    Better,
    /// The new side is worse.
    Worse,
    /// The interval of the ratio includes 1: it may be none.
    Unsure,
    /// There are too few runs to tell.
    TooFewRuns,
    /// Only the base has the figure.
    OnlyBase,
    /// Only the new side has it.
    OnlyNew,
}

/// How far times of two sessions may be apart for no reason, as a share: what `check --drift` is if not given.
pub const DRIFT: f64 = 0.1;

/// One side of a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureSide {
    /// The value; with several runs their median.
    pub value: f64,
    /// The lowest run; equal to `value` if there was one.
    pub low: f64,
    /// The highest run.
    pub high: f64,
    /// How many runs there were.
    pub runs: usize,
}

/// A figure of two runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureRow {
    /// Its name.
    pub name: String,
    /// Unit of all its values.
    pub unit: String,
    /// Whether `more` or `less` is better.
    pub better: String,
    /// How it may be compared.
    pub noise: Noise,
    /// The base; none if it does not have the figure.
    pub base: Option<FigureSide>,
    /// The new side.
    pub new: Option<FigureSide>,
    /// New value less base.
    pub difference: Option<f64>,
    /// New value over base; none unless both are above zero: fragmentation may be below.
    pub ratio: Option<f64>,
    /// Lower end of the 95 % interval of the ratio of repeated runs; none of exact figures, and of too few runs.
    pub ratio_low: Option<f64>,
    /// Its upper end.
    pub ratio_high: Option<f64>,
    /// Whether [`DRIFT`] is in this interval: these are times of two sessions.
    pub wider_by_drift: bool,
    /// What can be said of the difference.
    pub finding: Finding,
}

/// What changed between the figures of two runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Figures {
    /// Figures that differ, or that the user named.
    pub rows: Vec<FigureRow>,
    /// How many others are the same.
    pub unchanged: usize,
    /// How many times were not compared, because the machines are not the same.
    pub times_left_out: usize,
}

/// The figures of `base` and `new`. Without `times`, those that depend on the machine's speed are left out.
pub fn figures(base: &CaseRecord, new: &CaseRecord, filter: &Filter, times: bool) -> Figures {
    let mut names: Vec<&String> = base.metrics.keys().chain(new.metrics.keys()).collect();
    let place = |name: &str| METRICS.iter().position(|info| info.name == name).unwrap_or(METRICS.len());
    names.sort_by_key(|name| (place(name), *name));
    names.dedup();
    let mut figures = Figures::default();
    for name in names.into_iter().filter(|name| filter.metric(name)) {
        let (was, is) = (base.metrics.get(name), new.metrics.get(name));
        let Some(known) = is.or(was) else { continue };
        if filter.intersection && (was.is_none() || is.is_none()) {
            continue;
        }
        if known.noise == Noise::Time && !times {
            figures.times_left_out += 1;
            continue;
        }
        let row = row(name, known, was.map(|m| Of(m, base)), is.map(|m| Of(m, new)));
        if row.finding == Finding::Same && !filter.names_metrics() {
            figures.unchanged += 1;
        } else {
            figures.rows.push(row);
        }
    }
    figures
}

/// One metric with the run that it is of.
#[derive(Clone, Copy)]
struct Of<'a>(&'a Metric, &'a CaseRecord);

impl Of<'_> {
    fn side(self) -> FigureSide {
        let runs = measurements(self.0, self.1.repeats);
        let all = || runs.iter().copied().filter(|value| value.is_finite());
        FigureSide {
            value: self.0.value,
            low: all().fold(self.0.value, f64::min),
            high: all().fold(self.0.value, f64::max),
            runs: runs.len(),
        }
    }
}

fn row(name: &str, known: &Metric, base: Option<Of>, new: Option<Of>) -> FigureRow {
    let (finding, interval) = match (base, new) {
        (Some(base), Some(new)) => judge(name, base, new),
        (Some(_), None) => (Finding::OnlyBase, None),
        _ => (Finding::OnlyNew, None),
    };
    let values = base.zip(new).map(|(base, new)| (base.0.value, new.0.value));
    // How many times as large as nearly nothing a share is, says nothing.
    let least = if known.unit == "1" && known.noise == Noise::Pages { floor(name) } else { 0.0 };
    let has_ratio = values.is_some_and(|(base, _)| base > least);
    FigureRow {
        name: name.to_owned(),
        unit: known.unit.clone(),
        better: known.better.clone(),
        noise: known.noise,
        base: base.map(Of::side),
        new: new.map(Of::side),
        difference: values.map(|(base, new)| new - base),
        ratio: values.filter(|_| has_ratio).and_then(|(base, new)| ratio(base, new)),
        ratio_low: interval.filter(|_| has_ratio).map(|interval| interval.low),
        ratio_high: interval.filter(|_| has_ratio).map(|interval| interval.high),
        wider_by_drift: interval.is_some() && base.zip(new).is_some_and(|(base, new)| drifts(base, new)),
        finding,
    }
}

/// Whether these are times of different sessions.
fn drifts(base: Of, new: Of) -> bool {
    new.0.noise == Noise::Time && !together(base, new)
}

/// Whether both were measured in turns: two programs of one session on one case. Other cases of a session come one after
/// the other.
fn together(base: Of, new: Of) -> bool {
    let (a, b) = (base.1, new.1);
    !a.session.is_empty() && a.session == b.session && a.case == b.case
}

fn judge(name: &str, base: Of, new: Of) -> (Finding, Option<Interval>) {
    let (rose, fell) = match new.0.better.as_str() {
        "more" => (Finding::Better, Finding::Worse),
        _ => (Finding::Worse, Finding::Better),
    };
    // A count that is exact on one side alone is none.
    if base.0.noise == Noise::Exact && new.0.noise == Noise::Exact {
        let finding = match base.0.value.total_cmp(&new.0.value) {
            std::cmp::Ordering::Less => rose,
            std::cmp::Ordering::Greater => fell,
            std::cmp::Ordering::Equal => Finding::Same,
        };
        return (finding, None);
    }
    let [was, is] = [base, new].map(|of| measurements(of.0, of.1.repeats));
    if was == is || new.0.noise != Noise::Time && span(was.iter().chain(&is)) <= floor(name) {
        return (Finding::Same, None);
    }
    if was.len().min(is.len()) < FEWEST {
        return (Finding::TooFewRuns, None);
    }
    let pairs = if together(base, new) { bootstrap::of_pairs(&was, &is) } else { None };
    let mut interval = pairs.or_else(|| bootstrap::of_two(&was, &is));
    if let Some(ratio) = interval.as_mut().filter(|_| drifts(base, new)) {
        ratio.low /= 1.0 + DRIFT;
        ratio.high *= 1.0 + DRIFT;
    }
    let finding = match interval {
        Some(ratio) if ratio.low > 1.0 => rose,
        Some(ratio) if ratio.high < 1.0 => fell,
        _ => Finding::Unsure,
    };
    (finding, interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    fn metric(noise: Noise, runs: &[f64]) -> Metric {
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let several = if runs.len() > 1 { runs.to_vec() } else { Vec::new() };
        Metric {
            phase: None,
            value: sorted[runs.len() / 2],
            unit: "ns".into(),
            better: "less".into(),
            noise,
            runs: several,
        }
    }

    fn finding(noise: Noise, base: &[f64], new: &[f64], sessions: [&str; 2]) -> FigureRow {
        let [mut a, mut b] = [base, new].map(|runs| {
            let mut record = fixtures::case();
            record.metrics = [("x".to_owned(), metric(noise, runs))].into();
            record
        });
        (a.session, b.session) = (sessions[0].into(), sessions[1].into());
        let filter = Filter::new(&[], &[], &["x".into()], false).unwrap();
        figures(&a, &b, &filter, true).rows.remove(0)
    }

    #[test]
    fn any_difference_of_an_exact_figure_is_real() {
        let of = |base, new| finding(Noise::Exact, &[base], &[new], ["", ""]).finding;
        assert_eq!(of(100.0, 100.000001), Finding::Worse);
        assert_eq!(of(100.0, 99.0), Finding::Better);
        assert_eq!(of(100.0, 100.0), Finding::Same);
    }

    #[test]
    fn a_ratio_is_one_of_values_above_zero() {
        let of = |base, new| {
            let row = finding(Noise::Pages, &[base], &[new], ["", ""]);
            (row.difference, row.ratio)
        };
        assert_eq!(of(0.004, 0.055), (Some(0.055 - 0.004), Some(0.055 / 0.004)));
        assert_eq!(of(-0.004, -0.055), (Some(-0.055 + 0.004), None));
        assert_eq!(of(-0.004, 0.007), (Some(0.007 + 0.004), None));
        assert_eq!(of(0.004, -0.007), (Some(-0.007 - 0.004), None));
        assert_eq!(of(0.0, 3.0), (Some(3.0), None));
        assert_eq!(of(3.0, 0.0), (Some(-3.0), None));
        assert_eq!(of(1e-300, 1e300).1, None, "no infinite one");
        assert_eq!(finding(Noise::Exact, &[0.0], &[3.0], ["", ""]).ratio, None);
    }

    #[test]
    fn a_time_needs_five_runs_and_an_interval_without_one() {
        let base = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2];
        let times = |share: f64| base.map(|time| time * share);
        let of = |new: &[f64], sessions| finding(Noise::Time, &base, new, sessions).finding;
        assert_eq!(of(&[110.0], ["a", "a"]), Finding::TooFewRuns);
        assert_eq!(of(&times(1.3)[..4], ["a", "a"]), Finding::TooFewRuns);
        assert_eq!(of(&times(1.05), ["a", "a"]), Finding::Worse);
        assert_eq!(of(&times(0.95), ["a", "a"]), Finding::Better);
        // As the machine may have been slower in the other session.
        assert_eq!(of(&times(1.05), ["a", "b"]), Finding::Unsure);
        assert_eq!(of(&times(1.3), ["a", "b"]), Finding::Worse);
        assert_eq!(of(&times(0.7), ["", ""]), Finding::Better);
        let row = finding(Noise::Time, &base, &times(1.3), ["a", "b"]);
        assert!(row.ratio_low < Some(1.3 / 1.1) && row.ratio_high > Some(1.3 * 1.1), "{row:?}");
        assert_eq!((row.base.as_ref().unwrap().low, row.base.unwrap().runs), (99.0, 6));
    }

    #[test]
    fn a_share_of_nearly_nothing_has_no_ratio() {
        let of = |base: f64, new: f64| {
            let [mut a, mut b] = [base, new].map(|value| {
                let mut record = fixtures::case();
                let metric = record.metrics.get_mut("fragmentation").unwrap();
                metric.value = value;
                record.metrics.retain(|name, _| name == "fragmentation");
                record
            });
            (a.session, b.session) = ("a".into(), "b".into());
            let filter = Filter::new(&[], &[], &["fragmentation".into()], false).unwrap();
            let row = figures(&a, &b, &filter, true).rows.remove(0);
            (row.finding, row.ratio)
        };
        assert_eq!(of(0.0004, 0.0055), (Finding::TooFewRuns, None), "13.75 times as much as nothing");
        assert_eq!(of(0.0004, 0.0050), (Finding::Same, None), "no difference that counts");
        assert_eq!(of(0.02, 0.08), (Finding::TooFewRuns, Some(4.0)));
    }

    #[test]
    fn only_what_differs_is_told_unless_it_is_named() {
        let (base, mut new) = (fixtures::case(), fixtures::case());
        let all = figures(&base, &new, &Filter::default(), true);
        assert_eq!((all.rows.len(), all.unchanged), (0, base.metrics.len()));
        new.metrics.get_mut("bytes_per_entry").unwrap().value += 1.0;
        new.metrics.remove("garbage_bytes");
        let found = figures(&base, &new, &Filter::default(), true);
        let rows: Vec<_> = found.rows.iter().map(|row| (row.name.as_str(), row.finding)).collect();
        assert_eq!(rows, [("bytes_per_entry", Finding::Worse), ("garbage_bytes", Finding::OnlyBase)]);
        let filter = Filter::new(&[], &[], &["*live_bytes".into(), "garbage*".into()], true).unwrap();
        let named: Vec<_> =
            figures(&base, &new, &filter, true).rows.into_iter().map(|row| row.name).collect();
        assert_eq!(named, ["live_bytes", "peak_live_bytes"]);
    }

    #[test]
    fn times_of_other_machines_are_counted_and_not_compared() {
        let (base, mut new) = (fixtures::case(), fixtures::case());
        for metric in new.metrics.values_mut().filter(|metric| metric.noise == Noise::Time) {
            metric.value *= 2.0;
        }
        let found = figures(&base, &new, &Filter::default(), false);
        let times = base.metrics.values().filter(|metric| metric.noise == Noise::Time).count();
        assert_eq!((found.rows.len(), found.times_left_out), (0, times));
    }
}
