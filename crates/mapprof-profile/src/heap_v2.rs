//! jemalloc's own heap dump (`heap_v2/PERIOD`, a text) to a profile.
//!
//! A dump has what was sampled, and each stack's figures are scaled to what they stand for as jeprof does it: by
//! 1 / (1 - exp(-m / R)), with m the mean size of the stack's blocks and R the period.
//!
//! A dump has addresses and no names. [`read`] leaves it at that: its locations have an address and a mapping, and no
//! frames, which `go tool pprof` symbolizes where the programs are. [`Dump::into_profile`] takes frames from the caller.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::alloc_budget::{Budget, Frames, Spent, taken};
use crate::proc_maps::{self, Mapped};
use crate::{Limit, Location, Mapping, Profile, Sample, Samples, TooDeep, ValueType};

/// Why bytes are not a dump of jemalloc.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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

/// Objects and bytes: of what is in use, and of all that was allocated.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Figures {
    in_use: (u64, u64),
    allocated: (u64, u64),
}

/// A stack: its look-up addresses, innermost first, with its figures.
type Row = (Vec<u64>, Figures);

/// A dump that was taken apart: stacks of addresses with their figures, and what was mapped.
#[derive(Debug, Clone)]
pub struct Dump {
    /// R, mean bytes between samples.
    period: u64,
    rows: Vec<Row>,
    mappings: Vec<Mapped>,
    limit: Limit,
    /// What is left to be asked for.
    budget: Budget,
    frames: Frames,
}

/// The profile of a dump, without names. `bytes` are unpacked: of `limit` the frames matter.
///
/// # Errors
/// When it is none, is cut off, or has a stack of more frames than `limit` allows.
pub fn read(bytes: &[u8], limit: Limit) -> Result<Profile, HeapV2Error> {
    let dump = Dump::parse(bytes, limit)?;
    let mut profile = Profile::default();
    for mapped in &dump.mappings {
        let file = profile.strings.add(&mapped.path);
        profile.mappings.push(Mapping::new(mapped.start, mapped.end, mapped.offset, file));
    }
    // By start, with the index in the profile.
    let mut sorted: Vec<(u64, u64, u32)> =
        (0..).zip(&dump.mappings).map(|(at, mapped)| (mapped.start, mapped.end, at)).collect();
    sorted.sort_unstable();
    let mapping = |address: u64| {
        let next = sorted.partition_point(|(start, ..)| *start <= address);
        let (_, end, at) = sorted.get(next.checked_sub(1)?)?;
        (address < *end).then_some(*at)
    };
    let mut located: HashMap<u64, u32, RandomState> = HashMap::default();
    dump.into_profile(profile, |profile, address| {
        *located.entry(address).or_insert_with(|| {
            let mut location = Location::new(address, Vec::new());
            location.mapping = mapping(address);
            profile.locations.push(location);
            profile.locations.len() as u32 - 1
        })
    })
}

