//! Numbers for people: decimal units for bytes and times, separators for counts. Where numbers are read beside those of
//! pprof, bytes have binary units.
//!
//! [`full`] shows a value of a record beside others of its kind, `compact` one in a cell of a table of many columns.

pub(super) mod compact;
pub mod full;

/// Bytes with three figures: `17.8 MB`, `820 B`.
pub fn bytes(value: i64) -> String {
    scaled(value, 1000.0, &["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// Bytes in binary units, with three figures: `17.0 MiB`, `820 B`.
pub fn binary_bytes(value: i64) -> String {
    scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// Nanoseconds with three figures: `1.25 s`, `310 µs`.
pub fn nanoseconds(value: i64) -> String {
    scaled(value, 1000.0, &["ns", "µs", "ms", "s", "ks", "Ms", "Gs"])
}

/// Nanoseconds that may be fractions of one, with three figures: `81.2 ns`, `28.9 ms`.
pub fn mean_time(ns: f64) -> String {
    mean(ns, "ns", nanoseconds)
}

/// Bytes that may be fractions of one, with three figures: `35.7 B`, `17.8 MB`.
pub fn mean_bytes(value: f64) -> String {
    mean(value, "B", bytes)
}

fn mean(value: f64, unit: &str, whole: impl Fn(i64) -> String) -> String {
    match value.abs() {
        size if size >= 999.5 => whole(value.round() as i64),
        size if size >= 99.95 => format!("{value:.0} {unit}"),
        _ => format!("{value:.1} {unit}"),
    }
}

/// A count with separators: `1,048,576`.
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::new();
    if value < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How far a value may be off either way, as a share of it: `±1.2 %`. Of one that may be off by more than it is, no more is
/// known than that: `few samples`.
pub fn plus_minus(half_width: f64) -> String {
    if half_width > 1.0 {
        return "few samples".to_owned();
    }
    let percent = half_width * 100.0;
    let decimals = usize::from(percent < 9.95);
    format!("±{percent:.decimals$} %")
}

/// A count with three figures, for axes and small tables: `1.25 M`, `64.0 k`, `820`.
pub fn brief_count(value: i64) -> String {
    scaled(value, 1000.0, &["", "k", "M", "G", "T", "P", "E"]).trim_end().to_owned()
}

/// A value in a profile's unit.
pub fn value(value: i64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(value),
        "nanoseconds" => nanoseconds(value),
        "count" | "" => count(value),
        other => format!("{} {other}", count(value)),
    }
}

/// A difference, as `shown` shows a value, with its sign: `+17.8 MB`.
pub fn signed(value: i64, shown: impl Fn(i64) -> String) -> String {
    let sign = if value > 0 { "+" } else { "" };
    format!("{sign}{}", shown(value))
}

/// A difference as a share of what was before, with its sign and up to three figures: `+12.5 %`, `-0.40 %`.
pub fn change(share: f64) -> String {
    let percent = share * 100.0;
    format!("{percent:+.decimals$} %", decimals = decimals(percent))
}

/// A share of one with up to three figures: `62.5 %`, `4.07 %`, `100 %`.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    format!("{percent:.decimals$} %", decimals = decimals(percent))
}

/// How many decimals make three figures, two at most.
fn decimals(value: f64) -> usize {
    match value.abs() {
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    }
}

/// A share of one: `62.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn scaled(value: i64, step: f64, units: &[&str]) -> String {
    let mut scaled = value as f64;
    let mut unit = 0;
    // 999.5 would be shown as 1000 of the smaller unit.
    while scaled.abs() >= step - 0.5 && unit + 1 < units.len() {
        scaled /= step;
        unit += 1;
    }
    let decimals = if unit == 0 { 0 } else { decimals(scaled) };
    format!("{scaled:.decimals$} {}", units.get(unit).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_figures_and_no_thousand_of_a_unit() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(820), "820 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1000), "1.00 kB");
        assert_eq!(bytes(17_825_808), "17.8 MB");
        assert_eq!(bytes(999_600), "1.00 MB");
        assert_eq!(bytes(-285_212_688), "-285 MB");
        assert_eq!(bytes(i64::MAX), "9.22 EB");
        assert_eq!(
            [1023, 1024, 1_048_064, 17_825_808].map(binary_bytes),
            ["1023 B", "1.00 KiB", "1.00 MiB", "17.0 MiB"]
        );
        assert_eq!(nanoseconds(1_250_000_000), "1.25 s");
        assert_eq!(
            [0.0, 81.24, 99.96, 999.4, 999.6, 28_928_520.0, 5.4e9].map(mean_time),
            ["0.0 ns", "81.2 ns", "100 ns", "999 ns", "1.00 µs", "28.9 ms", "5.40 s"]
        );
        assert_eq!([0.4, 123.4, 17_825_808.0].map(mean_bytes), ["0.4 B", "123 B", "17.8 MB"]);
        assert_eq!(count(-1_048_576), "-1,048,576");
        assert_eq!(count(999), "999");
        assert_eq!(brief_count(999), "999");
        assert_eq!(brief_count(1_250_000), "1.25 M");
        assert_eq!(percent(0.625), "62.5 %");
        assert_eq!([0.0004, 0.0407, 0.2912, 1.0].map(share), ["0.04 %", "4.07 %", "29.1 %", "100 %"]);
        assert_eq!([0.0021, -0.125, 1.0, 27.5].map(change), ["+0.21 %", "-12.5 %", "+100 %", "+2750 %"]);
        assert_eq!([-17, 0, 820].map(|value| signed(value, bytes)), ["-17 B", "0 B", "+820 B"]);
        assert_eq!(
            [0.0004, 0.0124, 0.0996, 2.77].map(plus_minus),
            ["±0.0 %", "±1.2 %", "±10 %", "few samples"]
        );
    }
}
