//! The processed format of the Firefox Profiler (profiler.firefox.com), with a thread for each sample type.
//!
//! Format: `src/types/profile.ts` and `docs-developer/CHANGELOG-formats.md` of firefox-devtools/profiler. Version 61 is
//! written, which keeps the tables that all threads share in one place; newer profilers bring it up to their own version.
//! A profile has no times, so samples stand one after the other, a millisecond each.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{self, Write};

use foldhash::fast::RandomState;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::display_options::DisplayOptions;
use super::frame_table::FrameTable;
use super::stacks::{Distincts, Same, Stacks};
use crate::profile::Profile;

/// The version of the processed format, and of the format that Firefox wrote at that time.
const PROCESSED_VERSION: u32 = 61;
const GECKO_VERSION: u32 = 34;

#[derive(Serialize)]
struct File<'a> {
    meta: Meta<'a>,
    libs: [(); 0],
    shared: Shared<'a>,
    threads: Vec<Thread<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    interval: u32,
    start_time: f64,
    process_type: u32,
    product: &'a str,
    imported_from: &'static str,
    stackwalk: u32,
    version: u32,
    preprocessed_profile_version: u32,
    categories: [Category; 1],
    marker_schema: [(); 0],
    symbolicated: bool,
    uses_only_one_stack_type: bool,
    source_code_is_not_on_searchfox: bool,
    keep_profile_thread_order: bool,
    initial_visible_threads: Vec<usize>,
    initial_selected_threads: [usize; 1],
}

#[derive(Serialize)]
struct Category {
    name: &'static str,
    color: &'static str,
    subcategories: [&'static str; 1],
}

/// What all threads share: lists of the same length that are the columns of a table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shared<'a> {
    stack_table: StackTable<'a>,
    frame_table: FrameColumns<'a>,
    func_table: FuncTable,
    resource_table: ResourceTable,
    native_symbols: NativeSymbols,
    string_array: Vec<&'a str>,
    sources: Sources,
}

#[derive(Serialize)]
struct StackTable<'a> {
    frame: Column<'a>,
    prefix: Column<'a>,
    length: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FrameColumns<'a> {
    address: All<i32>,
    inline_depth: All<u32>,
    category: All<u32>,
    subcategory: All<u32>,
    func: &'a [u32],
    native_symbol: All<()>,
    #[serde(rename = "innerWindowID")]
    inner_window_id: All<u32>,
    line: Vec<Option<i64>>,
    column: All<()>,
    length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FuncTable {
    #[serde(rename = "isJS")]
    is_js: All<bool>,
    #[serde(rename = "relevantForJS")]
    relevant_for_js: All<bool>,
    name: Vec<u32>,
    resource: All<i32>,
    source: Vec<Option<u32>>,
    line_number: All<()>,
    column_number: All<()>,
    length: usize,
}

#[derive(Default, Serialize)]
struct ResourceTable {
    lib: [(); 0],
    name: [(); 0],
    host: [(); 0],
    #[serde(rename = "type")]
    kind: [(); 0],
    length: usize,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct NativeSymbols {
    lib_index: [(); 0],
    address: [(); 0],
    name: [(); 0],
    function_size: [(); 0],
    length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sources {
    id: All<()>,
    filename: Vec<u32>,
    start_line: All<u32>,
    start_column: All<u32>,
    #[serde(rename = "sourceMapURL")]
    source_map_url: All<()>,
    length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thread<'a> {
    process_type: &'static str,
    process_startup_time: u32,
    process_shutdown_time: (),
    register_time: u32,
    unregister_time: (),
    paused_ranges: [(); 0],
    name: &'a str,
    is_main_thread: bool,
    pid: &'static str,
    tid: usize,
    samples: SamplesTable,
    markers: Markers,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SamplesTable {
    stack: Vec<u32>,
    time: Counted,
    weight: Weights,
    weight_type: &'static str,
    length: usize,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Markers {
    data: [(); 0],
    name: [(); 0],
    start_time: [(); 0],
    end_time: [(); 0],
    phase: [(); 0],
    category: [(); 0],
    length: usize,
}

/// A column with the same in each row.
struct All<T>(T, usize);

impl<T: Serialize> Serialize for All<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(std::iter::repeat_n(&self.0, self.1))
    }
}

/// 0, 1, 2, ...
struct Counted(usize);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(0..self.0)
    }
}

/// The weights of samples, and how many of the unit are one of the profiler's, if it is a time.
struct Weights(Vec<i64>, Option<f64>);

