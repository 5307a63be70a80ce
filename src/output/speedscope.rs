//! speedscope's own JSON. Unlike its reading of pprof it keeps inlined frames and every sample type.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::profile::{Line, Profile, Sample};

use super::View;
use super::stacks::{Frame, Stacks};

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
    frames: Vec<SharedFrame<'a>>,
}

#[derive(Serialize)]
struct SharedFrame<'a> {
    name: String,
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
    samples: Vec<Vec<usize>>,
    weights: Vec<i64>,
}

/// All sample types of `profile` over one table of frames; the default one is shown first. A sample type that is zero
/// everywhere is left out, as speedscope would show nothing for it, but one profile always remains.
///
/// # Errors
/// When the JSON cannot be written.
pub fn render(profile: &Profile, view: &View) -> Result<Vec<u8>> {
    let mut frames: Vec<SharedFrame> = Vec::new();
    // A frame of the profile is known by its line, one that stands for others by its name.
    let mut places: HashMap<(Option<Line>, &str), usize, RandomState> = HashMap::default();
    // The phase is the outermost frame, as in the other pictures.
    let mut shown: Vec<(Sample<'_>, Vec<usize>)> = Vec::with_capacity(profile.samples.len());
    let stacks = Stacks::new(profile, view);
    stacks.each(|stack| {
        let phase = stack.phase.map(|name| Frame { name, line: None });
        let all = phase.iter().chain(stack.frames);
        let indexes = all.map(|frame| {
            let name = if frame.line.is_none() { frame.name } else { "" };
            *places.entry((frame.line, name)).or_insert_with(|| {
                frames.push(SharedFrame {
                    name: frame.name.to_owned(),
                    file: frame.line.map_or("", |line| profile.function_file(line)),
                    line: frame.line.map_or(0, |line| line.line),
                });
                frames.len() - 1
            })
        });
        shown.push((stack.sample, indexes.collect()));
    });

    let default = profile.default_type();
    let all_zero = |index: usize| profile.samples.iter().all(|s| s.values.get(index).is_none_or(|v| *v == 0));
    let mut kept: Vec<usize> = (0..profile.sample_types.len()).filter(|i| !all_zero(*i)).collect();
    if kept.is_empty() {
        kept.push(default);
    }
    let kinds = profile.kinds();
    let profiles = kept
        .iter()
        .map(|index| {
            let name = kinds.get(*index).copied().unwrap_or("");
            sampled(name, profile.unit(*index), merged(*index, &shown))
        })
        .collect();
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: format!("mapprof@{}", env!("CARGO_PKG_VERSION")),
        name: &view.title,
        active_profile_index: kept.iter().position(|i| *i == default).unwrap_or(0),
        shared: Shared { frames },
        profiles,
    };
    serde_json::to_vec(&file).map_err(|error| Error::case(format!("speedscope JSON: {error}")))
}

/// Stacks with their sums, in the order in which they first appear; equal stacks once.
fn merged(index: usize, shown: &[(Sample<'_>, Vec<usize>)]) -> Vec<(Vec<usize>, i64)> {
    let mut order: Vec<(Vec<usize>, i64)> = Vec::new();
    let mut at: HashMap<&[usize], usize, RandomState> = HashMap::default();
    for (sample, frames) in shown {
        let value = sample.values.get(index).copied().unwrap_or(0);
        if value == 0 {
            continue;
        }
        let place = *at.entry(frames).or_insert_with(|| {
            order.push((frames.clone(), 0));
            order.len() - 1
        });
        if let Some((_, sum)) = order.get_mut(place) {
            *sum = sum.saturating_add(value);
        }
    }
    order
}

fn sampled<'a>(name: &'a str, unit: &str, stacks: Vec<(Vec<usize>, i64)>) -> Sampled<'a> {
    let (samples, weights): (Vec<_>, Vec<_>) = stacks.into_iter().unzip();
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
