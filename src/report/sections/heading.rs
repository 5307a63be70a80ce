//! The first line of what is printed of a run: what was run.

use crate::output::number_format;
use crate::record::CaseRecord;

/// Workload, map and its version, entries, and what else tells the run from others.
pub fn heading(record: &CaseRecord) -> String {
    let version = &record.map.version;
    let map = if version.is_empty() {
        record.case.map.clone()
    } else {
        format!("{} ({} {version})", record.case.map, record.map.package)
    };
    let entries = record.definition.as_ref().map(|workload| workload.entries).or(record.settings.entries);
    let entries = entries
        .map_or(String::new(), |entries| format!(", {} entries", number_format::count(entries as i64)));
    let parameters: String =
        record.settings.parameters.iter().map(|(name, value)| format!(", {name}={value}")).collect();
    let threads = record.case.threads;
    let threads = if threads == 1 { String::new() } else { format!(", {threads} threads") };
    let repeats = match record.repeats {
        1 => String::new(),
        times => format!(", measured {times} times"),
    };
    let arguments = match record.arguments.as_slice() {
        [] => String::new(),
        arguments => format!(", arguments {}", arguments.join(" ")),
    };
    let set = record.environment.iter().map(|(name, value)| format!(", {name}={value}")).collect::<String>();
    format!(
        "{} on {map}{entries}{parameters}{threads}, seed {}{repeats}{arguments}{set}",
        record.case.workload_and_variant(),
        record.seed
    )
}
