//! From payload to resident memory in a line, while the map is full.

use super::fullest_phase::fullest;
use crate::output::number_format;
use crate::record::{CaseRecord, step_info};

/// The least share of the map's part that a step is shown for; what is less is added up.
const WORTH_SHOWING: f64 = 0.01;

/// The chain; empty if no memory pass went well.
pub fn of(record: &CaseRecord) -> String {
    let Some(full) = fullest(record) else { return String::new() };
    let mut sum = String::new();
    let mut push = |label: &str, bytes: i64| {
        let sign = match (sum.is_empty(), bytes < 0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let shown = number_format::bytes(bytes.saturating_abs());
        sum.push_str(&format!("{sign}{label} {shown}"));
    };
    // Beside a small map, the process is large.
    let [harness, process] = ["harness", "process"].map(|step| full.bytes(step).unwrap_or(0).max(0) as f64);
    let least = WORTH_SHOWING * (full.total as f64 - harness - process);
    let mut others = 0i64;
    for step in &full.steps {
        match step.bytes.unsigned_abs() as f64 >= least && step.bytes != 0 {
            true => push(step_info(&step.name).map_or(step.name.as_str(), |info| info.label), step.bytes),
            false => others = others.saturating_add(step.bytes),
        }
    }
    if others != 0 {
        push("others", others);
    }
    let what = if full.to_resident { "resident" } else { "usable" };
    let total = number_format::bytes(i64::try_from(full.total).unwrap_or(i64::MAX));
    if sum.is_empty() { String::new() } else { format!("After {}: {sum} = {total} {what}.", full.at) }
}
