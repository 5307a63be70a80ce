//! From raw samples to a profile: addresses get names, samples get the weight that they stand for, stacks get roles.

mod cpu;
mod heap_timeline;

pub use cpu::{CPU_TYPES, cpu_profile};
pub use heap_timeline::{HEAP_TIMELINE_TYPES, INTERVAL_LABEL, heap_timeline, interval_calls};

use std::collections::BTreeMap;

use crate::capture::heap_recording::HeapRecording;
use crate::capture::raw_samples::{RawHeap, RawMapping};
use crate::error::{Error, Result};

use super::attribute::{Classes, Kind, Role, has_operation_loop, role, unnamed};
use super::class::Class;
use super::rules::allocator_pattern;
use super::symbolize::{Addresses, Symbolizer};
use super::{Label, LabelValue, Profile, Sample, Text, ValueType};

/// What a profile was taken of. It becomes labels and comments.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The workload's name.
    pub workload: String,
    /// The map's name.
    pub map: String,
    /// Whether it is a program of the user's own, which brings its map.
    pub is_program: bool,
    /// The seed of the operation stream.
    pub seed: u64,
    /// mapprof's version.
    pub version: String,
    /// The command that takes this profile again.
    pub rerun: String,
    /// Names of the phases, in order.
    pub phases: Vec<String>,
    /// Worker threads; 0 is taken for one.
    pub threads: u16,
    /// When it was taken, nanoseconds since 1970.
    pub time_nanos: i64,
    /// How long it took, nanoseconds.
    pub duration_nanos: i64,
}

impl Context {
    /// The name of a phase.
    pub fn phase(&self, index: u16) -> String {
        let name = self.phases.get(usize::from(index)).cloned();
        name.unwrap_or_else(|| format!("phase-{index}"))
    }
}

/// Sample types of a heap profile: kind and unit, in the order of the values.
pub const HEAP_TYPES: [(&str, &str); 8] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
    ("peak_objects", "count"),
    ("peak_space", "bytes"),
    ("temporary_objects", "count"),
    ("temporary_space", "bytes"),
];

/// Key and unit of the label that has the usable bytes of each block, as the heap profiles of Go have it.
pub const BYTES_LABEL: (&str, &str) = ("bytes", "bytes");

/// Key and unit of the label that has the lifetime class of freed blocks ([`crate::capture::raw_samples::lifetime_class`]).
pub const LIFETIME_LABEL: (&str, &str) = ("lifetime", "calls");

/// What is counted together: one stack, one phase, one thread.
type Group = (u32, u16, u16);

/// Objects and bytes of a heap profile, in the order of [`HEAP_TYPES`].
type HeapValues<T> = [T; HEAP_TYPES.len()];

/// A heap profile of eight sample types. Each sample stands for 1 / (1 - exp(-usable / R)) allocations of its size;
/// if every allocation was recorded, each total is the counter's to the byte.
///
/// # Errors
/// When there is no sample, or a row names a stack that is not there.
pub fn heap_profile(
    raw: &RawHeap,
    mappings: &[RawMapping],
    context: &Context,
    symbolizer: &mut Symbolizer,
) -> Result<Profile> {
    if raw.rows.iter().all(|row| row.allocated == 0) && raw.sums.iter().all(|sum| sum.allocated.0 == 0) {
        if raw.recording == HeapRecording::Exact {
            return Err(Error::case("the operations allocated nothing, so there is no heap profile"));
        }
        return Err(Error::case(
            "the heap pass took no sample, so there is no heap profile: give the workload more operations with \
             --ops, or sample more often with a smaller --sample-bytes",
        ));
    }
    let mut builder = heap_builder(raw, mappings, context, symbolizer, &HEAP_TYPES, "inuse_space");
    sampled(&mut builder, raw)?;
    recorded(&mut builder, raw)?;
    Ok(builder.finish())
}

/// A profile in the making of what was recorded like this, with these sample types.
fn heap_builder<'a>(
    raw: &RawHeap,
    mappings: &'a [RawMapping],
    context: &'a Context,
    symbolizer: &'a mut Symbolizer,
    types: &[(&str, &str)],
    default: &str,
) -> Builder<'a> {
    let mut builder = Builder::new(mappings, context, symbolizer, types, default);
    builder.operations_alone = true;
    builder.profile.period_type = builder.value_type("space", "bytes");
    builder.profile.period = clamp(raw.recording.sample_bytes().unwrap_or(1));
    builder.profile.drop_frames = builder.profile.strings.add(&allocator_pattern());
    builder.comment(&match raw.recording.sample_bytes() {
        None => format!("every allocation was recorded; stacks by {}", raw.unwinder),
        Some(bytes) => {
            format!("one sample per {bytes} bytes allocated, on average; stacks by {}", raw.unwinder)
        }
    });
    builder
}

