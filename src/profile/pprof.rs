//! pprof's file format: a [`Profile`] to gzipped protobuf and back.
//!
//! What is written obeys the strictest reader known (Parca): ids count up from 1, the first string is empty, every
//! sample has one value per sample type. The same profile always gives the same bytes.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};

use prost::Message;

use super::proto;
use super::{
    Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, Strings, Text, ValueType,
};

/// The largest profile that is read, unpacked, bytes. A larger one is refused before it fills the memory: decoded it takes
/// several times as much.
pub const UNPACKED_LIMIT: u64 = 128 << 20;

/// The most empty strings that a profile may have; it needs one.
const MOST_EMPTY_STRINGS: usize = 1000;

/// Why bytes are not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The gzip stream ends too early.
    #[error("the gzip data ends too early: the file is cut off")]
    Truncated,
    /// The gzip stream is damaged.
    #[error("the gzip data is damaged: {0}")]
    Gzip(String),
    /// The profile is larger than [`UNPACKED_LIMIT`].
    #[error("the profile has more than the limit of {} MiB, unpacked", UNPACKED_LIMIT >> 20)]
    TooLarge,
    /// Entries without content, which take memory and mean nothing.
    #[error("the profile is full of empty entries")]
    Hollow,
    /// Neither gzip nor a pprof message.
    #[error("not a pprof profile: neither gzip nor a protobuf message of pprof's form")]
    NotAProfile,
    /// A pprof message that counts nothing.
    #[error("the profile names no sample types, so its samples have no meaning")]
    NoSampleTypes,
    /// An id that nothing has.
    #[error("{place} names {what} {id}, which the profile does not have")]
    Dangling {
        /// Who names it.
        place: String,
        /// What is named: `location`, `function`, `mapping`, `string`.
        what: &'static str,
        /// The id or index.
        id: i128,
    },
    /// A sample with too many or too few values.
    #[error("sample {sample} has {values} values for {types} sample types")]
    WrongValues {
        /// Which sample, from 1.
        sample: usize,
        /// How many values it has.
        values: usize,
        /// How many it should have.
        types: usize,
    },
}

/// `profile` as gzipped pprof protobuf. Strings that nothing names are left out.
pub fn encode(profile: &Profile) -> Vec<u8> {
    let message = message(profile).encode_to_vec();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into a vector cannot fail, so there is nothing to report.
    let _ = gzip.write_all(&message);
    gzip.finish().unwrap_or_default()
}

/// Collects the strings in use, in the order in which they are first named.
struct Interner<'a> {
    from: &'a Strings,
    index: HashMap<Text, i64>,
    table: Vec<Vec<u8>>,
}

impl Interner<'_> {
    fn text(&mut self, text: Text) -> i64 {
        let string = self.from.get(text);
        if string.is_empty() {
            return 0;
        }
        let (table, next) = (&mut self.table, string.as_bytes());
        *self.index.entry(text).or_insert_with(|| {
            table.push(next.to_vec());
            table.len() as i64 - 1
        })
    }

    fn value_type(&mut self, value: ValueType) -> proto::ValueType {
        proto::ValueType { kind: self.text(value.kind), unit: self.text(value.unit) }
    }

    fn label(&mut self, label: &Label) -> proto::Label {
        let key = self.text(label.key);
        match label.value {
            LabelValue::Text(text) => proto::Label { key, str: self.text(text), num: 0, num_unit: 0 },
            LabelValue::Number(num, unit) => proto::Label { key, str: 0, num, num_unit: self.text(unit) },
        }
    }
}

