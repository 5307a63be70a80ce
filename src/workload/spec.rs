//! A workload as it is run: every number checked, every override applied. The wire form travels to the child.

use super::key_length::KeyLength;
pub use super::op::Op;
use super::payload::heap_parts::{Parts, fold_blocks};
use super::payload::{KeyInfo, Layout, ValueInfo, changed, code_bits, fingerprint_of};
pub use super::step::{Step, StepKind};
use serde::{Deserialize, Serialize};

/// The most entries that a workload may have: ids have 32 bits.
pub const MAX_ENTRIES: u64 = 4_000_000_000;

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
    /// The hasher; none if it is the map's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hasher: Option<HasherSpec>,
    /// Entries that the map is pre-sized for, each of them if there are several; none unless the workload says so.
    pub capacity: Option<u64>,
    /// Shards of the map, of each if there are several; none unless the workload says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<u64>,
    /// Maps that the entries are dealt over: entry n is in map n modulo this.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub instances: u64,
    /// The most entries that a scan visits.
    #[serde(default = "scan_entries")]
    pub scan_entries: u64,
    /// The share of the entries that nothing picks once they are in the map, except to remove them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub one_hit_wonders: f64,
    /// Operations after which an entry is removed, by an operation that does nothing else; none if entries live until they are removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<u64>,
    /// Which entries removals take.
    #[serde(default, skip_serializing_if = "Removals::are_picked")]
    pub removals: Removals,
    /// Which live entry an operation picks, unless its phase says otherwise.
    pub access: Access,
    /// What is done, in order.
    pub phases: Vec<Phase>,
    /// Answers that the file promises at its own sizes; empty once an override changed them.
    pub expect: Expect,
}

/// The most entries that a scan visits, unless the workload says otherwise: those of a scan of YCSB's workload E.
pub const fn scan_entries() -> u64 {
    100
}

fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_one(instances: &u64) -> bool {
    *instances == 1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

impl Workload {
    /// Whether any phase makes this call.
    pub fn calls(&self, op: Op) -> bool {
        let expires = op == Op::Remove && self.time_to_live.is_some();
        expires
            || self.phases.iter().any(|phase| match &phase.work {
                Work::Mix(odds) => odds.iter().any(|(o, percent)| *o == op && *percent > 0.0),
                Work::Each(ops) => ops.contains(&op),
                Work::Step(_) => false,
            })
    }

    /// The steps of its life cycle, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        self.phases.iter().filter_map(|phase| phase.work.step())
    }

    /// How far apart the numbers of the keys of successive entries are: 2 if a missing key lies between them.
    pub fn stride(&self) -> u64 {
        if self.calls(Op::GetMissing) { 2 } else { 1 }
    }
}

/// The keys of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeySpec {
    /// The name of their type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes of one key.
    pub length: KeyLength,
    /// Whether keys ascend in the order in which they are inserted.
    pub order: KeyOrder,
    /// The Rust type.
    #[serde(default)]
    pub rust: String,
    /// Whether a byte is a letter, which holds 6 bits of a key's code and not 8.
    #[serde(default)]
    pub letters: bool,
    /// Where the bytes of a key lie.
    #[serde(default)]
    pub layout: Layout,
}

impl KeySpec {
    /// Keys of a type.
    pub fn of(info: &KeyInfo, length: impl Into<KeyLength>, order: KeyOrder) -> KeySpec {
        let length = length.into();
        let KeyInfo { name, rust, letters, layout, .. } = *info;
        KeySpec { kind: name.to_owned(), rust: rust.to_owned(), length, order, letters, layout }
    }

    /// Whether keys are of this type. Types that leave the length open have all lengths.
    pub fn is_of(&self, info: &KeyInfo) -> bool {
        info.is_of(&self.kind, self.length.least())
    }

    /// Requested bytes of the block of a key, if those of all are alike.
    pub fn same_block_bytes(&self) -> Option<u64> {
        match (self.layout.block, self.length.fixed()) {
            (None, _) => Some(0),
            (Some(_), length) => length.map(|length| self.layout.block_bytes(length as u64)),
        }
    }

    /// Bits of a code that every key holds, even the shortest.
    pub fn code_bits(&self) -> u32 {
        code_bits(self.letters, self.length.least())
    }
}

/// The hasher of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HasherSpec {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many values it has, if the workload says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
}

