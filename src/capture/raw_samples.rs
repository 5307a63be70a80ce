//! Raw samples as a child reports them: addresses, no names. The parent gives them names.
//!
//! Addresses are *look-up* addresses in the child's own address space: for a return address, the address minus one
//! (inside the call instruction); for the interrupted instruction of a CPU sample, the address itself. Innermost first.

use mapprof_profile::proc_maps::Mapped;
use serde::{Deserialize, Serialize};

use super::heap_recording::HeapRecording;

/// One executable mapping of the child, as `/proc/self/maps` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawMapping {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub end: u64,
    /// Offset in the file, bytes.
    pub offset: u64,
    /// The file, or a name in brackets (`[vdso]`).
    pub path: String,
    /// Functions in it that the child knows by name and the file may not: first address and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<(u64, String)>,
    /// What the child says of single look-up addresses in it, which are then not looked for in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<RawSymbol>,
}

/// What a child says of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawSymbol {
    /// The look-up address.
    pub address: u64,
    /// The frames that it stands for, innermost first: inlined functions, and the one that they are inlined into.
    pub frames: Vec<RawFrame>,
}

/// A frame as a child names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFrame {
    /// The function.
    pub function: String,
    /// Its source file; empty if it is not known.
    #[serde(default)]
    pub file: String,
    /// The line; 0 if it is not known.
    #[serde(default)]
    pub line: i64,
}

impl From<Mapped> for RawMapping {
    fn from(Mapped { start, end, offset, path, .. }: Mapped) -> RawMapping {
        RawMapping { start, end, offset, path, functions: Vec::new(), symbols: Vec::new() }
    }
}

/// All that a heap pass sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawHeap {
    /// How it was recorded. With R mean bytes between samples an allocation of `usable` bytes is sampled with probability
    /// 1 - exp(-usable / R).
    pub recording: HeapRecording,
    /// Who walked the stacks: `frame-pointer` or `libgcc`.
    pub unwinder: String,
    /// Distinct stacks, innermost address first.
    pub stacks: Vec<Vec<u64>>,
    /// Samples, grouped. Empty if every allocation was recorded.
    #[serde(default)]
    pub rows: Vec<RawHeapRow>,
    /// Exact sums, if every allocation was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<RawHeapSum>,
    /// Requested bytes by which the recorded peak's sum may trail the true peak; 0 if samples were taken.
    #[serde(default)]
    pub peak_gap_bytes: u64,
    /// What was live at the ends of phases, if every allocation was recorded and the child tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_ends: Option<Vec<RawPhaseEnd>>,
    /// The same blocks by time, if the child tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<RawHeapIntervals>,
}

/// Samples that agree in everything but their place in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawHeapRow {
    /// Index into [`RawHeap::stacks`].
    pub stack: u32,
    /// Index of the phase in which they were allocated.
    pub phase: u16,
    /// Worker thread that allocated them.
    pub thread: u16,
    /// Bytes requested, each.
    pub size: u64,
    /// Bytes the size class gave, each.
    pub usable: u64,
    /// Sampled allocations.
    pub allocated: u64,
    /// Of these, live at the end of the last phase.
    pub in_use: u64,
    /// Of these, live at the moment of the highest live heap.
    pub at_peak: u64,
    /// Of the allocated ones, freed within the phase in which they were allocated.
    #[serde(default)]
    pub temporary: u64,
    /// How many calls they lived, by class ([`lifetime_class`]); none if they were never
    /// freed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<u64>,
}

/// All allocations of one stack, phase and thread, exactly. Pairs are a number of blocks and their requested bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawHeapSum {
    /// Index into [`RawHeap::stacks`].
    pub stack: u32,
    /// Index of the phase in which they were allocated.
    pub phase: u16,
    /// Worker thread that allocated them.
    pub thread: u16,
    /// Allocated.
    pub allocated: (u64, u64),
    /// Live at the end of the last phase.
    pub in_use: (u64, u64),
    /// Live after the map was dropped and its reclamation driven to its end; 0 if the map was not dropped.
    #[serde(default)]
    pub leaked: (u64, u64),
    /// Live at the highest moment.
    pub at_peak: (u64, u64),
    /// Freed within the phase in which they were allocated.
    pub temporary: (u64, u64),
    /// The freed ones by how many calls they lived ([`lifetime_class`]): class, blocks, bytes.
    pub lifetimes: Vec<(u64, u64, u64)>,
}

