//! jemalloc's own heap dump (`heap_v2/PERIOD`, a text) to a profile.
//!
//! A dump has what was sampled, and each stack's figures are scaled to what they stand for as jeprof does it: by
//! 1 / (1 - exp(-m / R)), with m the mean size of the stack's blocks and R the period. Its addresses get names from the
//! programs and libraries on this machine, as far as they are there and have the extent that was mapped.

use std::collections::HashMap;
use std::path::Path;

use crate::capture::mappings;
use crate::capture::raw::RawMapping;

use super::budget::{Budget, Frames, Spent, taken};
use super::gzip::{Limit, TooDeep};
use super::rules::{allocator_pattern, is_allocator};
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
    /// A stack of too many frames.
    #[error("stack {0} {1}")]
    TooDeep(usize, TooDeep),
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

/// The most files that are reported one by one.
const MOST_NOTES: usize = 20;

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
/// When it is none, is cut off, or has a stack of more frames than `limit` allows.
pub fn read(bytes: &[u8], symbolizer: &mut Symbolizer, limit: Limit) -> Result<Converted, HeapV2Error> {
    let mut dump = parse(bytes, limit)?;
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
    profile.drop_frames = strings.add(&allocator_pattern());
    profile.period_type = ValueType { kind: strings.add("space"), unit: strings.add("bytes") };
    profile.period = i64::try_from(dump.period).unwrap_or(i64::MAX);
    let mut left = Frames::of(bytes.len());
    for (number, (stack, figures)) in (1..).zip(&dump.rows) {
        let mut locations = Vec::with_capacity(stack.len());
        let mut frames = 0;
        for address in stack {
            let before = (profile.locations.len(), profile.functions.len(), profile.strings.bytes());
            let location = addresses.locate(&mut profile, *address);
            let of_location = profile.locations.get(location as usize).map_or(0, |found| found.lines.len());
            let takes = (profile.locations.len() - before.0) * (taken::LOCATION + taken::LINE * of_location)
                + (profile.functions.len() - before.1) * (taken::FUNCTION + taken::STRING)
                + (profile.strings.bytes() - before.2);
            dump.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
            frames += of_location;
            locations.push(location);
        }
        limit.check_frames(frames).map_err(|wrong| HeapV2Error::TooDeep(number, wrong))?;
        left.take(frames).map_err(|Spent| HeapV2Error::Hollow)?;
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
    let mut told: HashMap<&str, &str> = HashMap::new();
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
            Some(why) if told.insert(&mapping.path, why) != Some(why) && told.len() <= MOST_NOTES => {
                notes.push(format!("{} {why}: its addresses have no names", mapping.path));
            }
            Some(_) => {}
        }
        // That its addresses are the allocator's is known all the same.
        if why.is_some() && is_allocator(&mapping.path) {
            found.push(mapping.clone());
        }
    }
    if let Some(more @ 1..) = told.len().checked_sub(MOST_NOTES) {
        notes.push(format!("{more} more files are not here or are not those that were mapped"));
    }
    (found, notes)
}

fn parse(bytes: &[u8], limit: Limit) -> Result<Dump, HeapV2Error> {
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
            if let Some(mapping) = mappings::parse(line) {
                let takes = taken::MAPPING + mapping.path.len();
                dump.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
                dump.mappings.push(mapping);
            }
        } else if let Some(stack) = line.strip_prefix('@') {
            if let Some((opened, _)) = open {
                return Err(HeapV2Error::CutOff(opened));
            }
            let frames = stack.split_ascii_whitespace().count();
            limit.check_frames(frames).map_err(|wrong| HeapV2Error::TooDeep(dump.rows.len() + 1, wrong))?;
            let mut addresses = Vec::with_capacity(frames);
            for address in stack.split_ascii_whitespace() {
                addresses.push(look_up(address).ok_or(HeapV2Error::Line(number))?);
            }
            let stack = addresses;
            // Each address may be one that was not met before.
            let takes =
                taken::ROW + taken::SAMPLE + 4 * taken::VALUE + stack.len() * (8 + taken::LOCATION_OF_SAMPLE);
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
