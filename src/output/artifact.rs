//! The table of artifacts: the files that a run writes of its profiles and its memory pass.

use super::format::{FOLDED, Format, PPROF, SPEEDSCOPE, SVG, Shown};
use super::view::View;
use super::{timeline, waterfall};
use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::record::{CaseRecord, Memory, PassRecord};

/// What an artifact is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The heap profile.
    Heap,
    /// The CPU profile.
    Cpu,
    /// What the memory pass reported.
    Memory,
}

/// How an artifact is made.
#[derive(Clone, Copy)]
pub enum Made {
    /// A profile, with all of its sample types, in a format.
    Whole(Format),
    /// One sample type of a profile in a format, and what that is called in the title of a picture. It is not made of a
    /// profile that lacks the type, such as a dump of jemalloc.
    Typed(Format, &'static str, &'static str),
    /// A picture of the record, its memory pass and what that read of memory.
    Drawn(fn(&str, &CaseRecord, &PassRecord, &Memory) -> Result<Vec<u8>>),
}

/// A file that a run writes.
#[derive(Clone, Copy)]
pub struct Artifact {
    /// The file's name in the folder of a run.
    pub file_name: &'static str,
    /// One line: what it is, and what opens it.
    pub about: &'static str,
    /// What it is made of.
    pub input: Input,
    /// How it is made.
    pub made: Made,
}

/// The file of a run that has its whole heap profile.
pub const HEAP_PROFILE: &str = "heap.pb.gz";

/// The file of a run that has its whole CPU profile.
pub const CPU_PROFILE: &str = "cpu.pb.gz";

const END: &str = "bytes in use at the end of the run";
const ALLOCATED: &str = "bytes allocated";
const PEAK: &str = "bytes in use when the heap was largest";
const TEMPORARY: &str = "bytes freed within the phase that allocated them";
const CPU_TIME: &str = "CPU time";

/// Every artifact, in the order in which they are written.
pub const ARTIFACTS: &[Artifact] = &[
    Artifact {
        file_name: HEAP_PROFILE,
        about: "all sample types, for go tool pprof, Parca, Pyroscope and speedscope",
        input: Input::Heap,
        made: Made::Whole(PPROF),
    },
    Artifact {
        file_name: "heap-inuse.svg",
        about: "flame graph of the bytes in use at the end of the run, for a browser",
        input: Input::Heap,
        made: Made::Typed(SVG, "inuse_space", END),
    },
    Artifact {
        file_name: "heap-alloc.svg",
        about: "flame graph of all bytes allocated, for a browser",
        input: Input::Heap,
        made: Made::Typed(SVG, "alloc_space", ALLOCATED),
    },
    Artifact {
        file_name: "heap-peak.svg",
        about: "flame graph of the bytes in use when the heap was largest, for a browser",
        input: Input::Heap,
        made: Made::Typed(SVG, "peak_space", PEAK),
    },
    Artifact {
        file_name: "heap-temporary.svg",
        about: "flame graph of the bytes that were freed within the phase that allocated them, for a browser",
        input: Input::Heap,
        made: Made::Typed(SVG, "temporary_space", TEMPORARY),
    },
    Artifact {
        file_name: "heap.speedscope.json",
        about: "all sample types with inlined frames, for speedscope.app",
        input: Input::Heap,
        made: Made::Whole(SPEEDSCOPE),
    },
    Artifact {
        file_name: "heap-inuse.folded",
        about: "folded stacks of the bytes in use at the end of the run, for scripts and flamegraph.pl",
        input: Input::Heap,
        made: Made::Typed(FOLDED, "inuse_space", END),
    },
    Artifact {
        file_name: "heap-alloc.folded",
        about: "folded stacks of all bytes allocated, for scripts and flamegraph.pl",
        input: Input::Heap,
        made: Made::Typed(FOLDED, "alloc_space", ALLOCATED),
    },
    Artifact {
        file_name: "heap-peak.folded",
        about: "folded stacks of the bytes in use when the heap was largest, for scripts and flamegraph.pl",
        input: Input::Heap,
        made: Made::Typed(FOLDED, "peak_space", PEAK),
    },
    Artifact {
        file_name: CPU_PROFILE,
        about: "samples and CPU time, for go tool pprof, Parca, Pyroscope and speedscope",
        input: Input::Cpu,
        made: Made::Whole(PPROF),
    },
    Artifact {
        file_name: "cpu.svg",
        about: "flame graph of the CPU time, for a browser",
        input: Input::Cpu,
        made: Made::Typed(SVG, "cpu", CPU_TIME),
    },
    Artifact {
        file_name: "cpu.speedscope.json",
        about: "samples and CPU time with inlined frames, for speedscope.app",
        input: Input::Cpu,
        made: Made::Whole(SPEEDSCOPE),
    },
    Artifact {
        file_name: "cpu.folded",
        about: "folded stacks of the CPU time, for scripts and flamegraph.pl",
        input: Input::Cpu,
        made: Made::Typed(FOLDED, "cpu", CPU_TIME),
    },
    Artifact {
        file_name: "waterfall.svg",
        about: "the chain from payload to resident at each moment, for a browser",
        input: Input::Memory,
        made: Made::Drawn(|title, record, _, _| waterfall::render(title, &record.waterfalls)),
    },
    Artifact {
        file_name: "timeline.svg",
        about: "memory over the calls done, with the peak and the growth events, for a browser",
        input: Input::Memory,
        made: Made::Drawn(|title, _, pass, memory| timeline::render(title, &pass.phases, memory)),
    },
];

impl Artifact {
    /// The bytes of the file, made of a profile; none if it is not made of one, or shows a sample type that it lacks.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn of_profile(&self, profile: &Profile, view: &View) -> Result<Option<Vec<u8>>> {
        let (format, index, what) = match self.made {
            Made::Whole(format) => (format, profile.default_type(), ""),
            Made::Typed(format, kind, what) => match profile.sample_type(kind) {
                Some(index) => (format, index, what),
                None => return Ok(None),
            },
            Made::Drawn(_) => return Ok(None),
        };
        let mut bytes = Vec::new();
        let written = (format.write)(profile, &Shown { index, what, view }, &mut bytes);
        written.map_err(|error| error.downcast::<Error>().unwrap_or_else(Error::case))?;
        Ok(Some(bytes))
    }
}
