//! What the parent and a child say to each other: one JSON request on the child's standard input, then JSON lines on its
//! standard output. docs/FORMAT.md describes it for children in other languages.

use serde::{Deserialize, Serialize};

use crate::capture::raw_samples::{RawCpu, RawDumps, RawHeap, RawMapping};
use crate::record::{Collections, Latency, MapRecord, Memory, PassTotal, PhaseRecord, Settings};
use crate::workload::Workload;

pub use crate::record::Pass;

/// Version of the protocol. A child answers a request of another version with [`Event::Failed`].
pub const PROTOCOL: u32 = 3;

/// What a child is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// What the pass is for.
    pub pass: Pass,
    /// What is done.
    pub subject: Subject,
    /// The map it is done to.
    pub map: String,
    /// Seed of the operation stream.
    pub seed: u64,
    /// Worker threads.
    pub threads: u16,
    /// Arguments of a program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// What a program runs with.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
}

/// What is done to the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A workload of the TOML format, every override applied.
    Workload(Box<Workload>),
    /// A program that the child knows by name.
    Program(String),
}

impl Subject {
    /// The workload's name.
    pub fn name(&self) -> &str {
        match self {
            Subject::Workload(workload) => &workload.name,
            Subject::Program(name) => name,
        }
    }
}

/// A line that a child prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first line.
    Hello {
        /// The protocol that the child speaks.
        protocol: u32,
        /// Who it is.
        program: String,
        /// Its version.
        version: String,
        /// The map as it knows it, if it knows it: its own version of a package need not be the parent's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        map: Option<MapRecord>,
    },
    /// How far it is.
    Progress {
        /// Name of the phase.
        phase: String,
        /// Operations done in it.
        done: u64,
        /// Operations that it has.
        total: u64,
    },
    /// A phase ended.
    Phase(PhaseRecord),
    /// Memory as it was read on the way.
    Memory(Box<Memory>),
    /// How long single operations took.
    Latency(Latency),
    /// What the collector of the child's language did.
    Collections(Collections),
    /// All heap samples.
    Heap(RawHeap),
    /// jemalloc's own profile at the end of each phase.
    Dumps(RawDumps),
    /// All CPU samples.
    Cpu(RawCpu),
    /// Where the child's code was mapped.
    Mappings {
        /// Executable mappings.
        mappings: Vec<RawMapping>,
    },
    /// The last line of a pass that went well.
    Done(PassTotal),
    /// The last line of a pass that did not.
    Failed {
        /// `wrong-answer`, `miscounted` or `refused`.
        kind: String,
        /// One line.
        message: String,
    },
}