/// Adds the samples: those of one stack, phase, thread, size class and lifetime class together, each with the weight
/// that it stands for.
fn sampled(builder: &mut Builder, raw: &RawHeap) -> Result<()> {
    let mut rows: Vec<_> = raw.rows.iter().collect();
    // Sums of floating-point numbers depend on their order; a fixed one makes equal samples give equal profiles.
    rows.sort_by_key(|row| {
        (row.stack, row.phase, row.thread, row.usable, row.lifetime, row.size, row.allocated)
    });
    /// Sums by usable bytes and lifetime class.
    type Parts = BTreeMap<(u64, Option<u64>), HeapValues<f64>>;
    let mut groups: BTreeMap<Group, Parts> = BTreeMap::new();
    for row in rows {
        let group = groups.entry((row.stack, row.phase, row.thread)).or_default();
        let sums = group.entry((row.usable, row.lifetime)).or_default();
        let each = weight(row.usable.max(row.size), raw.recording.sample_bytes());
        let counts = [row.allocated, row.in_use, row.at_peak, row.temporary];
        for (place, sampled) in counts.into_iter().enumerate() {
            let objects = sampled as f64 * each;
            sums[2 * place] += objects;
            sums[2 * place + 1] += objects * row.size as f64;
        }
    }
    for (group, parts) in groups {
        // The running sums are rounded, not the parts: 1.4 objects each would lose their fractions every time.
        let mut so_far: HeapValues<f64> = Default::default();
        for ((usable, lifetime), sums) in parts {
            let mut values: HeapValues<i64> = Default::default();
            for ((value, sum), so_far) in values.iter_mut().zip(sums).zip(&mut so_far) {
                let before = so_far.round();
                *so_far += sum;
                *value = (so_far.round() - before) as i64;
            }
            builder.heap_sample(&raw.stacks, group, values, Some(usable), lifetime)?;
        }
    }
    Ok(())
}

/// Adds the exact sums. How long blocks lived is known of the allocated ones alone, so each lifetime class is a sample
/// with nothing but what was allocated, and all else stands with the blocks that were never freed.
fn recorded(builder: &mut Builder, raw: &RawHeap) -> Result<()> {
    let mut sums: Vec<_> = raw.sums.iter().collect();
    sums.sort_by_key(|sum| (sum.stack, sum.phase, sum.thread));
    for sum in sums {
        let group = (sum.stack, sum.phase, sum.thread);
        let mut freed: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let mut stays = sum.allocated;
        for (lifetime, objects, bytes) in &sum.lifetimes {
            let class = freed.entry(*lifetime).or_default();
            *class = (class.0.saturating_add(*objects), class.1.saturating_add(*bytes));
            stays = (stays.0.saturating_sub(*objects), stays.1.saturating_sub(*bytes));
        }
        let whole = [stays, sum.in_use, sum.at_peak, sum.temporary];
        builder.heap_sample(&raw.stacks, group, pairs(whole), None, None)?;
        for (lifetime, allocated) in freed {
            let values = pairs([allocated, (0, 0), (0, 0), (0, 0)]);
            builder.heap_sample(&raw.stacks, group, values, None, Some(lifetime))?;
        }
    }
    Ok(())
}

/// Values of a sample from pairs of objects and bytes.
fn pairs(pairs: [(u64, u64); 4]) -> HeapValues<i64> {
    let [alloc, in_use, at_peak, temporary] = pairs.map(|(objects, bytes)| [clamp(objects), clamp(bytes)]);
    [alloc[0], alloc[1], in_use[0], in_use[1], at_peak[0], at_peak[1], temporary[0], temporary[1]]
}

/// Allocations that one sample of `bytes` stands for, at a mean distance of `distance` bytes (none: all were recorded).
fn weight(bytes: u64, distance: Option<u64>) -> f64 {
    let Some(distance) = distance else { return 1.0 };
    // An allocation of no bytes has no odds of being sampled; should one appear, it stands for the smallest.
    1.0 / -f64::exp_m1(-(bytes.max(1) as f64) / distance as f64)
}

