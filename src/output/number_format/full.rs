//! A value of a record: three or four digits and a unit.

use super::super::number_format;

/// `value` in the unit that records have: `bytes`, `ns`, `1/s`, `1`, or a profile's `nanoseconds` and `count`.
pub fn value(value: f64, unit: &str) -> String {
    // Below a thousand the parts of a unit matter: a map's bytes per entry.
    let small = value.abs() < 999.5 && value.fract() != 0.0;
    match unit {
        "bytes" if small => format!("{} B", digits(value)),
        "bytes" => number_format::bytes(value.round() as i64),
        "ns" | "nanoseconds" if small => format!("{} ns", digits(value)),
        "ns" | "nanoseconds" => number_format::nanoseconds(value.round() as i64),
        "1/s" if !small => format!("{}/s", number_format::brief_count(value.round() as i64)),
        "1/s" => format!("{}/s", digits(value)),
        "1" | "count" | "" if small => digits(value),
        "1" | "count" | "" => number_format::count(value.round() as i64),
        other => format!("{} {other}", digits(value)),
    }
}

/// The same with a sign.
pub fn signed(value: f64, unit: &str) -> String {
    let shown = self::value(value, unit);
    if value > 0.0 { format!("+{shown}") } else { shown }
}

/// Four digits, three of numbers below 0.1.
pub fn digits(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        s if s >= 999.95 => 0,
        s if s >= 99.995 => 1,
        s if s >= 9.9995 => 2,
        s if s >= 0.099_995 || s == 0.0 => 3,
        s if s >= 1e-6 => (2 - s.log10().floor() as i32).clamp(3, 8) as usize,
        _ => return format!("{value:.2e}"),
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_as_many_as_matter() {
        let shown = [0.0, 1.5, 35.651_6, 123.456, 1234.5, 0.012_345, 1.2e-9, -0.5].map(digits);
        assert_eq!(shown, ["0.000", "1.500", "35.65", "123.5", "1234", "0.0123", "1.20e-9", "-0.500"]);
    }

    #[test]
    fn a_figure_has_its_unit() {
        assert_eq!(value(35.651_6, "bytes"), "35.65 B");
        assert_eq!(value(35_651_600.0, "bytes"), "35.7 MB");
        assert_eq!(value(83.25, "ns"), "83.25 ns");
        assert_eq!(value(12_500_000.0, "1/s"), "12.5 M/s");
        assert_eq!([value(1.5, "1"), value(19.0, "1")], ["1.500", "19"]);
        assert_eq!(
            [signed(2.5, "bytes"), signed(-2.0, "bytes"), signed(0.0, "1")],
            ["+2.500 B", "-2 B", "0"]
        );
    }
}