impl Serialize for Weights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            None => self.0.serialize(serializer),
            Some(per_ms) => serializer.collect_seq(self.0.iter().map(|weight| *weight as f64 / per_ms)),
        }
    }
}

/// The stacks as a tree, which is walked while it is written: as a whole it would take many times the profile's memory.
struct Tree<'a> {
    stacks: &'a Stacks<'a>,
    distinct: &'a Distincts<'a>,
    table: &'a FrameTable<'a>,
    /// The stacks, those with the same outer frames beside each other.
    order: Vec<u32>,
}

impl<'a> Tree<'a> {
    fn new(stacks: &'a Stacks<'a>, distinct: &'a Distincts<'a>, table: &'a FrameTable<'a>) -> Tree<'a> {
        let mut tree = Tree { stacks, distinct, table, order: (0..distinct.stacks.len() as u32).collect() };
        let mut order = std::mem::take(&mut tree.order);
        order.sort_by(|a, b| tree.frames(*a).cmp(tree.frames(*b)));
        tree.order = order;
        tree
    }

    fn frames(&self, stack: u32) -> impl Iterator<Item = u32> {
        let stack = self.distinct.stacks.get(stack as usize);
        stack.into_iter().flat_map(|stack| self.table.places(self.stacks, stack))
    }

    /// Walks the tree. `enter` is given the frame of each node and its parent, which comes before it; `end` is given each
    /// stack and the node of its innermost frame.
    fn walk<E>(
        &self,
        mut enter: impl FnMut(u32, Option<u32>) -> Result<(), E>,
        mut end: impl FnMut(u32, u32),
    ) -> Result<u32, E> {
        let mut nodes = 0;
        // The frames of the last stack with their nodes.
        let mut path: Vec<(u32, u32)> = Vec::new();
        for stack in &self.order {
            let mut depth = 0;
            for frame in self.frames(*stack) {
                if path.get(depth).is_none_or(|(other, _)| *other != frame) {
                    path.truncate(depth);
                    enter(frame, path.last().map(|(_, node)| *node))?;
                    path.push((frame, nodes));
                    nodes += 1;
                }
                depth += 1;
            }
            path.truncate(depth);
            if let Some((_, node)) = path.last() {
                end(*stack, *node);
            }
        }
        Ok(nodes)
    }
}

/// A column of the tree's nodes.
struct Column<'a> {
    tree: &'a Tree<'a>,
    is_prefix: bool,
}

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        let row = |frame, prefix| match self.is_prefix {
            true => rows.serialize_element(&prefix),
            false => rows.serialize_element(&frame),
        };
        self.tree.walk(row, |_, _| ())?;
        rows.end()
    }
}

/// Places in a list of text in which each is once.
#[derive(Default)]
struct Numbered<'a> {
    places: HashMap<&'a str, u32, RandomState>,
    all: Vec<&'a str>,
}

impl<'a> Numbered<'a> {
    fn of(&mut self, text: &'a str) -> u32 {
        let new = self.all.len() as u32;
        let place = *self.places.entry(text).or_insert(new);
        if place == new {
            self.all.push(text);
        }
        place
    }
}

/// The functions, told apart by name and source file: the profiler adds up by function.
#[derive(Default)]
struct Functions<'a> {
    strings: Numbered<'a>,
    files: Numbered<'a>,
    places: HashMap<(u32, Option<u32>), u32, RandomState>,
    all: Vec<(u32, Option<u32>)>,
    /// The function of each frame.
    of_frames: Vec<u32>,
}

impl<'a> Functions<'a> {
    fn of(profile: &'a Profile, table: &FrameTable<'a>) -> Functions<'a> {
        let mut functions = Functions::default();
        for frame in table.frames() {
            let file = frame.line.map_or("", |line| profile.function_file(line));
            let name = if frame.name.is_empty() { "???" } else { frame.name };
            let key = (
                functions.strings.of(name),
                Some(file).filter(|file| !file.is_empty()).map(|file| functions.files.of(file)),
            );
            let new = functions.all.len() as u32;
            let place = *functions.places.entry(key).or_insert(new);
            if place == new {
                functions.all.push(key);
            }
            functions.of_frames.push(place);
        }
        functions
    }
}

