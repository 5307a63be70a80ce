//! The table of the biggest: what a profile's values add up to per site, role, phase or function.

mod cumulative;
mod tally;

use std::cmp::Reverse;

use serde::Serialize;

use crate::error::{Error, Result, unknown};

use super::Profile;
use super::interval::{Estimate, Sampling};
use super::lifetime::counted_by_lifetime;
use tally::{Group, Known, Name, tally};

pub use cumulative::add_cumulative;

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
    /// The sum of the harness's own samples, which are in no row and not in `total`; 0 if they are shown.
    pub hidden: i64,
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
    /// The sum over all samples that have the function anywhere on their stack, each once, in the table's unit; none of
    /// roles and phases, and until [`add_cumulative`] fills it in.
    pub cumulative: Option<i64>,
    /// Lower end of the 95 % interval of `value`, in the table's unit; none if it is not known how the values were
    /// sampled. Equal to `value` if every allocation was recorded.
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

fn share(value: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { value as f64 / total as f64 }
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
    let index = type_index(profile, options)?;
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
    let found = tally(profile, index, options, &known);
    // A group may have temporary bytes alone.
    let mut groups: Vec<_> = found.groups.iter().filter(|(_, group)| group.seen).collect();
    let order = |((name, role), group): &(&(Name, Name), &Group)| {
        (Reverse(group.value), name.of(profile), role.of(profile))
    };
    groups.sort_by(|a, b| order(a).cmp(&order(b)));
    let shown = options.limit.unwrap_or(groups.len()).min(groups.len());
    let left_out = groups.len() - shown + found.others;
    groups.truncate(shown);
    let total = (found.total, found.estimate);
    let row = |((name, _), group): &(&(Name, Name), &Group)| {
        row(profile, name.of(profile), group, total, &known, options.by)
    };
    Ok(TopTable {
        by: options.by,
        sample_type: profile.kinds().get(index).copied().unwrap_or("").to_string(),
        unit: profile.unit(index).to_string(),
        total: found.total,
        hidden: found.hidden,
        left_out,
        rows: groups.iter().map(row).collect(),
    })
}

fn row(
    profile: &Profile,
    name: &str,
    group: &Group,
    (total, all): (i64, Estimate),
    known: &Known,
    by: By,
) -> TopRow {
    let interval = known.sampling.and_then(|sampling| sampling.interval(&group.estimate, &all));
    let has_site = matches!(by, By::Site | By::Function);
    let place = |(file, line)| (profile.strings.get(file), line);
    let (file, line) = match group.places.biggest(place) {
        Some((at, _)) if has_site => place(at),
        _ => ("", 0),
    };
    TopRow {
        name: name.to_string(),
        role: group.roles.part(profile).filter(|_| by != By::Role),
        phase: group.phases.part(profile).filter(|_| by != By::Phase),
        value: group.value,
        cumulative: None,
        low: interval.map(|interval| interval.low.round() as i64),
        high: interval.map(|interval| interval.high.round() as i64),
        count: known.counted.map(|_| group.count),
        share: share(group.value, total),
        temporary: known.temporary.map(|_| group.temporary),
        freed: known.allocated.map(|_| group.lifetimes.freed_share()),
        median_lifetime: known.allocated.and_then(|_| group.lifetimes.median()),
        file: file.to_string(),
        line,
        caller: group.callers.part(profile).filter(|_| has_site),
    }
}

/// The place of the sample type that is added up.
fn type_index(profile: &Profile, options: &TopOptions) -> Result<usize> {
    match &options.sample_type {
        None => Ok(profile.default_type()),
        Some(kind) => profile
            .sample_type(kind)
            .ok_or_else(|| Error::input(unknown("sample type", kind, profile.kinds()))),
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
