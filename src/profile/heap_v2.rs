//! jemalloc's own heap dump (`heap_v2/PERIOD`, a text) to a profile.
//!
//! A dump has what was sampled, and each stack's figures are scaled to what they stand for as jeprof does it: by
//! 1 / (1 - exp(-m / R)), with m the mean size of the stack's blocks and R the period. Its addresses get names from the
//! programs and libraries on this machine, as far as they are there and have the extent that was mapped.

use std::path::Path;

use crate::capture::mappings;
use crate::capture::raw::RawMapping;

use super::budget::{Budget, Spent, taken};
use super::symbolize::{Addresses, Symbolizer};
use super::{Profile, Sample, ValueType};

/// Why bytes are not a dump of jemalloc.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeapV2Error {
    /// The first line is another one.
    #[error("not a heap dump of jemalloc: its first line is heap_v2/ and the mean bytes between samples")]
    Header,
    /// A line that has no place here.
    #[error("line {0}: neither a stack (`@ 0x1 0x2`) nor its figures (`t*: 1: 2 [3: 4]`)")]
    Line(usize),
    /// A stack without figures.
    #[error("line {0}: the stack has no figures (`t*: 1: 2 [3: 4]`): the file is cut off")]
    CutOff(usize),
    /// Stacks with next to no content.
    #[error("its stacks take more memory than a file of this size is worth")]
    Hollow,
}

/// A profile, and what could not be known.
#[derive(Debug)]
pub struct Converted {
    /// The profile.
    pub profile: Profile,
    /// What the user should know of it, a line each.
    pub notes: Vec<String>,
}

/// Objects and bytes: of what is in use, and of all that was allocated.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Figures {
    in_use: (u64, u64),
    allocated: (u64, u64),
}

/// What an address with its name takes, bytes. Addresses of one function share its name.
const NAMED: usize = taken::LOCATION + taken::FUNCTION + taken::STRING;

/// A stack: its look-up addresses, innermost first, with its figures.
type Row = (Vec<u64>, Figures);

/// The text of a dump.
struct Dump {
    /// R, mean bytes between samples.
    period: u64,
    rows: Vec<Row>,
    mappings: Vec<RawMapping>,
    /// What is left to be asked for.
    budget: Budget,
}

/// Reads a dump.
///
/// # Errors
/// When it is none, or is cut off.
pub fn read(bytes: &[u8], symbolizer: &mut Symbolizer) -> Result<Converted, HeapV2Error> {
    let mut dump = parse(bytes)?;
    let mut profile = Profile::default();
    let (found, notes) = usable(&dump, symbolizer);
    let mut addresses = Addresses::new(symbolizer, &found, &mut profile);
    // Without `prof_accum` a dump has zeros for what was allocated in all.
    let accumulated = dump.rows.iter().any(|(_, figures)| figures.allocated != (0, 0));
    let all = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    let types = if accumulated { &all[..] } else { &all[2..] };
    let strings = &mut profile.strings;
    profile.sample_types = types
        .iter()
        .map(|(kind, unit)| ValueType { kind: strings.add(kind), unit: strings.add(unit) })
        .collect();
    profile.default_sample_type = strings.add("inuse_space");
    profile.period_type = ValueType { kind: strings.add("space"), unit: strings.add("bytes") };
    profile.period = i64::try_from(dump.period).unwrap_or(i64::MAX);
    for (stack, figures) in &dump.rows {
        let before = profile.locations.len();
        let locations: Vec<u32> = stack.iter().map(|at| addresses.locate(&mut profile, *at)).collect();
        let takes = NAMED * (profile.locations.len() - before);
        dump.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
        let [in_use, allocated] =
            [figures.in_use, figures.allocated].map(|sampled| scaled(sampled, dump.period));
        let values = [allocated.0, allocated.1, in_use.0, in_use.1];
        let values = if accumulated { &values[..] } else { &values[2..] };
        profile.samples.push(Sample { locations: &locations, values, labels: &[] });
    }
    Ok(Converted { profile, notes })
}

/// What sampled objects and bytes stand for, by jeprof's formula. Nothing stands for nothing.
fn scaled((objects, bytes): (u64, u64), period: u64) -> (i64, i64) {
    if objects == 0 || bytes == 0 {
        return (0, 0);
    }
    let mean = bytes as f64 / objects as f64;
    let factor = 1.0 / -f64::exp_m1(-mean / period as f64);
    ((objects as f64 * factor).round() as i64, (bytes as f64 * factor).round() as i64)
}