fn message(profile: &Profile) -> proto::Profile {
    let mut names = Interner { from: &profile.strings, index: HashMap::new(), table: vec![Vec::new()] };
    let mut message = proto::Profile {
        sample_type: profile.sample_types.iter().map(|t| names.value_type(*t)).collect(),
        period_type: Some(names.value_type(profile.period_type)),
        period: profile.period,
        time_nanos: profile.time_nanos,
        duration_nanos: profile.duration_nanos,
        default_sample_type: names.text(profile.default_sample_type),
        drop_frames: names.text(profile.drop_frames),
        keep_frames: names.text(profile.keep_frames),
        comment: profile.comments.iter().map(|c| names.text(*c)).collect(),
        ..Default::default()
    };
    message.sample = profile
        .samples
        .iter()
        .map(|sample| proto::Sample {
            location_id: sample.locations.iter().map(|l| u64::from(*l) + 1).collect(),
            value: sample.values.to_vec(),
            label: sample.labels.iter().map(|l| names.label(l)).collect(),
        })
        .collect();
    message.mapping = (1..)
        .zip(&profile.mappings)
        .map(|(id, mapping)| proto::Mapping {
            id,
            memory_start: mapping.start,
            memory_limit: mapping.limit,
            file_offset: mapping.offset,
            filename: names.text(mapping.file),
            build_id: names.text(mapping.build_id),
            has_functions: mapping.symbolized,
            has_filenames: mapping.symbolized,
            has_line_numbers: mapping.symbolized,
            has_inline_frames: mapping.symbolized,
        })
        .collect();
    message.location = (1..)
        .zip(&profile.locations)
        .map(|(id, location)| proto::Location {
            id,
            mapping_id: location.mapping.map_or(0, |m| u64::from(m) + 1),
            address: location.address,
            line: location
                .lines
                .iter()
                .map(|l| proto::Line { function_id: u64::from(l.function) + 1, line: l.line })
                .collect(),
        })
        .collect();
    message.function = (1..)
        .zip(&profile.functions)
        .map(|(id, function)| proto::Function {
            id,
            name: names.text(function.name),
            system_name: names.text(function.system_name),
            filename: names.text(function.file),
            start_line: function.start_line,
        })
        .collect();
    message.string_table = names.table;
    message
}

/// The profile in `bytes`, gzipped or not.
///
/// # Errors
/// When the bytes are no profile, or one that contradicts itself; the error is one line for the user.
pub fn decode(bytes: &[u8]) -> Result<Profile, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let unpacked;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        unpacked = unpack(bytes)?;
        unpacked.as_slice()
    } else {
        bytes
    };
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.len() as u64 > UNPACKED_LIMIT {
        return Err(DecodeError::TooLarge);
    }
    refuse_hollow(bytes)?;
    domain(&proto::Profile::decode(bytes).map_err(|_| DecodeError::NotAProfile)?)
}

/// Refuses a message with empty entries: two bytes of the file each, and dozens in memory. Samples, mappings, locations
/// and functions (fields 2 to 5) cannot be empty, as each has an id or values; of strings (field 6) one is.
fn refuse_hollow(mut bytes: &[u8]) -> Result<(), DecodeError> {
    use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
    let mut empty_strings = 0;
    while !bytes.is_empty() {
        let (field, wire) = decode_key(&mut bytes).map_err(|_| DecodeError::NotAProfile)?;
        if wire == WireType::LengthDelimited {
            let length = decode_varint(&mut bytes).map_err(|_| DecodeError::NotAProfile)?;
            let rest = usize::try_from(length).ok().and_then(|length| bytes.get(length..));
            bytes = rest.ok_or(DecodeError::NotAProfile)?;
            empty_strings += usize::from(length == 0 && field == 6);
            if length == 0 && (2..=5).contains(&field) || empty_strings > MOST_EMPTY_STRINGS {
                return Err(DecodeError::Hollow);
            }
        } else {
            skip_field(wire, field, &mut bytes, DecodeContext::default())
                .map_err(|_| DecodeError::NotAProfile)?;
        }
    }
    Ok(())
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).take(UNPACKED_LIMIT + 1).read_to_end(&mut unpacked).map_err(
        |error| match error.kind() {
            ErrorKind::UnexpectedEof => DecodeError::Truncated,
            _ => DecodeError::Gzip(error.to_string()),
        },
    )?;
    if unpacked.len() as u64 > UNPACKED_LIMIT {
        return Err(DecodeError::TooLarge);
    }
    Ok(unpacked)
}

/// Checks every index that the message names while it is turned into positions.
struct Reader {
    strings: Strings,
    texts: Vec<Text>,
}

impl Reader {
    fn text(&self, index: i64, place: impl Fn() -> String) -> Result<Text, DecodeError> {
        // A file may leave the table out when all its text is empty.
        if index == 0 && self.texts.is_empty() {
            return Ok(Text(0));
        }
        usize::try_from(index)
            .ok()
            .and_then(|i| self.texts.get(i).copied())
            .ok_or_else(|| dangling(place(), "string", i128::from(index)))
    }

