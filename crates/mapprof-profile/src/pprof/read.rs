//! A pprof message to a profile, in two passes over the bytes: the first takes the tables and counts what the samples
//! hold, the second puts the samples where they stay.
//!
//! Nothing is reserved but what was counted, and what an entry takes in memory is held against the file's length: a file
//! may be hostile, and a location of four bytes would take a hundred.

use super::DecodeError;
use super::ids::Ids;
use super::wire::{Fields, Value};
use crate::alloc_budget::{Budget, Frames, Spent, taken};
use crate::samples::{Room, Samples};
use crate::{
    Function, Known, Label, LabelValue, Limit, Line, Location, Mapping, Profile, Strings, Text, ValueType,
};

/// The most empty strings that a profile may have; it needs one.
const MOST_EMPTY_STRINGS: usize = 1000;

/// A message as it names things: by index and id.
struct Tables<'a> {
    /// Kind and unit.
    sample_types: Vec<(i64, i64)>,
    period_type: (i64, i64),
    mappings: Vec<&'a [u8]>,
    locations: Vec<&'a [u8]>,
    functions: Vec<&'a [u8]>,
    strings: Strings,
    texts: Vec<Text>,
    empty_strings: usize,
    /// Of the message, bytes.
    length: usize,
    drop_frames: i64,
    keep_frames: i64,
    time_nanos: i64,
    duration_nanos: i64,
    period: i64,
    comments: Vec<i64>,
    default_sample_type: i64,
    /// How much the samples hold.
    room: Room,
    budget: Budget,
}

impl From<Spent> for DecodeError {
    fn from(Spent: Spent) -> Self {
        DecodeError::Hollow
    }
}

