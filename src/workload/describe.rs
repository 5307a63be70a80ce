//! A workload in words: all that is in force, for `describe` and for reports.

use std::fmt::Write;

use super::key_length::{Gev, KeyLength, Share, Varied};
use super::payload::heap_parts::{Bounds, Part};
use super::spec::{
    Access, Expect, GeneralisedPareto, HasherSpec, KeyOrder, Op, Removals, Size, Step, ValueSpec, Work,
    Workload,
};
use crate::number_parse::grouped;

/// The workload as text of several lines, with a line break at the end.
pub fn describe(workload: &Workload) -> String {
    let mut text = String::new();
    let order = match workload.key.order {
        KeyOrder::Random => "in random order",
        KeyOrder::Ascending => "in ascending order",
    };
    let key = match workload.key.layout.block {
        None => workload.key.rust.clone(),
        Some(_) => format!("{} of {}", workload.key.rust, lengths(&workload.key.length)),
    };
    let capacity = match workload.capacity {
        Some(capacity) => format!("pre-sized for {} entries", grouped(capacity)),
        None => "not pre-sized".to_owned(),
    };
    let hasher = match &workload.hasher {
        Some(HasherSpec { kind, distinct: Some(values) }) => format!("{kind}, {} values", grouped(*values)),
        Some(hasher) => hasher.kind.clone(),
        None => "the map's own".to_owned(),
    };
    let capacity = match workload.shards {
        Some(shards) => format!("{capacity}, {shards} shards"),
        None => capacity,
    };
    let fields = [
        ("entries", grouped(workload.entries)),
        ("keys", format!("{key}, {order}")),
        ("values", values(&workload.value)),
        ("hasher", hasher),
        ("capacity", capacity),
    ];
    text += &format!("{}\n\n{}\n\n", workload.name, workload.about);
    for (name, value) in fields {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{name:<8}  {value}");
    }
    if workload.calls(Op::Scan) {
        let _ = writeln!(text, "scans     up to {} entries each", grouped(workload.scan_entries));
    }
    if workload.one_hit_wonders > 0.0 {
        let share = percent(workload.one_hit_wonders);
        let _ = writeln!(text, "picks     never the same {share}% of the entries, except to remove them");
    }
    if let Some(ops) = workload.time_to_live {
        let _ = writeln!(
            text,
            "expiry    an entry is removed after {} operations, of all threads together",
            grouped(ops)
        );
    } else if workload.removals == Removals::Oldest {
        let _ = writeln!(text, "removals  take the oldest entry");
    }
    text += "phases\n";
    let width = workload.phases.iter().map(|phase| phase.name.len()).max().unwrap_or(0);
    for phase in &workload.phases {
        let ops = match &phase.work {
            Work::Step(_) => String::new(),
            Work::Mix(_) | Work::Each(_) => format!("{} operations: ", grouped(phase.ops)),
        };
        let _ = writeln!(text, "  {:<width$}  {ops}{}", phase.name, work(&phase.work));
        if phase.hand_over {
            let _ = writeln!(text, "  {:<width$}  each thread works on the entries of the one before it", "");
        }
        if phase.picks() {
            let _ = writeln!(text, "  {:<width$}  picks: {}", "", access(phase.access));
        }
    }
    let _ = writeln!(text, "{:<8}  {}", "expect", expect(&workload.expect));
    text
}

/// Lengths of keys in a few words: `24 bytes`.
fn lengths(length: &KeyLength) -> String {
    match length {
        KeyLength::Fixed(bytes) => format!("{bytes} bytes"),
        KeyLength::Varied(Varied::Uniform { min, max }) => {
            format!("{min} to {max} bytes, each length as likely")
        }
        KeyLength::Varied(Varied::Shares(shares)) => {
            let of = |Share { bytes, share }: &Share| format!("{bytes} bytes ({}%)", percent(*share));
            shares.iter().map(of).collect::<Vec<_>>().join(" or ")
        }
        KeyLength::Varied(Varied::Gev(Gev { location, scale, shape, min, max })) => format!(
            "{min} to {max} bytes, generalised extreme values with location {location}, scale {scale}, shape {shape}"
        ),
    }
}

