//! What changed between the figures of two runs, and whether that is real.
//!
//! An exact figure is the same in every run of a case, so any difference is one. All others vary from run to run: without
//! repetitions nothing can be said of them, and with some their ranges tell. If two figures are the same, all orders of
//! n and m runs are equally likely, and that every run of one side is beyond every run of the other has the probability
//! 2 / C(n+m, n) (Mann and Whitney 1947): with four runs on each side less than 3 %.

use serde::Serialize;

use crate::record::{CaseRecord, METRICS, Metric, Noise};

use super::Filter;

/// What can be said of a figure's difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There is no difference.
    Same,
    /// The new side is better.
    Better,
    /// The new side is worse.
    Worse,
    /// The runs of the two sides overlap: it may be none.
    Unsure,
    /// There are too few runs to tell.
    TooFewRuns,
    /// Only the base has the figure.
    OnlyBase,
    /// Only the new side has it.
    OnlyNew,
}

/// How likely it may be, at most, that runs of the same case are taken for different.
const CHANCE: f64 = 0.05;

/// One side of a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The value; with several runs their median.
    pub value: f64,
    /// The lowest run; equal to `value` if there was one.
    pub low: f64,
    /// The highest run.
    pub high: f64,
    /// How many runs there were.
    pub runs: u32,
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
    pub base: Option<Side>,
    /// The new side.
    pub new: Option<Side>,
    /// New value less base.
    pub difference: Option<f64>,
    /// New value over base; none if that is zero.
    pub ratio: Option<f64>,
    /// What can be said of the difference.
    pub verdict: Verdict,
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
        let row = row(name, known, was.map(|m| side(m, base)), is.map(|m| side(m, new)));
        if row.verdict == Verdict::Same && !filter.names_metrics() {
            figures.unchanged += 1;
        } else {
            figures.rows.push(row);
        }
    }
    figures
}

fn side(metric: &Metric, record: &CaseRecord) -> Side {
    let all = || metric.runs.iter().copied().chain([metric.value]).filter(|value| value.is_finite());
    Side {
        value: metric.value,
        low: all().fold(f64::INFINITY, f64::min),
        high: all().fold(f64::NEG_INFINITY, f64::max),
        // Several that agree are told once.
        runs: if metric.runs.is_empty() { record.repeats } else { metric.runs.len() as u32 },
    }
}

fn row(name: &str, known: &Metric, base: Option<Side>, new: Option<Side>) -> FigureRow {
    let both = base.as_ref().zip(new.as_ref());
    let verdict = match (&base, &new) {
        (Some(base), Some(new)) => judge(known, base, new),
        (Some(_), None) => Verdict::OnlyBase,
        _ => Verdict::OnlyNew,
    };
    FigureRow {
        name: name.to_owned(),
        unit: known.unit.clone(),
        better: known.better.clone(),
        noise: known.noise,
        difference: both.map(|(base, new)| new.value - base.value),
        ratio: both.filter(|(base, _)| base.value != 0.0).map(|(base, new)| new.value / base.value),
        base,
        new,
        verdict,
    }
}

fn judge(metric: &Metric, base: &Side, new: &Side) -> Verdict {
    let (rose, fell) = match metric.better.as_str() {
        "more" => (Verdict::Better, Verdict::Worse),
        _ => (Verdict::Worse, Verdict::Better),
    };
    let exact = metric.noise == Noise::Exact;
    if base.value == new.value && (exact || (base.low == new.low && base.high == new.high)) {
        return Verdict::Same;
    }
    if !exact && by_chance(base.runs, new.runs) > CHANCE {
        return Verdict::TooFewRuns;
    }
    let apart = |below: &Side, above: &Side| {
        if exact { below.value < above.value } else { below.high < above.low }
    };
    if apart(base, new) {
        rose
    } else if apart(new, base) {
        fell
    } else {
        Verdict::Unsure
    }
}

