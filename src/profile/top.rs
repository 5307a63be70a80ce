//! The table of the biggest: what a profile's values add up to per site, role, phase or function.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Result, unknown};

use super::attribute::{Classes, Kind, caller, role, site};
use super::interval::{Estimate, Sampling};
use super::lifetime::{Lifetimes, counted_by_lifetime, lifetime};
use super::rules::Class;
use super::{Line, Profile, Sample};

/// What the rows of a table stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The innermost frame that is neither allocator nor glue, and the role of the stack.
    #[default]
    Site,
    /// Key, value, table, harness.
    Role,
    /// The phase of the workload.
    Phase,
    /// The innermost frame, whatever it is.
    Function,
}

impl By {
    /// All groupings.
    pub const ALL: [By; 4] = [By::Site, By::Role, By::Phase, By::Function];

    /// The name users type.
    pub fn name(self) -> &'static str {
        match self {
            By::Site => "site",
            By::Role => "role",
            By::Phase => "phase",
            By::Function => "function",
        }
    }
}

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct TopOptions {
    /// What the rows stand for.
    pub by: By,
    /// The sample type that is added up; the profile's default one if none is named.
    pub sample_type: Option<String>,
    /// Rows to show at most; all if not given. What is left out is still in the total.
    pub limit: Option<usize>,
    /// Whether the harness's own samples are among the rows and in the total.
    pub harness: bool,
}

/// A table of the biggest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopTable {
    /// What the rows stand for.
    pub by: By,
    /// The sample type that was added up.
    pub sample_type: String,
    /// Unit of `value` and `total`.
    pub unit: String,
    /// The sum over all rows, shown or not.
    pub total: i64,
    /// Rows that the limit left out.
    pub left_out: usize,
    /// The rows, biggest first.
    pub rows: Vec<TopRow>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopRow {
    /// Function, role or phase.
    pub name: String,
    /// The role that owns most of it; none in a profile of another program.
    pub role: Option<Part>,
    /// The phase that most of it comes from; none if the profile knows no phases.
    pub phase: Option<Part>,
    /// The sum, in the table's unit.
    pub value: i64,
    /// Lower end of the 95 % interval of `value`, in the table's unit; none if it is not known how the values were
    /// sampled, as in CPU profiles. Equal to `value` if every allocation was recorded.
    pub low: Option<i64>,
    /// Upper end of the same interval.
    pub high: Option<i64>,
    /// Objects or samples behind it; none if the profile does not count them.
    pub count: Option<i64>,
    /// Share of the table's total, 0 to 1.
    pub share: f64,
    /// Bytes of the row that were freed within the phase in which they were allocated; none if the profile does not
    /// have them.
    pub temporary: Option<i64>,
    /// Of the objects that the row allocated, the share that was freed, 0 to 1; none if lifetimes are not known.
    pub freed: Option<f64>,
    /// The median lifetime of the objects that the row allocated, calls of the map, by its class. Objects that were
    /// never freed count as the longest; none if the median is one of them (`freed` is then below a half), or if
    /// lifetimes are not known (`freed` is then none).
    pub median_lifetime: Option<u64>,
    /// Source file of most of it; empty if unknown.
    pub file: String,
    /// Line of most of it; 0 if unknown.
    pub line: i64,
    /// The function that most of it was called from.
    pub caller: Option<Part>,
}

impl TopRow {
    /// Half the width of the interval over the value: 0.1 for plus or minus 10 %.
    pub fn half_width(&self) -> Option<f64> {
        let width = self.high?.saturating_sub(self.low?) as f64;
        (self.value > 0).then(|| width / 2.0 / self.value as f64)
    }
}

/// The biggest part of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// Its share of the row, 0 to 1.
    pub share: f64,
}

/// Sums per name, in the order of the names so that ties are broken the same way each time.
#[derive(Default)]
struct Sums<K>(BTreeMap<K, i64>);

impl<K: Ord + Clone> Sums<K> {
    fn add(&mut self, key: K, value: i64) {
        let sum = self.0.entry(key).or_default();
        *sum = sum.saturating_add(value);
    }

