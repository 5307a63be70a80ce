//! Writers: each turns a profile into the bytes of one file, and does nothing else. Adding one takes a file and a row.
//! `waterfall` and `timeline` draw what a memory pass reported instead; `comparison` and `scatter` show many runs.

mod axis;
mod canvas;
mod cell;
pub mod comparison;
pub mod difference;
mod difference_markdown;
mod difference_words;
mod escaped;
pub mod figure;
pub mod flame_difference;
pub mod flamegraph;
pub mod folded;
pub mod github;
pub mod grid;
pub mod junit;
mod label_layout;
mod marked;
pub mod scatter;
pub mod site_lines;
pub mod size;
pub mod speedscope;
mod stack_pair;
pub mod stacks;
pub mod table;
pub mod timeline;
pub mod verdicts;
pub mod waterfall;

use crate::error::Result;
use crate::profile::{Profile, pprof};

/// How a profile is to be shown.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// What it is of: `std · skewed-keys`.
    pub title: String,
    /// Whether frames outside of the operation loop, and the allocator at the leaves, are shown.
    pub show_harness: bool,
}

/// A file that can be written from a profile.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The name users type.
    pub name: &'static str,
    /// The file's name in a run's directory.
    pub file_name: &'static str,
    /// One line: what it is, and what opens it.
    pub about: &'static str,
    /// The sample type that it shows; none if it has all that there are. It is not written of a run's profile that lacks
    /// the type.
    pub shows: Option<&'static str>,
    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be drawn or serialized.
    pub render: fn(&Profile, &View) -> Result<Vec<u8>>,
}

/// What a heap profile is written to.
pub const HEAP: &[Output] = &[
    Output {
        name: "heap-pprof",
        file_name: "heap.pb.gz",
        about: "all sample types, for go tool pprof, Parca, Pyroscope and speedscope",
        shows: None,
        render: pprof_file,
    },
    Output {
        name: "heap-inuse-svg",
        file_name: "heap-inuse.svg",
        about: "flame graph of the bytes in use at the end of the run, for a browser",
        shows: Some("inuse_space"),
        render: |profile, view| flame(profile, "inuse_space", "bytes in use at the end of the run", view),
    },
    Output {
        name: "heap-alloc-svg",
        file_name: "heap-alloc.svg",
        about: "flame graph of all bytes allocated, for a browser",
        shows: Some("alloc_space"),
        render: |profile, view| flame(profile, "alloc_space", "bytes allocated", view),
    },
    Output {
        name: "heap-peak-svg",
        file_name: "heap-peak.svg",
        about: "flame graph of the bytes in use when the heap was largest, for a browser",
        shows: Some("peak_space"),
        render: |profile, view| flame(profile, "peak_space", "bytes in use when the heap was largest", view),
    },
    Output {
        name: "heap-speedscope",
        file_name: "heap.speedscope.json",
        about: "all sample types with inlined frames, for speedscope.app",
        shows: None,
        render: speedscope::render,
    },
    Output {
        name: "heap-inuse-folded",
        file_name: "heap-inuse.folded",
        about: "folded stacks of the bytes in use at the end of the run, for scripts and flamegraph.pl",
        shows: Some("inuse_space"),
        render: |profile, view| Ok(fold(profile, "inuse_space", view)),
    },
    Output {
        name: "heap-alloc-folded",
        file_name: "heap-alloc.folded",
        about: "folded stacks of all bytes allocated, for scripts and flamegraph.pl",
        shows: Some("alloc_space"),
        render: |profile, view| Ok(fold(profile, "alloc_space", view)),
    },
    Output {
        name: "heap-peak-folded",
        file_name: "heap-peak.folded",
        about: "folded stacks of the bytes in use when the heap was largest, for scripts and flamegraph.pl",
        shows: Some("peak_space"),
        render: |profile, view| Ok(fold(profile, "peak_space", view)),
    },
];

/// The file of a run that has its whole heap profile.
pub const HEAP_PROFILE: &str = HEAP[0].file_name;

/// The file of a run that has its whole CPU profile.
pub const CPU_PROFILE: &str = CPU[0].file_name;

impl Output {
    /// Whether it can be made of what a run's profile has.
    pub fn fits(&self, profile: &Profile) -> bool {
        self.shows.is_none_or(|kind| profile.sample_type(kind).is_some())
    }
}

/// What a CPU profile is written to.
pub const CPU: &[Output] = &[
    Output {
        name: "cpu-pprof",
        file_name: "cpu.pb.gz",
        about: "samples and CPU time, for go tool pprof, Parca, Pyroscope and speedscope",
        shows: None,
        render: pprof_file,
    },
    Output {
        name: "cpu-svg",
        file_name: "cpu.svg",
        about: "flame graph of the CPU time, for a browser",
        shows: Some("cpu"),
        render: |profile, view| flame(profile, "cpu", "CPU time", view),
    },
    Output {
        name: "cpu-speedscope",
        file_name: "cpu.speedscope.json",
        about: "samples and CPU time with inlined frames, for speedscope.app",
        shows: None,
        render: speedscope::render,
    },
    Output {
        name: "cpu-folded",
        file_name: "cpu.folded",
        about: "folded stacks of the CPU time, for scripts and flamegraph.pl",
        shows: Some("cpu"),
        render: |profile, view| Ok(fold(profile, "cpu", view)),
    },
];

fn pprof_file(profile: &Profile, _view: &View) -> Result<Vec<u8>> {
    Ok(pprof::encode(profile))
}

/// The sample type `kind`; another program's profile may lack it, then its default one.
fn index(profile: &Profile, kind: &str) -> usize {
    profile.sample_type(kind).unwrap_or_else(|| profile.default_type())
}

fn flame(profile: &Profile, kind: &str, what: &str, view: &View) -> Result<Vec<u8>> {
    match profile.sample_type(kind) {
        Some(index) => flamegraph::render(profile, index, what, view),
        None => {
            let index = profile.default_type();
            let what = profile.kinds().get(index).copied().unwrap_or("").to_string();
            flamegraph::render(profile, index, &what, view)
        }
    }
}

fn fold(profile: &Profile, kind: &str, view: &View) -> Vec<u8> {
    folded::render(profile, index(profile, kind), view)
}

#[cfg(test)]
mod difference_tests;
#[cfg(test)]
mod golden_tests;