impl<'a> Tables<'a> {
    fn of(length: usize) -> Tables<'a> {
        Tables {
            sample_types: Vec::new(),
            period_type: (0, 0),
            mappings: Vec::new(),
            locations: Vec::new(),
            functions: Vec::new(),
            strings: Strings::default(),
            texts: Vec::new(),
            empty_strings: 0,
            length,
            drop_frames: 0,
            keep_frames: 0,
            time_nanos: 0,
            duration_nanos: 0,
            period: 0,
            comments: Vec::new(),
            default_sample_type: 0,
            room: Room::default(),
            budget: Budget::of(length),
        }
    }

    /// The first pass.
    fn read(bytes: &'a [u8]) -> Result<Tables<'a>, DecodeError> {
        let mut tables = Tables::of(bytes.len());
        let mut fields = Fields(bytes);
        while let Some((field, value)) = fields.next()? {
            tables.field(field, value)?;
        }
        Ok(tables)
    }

    fn field(&mut self, field: u32, value: Value<'a>) -> Result<(), DecodeError> {
        match field {
            1 => {
                let mut of = (0, 0);
                merge_type(&mut of, value.bytes()?)?;
                self.sample_types.push(of);
                self.budget.take(taken::SAMPLE_TYPE)?;
            }
            2 => self.count_sample(entry(value)?)?,
            3 => {
                self.mappings.push(entry(value)?);
                self.budget.take(taken::MAPPING)?;
            }
            4 => {
                self.locations.push(entry(value)?);
                self.budget.take(taken::LOCATION)?;
            }
            5 => {
                self.functions.push(entry(value)?);
                self.budget.take(taken::FUNCTION)?;
            }
            6 => self.string(value.bytes()?)?,
            7 => self.drop_frames = value.signed()?,
            8 => self.keep_frames = value.signed()?,
            9 => self.time_nanos = value.signed()?,
            10 => self.duration_nanos = value.signed()?,
            11 => merge_type(&mut self.period_type, value.bytes()?)?,
            12 => self.period = value.signed()?,
            13 => value.each(|comment| {
                self.comments.push(comment as i64);
                self.budget.take(taken::COMMENT)?;
                Ok(())
            })?,
            14 => self.default_sample_type = value.signed()?,
            _ => {}
        }
        Ok(())
    }

    fn count_sample(&mut self, sample: &[u8]) -> Result<(), DecodeError> {
        let (mut locations, mut values, mut labels) = (0, 0, 0);
        let mut fields = Fields(sample);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => locations += value.count(),
                2 => values += value.count(),
                3 => labels += 1,
                _ => {}
            }
        }
        let room = &mut self.room;
        room.samples += 1;
        room.locations += locations;
        room.values += values;
        room.labels += labels;
        // Bounded by the file's length, though where addresses are of 32 bits the products may not be.
        let takes = |each: usize, count: usize| each.saturating_mul(count);
        self.budget.take(takes(taken::LOCATION_OF_SAMPLE, locations))?;
        self.budget.take(takes(taken::VALUE, values))?;
        self.budget.take(takes(taken::LABEL, labels))?;
        self.budget.take(taken::SAMPLE)?;
        Ok(())
    }

    fn string(&mut self, string: &[u8]) -> Result<(), DecodeError> {
        // Other programs write names that are not UTF-8.
        let text = String::from_utf8_lossy(string);
        self.budget.take(taken::STRING + text.len())?;
        self.texts.push(self.strings.add(&text));
        self.empty_strings += usize::from(string.is_empty());
        match (self.empty_strings > MOST_EMPTY_STRINGS, self.texts.len() >= u32::MAX as usize) {
            (true, _) => Err(DecodeError::Hollow),
            (_, true) => Err(DecodeError::TooMany("string")),
            _ => Ok(()),
        }
    }

    #[inline]
    fn text(&self, index: i64, place: impl Fn() -> String) -> Result<Text, DecodeError> {
        // A file may leave the table out when all its text is empty.
        if index == 0 {
            return Ok(Text(0));
        }
        let text = usize::try_from(index).ok().and_then(|i| self.texts.get(i).copied());
        text.ok_or_else(|| dangling(place(), "string", i128::from(index)))
    }

    fn value_type(&self, (kind, unit): (i64, i64)) -> Result<ValueType, DecodeError> {
        let place = || "a sample type".to_string();
        Ok(ValueType { kind: self.text(kind, place)?, unit: self.text(unit, place)? })
    }
}

fn dangling(place: String, what: &'static str, id: i128) -> DecodeError {
    DecodeError::Dangling { place, what, id }
}

/// The message of a sample, mapping, location or function: none of them can be empty, as each has an id or values.
fn entry<'a>(value: Value<'a>) -> Result<&'a [u8], DecodeError> {
    let message = value.bytes()?;
    if message.is_empty() { Err(DecodeError::Hollow) } else { Ok(message) }
}

fn merge_type((kind, unit): &mut (i64, i64), message: &[u8]) -> Result<(), DecodeError> {
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => *kind = value.signed()?,
            2 => *unit = value.signed()?,
            _ => {}
        }
    }
    Ok(())
}

/// The profile in the message `bytes`.
///
/// # Errors
/// When the bytes are no profile, or one that contradicts itself.
pub fn profile(bytes: &[u8], limit: Limit) -> Result<Profile, DecodeError> {
    let mut tables = Tables::read(bytes)?;
    if tables.sample_types.is_empty() {
        return Err(DecodeError::NoSampleTypes);
    }
    if tables.texts.first().is_some_and(|first| *first != Text(0)) {
        return Err(DecodeError::FirstString);
    }
    let header = || "the header".to_string();
    let types = tables.sample_types.iter().map(|of| tables.value_type(*of));
    let comments = tables.comments.iter().map(|comment| tables.text(*comment, header));
    let mut profile = Profile {
        sample_types: types.collect::<Result<_, _>>()?,
        period_type: tables.value_type(tables.period_type)?,
        period: tables.period,
        time_nanos: tables.time_nanos,
        duration_nanos: tables.duration_nanos,
        default_sample_type: tables.text(tables.default_sample_type, header)?,
        drop_frames: tables.text(tables.drop_frames, header)?,
        keep_frames: tables.text(tables.keep_frames, header)?,
        comments: comments.collect::<Result<_, _>>()?,
        ..Default::default()
    };
    let mapping_at;
    let function_at;
    let location_at;
    (mapping_at, profile.mappings) = mappings(&tables)?;
    (function_at, profile.functions) = functions(&tables)?;
    named(&tables, &profile.functions)?;
    (location_at, profile.locations) = locations(&mut tables, &mapping_at, &function_at)?;
    profile.samples = samples(bytes, &tables, &location_at, &profile.locations, limit)?;
    profile.strings = std::mem::take(&mut tables.strings);
    Ok(profile)
}

