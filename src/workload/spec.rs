//! A workload as it is run: every number checked, every override applied. The wire form travels to the child.

pub use super::op::Op;
use serde::{Deserialize, Serialize};

/// A named workload, checked and in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// The name users type.
    pub name: String,
    /// Prose: what it shows and how to read it.
    pub about: String,
    /// Entries that the fill puts into the map; sizes given per entry follow it.
    pub entries: u64,
    /// Keys.
    pub key: KeySpec,
    /// Values.
    pub value: ValueSpec,
    /// Entries that the map is pre-sized for; none unless the workload says so.
    pub capacity: Option<u64>,
    /// Which live entry an operation picks, unless its phase says otherwise.
    pub access: Access,
    /// What is done, in order.
    pub phases: Vec<Phase>,
    /// Answers that the file promises at its own sizes; empty once an override changed them.
    pub expect: Expect,
}

impl Workload {
    /// Payload bytes of an entry that lie in the map's slots; strings, vectors and boxes lie apart from them.
    pub fn inline_bytes(&self) -> u64 {
        let key = match self.key.kind {
            KeyKind::U64 => 8,
            KeyKind::String | KeyKind::Bytes => 0,
        };
        let value = match (self.value.kind, self.value.size) {
            (ValueKind::U64, _) => 8,
            (ValueKind::Array, Size::Fixed(size)) => size,
            _ => 0,
        };
        key + value
    }

    /// Whether any phase makes this call.
    pub fn calls(&self, op: Op) -> bool {
        self.phases.iter().any(|phase| match &phase.work {
            Work::Mix(odds) => odds.iter().any(|(o, percent)| *o == op && *percent > 0.0),
            Work::Each(ops) => ops.contains(&op),
        })
    }

    /// How far apart the numbers of the keys of successive entries are: 2 if a missing key lies between them.
    pub fn stride(&self) -> u64 {
        if self.calls(Op::GetMissing) { 2 } else { 1 }
    }
}

/// The key type of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeySpec {
    /// The Rust type.
    #[serde(rename = "type")]
    pub kind: KeyKind,
    /// Bytes of one key; 8 for `u64`.
    pub length: usize,
    /// Whether keys ascend in the order in which they are inserted.
    pub order: KeyOrder,
}

/// Rust types of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// `u64`.
    U64,
    /// `String`.
    String,
    /// `Vec<u8>`.
    Bytes,
}

/// The order of keys against the order of their first insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrder {
    /// A bijection scatters them.
    Random,
    /// The n-th inserted key is the n-th smallest.
    Ascending,
}

/// The value type of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueSpec {
    /// The Rust type.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// Bytes of one value.
    pub size: Size,
}

/// Rust types of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// `()`.
    Unit,
    /// `u64`.
    U64,
    /// `[u8; N]`, inside the entry.
    Array,
    /// `Box<[u8]>`.
    Boxed,
    /// `Vec<u8>`.
    Vec,
}

/// How many bytes a value has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// Always the same.
    Fixed(u64),
    /// Each size from `min` to `max`, both included, is as likely as any other.
    Uniform { min: u64, max: u64 },
    /// Bounded Pareto: density proportional to x^-(alpha+1) between `min` and `max`.
    Pareto { min: u64, max: u64, alpha: f64 },
}

/// Which live entry an operation picks. Entries are ranked by the order of their insertion; once one that is not the
/// oldest was removed, each removed entry's rank goes to the newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Any with the same odds.
    Uniform,
    /// One after the other, starting over at the end. Removals take the oldest first.
    Sequential,
    /// Rank r with odds proportional to 1 / r^theta (Gray et al. 1994, as in YCSB); the oldest is the hottest.
    Zipf { theta: f64 },
    /// The same, with ranks hashed over the entries so that hot keys lie apart.
    ScrambledZipf { theta: f64 },
    /// Zipf over recency: the newest is the hottest.
    Latest { theta: f64 },
    /// `operations` (a share, 0 to 1) go to the first `keys` (a share, 0 to 1) of the entries.
    Hotspot { operations: f64, keys: f64 },
}

/// A named stretch of the operation stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name: `fill`, `serve`, `drain`.
    pub name: String,
    /// Operations, over all threads.
    pub ops: u64,
    /// What an operation is.
    pub work: Work,
    /// Which live entry an operation picks.
    pub access: Access,
}

/// What the operations of a phase are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Each operation is one call, drawn with these odds in percent; they add up to 100.
    Mix(Vec<(Op, f64)>),
    /// Each operation is these calls, one after the other.
    Each(Vec<Op>),
}

impl Work {
    /// Calls of the map that one operation makes.
    pub fn calls_per_op(&self) -> u64 {
        match self {
            Work::Mix(_) => 1,
            Work::Each(ops) => ops.len() as u64,
        }
    }
}

/// Answers that a workload file promises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expect {
    /// Entries in the map after the last phase.
    pub length: Option<u64>,
    /// Look-ups that found their key, over all phases.
    pub hits: Option<u64>,
}
