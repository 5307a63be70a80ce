//! The table of artifacts: the files that a run writes of its profiles and its memory pass.

use super::display_options::DisplayOptions;
use super::format::{FOLDED, Format, FormatInput, PPROF, SPEEDSCOPE, SVG};
use super::{timeline, waterfall};
use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::record::{CaseRecord, Memory, PassRecord};

/// What an artifact is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The heap profile.
    Heap,
    /// The heap profile over time.
    HeapTimeline,
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
    /// What it is made of.
    pub input: Input,
    /// How it is made.
    pub made: Made,
}

/// The file of a run that has its whole heap profile.
pub const HEAP_PROFILE: &str = "heap.pb.gz";

/// The file of a run that has its heap profile over time.
pub const HEAP_TIMELINE: &str = "heap-timeline.pb.gz";

/// The file of a run that has its whole CPU profile.
pub const CPU_PROFILE: &str = "cpu.pb.gz";

const END: &str = "bytes in use at the end of the run";
const ALLOCATED: &str = "bytes allocated";
const PEAK: &str = "bytes in use when the heap was largest";
const TEMPORARY: &str = "bytes freed within the phase that allocated them";
const CPU_TIME: &str = "CPU time";

/// Every artifact, in the order in which they are written.
pub const ARTIFACTS: &[Artifact] = &[
    Artifact { file_name: HEAP_PROFILE, input: Input::Heap, made: Made::Whole(PPROF) },
    Artifact { file_name: HEAP_TIMELINE, input: Input::HeapTimeline, made: Made::Whole(PPROF) },
    Artifact { file_name: "heap-inuse.svg", input: Input::Heap, made: Made::Typed(SVG, "inuse_space", END) },
    Artifact {
        file_name: "heap-alloc.svg",
        input: Input::Heap,
        made: Made::Typed(SVG, "alloc_space", ALLOCATED),
    },
    Artifact { file_name: "heap-peak.svg", input: Input::Heap, made: Made::Typed(SVG, "peak_space", PEAK) },
    Artifact {
        file_name: "heap-temporary.svg",
        input: Input::Heap,
        made: Made::Typed(SVG, "temporary_space", TEMPORARY),
    },
    Artifact { file_name: "heap.speedscope.json", input: Input::Heap, made: Made::Whole(SPEEDSCOPE) },
    Artifact {
        file_name: "heap-inuse.folded",
        input: Input::Heap,
        made: Made::Typed(FOLDED, "inuse_space", END),
    },
    Artifact {
        file_name: "heap-alloc.folded",
        input: Input::Heap,
        made: Made::Typed(FOLDED, "alloc_space", ALLOCATED),
    },
    Artifact {
        file_name: "heap-peak.folded",
        input: Input::Heap,
        made: Made::Typed(FOLDED, "peak_space", PEAK),
    },
    Artifact { file_name: CPU_PROFILE, input: Input::Cpu, made: Made::Whole(PPROF) },
    Artifact { file_name: "cpu.svg", input: Input::Cpu, made: Made::Typed(SVG, "cpu", CPU_TIME) },
    Artifact { file_name: "cpu.speedscope.json", input: Input::Cpu, made: Made::Whole(SPEEDSCOPE) },
    Artifact { file_name: "cpu.folded", input: Input::Cpu, made: Made::Typed(FOLDED, "cpu", CPU_TIME) },
    Artifact {
        file_name: "waterfall.svg",
        input: Input::Memory,
        made: Made::Drawn(|title, record, _, _| waterfall::render(title, &record.waterfalls)),
    },
    Artifact {
        file_name: "timeline.svg",
        input: Input::Memory,
        made: Made::Drawn(|title, _, pass, memory| timeline::render(title, &pass.phases, memory)),
    },
];

impl Artifact {
    /// The bytes of the file, made of a profile; none if it is not made of one, or shows a sample type that it lacks.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn of_profile(&self, profile: &Profile, view: &DisplayOptions) -> Result<Option<Vec<u8>>> {
        let (format, index, what) = match self.made {
            Made::Whole(format) => (format, profile.default_type(), ""),
            Made::Typed(format, kind, what) => match profile.sample_type(kind) {
                Some(index) => (format, index, what),
                None => return Ok(None),
            },
            Made::Drawn(_) => return Ok(None),
        };
        let mut bytes = Vec::new();
        let written = (format.write)(profile, &FormatInput { index, what, view }, &mut bytes);
        written.map_err(|error| error.downcast::<Error>().unwrap_or_else(Error::case))?;
        Ok(Some(bytes))
    }
}