/// How likely it is that all of `n` runs are beyond all of `m` others of the same case.
fn by_chance(n: u32, m: u32) -> f64 {
    2.0 / statrs::function::factorial::binomial(u64::from(n) + u64::from(m), u64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::planted;

    fn metric(noise: Noise, runs: &[f64]) -> Metric {
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let several = if runs.len() > 1 { runs.to_vec() } else { Vec::new() };
        Metric {
            value: sorted[runs.len() / 2],
            unit: "ns".into(),
            better: "less".into(),
            noise,
            runs: several,
        }
    }

    fn verdict(noise: Noise, base: &[f64], new: &[f64]) -> Verdict {
        let [a, b] = [base, new].map(|runs| {
            let mut record = planted::case();
            record.metrics = [("x".to_owned(), metric(noise, runs))].into();
            record
        });
        let filter = Filter::new(&[], &[], &["x".into()], false).unwrap();
        figures(&a, &b, &filter, true).rows[0].verdict
    }

    #[test]
    fn any_difference_of_an_exact_figure_is_real() {
        assert_eq!(verdict(Noise::Exact, &[100.0], &[100.000001]), Verdict::Worse);
        assert_eq!(verdict(Noise::Exact, &[100.0], &[99.0]), Verdict::Better);
        assert_eq!(verdict(Noise::Exact, &[100.0], &[100.0]), Verdict::Same);
    }

    #[test]
    fn a_time_needs_runs_that_lie_apart_and_enough_of_them() {
        let slow = [110.0, 111.0, 112.0, 113.0];
        assert_eq!(verdict(Noise::Time, &[100.0], &[110.0]), Verdict::TooFewRuns);
        assert_eq!(verdict(Noise::Time, &[99.0, 100.0, 101.0], &slow[..3]), Verdict::TooFewRuns);
        assert_eq!(verdict(Noise::Time, &[99.0, 100.0, 101.0, 102.0], &slow), Verdict::Worse);
        assert_eq!(verdict(Noise::Time, &slow, &[99.0, 100.0, 101.0, 102.0]), Verdict::Better);
        assert_eq!(verdict(Noise::Time, &[99.0, 100.0, 101.0, 110.5], &slow), Verdict::Unsure);
        assert!((by_chance(4, 4) - 2.0 / 70.0).abs() < 1e-12);
    }

    #[test]
    fn only_what_differs_is_told_unless_it_is_named() {
        let (base, mut new) = (planted::case(), planted::case());
        let all = figures(&base, &new, &Filter::default(), true);
        assert_eq!((all.rows.len(), all.unchanged), (0, base.metrics.len()));
        new.metrics.get_mut("bytes_per_entry").unwrap().value += 1.0;
        new.metrics.remove("garbage_bytes");
        let found = figures(&base, &new, &Filter::default(), true);
        let rows: Vec<_> = found.rows.iter().map(|row| (row.name.as_str(), row.verdict)).collect();
        assert_eq!(rows, [("bytes_per_entry", Verdict::Worse), ("garbage_bytes", Verdict::OnlyBase)]);
        let filter = Filter::new(&[], &[], &["*live_bytes".into(), "garbage*".into()], true).unwrap();
        let named: Vec<_> =
            figures(&base, &new, &filter, true).rows.into_iter().map(|row| row.name).collect();
        assert_eq!(named, ["live_bytes", "peak_live_bytes"]);
    }

    #[test]
    fn times_of_other_machines_are_counted_and_not_compared() {
        let (base, mut new) = (planted::case(), planted::case());
        for metric in new.metrics.values_mut().filter(|metric| metric.noise == Noise::Time) {
            metric.value *= 2.0;
        }
        let found = figures(&base, &new, &Filter::default(), false);
        let times = base.metrics.values().filter(|metric| metric.noise == Noise::Time).count();
        assert_eq!((found.rows.len(), found.times_left_out), (0, times));
    }
}