fn clamp(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A profile in the making.
pub(super) struct Builder<'a> {
    pub(super) profile: Profile,
    addresses: Addresses<'a>,
    classes: Classes,
    context: &'a Context,
    /// Whether all samples are of operations, so that none is the harness's.
    operations_alone: bool,
    /// Locations and role of the stacks met so far.
    stacks: BTreeMap<u32, (Vec<u32>, Role)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        mappings: &'a [RawMapping],
        context: &'a Context,
        symbolizer: &'a mut Symbolizer,
        types: &[(&str, &str)],
        default: &str,
    ) -> Self {
        let mut profile = Profile::default();
        profile.time_nanos = context.time_nanos;
        profile.duration_nanos = context.duration_nanos;
        let addresses = Addresses::new(symbolizer, mappings, &mut profile);
        let mut builder = Builder {
            profile,
            addresses,
            classes: Classes::default(),
            context,
            operations_alone: false,
            stacks: BTreeMap::new(),
        };
        builder.profile.sample_types =
            types.iter().map(|(kind, unit)| builder.value_type(kind, unit)).collect();
        builder.profile.default_sample_type = builder.profile.strings.add(default);
        builder.comment(&format!("mapprof {}", context.version));
        builder
            .comment(&format!("workload {}, map {}, seed {}", context.workload, context.map, context.seed));
        builder.comment(&format!("take it again: {}", context.rerun));
        builder
    }

    pub(super) fn value_type(&mut self, kind: &str, unit: &str) -> ValueType {
        ValueType { kind: self.profile.strings.add(kind), unit: self.profile.strings.add(unit) }
    }

    pub(super) fn comment(&mut self, line: &str) {
        let line = self.profile.strings.add(line);
        self.profile.comments.push(line);
    }

    fn label(&mut self, key: &str, value: &str) -> Label {
        let value: Text = self.profile.strings.add(value);
        Label { key: self.profile.strings.add(key), value: LabelValue::Text(value) }
    }

    fn number(&mut self, (key, unit): (&str, &str), value: u64) -> Label {
        let unit = self.profile.strings.add(unit);
        Label { key: self.profile.strings.add(key), value: LabelValue::Number(clamp(value), unit) }
    }

    /// Adds a sample of a heap profile, unless it is zero everywhere.
    fn heap_sample(
        &mut self,
        stacks: &[Vec<u64>],
        group: Group,
        values: HeapValues<i64>,
        usable: Option<u64>,
        lifetime: Option<u64>,
    ) -> Result<()> {
        if values.iter().all(|value| *value == 0) {
            return Ok(());
        }
        let usable = usable.map(|bytes| self.number(BYTES_LABEL, bytes));
        let lifetime = lifetime.map(|calls| self.number(LIFETIME_LABEL, calls));
        let labels: Vec<Label> = usable.into_iter().chain(lifetime).collect();
        self.sample(stacks, group, &values, &labels)
    }

    /// Who owns a stack.
    fn role(&mut self, locations: &[u32]) -> Role {
        let (lines, classes) = self.classes.stack(&self.profile, locations);
        let role = role(&classes, Kind::of(&self.profile));
        if role != Role::Harness {
            return role;
        }
        // Into a loop without lines the user's closure may be inlined, and does nearly all that the loop does.
        let mut frames = lines.iter().zip(&classes);
        let is_bare = frames.any(|(line, class)| {
            *class == Class::ProgramLoop && self.profile.function_file(*line).is_empty()
        });
        // In a binary without names the loop is not known; what was recorded lies inside of it all the same.
        let is_inside = self.operations_alone && !has_operation_loop(&classes);
        if is_bare || is_inside { unnamed(self.context.is_program) } else { role }
    }

    /// Adds a sample. `more` are labels beside those that say where it belongs.
    fn sample(&mut self, stacks: &[Vec<u64>], group: Group, values: &[i64], more: &[Label]) -> Result<()> {
        let (stack, phase, thread) = group;
        self.sample_of(stacks, (stack, phase, Some(thread)), values, more)
    }

    /// Adds a sample of a thread that may be unknown.
    pub(super) fn sample_of(
        &mut self,
        stacks: &[Vec<u64>],
        (stack, phase, thread): (u32, u16, Option<u16>),
        values: &[i64],
        more: &[Label],
    ) -> Result<()> {
        if !self.stacks.contains_key(&stack) {
            let addresses = stacks.get(stack as usize).ok_or_else(|| {
                Error::case(format!("the samples name stack {stack}, but there are only {}", stacks.len()))
            })?;
            let locations: Vec<u32> =
                addresses.iter().map(|a| self.addresses.locate(&mut self.profile, *a)).collect();
            let role = self.role(&locations);
            self.stacks.insert(stack, (locations, role));
        }
        let Some((locations, role)) = self.stacks.get(&stack).cloned() else { return Ok(()) };
        let context = self.context;
        let phase = context.phase(phase);
        let mut labels = vec![
            self.label("phase", &phase),
            self.label("role", role.name()),
            self.label("map", &context.map),
            self.label("workload", &context.workload),
        ];
        labels.extend(thread.map(|thread| self.label("thread", &format!("worker-{thread}"))));
        labels.extend_from_slice(more);
        self.profile.samples.push(Sample { locations: &locations, values, labels: &labels });
        Ok(())
    }

    pub(super) fn finish(self) -> Profile {
        self.profile
    }
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