/// The type and sizes of values in a few words: `Vec<u8> of 64 bytes`.
fn values(value: &ValueSpec) -> String {
    let name = &value.rust;
    if !value.heap.is_empty() {
        let parts: Vec<String> = value.heap.list().iter().map(part).collect();
        return format!("{name}, inside the entry, that owns {}", parts.join("; "));
    }
    match value.layout.block {
        None if value.layout.size > 8 => return format!("{name}, inside the entry"),
        None => return name.clone(),
        Some(_) => {}
    }
    let held = match value.held_share {
        0.0 => String::new(),
        share => format!("; {}% of them are held by others too", percent(share)),
    };
    match value.size {
        Size::Fixed(bytes) => format!("{name} of {} bytes{held}", grouped(bytes)),
        Size::Uniform { min, max } => {
            format!("{name} of {} to {} bytes, each size as likely{held}", grouped(min), grouped(max))
        }
        Size::Pareto { min, max, alpha } => {
            let sizes = format!("{} to {} bytes", grouped(min), grouped(max));
            format!("{name} of {sizes}, bounded Pareto with alpha {alpha}{held}")
        }
        Size::GeneralisedPareto(GeneralisedPareto { location, scale, shape, max, head }) => {
            let beside = match head.is_empty() {
                true => String::new(),
                false => format!(
                    " for {}% of them, the others below {} bytes",
                    percent(1.0 - head.shares().iter().sum::<f64>()),
                    head.shares().len()
                ),
            };
            format!(
                "{name} of up to {} bytes, generalised Pareto with location {location}, scale {scale}, shape {shape}{beside}{held}",
                grouped(max)
            )
        }
    }
}

/// A share in percent, without the noise of the product.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

/// A part of a record: `a vector of 0 to 3 elements of 24 bytes`.
fn part(part: &Part) -> String {
    let numbers = |Bounds { min, max }: Bounds| match min == max {
        true => grouped(min.into()),
        false => format!("{} to {}", grouped(min.into()), grouped(max.into())),
    };
    let size = numbers(part.size);
    match part.count {
        None => format!("a block of {size} bytes"),
        Some(count) => format!("a vector of {} elements of {size} bytes", numbers(count)),
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
        Work::Step(step) => step_in_words(*step),
    }
}

/// `reserve: make room for further entries, additional 1,000`.
fn step_in_words(step: Step) -> String {
    let info = step.kind.info();
    let entries = match (info.entries, step.entries) {
        (Some(field), Some(entries)) => format!(", {field} {}", grouped(entries)),
        _ => String::new(),
    };
    let readers = step.readers.map_or(String::new(), |readers| format!(", readers {}", grouped(readers)));
    format!("{}: {}{entries}{readers}", info.name, info.about)
}

fn access(access: Access) -> String {
    match access {
        Access::Uniform => "any live entry, each as likely".to_owned(),
        Access::Sequential => "one live entry after the other".to_owned(),
        Access::Zipf { theta } => format!("zipf over age, theta {theta}"),
        Access::ScrambledZipf { theta } => format!("zipf with hot keys scattered, theta {theta}"),
        Access::Latest { theta } => format!("zipf over recency, theta {theta}"),
        Access::Hotspot { operations, keys } => {
            format!("{}% of them among the first {}% of the entries", percent(operations), percent(keys))
        }
    }
}

fn expect(expect: &Expect) -> String {
    let length = expect.length.map(|n| format!("{} entries at the end", grouped(n)));
    let hits = expect.hits.map(|n| format!("{} look-ups that hit", grouped(n)));
    let all: Vec<String> = length.into_iter().chain(hits).collect();
    if all.is_empty() { "nothing promised".to_owned() } else { all.join(", ") }
}
