//! Names for addresses: a child reports where code was mapped and which addresses it saw, the parent finds functions,
//! files and lines in the files on disk. The measured process pays nothing for it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::capture::raw_samples::{RawFrame, RawMapping, RawSymbol};
use crate::printable::printable;

use super::binary::{Binary, Frame};
use super::{Function, Known as Told, Line, Location, Mapping, Profile, Text};

/// Opened files and the frames found in them, kept for all profiles of an invocation.
#[derive(Default)]
pub struct Symbolizer {
    binaries: HashMap<PathBuf, OpenBinary>,
}

struct OpenBinary {
    binary: Binary,
    frames: HashMap<u64, Vec<Frame>>,
}

impl Symbolizer {
    /// A symbolizer that has opened nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn opened(&mut self, path: &str) -> &mut OpenBinary {
        self.binaries
            .entry(PathBuf::from(path))
            .or_insert_with(|| OpenBinary { binary: Binary::open(Path::new(path)), frames: HashMap::new() })
    }

    /// The frames at `offset` of the file at `path`, innermost first; never empty.
    pub fn frames(&mut self, path: &str, offset: u64) -> &[Frame] {
        let known = self.opened(path);
        known.frames.entry(offset).or_insert_with(|| known.binary.frames(offset))
    }

    /// The place in the file at `path` of the address that the linker gave; none if it has no such address.
    pub fn offset(&mut self, path: &str, address: u64) -> Option<u64> {
        self.opened(path).binary.offset(address)
    }

    /// Whether a mapping of `length` bytes from `offset` on is one of the parts of the file at `path` that are mapped
    /// into memory. Of another build of the program it hardly ever is.
    pub fn has_code(&mut self, path: &str, offset: u64, length: u64) -> bool {
        self.opened(path).binary.has_code(offset, length)
    }

    /// The build id of the file at `path` in hex; empty if it has none.
    pub fn build_id(&mut self, path: &str) -> &str {
        &self.opened(path).binary.build_id
    }
}

/// The addresses of one child, on their way to locations of one profile.
pub struct Addresses<'a> {
    symbolizer: &'a mut Symbolizer,
    /// Sorted by start.
    mappings: Vec<&'a RawMapping>,
    /// Profile mapping of each raw mapping that was used, by its place in `mappings`.
    placed: HashMap<usize, u32>,
    located: HashMap<u64, u32>,
    functions: HashMap<(Text, Text, Text), u32>,
    /// What the child says of addresses.
    told: HashMap<u64, &'a RawSymbol>,
}

/// A frame as a child names it.
fn named(frame: &RawFrame) -> Frame {
    let name = printable(&frame.function).into_owned();
    let file = printable(&frame.file).into_owned();
    Frame { system_name: name.clone(), name, file, line: frame.line }
}

impl<'a> Addresses<'a> {
    /// Addresses of the child that had these mappings. The main binary's becomes the profile's first mapping.
    pub fn new(symbolizer: &'a mut Symbolizer, mappings: &'a [RawMapping], profile: &mut Profile) -> Self {
        let mut sorted: Vec<&RawMapping> = mappings.iter().collect();
        sorted.sort_by_key(|m| m.start);
        for mapping in mappings {
            for (address, name) in &mapping.functions {
                if (mapping.start..mapping.end).contains(address) {
                    let offset = address - mapping.start + mapping.offset;
                    symbolizer.opened(&mapping.path).binary.name_function(offset, name);
                }
            }
        }
        let mut addresses = Addresses {
            symbolizer,
            placed: HashMap::new(),
            located: HashMap::new(),
            functions: HashMap::new(),
            told: mappings
                .iter()
                .flat_map(|mapping| &mapping.symbols)
                .map(|one| (one.address, one))
                .collect(),
            mappings: sorted,
        };
        // The kernel lists the program itself first.
        let main = mappings.iter().find(|m| m.path.starts_with('/'));
        if let Some(main) = main
            && let Some(place) = addresses.mappings.iter().position(|m| *m == main)
        {
            addresses.mapping(profile, place);
        }
        addresses
    }

    /// The location of a look-up address, added to `profile` if it is new. An address outside of all mappings becomes
    /// a frame that shows the address.
    pub fn locate(&mut self, profile: &mut Profile, address: u64) -> u32 {
        if let Some(location) = self.located.get(&address) {
            return *location;
        }
        let next = self.mappings.partition_point(|m| m.start <= address);
        let place = next.checked_sub(1).filter(|place| address < self.mappings[*place].end);
        let (mapping, frames) = match place {
            Some(place) => {
                let raw = self.mappings[place];
                let frames = match self.told.get(&address).filter(|told| !told.frames.is_empty()) {
                    Some(told) => told.frames.iter().map(named).collect(),
                    None => self.symbolizer.frames(&raw.path, address - raw.start + raw.offset).to_vec(),
                };
                (Some(self.mapping(profile, place)), frames)
            }
            None => {
                let name = format!("{address:#x}");
                (None, vec![Frame { system_name: name.clone(), name, ..Default::default() }])
            }
        };
        let lines = frames.iter().map(|frame| Line::new(self.function(profile, frame), frame.line)).collect();
        let place = profile.locations.len() as u32;
        let mut location = Location::new(address, lines);
        location.mapping = mapping;
        profile.locations.push(location);
        self.located.insert(address, place);
        place
    }

    fn mapping(&mut self, profile: &mut Profile, place: usize) -> u32 {
        let raw = self.mappings[place];
        if let Some(mapping) = self.placed.get(&place) {
            return *mapping;
        }
        let index = profile.mappings.len() as u32;
        let mut mapping = Mapping::new(raw.start, raw.end, raw.offset, profile.strings.add(&raw.path));
        mapping.build_id = profile.strings.add(self.symbolizer.build_id(&raw.path));
        mapping.known = Told::ALL;
        profile.mappings.push(mapping);
        self.placed.insert(place, index);
        index
    }

    fn function(&mut self, profile: &mut Profile, frame: &Frame) -> u32 {
        // pprof takes a name that is equal to the linker's for a mangled one, and cuts the generic arguments out.
        let system_name = if frame.system_name == frame.name { "" } else { &frame.system_name };
        let key = (
            profile.strings.add(&frame.name),
            profile.strings.add(system_name),
            profile.strings.add(&frame.file),
        );
        *self.functions.entry(key).or_insert_with(|| {
            let mut function = Function::new(key.0, key.2);
            function.system_name = key.1;
            profile.functions.push(function);
            profile.functions.len() as u32 - 1
        })
    }
}