/// The mappings that stacks lead to and whose files can give names, and a line for each file that cannot.
fn usable(dump: &Dump, symbolizer: &mut Symbolizer) -> (Vec<RawMapping>, Vec<String>) {
    let mut notes: Vec<String> = Vec::new();
    if dump.mappings.is_empty() {
        notes.push("the dump does not say what was mapped, so its addresses have no names".to_owned());
    }
    let mut addresses: Vec<u64> = dump.rows.iter().flat_map(|(stack, _)| stack.iter().copied()).collect();
    addresses.sort_unstable();
    let is_used = |mapping: &&RawMapping| {
        let next = addresses.partition_point(|address| *address < mapping.start);
        addresses.get(next).is_some_and(|address| *address < mapping.end)
    };
    let mut found = Vec::new();
    for mapping in dump.mappings.iter().filter(is_used) {
        let why = match mapping.path.as_str() {
            // Code that is in no file (`[vdso]`) is named by its mapping.
            path if path.starts_with('[') => None,
            "" => continue,
            path if !Path::new(path).is_file() => Some("is not here"),
            path if !symbolizer.has_code(path, mapping.offset, mapping.end.saturating_sub(mapping.start)) => {
                Some("is not the file that was mapped")
            }
            _ => None,
        };
        match why {
            None => found.push(mapping.clone()),
            Some(why) => {
                let note = format!("{} {why}: its addresses have no names", mapping.path);
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
    }
    (found, notes)
}

fn parse(bytes: &[u8]) -> Result<Dump, HeapV2Error> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = (1..).zip(text.lines());
    let period = lines
        .next()
        .and_then(|(_, first)| first.strip_prefix("heap_v2/"))
        .and_then(|period| period.trim().parse().ok())
        .filter(|period| *period > 0)
        .ok_or(HeapV2Error::Header)?;
    let mut dump = Dump { period, rows: Vec::new(), mappings: Vec::new(), budget: Budget::of(bytes.len()) };
    // The stack whose figures are to come, with its line.
    let mut open: Option<(usize, Vec<u64>)> = None;
    let mut in_stacks = true;
    for (number, line) in lines {
        let line = line.trim();
        if line == "MAPPED_LIBRARIES:" {
            in_stacks = false;
        } else if !in_stacks {
            dump.mappings.extend(mappings::parse(line));
        } else if let Some(stack) = line.strip_prefix('@') {
            if let Some((opened, _)) = open {
                return Err(HeapV2Error::CutOff(opened));
            }
            let stack: Option<Vec<u64>> = stack.split_ascii_whitespace().map(look_up).collect();
            let stack = stack.ok_or(HeapV2Error::Line(number))?;
            // Each address may be one that was not met before.
            let takes = taken::SAMPLE + 4 * taken::VALUE + stack.len() * (8 + taken::LOCATION_OF_SAMPLE);
            dump.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
            open = Some((number, stack));
        } else if let Some((thread, rest)) = line.strip_prefix('t').and_then(|line| line.split_once(':')) {
            // Those of single threads, which may bear a thread's name, are in the sum already.
            if thread != "*" {
                continue;
            }
            let figures = figures(rest).ok_or(HeapV2Error::Line(number))?;
            // The figures before the first stack are those of all.
            if let Some((_, stack)) = open.take() {
                dump.rows.push((stack, figures));
            }
        } else if !line.is_empty() {
            return Err(HeapV2Error::Line(number));
        }
    }
    match open {
        Some((opened, _)) => Err(HeapV2Error::CutOff(opened)),
        None => Ok(dump),
    }
}

/// The address to be looked up for a return address: the call before it.
fn look_up(address: &str) -> Option<u64> {
    let address = u64::from_str_radix(address.strip_prefix("0x")?, 16).ok()?;
    Some(address.saturating_sub(1))
}

/// `1: 2 [3: 4]`.
fn figures(text: &str) -> Option<Figures> {
    let (in_use, allocated) = text.split_once('[')?;
    let pair = |text: &str| {
        let (objects, bytes) = text.split_once(':')?;
        Some((objects.trim().parse().ok()?, bytes.trim().parse().ok()?))
    };
    Some(Figures { in_use: pair(in_use)?, allocated: pair(allocated.trim_end().strip_suffix(']')?)? })
}

#[cfg(test)]
#[path = "heap_v2_tests.rs"]
mod tests;