    fn biggest(&self) -> Option<(&K, f64)> {
        let total: i64 = self.0.values().fold(0, |a, b| a.saturating_add(*b));
        let (key, value) = self.0.iter().rev().max_by_key(|(_, value)| **value)?;
        Some((key, share(*value, total)))
    }
}

impl Sums<String> {
    fn part(&self) -> Option<Part> {
        self.biggest().map(|(name, share)| Part { name: name.clone(), share })
    }
}

fn share(value: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { value as f64 / total as f64 }
}

#[derive(Default)]
struct Group {
    /// Whether any of its samples has a value.
    seen: bool,
    value: i64,
    count: i64,
    estimate: Estimate,
    temporary: i64,
    lifetimes: Lifetimes,
    roles: Sums<String>,
    phases: Sums<String>,
    places: Sums<(String, i64)>,
    callers: Sums<String>,
}

/// Which figures a profile has beside the one that is added up: the places of their sample types.
struct Known {
    counted: Option<usize>,
    sampling: Option<Sampling>,
    temporary: Option<usize>,
    /// `alloc_objects`, if lifetimes are known.
    allocated: Option<usize>,
}

/// A row that is known badly.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// The row's name.
    pub name: String,
    /// The width of its 95 % interval over its value.
    pub width: f64,
    /// The mean distance between samples that would make the interval [`WIDEST`] of the value wide at most: a power of
    /// two, bytes, at least 1.
    pub sample_bytes: u64,
}

/// The share of a table's total from which on a row should be known well.
const WORTH_KNOWING: f64 = 0.01;

/// The widest that the interval of such a row should be, over its value.
pub const WIDEST: f64 = 0.25;

/// The rows of `table` with a share of 1 % or more whose 95 % interval is wider than a quarter of their value.
/// `sample_bytes` is the mean distance between samples, as the profile was taken.
///
/// The width goes with 1 / sqrt(n), and the number of samples n with 1 / `sample_bytes`.
pub fn too_wide(table: &TopTable, sample_bytes: u64) -> Vec<Warning> {
    let warning = |row: &TopRow| {
        let width = 2.0 * row.half_width()?;
        (row.share >= WORTH_KNOWING && width > WIDEST).then(|| {
            let enough = (sample_bytes as f64 / (width / WIDEST).powi(2)).max(1.0);
            Warning { name: row.name.clone(), width, sample_bytes: 1 << (enough as u64).ilog2() }
        })
    };
    table.rows.iter().filter_map(warning).collect()
}

