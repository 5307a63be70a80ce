//! What the full report says of jemalloc's own dumps: how far they are from the exact recorder, by role.

use crate::output::number_format;
use crate::record::{DumpComparison, DumpEnd, DumpRole};

/// What the heap profile of the run shows: the last dump that has samples.
pub fn moment(dump: &DumpComparison) -> String {
    let shown = dump.ends.iter().rev().find(|end| end.file.is_some());
    format!("in use at the end of {}", shown.map_or("the run", |end| end.phase.as_str()))
}

/// The sentences, each a paragraph of its own.
pub fn lines(dump: &DumpComparison) -> Vec<String> {
    let mut lines: Vec<String> = dump.ends.iter().map(of_end).collect();
    lines.push(
        "Both figures are usable bytes; jemalloc's profile enters blocks above 14 KiB by size class, up to a quarter more \
         than they have. A dump has the bytes in use alone: there are no alloc and peak files, and no numbers of objects."
            .to_owned(),
    );
    if dump.ends.iter().any(|end| end.roles.iter().any(|role| role.exact.is_none())) {
        lines.push("The exact pass did not tell what was in use at the ends of phases.".to_owned());
    }
    lines
}

fn of_end(end: &DumpEnd) -> String {
    let roles: Vec<String> = end.roles.iter().map(of_role).collect();
    let empty = if end.file.is_none() { " The dump has no sample." } else { "" };
    format!("Dump against exact at the end of {}: {}.{empty}", end.phase, roles.join(", "))
}

fn of_role(role: &DumpRole) -> String {
    let bytes = |bytes: u64| number_format::bytes(i64::try_from(bytes).unwrap_or(i64::MAX));
    let mut text = format!("{} {}", role.role, bytes(role.dump));
    match role.exact {
        Some(exact) if role.low.is_some() || exact > 0 => text.push_str(&format!(" of {}", bytes(exact))),
        _ => {}
    }
    let difference = role.difference_percent.map(|percent| format!("{percent:+.1} %"));
    let interval = match (role.low, role.high) {
        (Some(low), Some(high)) if role.dump > 0 && high > low => {
            Some(number_format::plus_minus((high - low) as f64 / 2.0 / role.dump as f64))
        }
        _ => None,
    };
    let known: Vec<String> = difference.into_iter().chain(by_class(role)).chain(interval).collect();
    if !known.is_empty() {
        text.push_str(&format!(" ({})", known.join(", ")));
    }
    text
}

/// By how much size classes alone let a dump differ, where that shows.
fn by_class(role: &DumpRole) -> Option<String> {
    let (expected, exact) = role.expected.zip(role.exact.filter(|exact| *exact > 0))?;
    let percent = (expected as f64 / exact as f64 - 1.0) * 100.0;
    (percent.abs() >= 0.05).then(|| format!("{percent:+.1} % by size class"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, dump: u64, exact: u64, expected: u64, interval: Option<(u64, u64)>) -> DumpRole {
        DumpRole {
            role: name.to_owned(),
            dump,
            exact: Some(exact),
            exact_requested: Some(exact),
            expected: interval.map(|_| expected),
            difference_percent: interval
                .filter(|_| exact > 0)
                .map(|_| (dump as f64 / exact as f64 - 1.0) * 100.0),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        }
    }

    #[test]
    fn each_end_is_a_sentence() {
        let fill = DumpEnd {
            phase: "fill".into(),
            file: Some("heap-fill.pb.gz".into()),
            roles: vec![
                role("key", 16_100_000, 16_000_000, 16_000_100, Some((15_900_000, 16_300_000))),
                role("table", 5_500_000, 5_000_000, 5_500_000, Some((5_500_000, 5_500_000))),
                role("harness", 70_000, 0, 0, None),
            ],
        };
        let drain = DumpEnd {
            phase: "drain".into(),
            file: None,
            roles: vec![role("key", 0, 0, 0, Some((0, 0))), role("harness", 0, 0, 0, None)],
        };
        let dump = DumpComparison { sample_bytes: 4096, ends: vec![fill, drain] };
        let lines = lines(&dump);
        assert_eq!(
            lines[0],
            "Dump against exact at the end of fill: key 16.1 MB of 16.0 MB (+0.6 %, ±1.2 %), table 5.50 MB of 5.00 MB \
             (+10.0 %, +10.0 % by size class), harness 70.0 kB."
        );
        assert_eq!(
            lines[1],
            "Dump against exact at the end of drain: key 0 B of 0 B, harness 0 B. The dump has no sample."
        );
        assert_eq!(moment(&dump), "in use at the end of fill");
    }
}