fn mappings(tables: &Tables<'_>) -> Result<(Ids, Vec<Mapping>), DecodeError> {
    let mut ids = Vec::with_capacity(tables.mappings.len());
    let mut mappings = Vec::with_capacity(tables.mappings.len());
    for message in &tables.mappings {
        let (mut id, mut start, mut limit, mut offset, mut file, mut build_id) = (0, 0, 0, 0, 0, 0);
        let mut known = Known::default();
        let mut fields = Fields(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => id = value.number()?,
                2 => start = value.number()?,
                3 => limit = value.number()?,
                4 => offset = value.number()?,
                5 => file = value.signed()?,
                6 => build_id = value.signed()?,
                7 => known.functions = value.number()? != 0,
                8 => known.files = value.number()? != 0,
                9 => known.lines = value.number()? != 0,
                10 => known.inlined = value.number()? != 0,
                _ => {}
            }
        }
        let place = || format!("mapping {id}");
        let (file, build_id) = (tables.text(file, place)?, tables.text(build_id, place)?);
        ids.push(id);
        mappings.push(Mapping { start, limit, offset, file, build_id, known });
    }
    Ok((Ids::new("mapping", &ids)?, mappings))
}

fn functions(tables: &Tables<'_>) -> Result<(Ids, Vec<Function>), DecodeError> {
    let mut ids = Vec::with_capacity(tables.functions.len());
    let mut functions = Vec::with_capacity(tables.functions.len());
    for message in &tables.functions {
        let (mut id, mut name, mut system_name, mut file, mut start_line) = (0, 0, 0, 0, 0);
        let mut fields = Fields(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => id = value.number()?,
                2 => name = value.signed()?,
                3 => system_name = value.signed()?,
                4 => file = value.signed()?,
                5 => start_line = value.signed()?,
                _ => {}
            }
        }
        let place = || format!("function {id}");
        let name = tables.text(name, place)?;
        let system_name = tables.text(system_name, place)?;
        let file = tables.text(file, place)?;
        ids.push(id);
        functions.push(Function { name, system_name, file, start_line });
    }
    Ok((Ids::new("function", &ids)?, functions))
}

/// Holds the names and files of all functions against the file's length: a long one may be that of many functions, and
/// each of them is taken apart.
fn named(tables: &Tables<'_>, functions: &[Function]) -> Result<(), DecodeError> {
    let mut budget = Budget::of(tables.length);
    for function in functions {
        let length = |text| tables.strings.get(text).len();
        budget.take(length(function.name) + length(function.file))?;
    }
    Ok(())
}

