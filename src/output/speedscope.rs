//! speedscope's own JSON. Unlike its reading of pprof it keeps inlined frames and every sample type.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::profile::Profile;

use super::display_options::DisplayOptions;
use super::frame_table::FrameTable;
use super::stacks::{Distinct, Distincts, Same, Stacks};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: String,
    name: &'a str,
    active_profile_index: usize,
    shared: Shared<'a>,
    profiles: Vec<Sampled<'a>>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Table<'a>,
}

#[derive(Serialize)]
struct SharedFrame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    line: i64,
}

fn is_zero(line: &i64) -> bool {
    *line == 0
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sampled<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    unit: &'static str,
    start_value: i64,
    end_value: i64,
    samples: Listed<'a>,
    weights: Vec<i64>,
}

/// The stacks of a profile as lists of places in the table of frames, put together while they are written: all at once
/// they would take many times the profile's memory.
struct Listed<'a> {
    stacks: &'a Stacks<'a>,
    table: &'a FrameTable<'a>,
    distinct: &'a Distincts<'a>,
    /// The places of the stacks that are listed, with their sums.
    of: Vec<(u32, i64)>,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let stacks = self.of.iter().filter_map(|(place, _)| self.distinct.stacks.get(*place as usize));
        serializer.collect_seq(stacks.map(|stack| One { listed: self, stack }))
    }
}

/// One stack.
struct One<'a> {
    listed: &'a Listed<'a>,
    stack: &'a Distinct<'a>,
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Listed { stacks, table, .. } = self.listed;
        serializer.collect_seq(table.places(stacks, self.stack))
    }
}

/// The table of frames as it is written.
struct Table<'a>(&'a Profile, &'a FrameTable<'a>);

impl Serialize for Table<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.frames().iter().map(|frame| SharedFrame {
            name: frame.name,
            file: frame.line.map_or("", |line| self.0.function_file(line)),
            line: frame.line.map_or(0, |line| line.line),
        }))
    }
}

/// All sample types of `profile` over one table of frames; the default one is shown first. A sample type that is zero
/// everywhere is left out, as speedscope would show nothing for it, but one profile always remains.
///
/// # Errors
/// When the JSON cannot be written.
pub fn render(profile: &Profile, view: &DisplayOptions) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    write(profile, view, &mut out).map_err(|error| Error::case(format!("speedscope JSON: {error}")))?;
    Ok(out)
}

/// The same, written piece by piece.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(profile: &Profile, view: &DisplayOptions, out: &mut dyn Write) -> io::Result<()> {
    let stacks = Stacks::new(profile, view);
    let distinct = stacks.distinct(Same::Lines);
    let table = FrameTable::new(&stacks, &distinct);
    let (default, kept) = (profile.default_type(), stacks.types());
    let kinds = profile.kinds();
    let profiles = kept
        .iter()
        .map(|index| {
            let name = kinds.get(*index).copied().unwrap_or("");
            let of = stacks.sums(&distinct, *index);
            let listed = Listed { stacks: &stacks, table: &table, distinct: &distinct, of };
            sampled(name, profile.unit(*index), listed)
        })
        .collect();
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: format!("mapprof@{}", env!("CARGO_PKG_VERSION")),
        name: &view.title,
        active_profile_index: kept.iter().position(|i| *i == default).unwrap_or(0),
        shared: Shared { frames: Table(profile, &table) },
        profiles,
    };
    serde_json::to_writer(out, &file).map_err(io::Error::from)
}

fn sampled<'a>(name: &'a str, unit: &str, samples: Listed<'a>) -> Sampled<'a> {
    let weights: Vec<i64> = samples.of.iter().map(|(_, value)| *value).collect();
    Sampled {
        kind: "sampled",
        name,
        unit: match unit {
            "bytes" => "bytes",
            "nanoseconds" => "nanoseconds",
            "microseconds" => "microseconds",
            "milliseconds" => "milliseconds",
            "seconds" => "seconds",
            _ => "none",
        },
        start_value: 0,
        end_value: weights.iter().fold(0i64, |a, b| a.saturating_add(*b)),
        samples,
        weights,
    }
}
