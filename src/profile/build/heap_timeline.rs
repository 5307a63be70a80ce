//! Heap profiles that know time: what each stack allocated and freed in each interval of calls.

use std::collections::BTreeMap;

use super::{Context, Group, clamp, heap_builder, weight};
use crate::capture::raw_samples::{RawHeap, RawHeapInterval, RawMapping};
use crate::error::Result;
use crate::profile::Profile;
use crate::profile::symbolize::Symbolizer;

/// Sample types of a heap profile over time: kind and unit, in the order of the values.
pub const HEAP_TIMELINE_TYPES: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("freed_objects", "count"),
    ("freed_space", "bytes"),
];

/// Key and unit of the label that has the first call of an interval, as the points of a timeline in the record count them: of all
/// threads together.
pub const INTERVAL_LABEL: (&str, &str) = ("interval", "calls");

/// The comment that says how many calls an interval has, before the number.
const INTERVAL_COMMENT: &str = "calls in each interval: ";

/// Sums of a stack in an interval, in the order of [`HEAP_TIMELINE_TYPES`].
type Values<T> = [T; HEAP_TIMELINE_TYPES.len()];

/// The stacks of a heap profile, with what each allocated and freed in each interval of calls. Values have the weights of
/// [`super::heap_profile`], so that sums over all intervals are its totals: what was allocated, and in use at the end. None if the
/// child did not tell of time.
///
/// # Errors
/// When a row names a stack that is not there.
pub fn heap_timeline(
    raw: &RawHeap,
    mappings: &[RawMapping],
    context: &Context,
    symbolizer: &mut Symbolizer,
) -> Result<Option<Profile>> {
    let Some(intervals) = &raw.intervals else { return Ok(None) };
    let mut builder = heap_builder(raw, mappings, context, symbolizer, &HEAP_TIMELINE_TYPES, "alloc_space");
    let calls = intervals.calls.saturating_mul(u64::from(context.threads.max(1)));
    builder.comment(&format!("{INTERVAL_COMMENT}{calls}"));
    let mut rows: Vec<&RawHeapInterval> = intervals.rows.iter().collect();
    // Sums of floating-point numbers depend on their order.
    rows.sort_by_key(|row| {
        (row.stack, row.phase, row.thread, row.interval, row.usable, row.allocated, row.freed)
    });
    let mut groups: BTreeMap<Group, BTreeMap<u32, Parts>> = BTreeMap::new();
    for row in rows {
        let group = groups.entry((row.stack, row.phase, row.thread)).or_default();
        group.entry(row.interval).or_default().add(row, raw.recording.sample_bytes());
    }
    for (group, parts) in groups {
        // As in a heap profile, the running sums are rounded.
        let mut so_far = Parts::default();
        for (interval, part) in parts {
            let before = so_far.rounded();
            so_far.join(part);
            let mut values = so_far.rounded();
            values.iter_mut().zip(before).for_each(|(value, before)| *value -= before);
            if values.iter().any(|value| *value != 0) {
                let label = builder.number(INTERVAL_LABEL, u64::from(interval).saturating_mul(calls));
                builder.sample(&raw.stacks, group, &values, &[label])?;
            }
        }
    }
    Ok(Some(builder.finish()))
}

/// How many calls, of all threads together, an interval of such a profile has. None if it does not say so.
pub fn interval_calls(timeline: &Profile) -> Option<u64> {
    let mut comments = timeline.comments.iter().map(|comment| timeline.strings.get(*comment));
    comments.find_map(|comment| comment.strip_prefix(INTERVAL_COMMENT)?.parse().ok())
}

/// Sums in the making. What was recorded is a whole number however large; what samples stand for is none.
#[derive(Clone, Copy, Default)]
struct Parts {
    recorded: Values<u64>,
    sampled: Values<f64>,
}

impl Parts {
    fn add(&mut self, row: &RawHeapInterval, sample_bytes: Option<u64>) {
        let values = [row.allocated.0, row.allocated.1, row.freed.0, row.freed.1];
        match (row.usable, sample_bytes) {
            (Some(usable), Some(_)) => {
                let each = weight(usable, sample_bytes);
                let sums = self.sampled.iter_mut().zip(values);
                sums.for_each(|(sum, value)| *sum += value as f64 * each);
            }
            _ => self.join(Parts { recorded: values, ..Parts::default() }),
        }
    }

    fn join(&mut self, other: Parts) {
        let recorded = self.recorded.iter_mut().zip(other.recorded);
        recorded.for_each(|(sum, value)| *sum = sum.saturating_add(value));
        self.sampled.iter_mut().zip(other.sampled).for_each(|(sum, value)| *sum += value);
    }

    fn rounded(&self) -> Values<i64> {
        std::array::from_fn(|place| {
            clamp(self.recorded[place]).saturating_add(self.sampled[place].round() as i64)
        })
    }
}

#[cfg(test)]
#[path = "heap_timeline_tests.rs"]
mod tests;
