//! How figures grow with a setting, for a terminal and for programs.

use serde::Serialize;

use super::number_format::full;
use super::text_columns;
use crate::sweep::{Fit, Law};

/// How one figure of one series grows.
#[derive(Debug, Clone)]
pub struct Growth {
    /// The case, with what tells its series from others.
    pub case: String,
    /// The setting that is `n`.
    pub axis: String,
    /// The figure.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// The laws, the one that it follows first.
    pub fits: Vec<Fit>,
}

/// From here on a residual is too large for the law to say much.
const POOR: f64 = 0.2;

/// The growth of all figures as a table of each case, lines at most `width` columns wide where words can be wrapped.
pub fn render(all: &[Growth], width: u16) -> String {
    let mut text = String::new();
    let mut cases: Vec<(&str, &str)> = all.iter().map(|one| (one.case.as_str(), one.axis.as_str())).collect();
    cases.dedup();
    let wrapped = |words: &str| text_columns::wrapped(words.split_whitespace(), usize::from(width));
    for (case, axis) in cases {
        if !text.is_empty() {
            text.push('\n');
        }
        let of_it: Vec<&Growth> = all.iter().filter(|one| one.case == case && one.axis == axis).collect();
        let ends = of_it.first().and_then(|one| Some((one.points.first()?.0, one.points.last()?.0)));
        let range = ends.map_or(String::new(), |(from, to)| {
            format!(", n = {axis} from {} to {}", full::value(from, "1"), full::value(to, "1"))
        });
        text.push_str(&wrapped(&format!("{case}{range}")));
        let row = |one: &&Growth| {
            let best = one.fits.first()?;
            let mark = if best.residual > POOR { " ?" } else { "" };
            Some(vec![
                one.metric.clone(),
                best.law.name().to_owned(),
                formula(best, &one.unit),
                format!("{}{mark}", percent(best.residual)),
            ])
        };
        let rows: Vec<Vec<String>> = of_it.iter().filter_map(row).collect();
        text.push_str(&text_columns::numbers(&["metric", "grows as", "with", "residual"], &rows));
        for one in &of_it {
            if let Some((low, high)) = one.fits.first().and_then(|fit| fit.share) {
                text.push_str(&wrapped(&format!(
                    "{}: a step comes where n passes {} of a power of two.",
                    one.metric,
                    shares(low, high)
                )));
            }
        }
    }
    let best = || all.iter().filter_map(|one| one.fits.first());
    if best().any(|fit| fit.share.is_some()) {
        text.push_str(&wrapped("s is the smallest power of two of which that share is at least n."));
    }
    if best().any(|fit| fit.residual > POOR) {
        text.push_str(&wrapped("? no law fits well; this one is the nearest."));
    }
    text
}

/// `0.859 to 0.891`, or one number if both are shown alike.
fn shares(low: f64, high: f64) -> String {
    let shown = [low, high].map(|share| format!("{share:.3}"));
    if shown[0] == shown[1] { shown[0].clone() } else { format!("{} to {}", shown[0], shown[1]) }
}

fn percent(residual: f64) -> String {
    let percent = residual * 100.0;
    if percent < 0.05 { format!("{percent:.2} %") } else { format!("{percent:.1} %") }
}

/// The law with its numbers: `40 B + 17 B s/n`.
fn formula(fit: &Fit, unit: &str) -> String {
    let a = full::value(fit.a, unit);
    let constant = if fit.law == Law::Steps { format!("{a} n") } else { a };
    match basis(fit.law) {
        None => constant,
        Some(by) if fit.a == 0.0 && fit.b > 0.0 => format!("{}{by}", full::value(fit.b, unit)),
        Some(by) => format!("{constant} {}", signed(fit.b, unit, by)),
    }
}

/// What the factor of a law is multiplied by.
fn basis(law: Law) -> Option<&'static str> {
    match law {
        Law::Constant => None,
        Law::Inverse => Some("/n"),
        Law::Logarithmic => Some(" log2 n"),
        Law::Linear => Some(" n"),
        Law::Linearithmic => Some(" n log2 n"),
        Law::Steps => Some(" s"),
        Law::StepsPerEntry => Some(" s/n"),
    }
}

/// A term behind another one: `+ 17 B s/n`.
fn signed(factor: f64, unit: &str, by: &str) -> String {
    let sign = if factor < 0.0 { '-' } else { '+' };
    format!("{sign} {}{by}", full::value(factor.abs(), unit))
}

/// The growth of all figures, for programs.
pub fn data(all: &[Growth]) -> Data {
    let one = |growth: &Growth| -> Option<OneData> {
        let best = growth.fits.first()?;
        Some(OneData {
            case: growth.case.clone(),
            n: growth.axis.clone(),
            metric: growth.metric.clone(),
            unit: growth.unit.clone(),
            points: growth.points.len(),
            law: best.law,
            formula: formula(best, &growth.unit),
            fits: growth.fits.clone(),
        })
    };
    Data { format: 1, growth: all.iter().filter_map(one).collect() }
}

/// An answer for programs.
#[derive(Debug, Serialize)]
pub struct Data {
    format: u32,
    growth: Vec<OneData>,
}

#[derive(Debug, Serialize)]
struct OneData {
    case: String,
    n: String,
    metric: String,
    unit: String,
    points: usize,
    law: Law,
    formula: String,
    fits: Vec<Fit>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::fits;

    fn growth(of: impl Fn(f64) -> f64) -> Growth {
        let points: Vec<(f64, f64)> = (0..12).map(|n| f64::from(1000 << n)).map(|n| (n, of(n))).collect();
        Growth {
            case: "churn/std".into(),
            axis: "entries".into(),
            metric: "bytes_per_entry".into(),
            unit: "bytes".into(),
            fits: fits(&points),
            points,
        }
    }

    #[test]
    fn a_law_is_told_with_its_numbers_and_residual() {
        assert_eq!(
            render(&[growth(|n| 30.25 + 12.5 * n.log2())], 80),
            "churn/std, n = entries from 1,000 to 2,048,000\n\
             metric           grows as                      with  residual\n\
             bytes_per_entry     log n  30.25 B + 12.50 B log2 n    0.00 %\n"
        );
        assert!(render(&[growth(|_| 27.25)], 80).contains("constant  27.25 B"));
        assert!(render(&[growth(|n| 16.0 * n)], 80).contains("n  16 B n"), "without a constant of nothing");
        assert!(render(&[growth(|n| 500.5 - 20.25 * n.log2())], 80).contains("500.5 B - 20.25 B log2 n"));
        let odd = growth(|n| if (n / 1000.0).log2() % 2.0 == 0.0 { 1.0 } else { 9.0 });
        assert!(render(&[odd], 80).ends_with("? no law fits well; this one is the nearest.\n"));
    }

    #[test]
    fn shares_are_one_number_where_they_are_near() {
        assert_eq!(shares(0.875, 0.8752), "0.875");
        assert_eq!(shares(0.859, 0.8906), "0.859 to 0.891");
    }
}