impl HasherSpec {
    /// What it is called in the name of a case: `ahash`, `bad16`.
    pub fn label(&self) -> String {
        let distinct = self.distinct.map_or(String::new(), |values| values.to_string());
        format!("{}{distinct}", self.kind)
    }
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

/// The values of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueSpec {
    /// The name of their type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes of one value; of a record, those inside of the entry.
    pub size: Size,
    /// What a record owns beside the entry; nothing if it is none.
    #[serde(default, skip_serializing_if = "Parts::is_empty")]
    pub heap: Parts,
    /// The share of the values that somebody else holds too; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held_share: f64,
    /// The Rust type.
    #[serde(default)]
    pub rust: String,
    /// Bits of a tag that a value keeps, if not as many as fit into its contents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_bits: Option<u32>,
    /// Where the bytes of a value lie.
    #[serde(default)]
    pub layout: Layout,
}

impl ValueSpec {
    /// Values of a type.
    pub fn of(info: &ValueInfo, size: Size) -> ValueSpec {
        let ValueInfo { name, rust, tag_bits, layout, .. } = *info;
        let heap = Parts::default();
        let (kind, rust, held_share) = (name.to_owned(), rust.to_owned(), 0.0);
        ValueSpec { kind, rust, size, heap, held_share, tag_bits, layout }
    }

    /// Requested bytes of the blocks of the value that carries `tag` and whose contents have `size` bytes.
    pub fn block_bytes(&self, size: u32, tag: u64) -> u64 {
        self.layout.block_bytes(size.into()) + self.heap.block_bytes(tag)
    }

    /// The same, if it is the same for all values.
    pub fn same_block_bytes(&self) -> Option<u64> {
        match (self.layout.block, self.size) {
            (None, _) => self.heap.are_fixed().then(|| self.heap.block_bytes(0)),
            (Some(_), Size::Fixed(bytes)) => Some(self.layout.block_bytes(bytes)),
            (Some(_), Size::Uniform { .. } | Size::Pareto { .. } | Size::GeneralisedPareto(_)) => None,
        }
    }

    /// The fingerprint of a value made from `size` and `tag`, after it was changed in place `changes` times.
    #[inline]
    pub fn fingerprint_of(&self, size: usize, tag: u64, changes: u8) -> u64 {
        if let (false, Size::Fixed(inline)) = (self.heap.is_empty(), self.size) {
            let blocks = fold_blocks(self.heap.drawn(tag).map(|part| part.block_bytes()));
            return fingerprint_of(64, inline as usize, changed(tag, 64, changes)).wrapping_add(blocks);
        }
        let fits = (size.min(8) * 8) as u32;
        let bits = self.tag_bits.unwrap_or(fits);
        fingerprint_of(bits, size, changed(tag, bits, changes))
    }
}

/// How many bytes a value has.
#[expect(clippy::large_enum_variant, reason = "a workload has one, and it is copied as its other parts are")]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// Always the same.
    Fixed(u64),
    /// Each size from `min` to `max`, both included, is as likely as any other.
    Uniform { min: u64, max: u64 },
    /// Bounded Pareto: density proportional to x^-(alpha+1) between `min` and `max`.
    Pareto { min: u64, max: u64, alpha: f64 },
    /// Generalised Pareto, beside sizes that have shares of their own.
    GeneralisedPareto(GeneralisedPareto),
}

/// The most sizes that have shares of their own.
pub const MAX_HEAD: usize = 32;

/// Sizes of which so many are larger than x: (1 + shape (x - location) / scale)^(-1 / shape). Those that come out larger than `max`
/// have `max`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GeneralisedPareto {
    /// The smallest of these sizes.
    pub location: f64,
    /// How wide they spread.
    pub scale: f64,
    /// How heavy the tail is, above 0.
    pub shape: f64,
    /// The largest size.
    pub max: u64,
    /// The shares of the values of 0 bytes, of 1 byte and so on, which come off the rest.
    #[serde(default, skip_serializing_if = "Head::is_empty")]
    pub head: Head,
}

/// The shares of the smallest sizes, from 0 bytes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<f64>", from = "Vec<f64>")]
pub struct Head {
    shares: [f64; MAX_HEAD],
    len: usize,
}

impl Head {
    /// Whether no size has a share of its own.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shares.
    pub fn shares(&self) -> &[f64] {
        &self.shares[..self.len]
    }
}

