//! DHAT's JSON, version 2, which Valgrind's `dh_view.html` and the Firefox Profiler read: for each stack the bytes and
//! blocks that were allocated in total, live when the heap was largest (*t-gmax*), and live at the end (*t-end*).
//!
//! Format: the comments of `dhat/dh_main.c` and the checks of `dhat/dh_view.js` in Valgrind. A profile has no accesses, no
//! lifetimes in the file's unit of time, and no time of the peak; docs/FORMAT.md says what stands in their places.

use std::collections::HashMap;
use std::io::{self, Write};

use foldhash::fast::RandomState;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::display_options::DisplayOptions;
use super::frame_table::FrameTable;
use super::stacks::{Distinct, Distincts, Frame, Same, Stacks};
use crate::error::Error;
use crate::profile::{Line, Profile};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    dhat_file_version: u32,
    mode: String,
    verb: String,
    bklt: bool,
    bkacc: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bksu: Option<&'static str>,
    tu: &'static str,
    #[serde(rename = "Mtu")]
    mtu: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tuth: Option<u64>,
    cmd: &'a str,
    pid: u32,
    te: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tg: Option<u64>,
    pps: Points<'a>,
    ftbl: Vec<String>,
}

/// The unit of time, and a million of it. A profile has no clock: a run is a million of its own parts, so that the rates of
/// the viewer are those of a run.
const TIME_UNIT: &str = "millionths of the run";
const MILLION_TIME_UNITS: &str = "run";
const RUN: u64 = 1_000_000;

/// The sample types of one moment, or of all allocations.
struct Pair {
    bytes: usize,
    blocks: Option<usize>,
}

impl Pair {
    /// The types that are called so and `_space` or `_objects`, if the profile has both.
    fn both(profile: &Profile, of: &str) -> Option<Pair> {
        let blocks = profile.sample_type(&format!("{of}_objects"));
        let bytes = profile.sample_type(&format!("{of}_space"))?;
        blocks.map(|blocks| Pair { bytes, blocks: Some(blocks) })
    }

    /// The type at `index` with the one that belongs to it.
    fn at(profile: &Profile, index: usize) -> Option<Pair> {
        let kind = profile.kinds().get(index).copied().unwrap_or("");
        let stem = kind.strip_suffix("_space").or_else(|| kind.strip_suffix("_objects"));
        let only = || (profile.unit(index) == "bytes").then_some(Pair { bytes: index, blocks: None });
        stem.and_then(|stem| Pair::both(profile, stem)).or_else(only)
    }
}

/// What a file shows.
struct Contents {
    mode: String,
    verb: String,
    /// What is the total; then, if the profile has them, what was live at t-gmax and at t-end.
    pairs: Vec<Pair>,
}

impl Contents {
    /// All of a profile with the types for it, otherwise the sample type at `index`.
    fn of(profile: &Profile, index: usize) -> io::Result<Contents> {
        let all: Option<Vec<Pair>> =
            ["alloc", "peak", "inuse"].iter().map(|of| Pair::both(profile, of)).collect();
        if let Some(pairs) = all {
            let mode = "mapprof (not recorded: lifetimes, the time of t-gmax; Max is the larger of t-gmax and t-end)";
            return Ok(Contents { mode: mode.to_owned(), verb: "Allocated".to_owned(), pairs });
        }
        let kind = profile.kinds().get(index).copied().unwrap_or("");
        let pair = Pair::at(profile, index).ok_or_else(|| {
            io::Error::other(Error::input(format!(
                "a DHAT file is of bytes on the heap, and {kind} is not; choose another type with --type"
            )))
        })?;
        let verb = match kind.strip_suffix("_space").or_else(|| kind.strip_suffix("_objects")) {
            Some("alloc") => "Allocated".to_owned(),
            Some("inuse") => "In use, allocated".to_owned(),
            _ => format!("{kind}, allocated"),
        };
        Ok(Contents { mode: format!("mapprof ({kind})"), verb, pairs: vec![pair] })
    }
}

/// The program points: a stack each, with its figures.
struct Points<'a> {
    stacks: &'a Stacks<'a>,
    distinct: &'a Distincts<'a>,
    table: &'a FrameTable<'a>,
    /// For each pair of types the bytes and blocks of each stack.
    figures: Vec<Vec<[i64; 2]>>,
}

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let points = self.distinct.stacks.iter().enumerate().map(|(place, stack)| Point {
            of: self,
            stack,
            figures: self.figures.iter().filter_map(|all| all.get(place).copied()).collect(),
        });
        serializer.collect_seq(points.filter(|point| point.figures.as_flattened().iter().any(|v| *v != 0)))
    }
}

