//! A workload in words: all that is in force, for `describe` and for reports.

use std::fmt::Write;

use super::spec::{Access, Expect, KeyKind, KeyOrder, Phase, Size, ValueKind, Work, Workload};
use crate::number_parse::grouped;

/// The workload as text of several lines, with a line break at the end.
pub fn describe(workload: &Workload) -> String {
    let mut text = String::new();
    let order = match workload.key.order {
        KeyOrder::Random => "in random order",
        KeyOrder::Ascending => "in ascending order",
    };
    let key = match workload.key.kind {
        KeyKind::U64 => "u64".to_owned(),
        KeyKind::String => format!("String of {} bytes", workload.key.length),
        KeyKind::Bytes => format!("Vec<u8> of {} bytes", workload.key.length),
    };
    let capacity = match workload.capacity {
        Some(capacity) => format!("pre-sized for {} entries", grouped(capacity)),
        None => "not pre-sized".to_owned(),
    };
    let fields = [
        ("entries", grouped(workload.entries)),
        ("keys", format!("{key}, {order}")),
        ("values", values(workload.value.kind, workload.value.size)),
        ("capacity", capacity),
    ];
    text += &format!("{}\n\n{}\n\n", workload.name, workload.about);
    for (name, value) in fields {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{name:<8}  {value}");
    }
    text += "phases\n";
    let width = workload.phases.iter().map(|phase| phase.name.len()).max().unwrap_or(0);
    for phase in &workload.phases {
        let _ = writeln!(
            text,
            "  {:<width$}  {} operations: {}",
            phase.name,
            grouped(phase.ops),
            work(&phase.work)
        );
        if picks(phase) {
            let _ = writeln!(text, "  {:<width$}  picks: {}", "", access(phase.access));
        }
    }
    let _ = writeln!(text, "{:<8}  {}", "expect", expect(&workload.expect));
    text
}

/// The type and sizes of values in a few words: `Vec<u8> of 64 bytes`.
fn values(kind: ValueKind, size: Size) -> String {
    let name = match (kind, size) {
        (ValueKind::Unit, _) => return "()".to_owned(),
        (ValueKind::U64, _) => return "u64".to_owned(),
        (ValueKind::Array, Size::Fixed(bytes)) => return format!("[u8; {bytes}], inside the entry"),
        (ValueKind::Array, _) => "[u8]",
        (ValueKind::Boxed, _) => "Box<[u8]>",
        (ValueKind::Vec, _) => "Vec<u8>",
    };
    match size {
        Size::Fixed(bytes) => format!("{name} of {} bytes", grouped(bytes)),
        Size::Uniform { min, max } => {
            format!("{name} of {} to {} bytes, each size as likely", grouped(min), grouped(max))
        }
        Size::Pareto { min, max, alpha } => {
            format!("{name} of {} to {} bytes, bounded Pareto with alpha {alpha}", grouped(min), grouped(max))
        }
    }
}

fn work(work: &Work) -> String {
    match work {
        Work::Mix(odds) => {
            let parts: Vec<String> =
                odds.iter().map(|(op, percent)| format!("{percent}% {}", op.name())).collect();
            parts.join(", ")
        }
        Work::Each(ops) => {
            let names: Vec<&str> = ops.iter().map(|op| op.name()).collect();
            names.join(", then ")
        }
    }
}

/// Whether the phase picks live entries at all.
fn picks(phase: &Phase) -> bool {
    match &phase.work {
        Work::Mix(odds) => odds.iter().any(|(op, _)| op.picks()),
        Work::Each(ops) => ops.iter().any(|op| op.picks()),
    }
}

fn access(access: Access) -> String {
    match access {
        Access::Uniform => "any live entry, each as likely".to_owned(),
        Access::Sequential => "one live entry after the other".to_owned(),
        Access::Zipf { theta } => format!("zipf over age, theta {theta}"),
        Access::ScrambledZipf { theta } => format!("zipf with hot keys scattered, theta {theta}"),
        Access::Latest { theta } => format!("zipf over recency, theta {theta}"),
        Access::Hotspot { operations, keys } => {
            format!("{}% of them among the first {}% of the entries", operations * 100.0, keys * 100.0)
        }
    }
}

fn expect(expect: &Expect) -> String {
    let length = expect.length.map(|n| format!("{} entries at the end", grouped(n)));
    let hits = expect.hits.map(|n| format!("{} look-ups that hit", grouped(n)));
    let all: Vec<String> = length.into_iter().chain(hits).collect();
    if all.is_empty() { "nothing promised".to_owned() } else { all.join(", ") }
}