fn locations(
    tables: &mut Tables<'_>,
    mapping_at: &Ids,
    function_at: &Ids,
) -> Result<(Ids, Vec<Location>), DecodeError> {
    let mut ids = Vec::with_capacity(tables.locations.len());
    let mut locations = Vec::with_capacity(tables.locations.len());
    // Function and line of each frame.
    let mut lines: Vec<(u64, i64)> = Vec::new();
    for message in std::mem::take(&mut tables.locations) {
        let (mut id, mut mapping, mut address) = (0, 0, 0);
        lines.clear();
        let mut fields = Fields(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => id = value.number()?,
                2 => mapping = value.number()?,
                3 => address = value.number()?,
                4 => lines.push(line(value.bytes()?)?),
                _ => {}
            }
        }
        tables.budget.take(taken::LINE * lines.len().saturating_sub(1))?;
        let position = |at: &Ids, id_of, what| {
            at.position(id_of).ok_or_else(|| dangling(format!("location {id}"), what, i128::from(id_of)))
        };
        let mapping = match mapping {
            0 => None,
            mapping => Some(position(mapping_at, mapping, "mapping")?),
        };
        let mut frames = Vec::with_capacity(lines.len());
        for (function, line) in &lines {
            frames.push(Line { function: position(function_at, *function, "function")?, line: *line });
        }
        ids.push(id);
        locations.push(Location { mapping, address, lines: frames });
    }
    Ok((Ids::new("location", &ids)?, locations))
}

/// Function and line of a frame.
fn line(message: &[u8]) -> Result<(u64, i64), DecodeError> {
    let (mut function, mut line) = (0, 0);
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => function = value.number()?,
            2 => line = value.signed()?,
            _ => {}
        }
    }
    Ok((function, line))
}

/// The second pass.
fn samples(
    bytes: &[u8],
    tables: &Tables<'_>,
    location_at: &Ids,
    locations: &[Location],
    limit: Limit,
) -> Result<Samples, DecodeError> {
    let types = tables.sample_types.len();
    // How many frames each location stands for, where that is not one of each.
    let frames_of = |location: &Location| u32::try_from(location.lines.len()).unwrap_or(u32::MAX);
    let lengths: Vec<u32> = match locations.iter().all(|location| location.lines.len() == 1) {
        true => Vec::new(),
        false => locations.iter().map(frames_of).collect(),
    };
    let mut left = Frames::of(bytes.len());
    let mut samples = Samples::with_room(types, &tables.room);
    let mut fields = Fields(bytes);
    let mut number = 0;
    while let Some((field, value)) = fields.next()? {
        if field != 2 {
            continue;
        }
        number += 1;
        let mut values = 0;
        let mut frames: usize = 0;
        let mut fields = Fields(value.bytes()?);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => value.each(|id| {
                    let location = location_at.position(id);
                    let dangling = || dangling(format!("sample {number}"), "location", i128::from(id));
                    let location = location.ok_or_else(dangling)?;
                    let of_location = lengths.get(location as usize).map_or(1, |frames| *frames as usize);
                    frames = frames.saturating_add(of_location);
                    samples.push_location(location);
                    Ok(())
                })?,
                2 => value.each(|value| {
                    samples.push_value(value as i64);
                    values += 1;
                    Ok(())
                })?,
                3 => samples.push_label(label(tables, value.bytes()?, number)?),
                _ => {}
            }
        }
        if values != types {
            return Err(DecodeError::WrongValues { sample: number, values, types });
        }
        limit.check_frames(frames).map_err(|wrong| DecodeError::TooDeep { sample: number, wrong })?;
        left.take(frames).map_err(|Spent| DecodeError::Expands(number))?;
        samples.end();
    }
    Ok(samples)
}

fn label(tables: &Tables<'_>, message: &[u8], sample: usize) -> Result<Label, DecodeError> {
    let (mut key, mut text, mut number, mut unit) = (0, 0, 0, 0);
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => key = value.signed()?,
            2 => text = value.signed()?,
            3 => number = value.signed()?,
            4 => unit = value.signed()?,
            _ => {}
        }
    }
    let place = || format!("sample {sample}");
    let key = tables.text(key, place)?;
    let value = match text {
        0 => LabelValue::Number(number, tables.text(unit, place)?),
        text => LabelValue::Text(tables.text(text, place)?),
    };
    Ok(Label { key, value })
}
