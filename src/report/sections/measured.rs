//! How a run was measured, and the command that does it again.

use super::heading::heading;
use crate::output::number_format;
use crate::record::CaseRecord;
use crate::report::LabelledList;

/// The label of the command that runs the case again.
pub const RERUN: &str = "Reproduce with";

/// What is known of it, a row each.
pub fn of(record: &CaseRecord) -> LabelledList {
    let passes: Vec<&str> = record.passes.keys().map(|kind| kind.name()).collect();
    let sampled = record.heap.as_ref().and_then(|heap| heap.recording.sample_bytes());
    let sampled = sampled.map(|bytes| {
        format!("one for each {} bytes allocated, on average", number_format::count(bytes as i64))
    });
    let cpu = record.cpu.as_ref().map(|cpu| {
        let by = if cpu.backend.is_empty() { "the worker" } else { &cpu.backend };
        format!("{} for each second of CPU time, by {by}", cpu.hertz)
    });
    let rows = [
        ("Case", heading(record)),
        (RERUN, record.rerun.clone()),
        ("Seed", record.seed.to_string()),
        ("Measurements", record.repeats.to_string()),
        ("Passes, each in a process of its own", passes.join(", ")),
        ("Heap samples", sampled.unwrap_or_default()),
        ("CPU samples", cpu.unwrap_or_default()),
        ("Program", record.settings.program.clone().unwrap_or_default()),
        ("Map", record.map.named()),
        ("Runtime", record.case.runtime.clone().unwrap_or_default()),
        ("Machine", machine(record)),
        ("mapprof", record.mapprof.clone()),
    ];
    let title = "How it was measured".to_owned();
    LabelledList { title, rows: rows.into_iter().filter(|(_, words)| !words.is_empty()).collect() }
}

/// The machine, as far as it is known.
fn machine(record: &CaseRecord) -> String {
    let machine = &record.machine;
    let cpu = if machine.cpu.is_empty() { String::new() } else { format!(" of {}", machine.cpu) };
    let system: Vec<&str> =
        [machine.os.as_str(), machine.arch.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    let system = if system.is_empty() { String::new() } else { format!(", {}", system.join(" ")) };
    let memory = match machine.memory_bytes {
        0 => String::new(),
        bytes => {
            format!(", {} of memory", number_format::bytes(i64::try_from(bytes).unwrap_or(i64::MAX)))
        }
    };
    let s = if machine.cores == 1 { "" } else { "s" };
    format!("{} core{s}{cpu}{system}{memory}", machine.cores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{MapRecord, fixtures};

    fn words(record: &CaseRecord, label: &str) -> Option<String> {
        of(record).rows.into_iter().find(|(known, _)| *known == label).map(|(_, words)| words)
    }

    #[test]
    fn what_is_not_known_has_no_row() {
        let mut record = fixtures::case();
        assert_eq!(words(&record, "Map").unwrap(), "std 1.95.0");
        assert_eq!(words(&record, "Passes, each in a process of its own").unwrap(), "time, memory, latency");
        assert_eq!(
            words(&record, "Machine").unwrap(),
            "2 cores of Planted, linux 6.1 x86_64, 25.8 GB of memory"
        );
        record.map = MapRecord::default();
        record.passes.clear();
        record.case.runtime = Some("go1.24".into());
        record.settings.program = Some("buffer-pool".into());
        (record.machine.cpu, record.machine.memory_bytes) = (String::new(), 0);
        let labels: Vec<&str> = of(&record).rows.into_iter().map(|(label, _)| label).collect();
        assert_eq!(
            labels,
            ["Case", RERUN, "Seed", "Measurements", "Program", "Runtime", "Machine", "mapprof"]
        );
        assert_eq!(words(&record, "Runtime").unwrap(), "go1.24");
        assert_eq!(words(&record, "Machine").unwrap(), "2 cores, linux 6.1 x86_64");
    }
}