/// Writes the profile with every sample type that is not zero everywhere.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(profile: &Profile, view: &DisplayOptions, out: &mut dyn Write) -> io::Result<()> {
    let stacks = Stacks::new(profile, view);
    let distinct = stacks.distinct(Same::Lines);
    let table = FrameTable::new(&stacks, &distinct);
    let tree = Tree::new(&stacks, &distinct, &table);
    let mut ends = vec![0; distinct.stacks.len()];
    let Ok(nodes) = tree.walk(
        |_, _| Ok::<(), Infallible>(()),
        |stack, node| ends.get_mut(stack as usize).into_iter().for_each(|end| *end = node),
    );
    let Functions { mut strings, files, all, of_frames, .. } = Functions::of(profile, &table);
    let filename: Vec<u32> = files.all.iter().map(|file| strings.of(file)).collect();
    let types = stacks.types();
    let kinds = profile.kinds();
    let threads = types.iter().enumerate().map(|(tid, index)| {
        let name = kinds.get(*index).copied().unwrap_or("");
        thread(tid, name, profile.unit(*index), &stacks.sums(&distinct, *index), &ends)
    });
    let default = types.iter().position(|index| *index == profile.default_type()).unwrap_or(0);
    let (frames, functions, sources) = (table.frames().len(), all.len(), filename.len());
    let line = |frame: &super::stacks::Frame<'_>| frame.line.map(|line| line.line).filter(|line| *line > 0);
    let file = File {
        meta: Meta {
            interval: 1,
            start_time: profile.time_nanos as f64 / 1e6,
            process_type: 0,
            product: if view.title.is_empty() { "mapprof" } else { &view.title },
            imported_from: "mapprof",
            stackwalk: 1,
            version: GECKO_VERSION,
            preprocessed_profile_version: PROCESSED_VERSION,
            categories: [Category { name: "Other", color: "grey", subcategories: ["Other"] }],
            marker_schema: [],
            symbolicated: true,
            uses_only_one_stack_type: true,
            source_code_is_not_on_searchfox: true,
            keep_profile_thread_order: true,
            initial_visible_threads: (0..types.len()).collect(),
            initial_selected_threads: [default],
        },
        libs: [],
        threads: threads.collect(),
        shared: Shared {
            stack_table: StackTable {
                frame: Column { tree: &tree, is_prefix: false },
                prefix: Column { tree: &tree, is_prefix: true },
                length: nodes,
            },
            frame_table: FrameColumns {
                address: All(-1, frames),
                inline_depth: All(0, frames),
                category: All(0, frames),
                subcategory: All(0, frames),
                func: &of_frames,
                native_symbol: All((), frames),
                inner_window_id: All(0, frames),
                line: table.frames().iter().map(line).collect(),
                column: All((), frames),
                length: frames,
            },
            func_table: FuncTable {
                is_js: All(false, functions),
                relevant_for_js: All(false, functions),
                name: all.iter().map(|(name, _)| *name).collect(),
                resource: All(-1, functions),
                source: all.iter().map(|(_, source)| *source).collect(),
                line_number: All((), functions),
                column_number: All((), functions),
                length: functions,
            },
            resource_table: ResourceTable::default(),
            native_symbols: NativeSymbols::default(),
            string_array: strings.all,
            sources: Sources {
                id: All((), sources),
                filename,
                start_line: All(1, sources),
                start_column: All(1, sources),
                source_map_url: All((), sources),
                length: sources,
            },
        },
    };
    serde_json::to_writer(out, &file).map_err(io::Error::from)
}

/// The thread of a sample type: its samples are stacks with their sums.
fn thread<'a>(tid: usize, name: &'a str, unit: &str, sums: &[(u32, i64)], ends: &[u32]) -> Thread<'a> {
    let (weight_type, per_ms) = match unit {
        "bytes" => ("bytes", None),
        "nanoseconds" => ("tracing-ms", Some(1e6)),
        "microseconds" => ("tracing-ms", Some(1e3)),
        "milliseconds" => ("tracing-ms", Some(1.0)),
        "seconds" => ("tracing-ms", Some(1e-3)),
        _ => ("samples", None),
    };
    Thread {
        process_type: "default",
        process_startup_time: 0,
        process_shutdown_time: (),
        register_time: 0,
        unregister_time: (),
        paused_ranges: [],
        name,
        is_main_thread: false,
        pid: "0",
        tid,
        samples: SamplesTable {
            stack: sums.iter().map(|(stack, _)| ends.get(*stack as usize).copied().unwrap_or(0)).collect(),
            time: Counted(sums.len()),
            weight: Weights(sums.iter().map(|(_, value)| *value).collect(), per_ms),
            weight_type,
            length: sums.len(),
        },
        markers: Markers::default(),
    }
}

#[cfg(test)]
#[path = "firefox_tests.rs"]
mod tests;