/// The biggest groups of `profile`.
///
/// # Errors
/// When the profile does not have the sample type that is asked for.
pub fn top(profile: &Profile, options: &TopOptions) -> Result<TopTable> {
    let index = match &options.sample_type {
        None => profile.default_type(),
        Some(kind) => profile
            .sample_type(kind)
            .ok_or_else(|| Error::input(unknown("sample type", kind, profile.kinds())))?,
    };
    let allocated = counted_by_lifetime(profile);
    // A child that tells no lifetimes tells no temporary bytes either: they are then unknown, not zero.
    let told = |place: &usize| {
        allocated.is_some() || profile.samples.iter().any(|s| s.values.get(*place).is_some_and(|v| *v != 0))
    };
    let known = Known {
        counted: count_index(profile, index),
        sampling: Sampling::of(profile, index),
        temporary: profile.sample_type("temporary_space").filter(told),
        allocated,
    };
    let kind = Kind::of(profile);
    let mut classes = Classes::default();
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    let mut total = 0i64;
    for sample in &profile.samples {
        let at_index = |index: Option<usize>| index.and_then(|i| sample.values.get(i)).copied().unwrap_or(0);
        let value = at_index(Some(index));
        let (temporary, allocated) = (at_index(known.temporary), at_index(known.allocated));
        if value == 0 && temporary == 0 && allocated == 0 {
            continue;
        }
        let (lines, stack) = classes.stack(profile, sample.locations);
        let role = role_of(profile, sample, &stack);
        if !options.harness && role.as_deref() == Some("harness") {
            continue;
        }
        let phase = profile.label(sample, "phase");
        let at = match options.by {
            By::Function => (!lines.is_empty()).then_some(0),
            _ => site(&stack, kind),
        };
        let name_of = |place: Option<usize>| match place.and_then(|p| lines.get(p)) {
            Some(line) => profile.function_name(*line).to_string(),
            None => "(no stack)".to_string(),
        };
        let role_name = role.clone().unwrap_or_default();
        let key = match options.by {
            By::Site => (name_of(at), role_name),
            By::Function => (name_of(at), String::new()),
            By::Role => (role.clone().unwrap_or_else(|| "(none)".into()), String::new()),
            By::Phase => (phase.unwrap_or("(none)").to_string(), String::new()),
        };
        let group = groups.entry(key).or_default();
        group.temporary = group.temporary.saturating_add(temporary);
        group.lifetimes.add(lifetime(profile, sample), allocated);
        if value == 0 {
            continue;
        }
        total = total.saturating_add(value);
        group.seen = true;
        group.value = group.value.saturating_add(value);
        group.count = group.count.saturating_add(at_index(known.counted));
        if let Some(sampling) = known.sampling {
            group.estimate.add(sampling.estimate(profile, sample));
        }
        if let Some(role) = role {
            group.roles.add(role, value);
        }
        if let Some(phase) = phase {
            group.phases.add(phase.to_string(), value);
        }
        if let Some(line) = at.and_then(|p| lines.get(p)) {
            group.places.add(place(profile, *line), value);
        }
        if let Some(outer) = at.and_then(|p| caller(&stack, p)) {
            group.callers.add(name_of(Some(outer)), value);
        }
    }
    let mut rows: Vec<TopRow> = groups
        .into_iter()
        // A group may have temporary bytes alone.
        .filter(|(_, group)| group.seen)
        .map(|((name, _), group)| row(name, group, total, &known, options.by))
        .collect();
    rows.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.name.cmp(&b.name)));
    let shown = options.limit.unwrap_or(rows.len()).min(rows.len());
    let left_out = rows.len() - shown;
    rows.truncate(shown);
    Ok(TopTable {
        by: options.by,
        sample_type: profile.kinds().get(index).copied().unwrap_or("").to_string(),
        unit: profile.unit(index).to_string(),
        total,
        left_out,
        rows,
    })
}

fn row(name: String, group: Group, total: i64, known: &Known, by: By) -> TopRow {
    let interval = known.sampling.and_then(|_| group.estimate.interval());
    let has_site = matches!(by, By::Site | By::Function);
    let (file, line) = match group.places.biggest() {
        Some((place, _)) if has_site => place.clone(),
        _ => (String::new(), 0),
    };
    TopRow {
        name,
        role: group.roles.part().filter(|_| by != By::Role),
        phase: group.phases.part().filter(|_| by != By::Phase),
        value: group.value,
        low: interval.map(|interval| interval.low.round() as i64),
        high: interval.map(|interval| interval.high.round() as i64),
        count: known.counted.map(|_| group.count),
        share: share(group.value, total),
        temporary: known.temporary.map(|_| group.temporary),
        freed: known.allocated.map(|_| group.lifetimes.freed_share()),
        median_lifetime: known.allocated.and_then(|_| group.lifetimes.median()),
        file,
        line,
        caller: group.callers.part().filter(|_| has_site),
    }
}

fn place(profile: &Profile, line: Line) -> (String, i64) {
    (profile.function_file(line).to_string(), line.line)
}

/// The role of a sample: its label, or what its stack says if mapprof's operation loop is on it.
fn role_of(profile: &Profile, sample: Sample<'_>, stack: &[Class]) -> Option<String> {
    match profile.label(sample, "role") {
        Some(role) => Some(role.to_string()),
        None if stack.contains(&Class::OperationLoop) => Some(role(stack).name().to_string()),
        None => None,
    }
}

/// The sample type that counts what the one at `index` measures: `inuse_objects` for `inuse_space`, else the first one
/// in units of `count`.
fn count_index(profile: &Profile, index: usize) -> Option<usize> {
    let kind = *profile.kinds().get(index)?;
    let objects =
        kind.strip_suffix("_space").and_then(|head| profile.sample_type(&format!("{head}_objects")));
    objects.or_else(|| (0..profile.sample_types.len()).find(|i| profile.unit(*i) == "count"))
}

#[cfg(test)]
#[path = "top_tests.rs"]
mod tests;
