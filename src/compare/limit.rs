//! One limit of a budget: `latency.get.p99 <= 2us`, from text to a checked number in the figure's own unit.

use glob::Pattern;

use super::metric_catalog::{self, MetricCatalog};
use crate::number_parse::{BYTES, Unit, Wrong, parse};
use crate::record::Noise;

/// The longest limit that is read, bytes. None that means anything comes near.
const LONGEST: usize = 256;

/// A limit that figures are held to.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// File and line.
    pub place: String,
    /// As it is written.
    pub text: String,
    /// The figures it is about.
    pub metric: Pattern,
    /// Which side of the value is good.
    pub bound: Bound,
    /// The value, in the figure's unit.
    pub value: f64,
}

/// Which side of a limit's value is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

impl Bound {
    /// Whether `figure` is on the good side.
    pub fn holds(self, figure: f64, value: f64) -> bool {
        match self {
            Bound::Below => figure < value,
            Bound::AtMost => figure <= value,
            Bound::Above => figure > value,
            Bound::AtLeast => figure >= value,
            Bound::Equal => figure == value,
        }
    }
}

/// The operators as they are written, those first that begin with another.
const BOUNDS: [(&str, Bound); 5] = [
    ("<=", Bound::AtMost),
    (">=", Bound::AtLeast),
    ("==", Bound::Equal),
    ("<", Bound::Below),
    (">", Bound::Above),
];

/// The units that a figure of a unit may be given in, and how much each is.
fn units(unit: &str) -> &'static [Unit] {
    match unit {
        "ns" => &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)],
        "bytes" => BYTES,
        "1/s" => &[
            ("k", 1e3),
            ("K", 1e3),
            ("M", 1e6),
            ("G", 1e9),
            ("/s", 1.0),
            ("k/s", 1e3),
            ("M/s", 1e6),
            ("G/s", 1e9),
        ],
        _ => &[("%", 0.01), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9)],
    }
}

impl Limit {
    /// The limit that `text` writes, which stands at `place`.
    ///
    /// # Errors
    /// What is wrong with it, without the place.
    pub fn parse(text: &str, place: String) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a limit has {LONGEST} bytes at the most, this one {}", text.len()));
        }
        let shape = || {
            format!(
                "\"{text}\": a limit is a metric, one of <=, <, >=, >, ==, and a number, such as \"bytes_per_entry <= 90\""
            )
        };
        let at = text.find(['<', '>', '=']).ok_or_else(shape)?;
        let (name, rest) = text.split_at(at);
        let (rest, bound) = BOUNDS
            .iter()
            .find_map(|(sign, bound)| Some((rest.strip_prefix(sign)?, *bound)))
            .ok_or_else(shape)?;
        let (name, rest) = (name.trim(), rest.trim());
        if name.is_empty() || rest.is_empty() || rest.contains(['<', '>', '=']) {
            return Err(shape());
        }
        let metric = Pattern::new(name).map_err(|e| {
            format!("\"{name}\": {} at character {}; patterns have * and ?", e.msg, e.pos + 1)
        })?;
        let figures = metric_catalog::fitting(&metric)?;
        let unit = one_unit(name, &figures)?;
        if bound == Bound::Equal
            && let Some(noisy) = figures.iter().find(|known| known.noise != Noise::Exact)
        {
            return Err(format!(
                "\"{text}\": {} is not the same in every run, so == says nothing of it; take <= or >=",
                noisy.name
            ));
        }
        let value = number(rest, unit).map_err(|wrong| format!("\"{text}\": {wrong}"))?;
        Ok(Limit { place, text: text.trim().to_owned(), metric, bound, value })
    }

    /// The names of the figures that it may be about.
    pub fn figures(&self) -> Vec<String> {
        metric_catalog::fitting(&self.metric)
            .map_or(Vec::new(), |known| known.into_iter().map(|known| known.name).collect())
    }

    /// Whether it names one figure, and not all that fit a pattern.
    pub fn is_literal(&self) -> bool {
        !self.metric.as_str().contains(['*', '?', '['])
    }
}

fn one_unit(name: &str, figures: &[MetricCatalog]) -> Result<&'static str, String> {
    let Some(first) = figures.first() else { return Err(format!("unknown metric \"{name}\"")) };
    match figures.iter().find(|known| known.unit != first.unit) {
        None => Ok(first.unit),
        Some(other) => Err(format!(
            "\"{name}\" fits {} in {} and {} in {}; a limit is for metrics of one unit",
            first.name,
            called(first.unit),
            other.name,
            called(other.unit)
        )),
    }
}

