//! Names for the addresses of jemalloc's own heap dump, which [`mapprof_profile::heap_v2`] reads: from the programs and
//! libraries on this machine, as far as they are there and have the extent that was mapped.

use std::collections::HashMap;
use std::path::Path;

use mapprof_profile::heap_v2::{Dump, HeapV2Error};

use crate::capture::raw_samples::RawMapping;

use super::rules::{allocator_pattern, is_allocator};
use super::symbolize::{Addresses, Symbolizer};
use super::{Limit, Profile};

/// A profile, and what could not be known.
#[derive(Debug)]
pub struct Converted {
    /// The profile.
    pub profile: Profile,
    /// What the user should know of it, a line each.
    pub notes: Vec<String>,
}

/// The most files that are reported one by one.
const MOST_NOTES: usize = 20;

/// Reads a dump.
///
/// # Errors
/// When it is none, is cut off, or has a stack of more frames than `limit` allows.
pub fn read(bytes: &[u8], symbolizer: &mut Symbolizer, limit: Limit) -> Result<Converted, HeapV2Error> {
    let dump = Dump::parse(bytes, limit)?;
    let (found, notes) = usable(&dump, symbolizer);
    let mut profile = Profile::default();
    let mut addresses = Addresses::new(symbolizer, &found, &mut profile);
    profile.drop_frames = profile.strings.add(&allocator_pattern());
    let profile = dump.into_profile(profile, |profile, address| addresses.locate(profile, address))?;
    Ok(Converted { profile, notes })
}

/// The mappings that stacks lead to and whose files can give names, and a line for each file that cannot.
fn usable(dump: &Dump, symbolizer: &mut Symbolizer) -> (Vec<RawMapping>, Vec<String>) {
    let mut notes: Vec<String> = Vec::new();
    if dump.mappings().is_empty() {
        notes.push("the dump does not say what was mapped, so its addresses have no names".to_owned());
    }
    let mut found = Vec::new();
    let mut told: HashMap<&str, &str> = HashMap::new();
    for mapping in dump.used_mappings() {
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
            None => found.push(mapping.clone().into()),
            Some(why) if told.insert(&mapping.path, why) != Some(why) && told.len() <= MOST_NOTES => {
                notes.push(format!("{} {why}: its addresses have no names", mapping.path));
            }
            Some(_) => {}
        }
        // That its addresses are the allocator's is known all the same.
        if why.is_some() && is_allocator(&mapping.path) {
            found.push(mapping.clone().into());
        }
    }
    if let Some(more @ 1..) = told.len().checked_sub(MOST_NOTES) {
        notes.push(format!("{more} more files are not here or are not those that were mapped"));
    }
    (found, notes)
}

#[cfg(test)]
#[path = "heap_v2_tests.rs"]
mod tests;
