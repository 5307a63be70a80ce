//! The first line of what is printed of a run: what was run.

use crate::output::number_format;
use crate::record::CaseRecord;

/// Workload, map with its hasher, version and runtime, entries, and what else tells the run from others.
pub fn heading(record: &CaseRecord) -> String {
    let mut map = record.case.map.clone();
    if let Some(hasher) = &record.case.hasher {
        map.push_str(&format!("+{hasher}"));
    }
    let package = record.map.named();
    if !package.is_empty() {
        map.push_str(&format!(" ({package})"));
    }
    if let Some(runtime) = &record.case.runtime {
        map.push_str(&format!(", {runtime}"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{MapRecord, fixtures};

    #[test]
    fn what_is_not_known_leaves_no_hole() {
        let mut record = fixtures::case();
        let mut said = |package: &str, version: &str, runtime: Option<&str>| {
            record.map = MapRecord { package: package.into(), version: version.into(), varies: None };
            record.case.runtime = runtime.map(str::to_owned);
            heading(&record)
        };
        assert_eq!(said("std", "1.95.0", None), "planted on std (std 1.95.0), seed 1");
        assert_eq!(said("", "", None), "planted on std, seed 1");
        assert_eq!(said("", "1.24", None), "planted on std (1.24), seed 1");
        assert_eq!(said("swiss", "", Some("go1.24")), "planted on std (swiss), go1.24, seed 1");
        assert_eq!(said("", "", Some("go1.25")), "planted on std, go1.25, seed 1");
        record.case.hasher = Some("fx".into());
        assert_eq!(heading(&record), "planted on std+fx, go1.25, seed 1");
    }
}