fn called(unit: &str) -> &str {
    match unit {
        "1" => "plain numbers",
        "1/s" => "operations per second",
        unit => unit,
    }
}

/// A number with a unit that suits `unit`, or none.
fn number(text: &str, unit: &str) -> Result<f64, String> {
    let units = units(unit);
    let wanted = || {
        let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
        format!("a number is wanted in {}, or with one of {}", called(unit), names.join(", "))
    };
    parse(text, units).and_then(|number| number.real()).map_err(|wrong| match wrong {
        Wrong::Unit(name) => format!("\"{name}\" does not fit: {}", wanted()),
        Wrong::TooLarge => format!("\"{text}\" is beyond all numbers"),
        _ => format!("\"{text}\" is no number: {}", wanted()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> f64 {
        Limit::parse(text, String::new()).unwrap_or_else(|e| panic!("{text}: {e}")).value
    }

    fn wrong(text: &str) -> String {
        Limit::parse(text, String::new()).unwrap_err()
    }

    #[test]
    fn numbers_come_in_the_units_of_their_figures() {
        for (text, due) in [
            ("bytes_per_entry <= 90", 90.0),
            ("bytes_per_entry<=90 B", 90.0),
            ("live_bytes < 1.5MiB", 1_572_864.0),
            ("live_bytes < 1_500kB", 1.5e6),
            ("live_bytes < 64K", 65_536.0),
            ("resident_bytes <= 2 GB", 2e9),
            ("latency.get.p99 <= 2us", 2000.0),
            ("latency.get.p99 <= 2µs", 2000.0),
            ("latency.operation.max <= 1.5 ms", 1.5e6),
            ("ns_per_op <= 1e2", 100.0),
            ("ns_per_op <= 1e-2us", 10.0),
            ("ops_per_sec >= 1M", 1e6),
            ("ops_per_sec > 20k/s", 20e3),
            ("retained_ratio <= 7%", 0.07),
            ("allocs_per_op <= 1.01", 1.01),
            ("garbage_bytes == 0", 0.0),
        ] {
            assert_eq!(value(text), due, "{text}");
        }
        let limit = Limit::parse(" latency.*.p99 <= 2us ", "b.toml:3".into()).unwrap();
        assert_eq!(
            (limit.text.as_str(), limit.bound, limit.is_literal()),
            ("latency.*.p99 <= 2us", Bound::AtMost, false)
        );
    }

    #[test]
    fn each_mistake_is_told_what_would_be_right() {
        assert!(wrong("bytes_per_entri <= 90").contains("did you mean \"bytes_per_entry\""));
        assert!(wrong("latency.get.p98 <= 90").contains("latency.get.p9"));
        assert!(wrong("latency.*.p98 <= 90").contains("unknown metric"));
        assert!(
            wrong("bytes_per_entry <= 90ms").contains("\"ms\" does not fit: a number is wanted in bytes")
        );
        assert!(wrong("ns_per_op <= 5%").contains("ns, us, µs, ms, s"));
        assert!(wrong("ns_per_op == 5ns").contains("take <= or >="));
        assert!(wrong("*_bytes == 5").contains("resident_bytes is not the same in every run"));
        assert!(wrong("*_per_op <= 5").contains("one unit"), "{}", wrong("*_per_op <= 5"));
        for text in [
            "",
            "ns_per_op",
            "ns_per_op =< 5",
            "ns_per_op = 5",
            "<= 5",
            "ns_per_op <=",
            "ns_per_op <= 5 <= 6",
        ] {
            assert!(wrong(text).contains("such as \"bytes_per_entry <= 90\""), "{text}: {}", wrong(text));
        }
        for text in ["inf", "nan", "--5", "1.2.3", "1e999", "e5", "µ", "-"] {
            let said = wrong(&format!("ns_per_op <= {text}"));
            assert!(said.contains("is no number") || said.contains("beyond all numbers"), "{text}: {said}");
        }
        assert!(wrong("a[ <= 5").contains("patterns have * and ?"));
        assert!(wrong(&"x".repeat(300)).contains("256 bytes"));
    }

    #[test]
    fn bounds_hold_on_their_side() {
        let held = |bound: Bound| [1.0, 2.0, 3.0].map(|figure| bound.holds(figure, 2.0));
        assert_eq!(held(Bound::Below), [true, false, false]);
        assert_eq!(held(Bound::AtMost), [true, true, false]);
        assert_eq!(held(Bound::Above), [false, false, true]);
        assert_eq!(held(Bound::AtLeast), [false, true, true]);
        assert_eq!(held(Bound::Equal), [false, true, false]);
    }
}