impl From<Vec<f64>> for Head {
    /// Those beyond [`MAX_HEAD`] are left out.
    fn from(list: Vec<f64>) -> Self {
        let mut head = Head { len: list.len().min(MAX_HEAD), ..Head::default() };
        head.shares[..head.len].copy_from_slice(&list[..head.len]);
        head
    }
}

impl From<Head> for Vec<f64> {
    fn from(head: Head) -> Self {
        head.shares().to_vec()
    }
}

impl GeneralisedPareto {
    /// The size of a value on average.
    fn mean(&self) -> f64 {
        let head: f64 = self.head.shares().iter().sum();
        let of_head: f64 = (0..).zip(self.head.shares()).map(|(size, share)| f64::from(size) * share).sum();
        let room = (self.max as f64 - self.location).max(0.0);
        // What is above the location is the integral of the share that is larger.
        let above = match self.shape == 1.0 {
            true => self.scale * libm::log(1.0 + room / self.scale),
            false => {
                let power = libm::pow(1.0 + self.shape * room / self.scale, 1.0 - 1.0 / self.shape);
                self.scale * (1.0 - power) / (1.0 - self.shape)
            }
        };
        of_head + (1.0 - head) * (self.location + above)
    }
}

impl Size {
    /// The size of every value, if it is the same for all.
    pub fn fixed(&self) -> Option<u64> {
        match self {
            Size::Fixed(bytes) => Some(*bytes),
            Size::Uniform { .. } | Size::Pareto { .. } | Size::GeneralisedPareto(_) => None,
        }
    }

    /// The size of a value on average.
    pub fn mean(&self) -> f64 {
        match *self {
            Size::Fixed(bytes) => bytes as f64,
            Size::Uniform { min, max } => (min + max) as f64 / 2.0,
            Size::Pareto { min, max, alpha } => {
                let (low, high) = (min.max(1) as f64, max.max(1) as f64);
                let mass = 1.0 - libm::pow(low / high, alpha);
                match (low == high, alpha == 1.0) {
                    (true, _) => low,
                    (false, true) => low * libm::log(high / low) / mass,
                    (false, false) => {
                        let rest = 1.0 - libm::pow(low / high, alpha - 1.0);
                        low * alpha / (alpha - 1.0) * rest / mass
                    }
                }
            }
            Size::GeneralisedPareto(of) => of.mean(),
        }
    }
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
    /// Rank r, from 1 on, with odds proportional to 1 / r^theta; the oldest is the hottest.
    Zipf { theta: f64 },
    /// The same, with ranks hashed over the entries so that hot keys lie apart.
    ScrambledZipf { theta: f64 },
    /// Zipf over recency: the newest is the hottest.
    Latest { theta: f64 },
    /// `operations` (a share, 0 to 1) go to the first `keys` (a share, 0 to 1) of the entries.
    Hotspot { operations: f64, keys: f64 },
}

/// Which entries removals take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removals {
    /// Those that the access distribution picks.
    #[default]
    Picked,
    /// The oldest, as when its time to live is over.
    Oldest,
}

impl Removals {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
    fn are_picked(&self) -> bool {
        *self == Removals::Picked
    }
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
    /// Whether each thread hands its entries over to the next one before the phase begins.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hand_over: bool,
}

impl Phase {
    /// Whether it picks live entries at all.
    pub fn picks(&self) -> bool {
        match &self.work {
            Work::Mix(odds) => odds.iter().any(|(op, _)| op.picks()),
            Work::Each(ops) => ops.iter().any(|op| op.picks()),
            Work::Step(_) => false,
        }
    }
}

/// What the operations of a phase are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Each operation is one call, drawn with these odds in percent; they add up to 100.
    Mix(Vec<(Op, f64)>),
    /// Each operation is these calls, one after the other.
    Each(Vec<Op>),
    /// A step of the map's life cycle, the only operation of its phase and a single call.
    Step(Step),
}

impl Work {
    /// Calls of the map that one operation makes.
    pub fn calls_per_op(&self) -> u64 {
        match self {
            Work::Mix(_) | Work::Step(_) => 1,
            Work::Each(ops) => ops.len() as u64,
        }
    }

    /// The step that it is, if it is one.
    pub fn step(&self) -> Option<Step> {
        match self {
            Work::Step(step) => Some(*step),
            Work::Mix(_) | Work::Each(_) => None,
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
