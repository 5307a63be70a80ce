//! A value of a record in few characters: three figures, in a unit that suits its size.

use super::super::number_format;

/// A value in the unit of its metric. Up to a thousand bytes or nanoseconds it has no unit: the metric's name says it.
/// `whole`: it is a count among counts, and has no fraction.
pub(in crate::output) fn value(value: f64, unit: &str, whole: bool) -> String {
    let large = value.abs() >= 999.5;
    match unit {
        "bytes" if large => number_format::bytes(value.round() as i64),
        "ns" if large => number_format::nanoseconds(value.round() as i64),
        _ if large => number_format::brief_count(value.round() as i64),
        _ if whole => format!("{value:.0}"),
        _ => small(value),
    }
}

/// How far a value may be off, as a share of it: `±4%`, `±0.4%`; of more than all of it, only that.
pub(in crate::output) fn plus_minus(share: f64) -> String {
    if share > 1.0 {
        return ">±100%".to_owned();
    }
    let percent = share * 100.0;
    let decimals = usize::from(percent < 0.95);
    format!("±{percent:.decimals$}%")
}

/// A round value at an axis.
pub(in crate::output) fn tick(value: f64) -> String {
    if value >= 1.0 { number_format::brief_count(value.round() as i64) } else { small(value) }
}

/// A round value at an axis of figures that may be fractions, without zeros at its end.
pub(in crate::output) fn fine_tick(value: f64) -> String {
    let text = if value >= 999.5 || value.fract() == 0.0 { tick(value) } else { small(value) };
    let (digits, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let digits = match digits.contains('.') && !digits.contains('e') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    format!("{digits} {unit}").trim_end().to_owned()
}

/// A ratio: `1.23x`.
pub(in crate::output) fn ratio(ratio: f64) -> String {
    match ratio {
        r if r >= 999.5 => format!("{}x", number_format::brief_count(r.round() as i64).replace(' ', "")),
        r if r >= 99.95 => format!("{r:.0}x"),
        r if r >= 9.995 => format!("{r:.1}x"),
        r if r >= 0.0095 || r == 0.0 => format!("{r:.2}x"),
        r => format!("{}x", small(r)),
    }
}

/// Three figures of a value below a thousand.
fn small(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.000_995 => format!("{value:.1e}"),
        size if size < 0.009_95 => format!("{value:.5}"),
        size if size < 0.099_5 => format!("{value:.4}"),
        size if size < 0.995 => format!("{value:.3}"),
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_three_figures_and_a_unit_where_they_are_large() {
        let of = |number, unit| value(number, unit, false);
        assert_eq!(of(35.6516, "bytes"), "35.7");
        assert_eq!(of(41_943_040.0, "bytes"), "41.9 MB");
        assert_eq!(of(999.4, "bytes"), "999");
        assert_eq!(of(999.6, "ns"), "1.00 µs");
        assert_eq!(of(81.25, "ns"), "81.2");
        assert_eq!(of(1250.0, "ns"), "1.25 µs");
        assert_eq!(of(12_500_000.0, "1/s"), "12.5 M");
        assert_eq!(
            [1.5, 0.8571, 0.01234, 0.0000021, 0.0].map(|v| of(v, "1")),
            ["1.50", "0.857", "0.0123", "2.1e-6", "0"]
        );
        assert_eq!(value(19.0, "1", true), "19");
    }

    #[test]
    fn ticks_of_fractions_have_the_digits_that_they_need() {
        let shown = [0.0, 0.5, 1.0, 1.2000000000000002, 1.25, 20.0, 1000.0, 2500.0, 2e-6].map(fine_tick);
        assert_eq!(shown, ["0", "0.5", "1", "1.2", "1.25", "20", "1 k", "2.5 k", "2.0e-6"]);
    }

    #[test]
    fn a_share_is_short() {
        assert_eq!([0.0004, 0.0094, 0.0124, 2.77].map(plus_minus), ["±0.0%", "±0.9%", "±1%", ">±100%"]);
    }

    #[test]
    fn ratios_have_two_decimals_near_one() {
        assert_eq!(
            [1.0, 1.2345, 0.5, 12.34, 123.4, 54_321.0, 0.00312, 0.0].map(ratio),
            ["1.00x", "1.23x", "0.50x", "12.3x", "123x", "54.3kx", "0.00312x", "0.00x"]
        );
    }
}
