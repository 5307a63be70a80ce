//! A profile to a pprof message, written directly: a tree of messages would take several times the profile's memory.

use super::wire::{BYTES, VARINT, encode_key, encode_varint};
use crate::{LabelValue, Profile, Strings, Text, ValueType};

/// The strings in use, in the order in which they are first named.
struct Names<'a> {
    from: &'a Strings,
    /// The index of each text in the file; 0 if it is empty or not named yet.
    index: Vec<u64>,
    table: Vec<Text>,
}

impl Names<'_> {
    fn text(&mut self, text: Text) -> u64 {
        if self.from.get(text).is_empty() {
            return 0;
        }
        let Some(index) = self.index.get_mut(text.0 as usize) else { return 0 };
        if *index == 0 {
            self.table.push(text);
            *index = self.table.len() as u64;
        }
        *index
    }
}

/// Appends a numeric field; 0 is what a reader takes for a missing one.
fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        encode_key(field, VARINT, out);
        encode_varint(value, out);
    }
}

/// Appends a field of bytes.
fn bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    encode_key(field, BYTES, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Appends a message, whose fields `fill` writes.
fn message_field(out: &mut Vec<u8>, field: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    encode_key(field, BYTES, out);
    let start = out.len();
    fill(out);
    let length = out.len() - start;
    encode_varint(length as u64, out);
    // The length stands before the message, and takes a byte or two.
    let width = out.len() - start - length;
    if let Some(message) = out.get_mut(start..) {
        message.rotate_right(width);
    }
}

/// Appends a packed field; none if there are no numbers.
fn pack(out: &mut Vec<u8>, field: u32, numbers: impl ExactSizeIterator<Item = u64>) {
    if numbers.len() > 0 {
        message_field(out, field, |out| numbers.for_each(|number| encode_varint(number, out)));
    }
}

fn value_type(out: &mut Vec<u8>, field: u32, names: &mut Names<'_>, value: ValueType) {
    let (kind, unit) = (names.text(value.kind), names.text(value.unit));
    message_field(out, field, |out| {
        number(out, 1, kind);
        number(out, 2, unit);
    });
}

/// The message of `profile`, with the fields in the order of their numbers.
pub fn message(profile: &Profile) -> Vec<u8> {
    let strings = &profile.strings;
    let mut names = Names { from: strings, index: vec![0; strings.count()], table: Vec::new() };
    let mut out = Vec::new();
    for of in &profile.sample_types {
        value_type(&mut out, 1, &mut names, *of);
    }
    // Named before the samples, written after them.
    let mut period_type = Vec::new();
    value_type(&mut period_type, 11, &mut names, profile.period_type);
    let default = names.text(profile.default_sample_type);
    let drop = names.text(profile.drop_frames);
    let keep = names.text(profile.keep_frames);
    let comments: Vec<u64> = profile.comments.iter().map(|comment| names.text(*comment)).collect();

    samples(&mut out, profile, &mut names);
    tables(&mut out, profile, &mut names);
    bytes(&mut out, 6, b"");
    for text in &names.table {
        bytes(&mut out, 6, strings.get(*text).as_bytes());
    }
    number(&mut out, 7, drop);
    number(&mut out, 8, keep);
    number(&mut out, 9, profile.time_nanos as u64);
    number(&mut out, 10, profile.duration_nanos as u64);
    out.extend(period_type);
    number(&mut out, 12, profile.period as u64);
    pack(&mut out, 13, comments.into_iter());
    number(&mut out, 14, default);
    out
}

fn samples(out: &mut Vec<u8>, profile: &Profile, names: &mut Names<'_>) {
    for sample in &profile.samples {
        message_field(out, 2, |out| {
            pack(out, 1, sample.locations.iter().map(|location| u64::from(*location) + 1));
            pack(out, 2, sample.values.iter().map(|value| *value as u64));
            for label in sample.labels {
                message_field(out, 3, |out| {
                    number(out, 1, names.text(label.key));
                    match label.value {
                        LabelValue::Text(text) => number(out, 2, names.text(text)),
                        LabelValue::Number(value, unit) => {
                            number(out, 3, value as u64);
                            number(out, 4, names.text(unit));
                        }
                    }
                });
            }
        });
    }
}

/// Mappings, locations and functions.
fn tables(out: &mut Vec<u8>, profile: &Profile, names: &mut Names<'_>) {
    for (id, mapping) in (1..).zip(&profile.mappings) {
        message_field(out, 3, |out| {
            number(out, 1, id);
            number(out, 2, mapping.start);
            number(out, 3, mapping.limit);
            number(out, 4, mapping.offset);
            number(out, 5, names.text(mapping.file));
            number(out, 6, names.text(mapping.build_id));
            let known = mapping.known;
            for (field, known) in (7..).zip([known.functions, known.files, known.lines, known.inlined]) {
                number(out, field, u64::from(known));
            }
        });
    }
    for (id, location) in (1..).zip(&profile.locations) {
        message_field(out, 4, |out| {
            number(out, 1, id);
            number(out, 2, location.mapping.map_or(0, |mapping| u64::from(mapping) + 1));
            number(out, 3, location.address);
            for line in &location.lines {
                message_field(out, 4, |out| {
                    number(out, 1, u64::from(line.function) + 1);
                    number(out, 2, line.line as u64);
                });
            }
        });
    }
    for (id, function) in (1..).zip(&profile.functions) {
        message_field(out, 5, |out| {
            number(out, 1, id);
            number(out, 2, names.text(function.name));
            number(out, 3, names.text(function.system_name));
            number(out, 4, names.text(function.file));
            number(out, 5, function.start_line as u64);
        });
    }
}