struct Point<'a> {
    of: &'a Points<'a>,
    stack: &'a Distinct<'a>,
    figures: Vec<[i64; 2]>,
}

impl Serialize for Point<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut entries = |[bytes, blocks]: [&'static str; 2], figures: [i64; 2]| {
            map.serialize_entry(bytes, &figures[0]).and_then(|()| map.serialize_entry(blocks, &figures[1]))
        };
        match self.figures.as_slice() {
            [total, peak, end] => {
                entries(["tb", "tbk"], *total)?;
                // So much was live at once, and perhaps more at another time.
                entries(["mb", "mbk"], if end[0] > peak[0] { *end } else { *peak })?;
                entries(["gb", "gbk"], *peak)?;
                entries(["eb", "ebk"], *end)?;
            }
            figures => entries(["tb", "tbk"], figures.first().copied().unwrap_or_default())?,
        }
        let mut places: Vec<u32> = self.of.table.places(self.of.stacks, self.stack).collect();
        // Place 0 is the root's. The innermost frame comes first.
        places.iter_mut().for_each(|place| *place += 1);
        places.reverse();
        map.serialize_entry("fs", &places)?;
        map.end()
    }
}

/// Writes the profile: all of a heap profile with totals, peak and end, otherwise the sample type at `index`.
///
/// # Errors
/// When a value is negative, as in a difference of two profiles, when the type is not of bytes, or when `out` cannot be
/// written to.
pub fn write(profile: &Profile, index: usize, view: &DisplayOptions, out: &mut dyn Write) -> io::Result<()> {
    if profile.samples.iter().any(|sample| sample.values.iter().any(|value| *value < 0)) {
        let words = "a DHAT file has no negative values, and this profile has some";
        return Err(io::Error::other(Error::input(words)));
    }
    let Contents { mode, verb, pairs } = Contents::of(profile, index)?;
    let stacks = Stacks::new(profile, view);
    let distinct = stacks.distinct(Same::Lines);
    let table = FrameTable::new(&stacks, &distinct);
    let figures = pairs.iter().map(|pair| figures(&stacks, &distinct, pair)).collect();
    let has_live = pairs.len() > 1;
    let file = File {
        dhat_file_version: 2,
        mode,
        verb,
        bklt: has_live,
        bkacc: false,
        bksu: pairs.iter().any(|pair| pair.blocks.is_none()).then_some("blocks (not recorded)"),
        tu: TIME_UNIT,
        mtu: MILLION_TIME_UNITS,
        tuth: has_live.then_some(0),
        cmd: if view.title.is_empty() { "(unknown)" } else { &view.title },
        pid: 0,
        te: RUN,
        tg: has_live.then_some(0),
        pps: Points { stacks: &stacks, distinct: &distinct, table: &table, figures },
        ftbl: names(profile, &table),
    };
    serde_json::to_writer(out, &file).map_err(io::Error::from)
}

/// The bytes and blocks of each stack.
fn figures(stacks: &Stacks<'_>, distinct: &Distincts<'_>, pair: &Pair) -> Vec<[i64; 2]> {
    let mut figures = vec![[0; 2]; distinct.stacks.len()];
    for (part, index) in [Some(pair.bytes), pair.blocks].into_iter().enumerate() {
        for (stack, sum) in index.map(|index| stacks.sums(distinct, index)).unwrap_or_default() {
            if let Some(figure) = figures.get_mut(stack as usize).and_then(|of| of.get_mut(part)) {
                *figure = sum;
            }
        }
    }
    figures
}

