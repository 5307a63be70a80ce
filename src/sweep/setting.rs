//! The settings of a sweep: `entries=1k..10M:24`, `value.size=16,64,256`.

use crate::error::{Error, Result};
use crate::number_parse::{BYTES, COUNTS, Unit, grouped, whole};

/// The most points of a sweep.
pub const MOST_POINTS: usize = 500;

/// The largest number that a range ends with.
const LARGEST: u64 = 1 << 53;

/// The settings that are flags of their own; all others are paths of the workload file.
pub const ENTRIES: &str = "entries";
/// See [`ENTRIES`].
pub const OPS: &str = "ops";
/// See [`ENTRIES`].
pub const THREADS: &str = "threads";

/// A setting with the values that it takes, in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name: `entries`, `ops`, `threads`, or a path of the workload file.
    pub name: String,
    /// Its values, each once.
    pub values: Vec<String>,
}

/// One point: the value of each setting, by name, in the order of the settings.
pub type PointSettings = Vec<(String, String)>;

impl Setting {
    /// The setting that `text` writes after `--sweep`.
    ///
    /// # Errors
    /// When it is none, or has no value or too many; then what would be right.
    pub fn parse(text: &str) -> Result<Setting> {
        let wrong = |what: String| Error::input(format!("--sweep {text}: {what}"));
        let (name, values) = text
            .split_once('=')
            .ok_or_else(|| wrong("write it as entries=1k..10M:24 or value.size=16,64,256".to_owned()))?;
        let name = name.trim();
        if name.is_empty() || name.split('.').any(|part| part.trim().is_empty()) {
            return Err(wrong("a setting is wanted before =, such as entries or value.size".to_owned()));
        }
        let values = match values.split_once("..") {
            Some((from, rest)) => range(name, from, rest),
            None => list(name, values),
        };
        Ok(Setting { name: name.to_owned(), values: values.map_err(wrong)? })
    }
}

/// The units of a setting's numbers: sizes and lengths are bytes.
fn units(name: &str) -> &'static [Unit] {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last {
        "size" | "length" | "min" | "max" | "inline" | "heap" => BYTES,
        _ => COUNTS,
    }
}

/// Steps from one number to another whose ratios are equal, rounded to whole numbers.
fn range(name: &str, from: &str, rest: &str) -> std::result::Result<Vec<String>, String> {
    let (to, steps) = rest.split_once(':').ok_or_else(|| {
        format!("a range needs its number of steps, as in {name}={}..{}:24", from.trim(), rest.trim())
    })?;
    let number = |what: &str, text: &str| {
        whole(text, units(name), 1..=LARGEST).map_err(|wrong| format!("{what} \"{}\" {wrong}", text.trim()))
    };
    let (low, high) = (number("the first value", from)?, number("the last value", to)?);
    let steps = whole(steps, COUNTS, 0..=u64::MAX)
        .map_err(|wrong| format!("the number of steps \"{}\" {wrong}", steps.trim()))?;
    if steps > MOST_POINTS as u64 {
        return Err(format!("{} points are too many; a sweep has {MOST_POINTS} at most", grouped(steps)));
    }
    if low >= high {
        return Err(format!(
            "the range goes from {} to {}; the first value must be the smaller one",
            grouped(low),
            grouped(high)
        ));
    }
    if steps < 2 {
        return Err(format!("{steps} steps make no range; 2 to {MOST_POINTS} do"));
    }
    let ratio = (high as f64 / low as f64).ln() / (steps - 1) as f64;
    let value = |step: u64| match step {
        step if step + 1 == steps => high,
        step => ((low as f64 * (ratio * step as f64).exp()).round() as u64).clamp(low, high),
    };
    let mut values: Vec<u64> = (0..steps).map(value).collect();
    values.dedup();
    Ok(values.iter().map(u64::to_string).collect())
}

