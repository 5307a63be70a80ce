//! The profiles in speedscope, in a real browser: `tests/tools/speedscope.mjs` drives it and prints what it shows.

use crate::outside::{browser_present, package_present, shown};
use crate::run_once;
use serde::Deserialize;

/// What the driver prints.
#[derive(Deserialize)]
struct Shown {
    loaded: bool,
    profiles: Vec<String>,
    active: Option<String>,
    frames: Vec<Frame>,
    errors: Vec<String>,
}

/// A row of the Sandwich view.
#[derive(Deserialize)]
struct Frame {
    name: String,
    total: String,
    #[serde(rename = "self")]
    own: String,
}

/// Opens a file of the run. None when a tool is not there.
fn open(file: &str) -> Option<Shown> {
    if !browser_present() || !package_present("speedscope") {
        return None;
    }
    let shown: Shown = shown("speedscope.mjs", &run_once::file(file), &[]);
    assert!(shown.loaded, "speedscope on {file}: {:?}", shown.errors);
    assert!(!shown.frames.is_empty(), "speedscope shows no frame of {file}");
    for frame in &shown.frames {
        assert!(
            !frame.total.is_empty() && !frame.own.is_empty(),
            "speedscope shows no weight for {}",
            frame.name
        );
    }
    let active = shown.active.as_ref().expect("a loaded file has a profile");
    assert!(shown.profiles.contains(active), "{active} is not in the menu {:?}", shown.profiles);
    Some(shown)
}

#[track_caller]
fn assert_frame(shown: &Shown, part: &str) {
    assert!(
        shown.frames.iter().any(|frame| frame.name.contains(part)),
        "no frame has {part} in its name: {:#?}",
        shown.frames.iter().map(|frame| &frame.name).collect::<Vec<_>>()
    );
}

/// From a protobuf speedscope takes the outermost function of each address alone, so inlined frames such as the payload
/// makers are not there to be found; its own format has them.
#[test]
fn heap_protobuf_opens_and_shows_the_table() {
    if let Some(shown) = open("heap.pb.gz") {
        assert_frame(&shown, "hashbrown::raw::RawTable");
    }
}

#[test]
fn heap_json_opens_and_shows_the_payload_maker() {
    if let Some(shown) = open("heap.speedscope.json") {
        assert_frame(&shown, "make_value");
    }
}

/// Which of its own functions a short CPU profile hits is chance, that it hits some is not.
#[test]
fn cpu_json_opens_and_shows_the_workload() {
    if let Some(shown) = open("cpu.speedscope.json") {
        assert_frame(&shown, "mapprof::");
    }
}
