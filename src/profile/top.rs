//! The table of the biggest: what a profile's values add up to per site, role, phase or function.

mod cumulative;
mod site_intervals;
mod table;
mod tally;

use std::cmp::Reverse;

use crate::error::Result;

use super::Profile;
use super::interval::{Estimate, Sampling};
use super::lifetime::counted_by_lifetime;
use table::{share, type_index};
use tally::{Group, Name, TypePlaces, tally};

pub use cumulative::add_cumulative;
pub use site_intervals::{SiteIntervals, site_intervals};
pub use table::{By, Part, TopOptions, TopRow, TopTable};

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
    let known = TypePlaces {
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
    known: &TypePlaces,
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