/// The frames as Valgrind writes them: `0x1234: name (file:line)`.
fn names(profile: &Profile, table: &FrameTable<'_>) -> Vec<String> {
    // Of a line with several addresses the first.
    let mut places: HashMap<Line, (u64, &str), RandomState> = HashMap::default();
    for location in profile.locations.iter().filter(|location| location.address != 0) {
        let mapping = location.mapping.and_then(|mapping| profile.mappings.get(mapping as usize));
        let file = mapping.map_or("", |mapping| profile.strings.get(mapping.file));
        for line in &location.lines {
            places.entry(*line).or_insert((location.address, file));
        }
    }
    let name = |frame: &Frame<'_>| {
        let Some(line) = frame.line else { return frame.name.to_owned() };
        let place = places.get(&line);
        let address = place.map(|(address, _)| format!("0x{address:X}: ")).unwrap_or_default();
        let name = if frame.name.is_empty() { "???" } else { frame.name };
        let file = match (profile.function_file(line), place) {
            ("", None | Some((_, ""))) => String::new(),
            ("", Some((_, mapping))) => format!(" (in {mapping})"),
            (file, _) if line.line > 0 => format!(" ({file}:{})", line.line),
            (file, _) => format!(" ({file})"),
        };
        format!("{address}{name}{file}")
    };
    std::iter::once("[root]".to_owned()).chain(table.frames().iter().map(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures::{self, Plan};
    use serde_json::{Value, json};

    fn written(profile: &Profile, index: usize) -> Value {
        let mut out = Vec::new();
        let view = DisplayOptions { show_harness: true, ..DisplayOptions::default() };
        write(profile, index, &view, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_whole_profile_has_its_totals_its_peak_and_its_end() {
        let profile = fixtures::heap();
        let file = written(&profile, profile.default_type());
        let sum = |field: &str| -> i64 {
            file["pps"].as_array().unwrap().iter().map(|point| point[field].as_i64().unwrap()).sum()
        };
        for (field, kind) in [
            ("tb", "alloc_space"),
            ("tbk", "alloc_objects"),
            ("gb", "peak_space"),
            ("gbk", "peak_objects"),
            ("eb", "inuse_space"),
            ("ebk", "inuse_objects"),
        ] {
            assert_eq!(Some(sum(field)), profile.total(kind), "{field}");
        }
        assert_eq!((&file["bklt"], &file["bkacc"]), (&json!(true), &json!(false)));
        let kept = file["pps"].as_array().unwrap().iter().find(|point| point["eb"] == 17_825_808).unwrap();
        assert_eq!((&kept["mb"], &kept["mbk"]), (&json!(26_738_720), &json!(2)), "{kept}");
        assert!(kept.get("tl").is_none(), "lifetimes are not known in the file's unit");
    }

    #[test]
    fn frames_are_named_as_valgrind_does_it_and_begin_at_the_innermost() {
        let mut plan = Plan::new(&[("inuse_space", "bytes")], "inuse_space");
        plan.sample(&[&["leaf@a.rs:3", "inlined@a.rs:0"], &["main"]], &[("phase", "fill")], &[10]);
        let file = written(&plan.profile, 0);
        let names = json!([
            "[root]",
            "fill",
            "0x1010: main (in /usr/bin/mapprof)",
            "0x1000: inlined (a.rs)",
            "0x1000: leaf (a.rs:3)"
        ]);
        assert_eq!(file["ftbl"], names);
        assert_eq!(file["pps"], json!([{"tb": 10, "tbk": 0, "fs": [4, 3, 2, 1]}]));
        assert_eq!(
            (&file["verb"], &file["bksu"]),
            (&json!("In use, allocated"), &json!("blocks (not recorded)"))
        );
        assert_eq!((&file["bklt"], file.get("tg"), file.get("tuth")), (&json!(false), None, None));
    }

    #[test]
    fn a_profile_that_lacks_the_peak_is_one_type_and_its_blocks() {
        let foreign = fixtures::foreign();
        for index in [0, 1] {
            let file = written(&foreign, index);
            assert_eq!(file["pps"][0]["tb"], 2048);
            assert_eq!(file["pps"][0]["tbk"], 2);
            assert_eq!((&file["bklt"], file.get("bksu")), (&json!(false), None));
        }
    }

    #[test]
    fn what_is_no_heap_and_a_difference_are_refused() {
        let cpu = fixtures::cpu();
        let refused =
            write(&cpu, cpu.default_type(), &DisplayOptions::default(), &mut Vec::new()).unwrap_err();
        assert!(refused.to_string().contains("cpu is not"), "{refused}");
        let mut plan = Plan::new(&[("inuse_space", "bytes")], "inuse_space");
        plan.sample(&[&["leaf@a.rs:3"]], &[], &[-1]);
        let refused = write(&plan.profile, 0, &DisplayOptions::default(), &mut Vec::new()).unwrap_err();
        assert!(refused.to_string().contains("negative"), "{refused}");
    }
}