/// Values between commas.
fn list(name: &str, text: &str) -> std::result::Result<Vec<String>, String> {
    let mut values: Vec<String> = Vec::new();
    for value in text.split(',').map(str::trim) {
        if value.is_empty() {
            return Err(format!("a value is missing; write them as {name}=16,64,256"));
        }
        let value = match name {
            ENTRIES | OPS | THREADS => {
                whole(value, COUNTS, 1..=LARGEST).map_err(|wrong| format!("\"{value}\" {wrong}"))?.to_string()
            }
            _ => value.to_owned(),
        };
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.len() > MOST_POINTS {
        return Err(format!(
            "{} values are too many; a sweep has {MOST_POINTS} points at most",
            values.len()
        ));
    }
    Ok(values)
}

/// The number that a value is, if it is one.
pub fn number(name: &str, value: &str) -> Option<f64> {
    let number = crate::number_parse::parse(value, units(name)).ok()?;
    number.real().ok()
}

/// Every point of the settings: all combinations of their values, the first setting's changing slowest.
///
/// # Errors
/// When there are too many settings or points, or two of the same name.
pub fn points(settings: &[Setting]) -> Result<Vec<PointSettings>> {
    if let [first, second, ..] = settings
        && first.name == second.name
    {
        let name = &first.name;
        return Err(Error::input(format!(
            "--sweep {name}: is there twice; give its values in one, separated by commas"
        )));
    }
    if settings.len() > 2 {
        return Err(Error::input(format!(
            "--sweep: {} settings are too many; a sweep changes one or two at a time",
            settings.len()
        )));
    }
    let number = settings.iter().map(|setting| setting.values.len()).product::<usize>();
    check_number(number)?;
    let mut points: Vec<PointSettings> = vec![Vec::new()];
    for setting in settings {
        let with = |point: &PointSettings| {
            let one = |value: &String| {
                let mut point = point.clone();
                point.push((setting.name.clone(), value.clone()));
                point
            };
            setting.values.iter().map(one).collect::<Vec<_>>()
        };
        points = points.iter().flat_map(with).collect();
    }
    Ok(points)
}

/// Refuses more points than a sweep may have.
///
/// # Errors
/// Then.
pub fn check_number(points: usize) -> Result<()> {
    match points > MOST_POINTS {
        true => Err(Error::input(format!(
            "--sweep: {} points are too many; a sweep has {MOST_POINTS} at most, so take fewer steps",
            grouped(points as u64)
        ))),
        false => Ok(()),
    }
}

/// A point as people read it: `entries=1_000, value.size=16`.
pub fn label(point: &[(String, String)]) -> String {
    point.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Setting::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).values
    }

    fn wrong(text: &str) -> String {
        Setting::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_range_has_equal_ratios_and_both_ends() {
        assert_eq!(values("entries=1k..1M:4"), ["1000", "10000", "100000", "1000000"]);
        assert_eq!(values("entries=1..100:3"), ["1", "10", "100"]);
        assert_eq!(values("value.size=16..64K:3"), ["16", "1024", "65536"], "bytes have binary units");
        assert_eq!(values("entries=1..4:10"), ["1", "2", "3", "4"], "each value once");
        let many = values("entries=1k..10M:24");
        assert_eq!((many.len(), many[0].as_str(), many[23].as_str()), (24, "1000", "10000000"));
    }

    #[test]
    fn a_list_keeps_its_order_and_has_each_value_once() {
        assert_eq!(values("value.size=256, 16,64,16"), ["256", "16", "64"]);
        assert_eq!(values("entries=1k,1000,2e3"), ["1000", "2000"]);
        assert_eq!(values("hasher=fx,sip13"), ["fx", "sip13"]);
    }

    #[test]
    fn each_mistake_is_told_what_would_be_right() {
        for (text, says) in [
            ("entries", "write it as entries=1k..10M:24"),
            ("=1,2", "a setting is wanted before ="),
            ("value..size=1", "a setting is wanted before ="),
            ("entries=", "a value is missing"),
            ("entries=1,,2", "a value is missing"),
            ("entries=1k..10M", "needs its number of steps, as in entries=1k..10M:24"),
            ("entries=1k..10M:0", "0 steps make no range; 2 to 500 do"),
            ("entries=1k..10M:1", "1 steps make no range"),
            ("entries=1k..10M:1M", "1_000_000 points are too many; a sweep has 500 at most"),
            ("entries=10M..1k:5", "the first value must be the smaller one"),
            ("entries=5..5:5", "the first value must be the smaller one"),
            ("entries=0..10:5", "the first value \"0\" must be from 1"),
            ("entries=many..10:5", "the first value \"many\" must be a whole number"),
            ("entries=1..10:few", "the number of steps \"few\" must be a whole number"),
            ("entries=1,x", "\"x\" must be a whole number"),
        ] {
            assert!(
                wrong(text).contains(says) && wrong(text).starts_with("--sweep "),
                "{text}: {}",
                wrong(text)
            );
        }
    }

    #[test]
    fn points_are_all_combinations() {
        let all = |texts: &[&str]| {
            let settings: Vec<Setting> = texts.iter().map(|text| Setting::parse(text).unwrap()).collect();
            points(&settings).map(|points| points.iter().map(|point| label(point)).collect::<Vec<_>>())
        };
        assert_eq!(
            all(&["entries=10,20", "value.size=1,2"]).unwrap(),
            [
                "entries=10, value.size=1",
                "entries=10, value.size=2",
                "entries=20, value.size=1",
                "entries=20, value.size=2"
            ]
        );
        let said = |texts: &[&str]| all(texts).unwrap_err().to_string();
        assert!(said(&["entries=1k..10k:30", "value.size=1k..10k:30"]).contains("900 points are too many"));
        assert!(said(&["a=1", "a=2"]).contains("is there twice"));
        assert!(said(&["a=1", "b=2", "c=3"]).contains("one or two at a time"));
    }
}
