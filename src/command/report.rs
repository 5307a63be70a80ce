//! The full report of a run: its figures, where its bytes are, the hottest sites, what the samples are worth, and the files.
//! A function of the record and the profiles, so that `run --verbose` and `show` print the same.

mod cpu;
pub mod dumped;
pub mod heading;
pub mod heap;
pub mod memory;
pub mod phases;

use std::path::Path;

use super::parameters::called;
use crate::error::Result;
use crate::output::{grid, size, table};
use crate::profile::Profile;
use crate::profile::top::{By, TopOptions, TopTable, top};
use crate::record::{CaseRecord, Failure};
use crate::run::rerun::quoted;

/// Sites that are shown of each profile.
const SITES: usize = 5;

/// What there is to tell of one case.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// What went wrong.
    pub failures: &'a [Failure],
    /// Its heap profile; of several dumps the last one that has samples.
    pub heap: Option<&'a Profile>,
    /// Its CPU profile.
    pub cpu: Option<&'a Profile>,
    /// Its folder, if it could be written.
    pub place: Option<&'a Path>,
}

/// All that there is to tell, in `width` columns.
pub fn of_run(run: &Run<'_>, width: usize) -> String {
    let record = run.record;
    let mut text = format!("{}\n{}", heading::heading(record), failures(run.failures, width));
    text.push_str(&phases::table(record, usize::MAX, width));
    text.push_str(&phases::figures(record, width));
    text.push_str(&memory::of_case(record, width));
    if let Some(heap) = run.heap {
        text.push('\n');
        text.push_str(&heap::sites(record, heap, width));
    }
    if let Some(heap) = &record.heap {
        text.push_str(&heap::against_counters(record, heap, width));
    }
    if let Some(dump) = &record.dump {
        dumped::lines(dump).iter().for_each(|line| text.push_str(&paragraph(line, width)));
    }
    if let Some(cpu) = run.cpu {
        text.push('\n');
        text.push_str(&cpu::sites(cpu, width));
    }
    if let Some((cpu, profile)) = record.cpu.as_ref().zip(run.cpu) {
        text.push_str(&cpu::samples(cpu, profile, width));
    }
    if let Some(place) = run.place {
        text.push_str(&files(place, record));
    }
    text.push('\n');
    text
}

/// A paragraph for each failure.
pub fn failures(failures: &[Failure], width: usize) -> String {
    let line = |failure: &Failure| {
        let line = format!("FAILED in the {} pass: {}: {}", failure.pass, failure.kind, failure.message);
        paragraph(&line, width)
    };
    failures.iter().map(line).collect()
}

/// What stands behind a number, and on its line.
const UNITS: [&str; 15] =
    ["%", "B", "kB", "MB", "GB", "TB", "PB", "ns", "µs", "ms", "s", "ks", "Hz", "KiB", "MiB"];

/// A sentence, wrapped to the terminal. A number and its unit stay together.
pub fn paragraph(text: &str, width: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = UNITS.contains(&word.trim_end_matches([',', '.', ';', ':', ')']));
        match words.last_mut().filter(|last| is_unit && last.ends_with(|c: char| c.is_ascii_digit())) {
            Some(number) => {
                number.push(' ');
                number.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    grid::wrapped(words, width)
}

/// The hottest sites by one sample type, without the harness's own.
pub(super) fn hottest_sites(profile: &Profile, sample_type: &str, limit: usize) -> Result<TopTable> {
    let sample_type = Some(sample_type.to_owned());
    top(profile, &TopOptions { by: By::Site, sample_type, limit: Some(limit), harness: false })
}

/// The hottest sites by one sample type, with how far each is off.
fn hottest(profile: &Profile, sample_type: &str, what: &str, width: usize) -> String {
    match hottest_sites(profile, sample_type, SITES) {
        Ok(rows) => format!(
            "Hottest sites, {} {what}:\n{}{}",
            size::value(rows.total, &rows.unit),
            table::render(&rows, u16::try_from(width).unwrap_or(u16::MAX)),
            table::warnings(&rows, profile.sample_bytes())
        ),
        Err(error) => format!("{error}\n"),
    }
}

/// The files and the command that opens each.
fn files(place: &Path, record: &CaseRecord) -> String {
    let opened_by = |name: &str| match name {
        name if name.ends_with(".pb.gz") => "go tool pprof -http=: ",
        name if name.ends_with(".svg") => "xdg-open ",
        name if name.ends_with(".speedscope.json") => "npx speedscope ",
        _ => "less ",
    };
    let mut text = String::from("\nFiles, and what opens them:\n");
    for name in &record.files {
        text.push_str(&format!("  {}{}\n", opened_by(name), quoted(&place.join(name).to_string_lossy())));
    }
    if record.heap.is_some() || record.cpu.is_some() {
        text.push_str(&format!("  {} top {}\n", called(), quoted(&place.to_string_lossy())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_stay_together() {
        assert_eq!(paragraph("empty slots 49 %, the rest", 14), "empty slots\n49 %, the rest\n");
        assert_eq!(paragraph("phase B in s of 12 bytes", 8), "phase B\nin s of\n12 bytes\n");
    }
}
