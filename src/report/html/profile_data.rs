//! The call tree of a profile, as the script draws it, and what its stacks allocated and freed over time.

use serde::Serialize;

use crate::error::Result;
use crate::output::DisplayOptions;
use crate::output::call_tree::CallTree;
use crate::profile::build::{INTERVAL_LABEL, interval_calls};
use crate::profile::top::site_intervals;
use crate::profile::{Profile, Sample, Samples, ValueType};
use crate::report::source_line::source_line;

/// Intervals of a heap profile over time at most.
const MOST_INTERVALS: u64 = 256;

/// A profile.
#[derive(Serialize)]
pub(super) struct ProfileData {
    types: Vec<TypeData>,
    tree: TreeData,
    over_time: Option<OverTime>,
}

#[derive(Serialize)]
struct TypeData {
    name: String,
    label: &'static str,
    unit: String,
}

/// A tree, column by column; the first node is the frame around all.
#[derive(Serialize, Default)]
struct TreeData {
    /// Names and source lines, each once.
    texts: Vec<String>,
    outer: Vec<usize>,
    name: Vec<usize>,
    source: Vec<usize>,
    role: Vec<&'static str>,
    /// For each sample type the places of the nodes that hold something by themselves, and what.
    own: Vec<(Vec<usize>, Vec<i64>)>,
}

/// What was allocated and freed in each interval of calls.
#[derive(Serialize)]
struct OverTime {
    /// Calls of an interval.
    calls: u64,
    /// A column for each interval and both: allocated, freed, allocated, …
    tree: TreeData,
    sites: Vec<SiteData>,
}

#[derive(Serialize)]
struct SiteData {
    name: String,
    role: String,
    source: String,
    /// Interval, bytes allocated, bytes freed.
    bytes: Vec<(u64, i64, i64)>,
}

/// The sample types of a heap profile that a report shows, and what they are called.
const LABELS: [(&str, &str); 9] = [
    ("peak_space", "in use at the peak"),
    ("inuse_space", "in use at the end"),
    ("alloc_space", "allocated"),
    ("temporary_space", "freed in the phase that allocated it"),
    ("peak_objects", "objects at the peak"),
    ("inuse_objects", "objects at the end"),
    ("alloc_objects", "objects allocated"),
    ("temporary_objects", "objects freed in their phase"),
    ("cpu", "CPU time"),
];

/// The data of `profile`, and of the same heap profile over time.
///
/// # Errors
/// When its stacks have too many different frames.
pub(super) fn of(profile: &Profile, timeline: Option<&Profile>) -> Result<ProfileData> {
    let tree = CallTree::of(profile, &DisplayOptions::default())?;
    let mut types = Vec::new();
    let mut measures = Vec::new();
    for (kind, label) in LABELS {
        let Some(measure) = tree.measure(kind).filter(|measure| tree.all(*measure, 0).sum.value > 0) else {
            continue;
        };
        let unit = tree.measures().get(measure).map(|measure| measure.unit.clone()).unwrap_or_default();
        types.push(TypeData { name: kind.to_owned(), label, unit });
        measures.push(measure);
    }
    Ok(ProfileData {
        types,
        tree: TreeData::of(&tree, &measures),
        over_time: timeline.map(over_time).transpose()?.flatten(),
    })
}

impl TreeData {
    fn of(tree: &CallTree, measures: &[usize]) -> TreeData {
        let mut data = TreeData { own: vec![Default::default(); measures.len()], ..TreeData::default() };
        let mut places = std::collections::HashMap::new();
        let mut place = |text: String, texts: &mut Vec<String>| {
            *places.entry(text).or_insert_with_key(|text| {
                texts.push(text.clone());
                texts.len() - 1
            })
        };
        for node in tree.nodes() {
            let source = source_line(node.file, node.line);
            data.outer.push(node.outer);
            data.name.push(place(node.name.to_owned(), &mut data.texts));
            data.source.push(place(source, &mut data.texts));
            data.role.push(node.roles().name());
            for (measure, (nodes, values)) in measures.iter().zip(&mut data.own) {
                let value = node.own(*measure, 0).sum.value;
                if value != 0 {
                    nodes.push(node.place);
                    values.push(i64::try_from(value).unwrap_or(i64::MAX));
                }
            }
        }
        data
    }
}

fn over_time(timeline: &Profile) -> Result<Option<OverTime>> {
    let Some(calls) = interval_calls(timeline).filter(|calls| *calls > 0) else { return Ok(None) };
    let Some(wide) = by_interval(timeline, calls) else { return Ok(None) };
    let tree = CallTree::of(&wide, &DisplayOptions::default())?;
    let measures: Vec<usize> = (0..tree.measures().len()).collect();
    let site = |site: crate::profile::top::SiteIntervals| SiteData {
        source: source_line(&site.file, site.line),
        name: site.name,
        role: site.role,
        bytes: site
            .bytes
            .into_iter()
            .map(|(interval, [allocated, freed])| (interval, allocated, freed))
            .collect(),
    };
    Ok(Some(OverTime {
        calls,
        tree: TreeData::of(&tree, &measures),
        sites: site_intervals(timeline).into_iter().map(site).collect(),
    }))
}

/// A heap profile over time with two sample types for each interval: one tree then has them all. None if it is no such
/// profile, or has too many intervals.
fn by_interval(timeline: &Profile, calls: u64) -> Option<Profile> {
    let (allocated, freed) = (timeline.sample_type("alloc_space")?, timeline.sample_type("freed_space")?);
    let key = timeline.strings.find(INTERVAL_LABEL.0)?;
    let interval = |sample: Sample<'_>| u64::try_from(sample.number(key).unwrap_or(0)).unwrap_or(0) / calls;
    let intervals = timeline.samples.iter().map(interval).max()? + 1;
    if intervals > MOST_INTERVALS {
        return None;
    }
    let mut wide = timeline.clone();
    (wide.samples, wide.sample_types) = (Samples::default(), Vec::new());
    let unit = wide.strings.add("bytes");
    for number in 0..2 * intervals {
        let kind = wide.strings.add(&format!("interval {number}"));
        wide.sample_types.push(ValueType { kind, unit });
    }
    let mut values = vec![0i64; 2 * intervals as usize];
    for sample in &timeline.samples {
        let at = 2 * interval(sample) as usize;
        for (place, kind) in [(at, allocated), (at + 1, freed)] {
            if let Some(value) = values.get_mut(place) {
                *value = sample.values.get(kind).copied().unwrap_or(0);
            }
        }
        wide.samples.push(Sample { values: &values, ..sample });
        values.iter_mut().skip(at).take(2).for_each(|value| *value = 0);
    }
    Some(wide)
}
