//! The profile type, with pprof's meaning: heap and CPU profiles alike.

use super::{Samples, Strings, Text};

/// A profile. Indexes are positions in the vectors; [`crate::pprof`] turns them into ids and back.
///
/// A new one is [`Profile::default`] with its fields set. Nothing checks the indexes of one that is put together by hand:
/// what they name and the profile does not have is skipped by its methods.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Profile {
    /// All text.
    pub strings: Strings,
    /// What the values of a sample are, in order.
    pub sample_types: Vec<ValueType>,
    /// The sample type that a viewer shows first: its `kind`, or the empty text for the last one.
    pub default_sample_type: Text,
    /// The samples.
    pub samples: Samples,
    /// Where code was mapped; the first is the main binary.
    pub mappings: Vec<Mapping>,
    /// Code addresses with the frames that they stand for.
    pub locations: Vec<Location>,
    /// Functions.
    pub functions: Vec<Function>,
    /// Unit of the period.
    pub period_type: ValueType,
    /// Mean distance between samples, in units of `period_type`.
    pub period: i64,
    /// When it was taken, nanoseconds since 1970.
    pub time_nanos: i64,
    /// How long it took, nanoseconds.
    pub duration_nanos: i64,
    /// Free text, a line each.
    pub comments: Vec<Text>,
    /// Anchored pattern of functions to drop, with what they call.
    pub drop_frames: Text,
    /// Anchored pattern of functions to keep although `drop_frames` matches.
    pub keep_frames: Text,
}

/// What a value counts (`inuse_space`) and in which unit (`bytes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ValueType {
    /// What is counted.
    pub kind: Text,
    /// The unit: `count`, `bytes`, `nanoseconds`.
    pub unit: Text,
}

/// A label of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Its key.
    pub key: Text,
    /// Its value.
    pub value: LabelValue,
}

/// The value of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelValue {
    /// Text.
    Text(Text),
    /// A number with its unit.
    Number(i64, Text),
}

/// Where code was mapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub limit: u64,
    /// Offset in the file.
    pub offset: u64,
    /// The file.
    pub file: Text,
    /// Build id in hex; empty if unknown.
    pub build_id: Text,
    /// What is known of its frames.
    pub known: Known,
}

/// What a profile has of the frames of a mapping. Where all is there a viewer need not symbolize again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// Names of functions.
    pub functions: bool,
    /// Source files.
    pub files: bool,
    /// Line numbers.
    pub lines: bool,
    /// Inlined frames.
    pub inlined: bool,
}

impl Known {
    /// All of it.
    pub const ALL: Known = Known { functions: true, files: true, lines: true, inlined: true };
}

impl Mapping {
    /// Code of `file`, from `offset` on, between two addresses. Of its frames nothing is known yet.
    pub fn new(start: u64, limit: u64, offset: u64, file: Text) -> Mapping {
        Mapping { start, limit, offset, file, ..Mapping::default() }
    }
}

/// A code address and the frames that it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// Index into [`Profile::mappings`].
    pub mapping: Option<u32>,
    /// The address.
    pub address: u64,
    /// Innermost (inlined) frame first; the last one is the function that has the code.
    pub lines: Vec<Line>,
}

impl Location {
    /// The frames of an address, innermost first, in no mapping.
    pub fn new(address: u64, lines: Vec<Line>) -> Location {
        Location { mapping: None, address, lines }
    }
}

/// One frame of a location.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Line {
    /// Index into [`Profile::functions`].
    pub function: u32,
    /// Line number; 0 if unknown.
    pub line: i64,
}

impl Line {
    /// A line of the function at this index of [`Profile::functions`].
    pub fn new(function: u32, line: i64) -> Line {
        Line { function, line }
    }
}

/// A function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Readable name.
    pub name: Text,
    /// The linker's name.
    pub system_name: Text,
    /// Source file.
    pub file: Text,
    /// First line; 0 if unknown.
    pub start_line: i64,
}

impl Function {
    /// A function of this name and source file, of which no more is known.
    pub fn new(name: Text, file: Text) -> Function {
        Function { name, file, ..Function::default() }
    }
}