/// What was allocated and freed by the end of the last phase, in intervals of equally many calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawHeapIntervals {
    /// Calls of each thread that an interval has.
    pub calls: u64,
    /// What was allocated and freed in each. A free is in the interval of its call, or in that of the allocation if the thread that
    /// freed the block was not as far as that.
    pub rows: Vec<RawHeapInterval>,
}

/// Blocks of one stack, phase and thread in one interval. Pairs are a number of blocks and their requested bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawHeapInterval {
    /// Index into [`RawHeap::stacks`].
    pub stack: u32,
    /// Index of the phase in which they were allocated.
    pub phase: u16,
    /// Worker thread that allocated them.
    pub thread: u16,
    /// Number of the interval, from 0.
    pub interval: u32,
    /// Bytes that the size class gave, each, if samples were taken. All blocks of a row have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usable: Option<u64>,
    /// Allocated in the interval.
    pub allocated: (u64, u64),
    /// Freed in the interval, whenever they were allocated.
    pub freed: (u64, u64),
}

/// The blocks of one stack that were live at the end of one phase, whenever they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawPhaseEnd {
    /// Index of the phase that ended.
    pub phase: u16,
    /// Index into [`RawHeap::stacks`].
    pub stack: u32,
    /// Blocks.
    pub blocks: u64,
    /// Bytes requested, all together.
    pub bytes: u64,
    /// Bytes that their size classes gave, all together.
    pub usable: u64,
}

/// jemalloc's own profile, dumped at the end of each phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct RawDumps {
    /// Mean bytes between samples.
    pub sample_bytes: u64,
    /// The dumps, in order.
    pub dumps: Vec<RawDump>,
}

/// One dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawDump {
    /// Index of the phase at whose end it was made.
    pub phase: u16,
    /// A gzipped pprof message, as `jemalloc_pprof` makes it, in base64.
    pub pprof: String,
}

/// The class of a lifetime of `calls`: rounded down so that three significant bits stay, which is at most a fifth less.
pub fn lifetime_class(calls: u64) -> u64 {
    let drop = (u64::BITS - calls.leading_zeros()).saturating_sub(3);
    calls >> drop << drop
}

/// All that a CPU pass sampled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RawCpu {
    /// Samples asked for, per second of CPU time.
    pub hertz: u64,
    /// Who took the samples of the first worker; empty if the child does not say.
    #[serde(default)]
    pub backend: String,
    /// CPU time that the operating system counted inside operations, nanoseconds, all worker threads.
    pub cpu_ns: u64,
    /// The same by thread, with what came of each. Empty if the child does not tell threads apart.
    #[serde(default)]
    pub threads: Vec<RawCpuThread>,
    /// Distinct stacks, innermost address first.
    pub stacks: Vec<Vec<u64>>,
    /// Samples, grouped.
    pub rows: Vec<RawCpuRow>,
    /// Samples whose stacks are not yet walked, in chunks ([`super::cpu::stack_copy`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
    /// What to know of how they were taken, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What came of the samples of one thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawCpuThread {
    /// Worker thread.
    pub thread: u16,
    /// Who took its samples.
    pub backend: String,
    /// CPU time that the operating system counted inside operations, nanoseconds.
    pub cpu_ns: u64,
    /// The same by phase. Empty if the child does not tell phases apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases_ns: Vec<u64>,
    /// Samples; of pprof-rs those outside of operations too.
    pub delivered: u64,
    /// Samples that found no room; none if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// Samples whose stack went on beyond what was copied.
    #[serde(default)]
    pub truncated: u64,
}

/// CPU samples of one stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawCpuRow {
    /// Index into [`RawCpu::stacks`].
    pub stack: u32,
    /// Index of the phase.
    pub phase: u16,
    /// Worker thread.
    pub thread: u16,
    /// Samples.
    pub count: u64,
    /// CPU time that they stand for, nanoseconds; 0 if each stands for as much as any other.
    #[serde(default)]
    pub weight_ns: u64,
}