impl Dump {
    /// Takes the text of a dump apart.
    ///
    /// # Errors
    /// As of [`read`].
    pub fn parse(bytes: &[u8], limit: Limit) -> Result<Dump, HeapV2Error> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = (1..).zip(text.lines());
        let period = lines
            .next()
            .and_then(|(_, first)| first.strip_prefix("heap_v2/"))
            .and_then(|period| period.trim().parse().ok())
            .filter(|period| *period > 0)
            .ok_or(HeapV2Error::Header)?;
        let mut dump = Dump {
            period,
            rows: Vec::new(),
            mappings: Vec::new(),
            limit,
            budget: Budget::of(bytes.len()),
            frames: Frames::of(bytes.len()),
        };
        // The stack whose figures are to come, with its line.
        let mut open: Option<(usize, Vec<u64>)> = None;
        let mut in_stacks = true;
        for (number, line) in lines {
            let line = line.trim();
            if line == "MAPPED_LIBRARIES:" {
                in_stacks = false;
            } else if !in_stacks {
                if let Some(mapping) = proc_maps::parse(line) {
                    let takes = taken::MAPPING + mapping.path.len();
                    dump.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
                    dump.mappings.push(mapping);
                }
            } else if let Some(stack) = line.strip_prefix('@') {
                if let Some((opened, _)) = open {
                    return Err(HeapV2Error::CutOff(opened));
                }
                let frames = stack.split_ascii_whitespace().count();
                limit
                    .check_frames(frames)
                    .map_err(|wrong| HeapV2Error::TooDeep(dump.rows.len() + 1, wrong))?;
                let mut addresses = Vec::with_capacity(frames);
                for address in stack.split_ascii_whitespace() {
                    addresses.push(look_up(address).ok_or(HeapV2Error::Line(number))?);
                }
                let stack = addresses;
                // Each address may be one that was not met before.
                let takes = taken::ROW
                    + taken::SAMPLE
                    + 4 * taken::VALUE
                    + stack.len() * (8 + taken::LOCATION_OF_SAMPLE);
                dump.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
                open = Some((number, stack));
            } else if let Some((thread, rest)) = line.strip_prefix('t').and_then(|line| line.split_once(':'))
            {
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

    /// Where code was mapped, in the dump's order: of the program itself and of libraries. Empty if the dump does not say.
    pub fn mappings(&self) -> &[Mapped] {
        &self.mappings
    }

    /// Those of the mappings that stacks lead to.
    pub fn used_mappings(&self) -> impl Iterator<Item = &Mapped> {
        let mut addresses: Vec<u64> = self.rows.iter().flat_map(|(stack, _)| stack.iter().copied()).collect();
        addresses.sort_unstable();
        self.mappings.iter().filter(move |mapped| {
            let next = addresses.partition_point(|address| *address < mapped.start);
            addresses.get(next).is_some_and(|address| *address < mapped.end)
        })
    }

    /// The profile, with the locations that `locate` gives: asked for each frame of each stack, it adds the location of the
    /// address to the profile, if it is new, and returns its index. Addresses are those to be looked up: of the call, not
    /// the one that it returns to. `profile` may have mappings already; its samples and what they count are the dump's.
    ///
    /// # Errors
    /// When a stack has more frames than the limit allows, inlined ones included, and when the names and frames take more
    /// memory than a file of this size is worth.
    ///
    /// ```
    /// use mapprof_profile::heap_v2::Dump;
    /// use mapprof_profile::{Function, Limit, Line, Location, Profile, Text};
    ///
    /// let text = b"heap_v2/1\n@ 0x11 0x21\n  t*: 2: 64 [0: 0]\n";
    /// let dump = Dump::parse(text, Limit::default())?;
    /// let profile = dump.into_profile(Profile::default(), |profile, address| {
    ///     let name = profile.strings.add(&format!("function at {address:#x}"));
    ///     let index = profile.functions.len() as u32;
    ///     profile.functions.push(Function::new(name, Text::default()));
    ///     profile.locations.push(Location::new(address, vec![Line::new(index, 0)]));
    ///     index
    /// })?;
    /// let sample = profile.samples.get(0).expect("it has one stack");
    /// let names: Vec<&str> = profile.frames(sample.locations).map(|line| profile.function_name(line)).collect();
    /// assert_eq!((names, sample.values), (vec!["function at 0x10", "function at 0x20"], &[2, 64][..]));
    /// # Ok::<(), mapprof_profile::heap_v2::HeapV2Error>(())
    /// ```
    pub fn into_profile(
        mut self,
        mut profile: Profile,
        mut locate: impl FnMut(&mut Profile, u64) -> u32,
    ) -> Result<Profile, HeapV2Error> {
        // Without `prof_accum` a dump has zeros for what was allocated in all.
        let accumulated = self.rows.iter().any(|(_, figures)| figures.allocated != (0, 0));
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
        profile.period = i64::try_from(self.period).unwrap_or(i64::MAX);
        profile.samples = Samples::default();
        for (number, (stack, figures)) in (1..).zip(&self.rows) {
            let mut locations = Vec::with_capacity(stack.len());
            let mut frames: usize = 0;
            for address in stack {
                let before = (profile.locations.len(), profile.functions.len(), profile.strings.bytes());
                let location = locate(&mut profile, *address);
                let of_location =
                    profile.locations.get(location as usize).map_or(0, |found| found.lines.len());
                let takes = profile.locations.len().saturating_sub(before.0)
                    * (taken::LOCATION + taken::LINE * of_location)
                    + profile.functions.len().saturating_sub(before.1) * (taken::FUNCTION + taken::STRING)
                    + profile.strings.bytes().saturating_sub(before.2);
                self.budget.take(takes).map_err(|Spent| HeapV2Error::Hollow)?;
                frames = frames.saturating_add(of_location);
                locations.push(location);
            }
            self.limit.check_frames(frames).map_err(|wrong| HeapV2Error::TooDeep(number, wrong))?;
            self.frames.take(frames).map_err(|Spent| HeapV2Error::Hollow)?;
            let [in_use, allocated] =
                [figures.in_use, figures.allocated].map(|sampled| scaled(sampled, self.period));
            let values = [allocated.0, allocated.1, in_use.0, in_use.1];
            let values = if accumulated { &values[..] } else { &values[2..] };
            profile.samples.push(Sample { locations: &locations, values, labels: &[] });
        }
        Ok(profile)
    }
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