    fn value_type(&self, value: &proto::ValueType) -> Result<ValueType, DecodeError> {
        let place = || "a sample type".to_string();
        Ok(ValueType { kind: self.text(value.kind, place)?, unit: self.text(value.unit, place)? })
    }
}

fn dangling(place: String, what: &'static str, id: i128) -> DecodeError {
    DecodeError::Dangling { place, what, id }
}

/// The positions of ids.
fn positions(ids: impl Iterator<Item = u64>) -> HashMap<u64, u32> {
    ids.zip(0..).collect()
}

fn domain(message: &proto::Profile) -> Result<Profile, DecodeError> {
    if message.sample_type.is_empty() {
        return Err(DecodeError::NoSampleTypes);
    }
    let mut strings = Strings::default();
    let texts = message.string_table.iter().map(|s| strings.add(&String::from_utf8_lossy(s))).collect();
    let reader = Reader { strings, texts };
    let header = || "the header".to_string();

    let mapping_at = positions(message.mapping.iter().map(|m| m.id));
    let function_at = positions(message.function.iter().map(|f| f.id));
    let location_at = positions(message.location.iter().map(|l| l.id));

    let mut profile = Profile {
        sample_types: collect(&message.sample_type, |t| reader.value_type(t))?,
        period_type: message.period_type.map_or(Ok(ValueType::default()), |t| reader.value_type(&t))?,
        period: message.period,
        time_nanos: message.time_nanos,
        duration_nanos: message.duration_nanos,
        default_sample_type: reader.text(message.default_sample_type, header)?,
        drop_frames: reader.text(message.drop_frames, header)?,
        keep_frames: reader.text(message.keep_frames, header)?,
        comments: collect(&message.comment, |c| reader.text(*c, header))?,
        ..Default::default()
    };
    profile.mappings = collect(&message.mapping, |m| {
        let place = || format!("mapping {}", m.id);
        Ok(Mapping {
            start: m.memory_start,
            limit: m.memory_limit,
            offset: m.file_offset,
            file: reader.text(m.filename, place)?,
            build_id: reader.text(m.build_id, place)?,
            symbolized: m.has_functions && m.has_filenames && m.has_line_numbers && m.has_inline_frames,
        })
    })?;
    profile.functions = collect(&message.function, |f| {
        let place = || format!("function {}", f.id);
        Ok(Function {
            name: reader.text(f.name, place)?,
            system_name: reader.text(f.system_name, place)?,
            file: reader.text(f.filename, place)?,
            start_line: f.start_line,
        })
    })?;
    profile.locations = collect(&message.location, |location| {
        let place = || format!("location {}", location.id);
        let find = |at: &HashMap<u64, u32>, id: u64, what| {
            at.get(&id).copied().ok_or_else(|| dangling(place(), what, i128::from(id)))
        };
        Ok(Location {
            mapping: match location.mapping_id {
                0 => None,
                id => Some(find(&mapping_at, id, "mapping")?),
            },
            address: location.address,
            lines: collect(&location.line, |line| {
                Ok(Line { function: find(&function_at, line.function_id, "function")?, line: line.line })
            })?,
        })
    })?;
    let types = profile.sample_types.len();
    for (number, sample) in (1..).zip(&message.sample) {
        let place = || format!("sample {number}");
        if sample.value.len() != types {
            return Err(DecodeError::WrongValues { sample: number, values: sample.value.len(), types });
        }
        let locations = collect(&sample.location_id, |id| {
            location_at.get(id).copied().ok_or_else(|| dangling(place(), "location", i128::from(*id)))
        })?;
        let labels = collect(&sample.label, |label| {
            Ok(Label {
                key: reader.text(label.key, place)?,
                value: if label.str == 0 {
                    LabelValue::Number(label.num, reader.text(label.num_unit, place)?)
                } else {
                    LabelValue::Text(reader.text(label.str, place)?)
                },
            })
        })?;
        profile.samples.push(Sample { locations: &locations, values: &sample.value, labels: &labels });
    }
    profile.strings = reader.strings;
    Ok(profile)
}

fn collect<T, U>(
    items: &[T],
    convert: impl FnMut(&T) -> Result<U, DecodeError>,
) -> Result<Vec<U>, DecodeError> {
    items.iter().map(convert).collect()
}

#[cfg(test)]
#[path = "pprof_tests.rs"]
mod tests;
