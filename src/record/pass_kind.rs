//! The kinds of passes, by which records, failures and the table of passes are looked up.

use serde::{Deserialize, Serialize};

use crate::capture::cpu::CpuSampling;
use crate::capture::heap_recording::HeapRecording;

/// What a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassKind {
    /// Times: the operations and nothing else.
    Time,
    /// Exact counts, checked answers, pages, timeline, growth events, the peak.
    Memory,
    /// How long each operation takes.
    Latency,
    /// Times with the map's memory in huge pages.
    HugePages,
    /// A heap profile.
    Heap,
    /// jemalloc's own profile, dumped at the end of each phase.
    Dump,
    /// A CPU profile.
    Cpu,
    /// Where the blocks came from that were still live when the map was dropped. Run only if there are any.
    Leaks,
}

impl PassKind {
    /// Every kind, in the order in which a record has them.
    pub const ALL: [PassKind; 8] = [
        PassKind::Time,
        PassKind::Memory,
        PassKind::Latency,
        PassKind::HugePages,
        PassKind::Heap,
        PassKind::Dump,
        PassKind::Cpu,
        PassKind::Leaks,
    ];

    /// Its name in records, messages and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            PassKind::Time => "time",
            PassKind::Memory => "memory",
            PassKind::Latency => "latency",
            PassKind::HugePages => "huge-pages",
            PassKind::Heap => "heap",
            PassKind::Dump => "dump",
            PassKind::Cpu => "cpu",
            PassKind::Leaks => "leaks",
        }
    }
}

/// What a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pass {
    /// Times: the operations and nothing else.
    Time,
    /// Exact counts, checked answers, pages, timeline, growth events, the peak.
    Memory,
    /// How long each operation takes.
    Latency,
    /// Times with the map's memory in huge pages.
    HugePages,
    /// A heap profile, recorded in this way.
    Heap(HeapRecording),
    /// CPU samples, taken in this way.
    Cpu(CpuSampling),
    /// The stacks of what is live after the map was dropped, every allocation recorded.
    Leaks,
}

impl Pass {
    /// Which pass it is.
    pub fn kind(self) -> PassKind {
        match self {
            Pass::Time => PassKind::Time,
            Pass::Memory => PassKind::Memory,
            Pass::Latency => PassKind::Latency,
            Pass::HugePages => PassKind::HugePages,
            Pass::Heap(HeapRecording::Dump { .. }) => PassKind::Dump,
            Pass::Heap(_) => PassKind::Heap,
            Pass::Cpu(_) => PassKind::Cpu,
            Pass::Leaks => PassKind::Leaks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for kind in PassKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
