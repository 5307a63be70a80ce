//! The dumps of jemalloc's own profile, as `jemalloc_pprof` made them in the child, to profiles of the usual form.
//!
//! A dump has one figure for each stack, the usable bytes in use, and no names. Its locations are addresses as the linker
//! gave them; they become the child's own again, so that the same symbolizer and the same rules serve as for all else.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::build::{Builder, Context};
use super::rules::allocator_pattern;
use super::symbolize::Symbolizer;
use super::{Limit, Location, Profile, pprof};
use crate::capture::raw_samples::{RawDump, RawDumps, RawMapping};
use crate::error::{Error, Result};

/// Sample types of a dump.
const TYPES: [(&str, &str); 1] = [("inuse_space", "bytes")];

/// Usable bytes in use by stack (look-up addresses of the child, innermost first).
type Stacks = BTreeMap<Vec<u64>, i64>;

/// The profile of each dump, with the index of the phase at whose end it was made. One without a sample has no samples.
/// `thread` is the worker that did all operations, if it was one.
///
/// # Errors
/// When a dump is no profile, or none of them has a sample.
pub fn dump_profiles(
    raw: &RawDumps,
    mappings: &[RawMapping],
    thread: Option<u16>,
    context: &Context,
    symbolizer: &mut Symbolizer,
) -> Result<Vec<(u16, Profile)>> {
    let mut profiles = Vec::with_capacity(raw.dumps.len());
    for dump in &raw.dumps {
        let stacks = stacks(dump, mappings, symbolizer).map_err(|why| {
            let phase = context.phase(dump.phase);
            Error::case(format!("the dump at the end of {phase} is not a profile of jemalloc_pprof: {why}"))
        })?;
        let mut builder = Builder::new(mappings, context, symbolizer, &TYPES, "inuse_space");
        builder.profile.period_type = builder.value_type("space", "bytes");
        builder.profile.period = i64::try_from(raw.sample_bytes.max(1)).unwrap_or(i64::MAX);
        builder.profile.drop_frames = builder.profile.strings.add(&allocator_pattern());
        builder.comment(&format!(
            "jemalloc's own profile, dumped by jemalloc_pprof at the end of {}; one sample per {} bytes allocated, on \
             average; bytes are usable bytes",
            context.phase(dump.phase),
            raw.sample_bytes
        ));
        let (stacks, bytes): (Vec<Vec<u64>>, Vec<i64>) = stacks.into_iter().unzip();
        for (stack, bytes) in (0..).zip(bytes) {
            builder.sample_of(&stacks, (stack, dump.phase, thread), &[bytes], &[])?;
        }
        profiles.push((dump.phase, builder.finish()));
    }
    if profiles.iter().all(|(_, profile)| profile.samples.is_empty()) {
        return Err(Error::case(
            "no dump has a sample, so there is no heap profile: give the workload more entries, or sample more often \
             with a smaller --sample-bytes",
        ));
    }
    Ok(profiles)
}

/// The stacks of a dump.
fn stacks(
    dump: &RawDump,
    mappings: &[RawMapping],
    symbolizer: &mut Symbolizer,
) -> std::result::Result<Stacks, String> {
    let bytes = STANDARD.decode(&dump.pprof).map_err(|error| error.to_string())?;
    let dumped = pprof::decode(&bytes, Limit::default()).map_err(|error| error.to_string())?;
    let value = dumped.sample_type("inuse_space").ok_or("it has no inuse_space")?;
    let mut places = Places::new(&dumped, mappings, symbolizer);
    let addresses: Vec<u64> = dumped.locations.iter().map(|location| places.address(location)).collect();
    let mut stacks = Stacks::new();
    for sample in &dumped.samples {
        let bytes = sample.values.get(value).copied().unwrap_or(0);
        if bytes > 0 {
            let stack = sample.locations.iter().filter_map(|l| addresses.get(*l as usize).copied()).collect();
            let sum = stacks.entry(stack).or_insert(0i64);
            *sum = sum.saturating_add(bytes);
        }
    }
    Ok(stacks)
}

/// Where the locations of a dump were in the child.
struct Places<'a> {
    dumped: &'a Profile,
    mappings: &'a [RawMapping],
    symbolizer: &'a mut Symbolizer,
    /// The program's name in the dump: the loader's, which may be relative or stand for whoever asks (`/proc/self/exe`).
    program: Option<&'a str>,
}

impl<'a> Places<'a> {
    fn new(dumped: &'a Profile, mappings: &'a [RawMapping], symbolizer: &'a mut Symbolizer) -> Self {
        let program = dumped.mappings.first().map(|mapping| dumped.strings.get(mapping.file));
        Places { dumped, mappings, symbolizer, program }
    }

    /// The look-up address in the child. What cannot be told keeps the address that the dump has.
    fn address(&mut self, location: &Location) -> u64 {
        self.in_child(location).unwrap_or(location.address)
    }

    fn in_child(&mut self, location: &Location) -> Option<u64> {
        let mapping = self.dumped.mappings.get(location.mapping? as usize)?;
        let name = self.dumped.strings.get(mapping.file);
        // Of both, jemalloc_pprof and the child, the program itself comes first.
        let path = match self.program == Some(name) {
            true => self.mappings.iter().find(|mapping| mapping.path.starts_with('/'))?.path.as_str(),
            false => name,
        };
        let offset = self.symbolizer.offset(path, location.address)?;
        self.mappings.iter().filter(|mapping| mapping.path == path).find_map(|mapping| {
            let inside = offset.checked_sub(mapping.offset)?;
            (inside < mapping.end.checked_sub(mapping.start)?).then_some(mapping.start + inside)
        })
    }
}

#[cfg(test)]
#[path = "jemalloc_dump_tests.rs"]
mod tests;
