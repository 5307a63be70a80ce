//! What is known of a map before it runs.

use serde::{Deserialize, Serialize};

use super::ClosedForm;
use crate::record::Varies;
use crate::workload::spec::{Op, StepKind, Workload};

/// What mapprof knows of a map before it runs it.
// Not `non_exhaustive`: an adapter in another crate writes what differs and `..MapInfo::new(name)` in a constant, which that
// attribute forbids. A further field breaks no adapter that does so.
#[derive(Debug, Clone, Copy)]
pub struct MapInfo {
    /// The name users type.
    pub name: &'static str,
    /// One line: what it is.
    pub about: &'static str,
    /// The crate that it comes from, and its version.
    pub package: (&'static str, &'static str),
    /// Paths whose functions are the map's: its own crate or module, and those that it frees through. Attribution takes
    /// them from here.
    pub frames: &'static [&'static str],
    /// Whether several threads may call it at once.
    pub concurrent: bool,
    /// Calls that it lacks.
    pub lacks: &'static [Op],
    /// Calls that it has and that a map need not have ([`crate::workload::op::OpInfo::is_optional`]).
    pub offers: &'static [Op],
    /// Steps of the life cycle that it has and that a map need not have ([`crate::workload::step::StepInfo::is_optional`]).
    pub steps: &'static [StepKind],
    /// Whether it can be made with a number of shards: a power of two, from 2 on.
    pub shards: bool,
    /// Whether its answers mean anything; `null` answers nothing.
    pub answers: bool,
    /// What its package keeps for the whole process when every map is gone, if anything: no leak, since it is not kept
    /// again for the next map.
    pub process_wide: Option<ProcessWide>,
    /// What its exact figures depend on beside workload, sizes, seed and target.
    pub varies: Option<Varies>,
    /// What its memory follows; `Err` says why that cannot be worked out from the calls.
    pub closed_form: Result<ClosedForm, &'static str>,
    /// In which order it visits its entries.
    pub order: EntryOrder,
    /// When it frees what it no longer needs.
    pub frees: Frees,
    /// Why the map cannot run a workload, beside what it lacks, and what would mend that; `None` if it can.
    pub unfit: fn(&Workload) -> Option<String>,
    /// Why `--map all` should skip the map for a workload; `None` if it should not.
    pub too_costly: fn(&Workload) -> Option<String>,
}

impl MapInfo {
    /// Whether it has the call.
    pub fn has(&self, op: Op) -> bool {
        if op.info().is_optional { self.offers(op) } else { !self.lacks.contains(&op) }
    }

    /// Whether it has an operation that a map need not have; known when it is compiled.
    pub const fn offers(&self, op: Op) -> bool {
        let mut place = 0;
        while place < self.offers.len() {
            if self.offers[place] as u8 == op as u8 {
                return true;
            }
            place += 1;
        }
        false
    }

    /// Whether it can take the step; known when it is compiled.
    pub const fn can(&self, step: StepKind) -> bool {
        let mut place = 0;
        while place < self.steps.len() {
            if self.steps[place] as u8 == step as u8 {
                return true;
            }
            place += 1;
        }
        !step.info().is_optional
    }

    /// A map for one thread that has every call and tells the truth: what most adapters start from.
    pub const fn new(name: &'static str) -> Self {
        MapInfo {
            name,
            about: "",
            package: ("", ""),
            frames: &[],
            concurrent: false,
            lacks: &[],
            offers: &[],
            steps: &[],
            shards: false,
            answers: true,
            process_wide: None,
            varies: None,
            closed_form: Err("has none that its adapter states"),
            order: EntryOrder::None,
            frees: Frees::AtOnce,
            unfit: |_| None,
            too_costly: |_| None,
        }
    }
}

/// The order in which a map visits its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryOrder {
    /// None that means anything.
    None,
    /// That of their insertion, until one is removed.
    Insertion,
    /// That of their keys.
    Key,
}

impl EntryOrder {
    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            EntryOrder::None => "unordered",
            EntryOrder::Insertion => "in insertion order",
            EntryOrder::Key => "in key order",
        }
    }
}

/// When a map frees what it no longer needs: removed entries, and storage that it has outgrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frees {
    /// In the call that removes an entry or outgrows storage. Storage that is not outgrown stays.
    AtOnce,
    /// Later, once no thread can read it any more.
    Deferred,
    /// Later, and removed entries of a block of several only with those that they lie beside: as a new one takes their place, or with the
    /// block.
    InBulk,
    /// Entries at once; outgrown storage by the calls that move its entries, a few each.
    OnGrowth,
}

impl Frees {
    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Frees::AtOnce => "frees at once",
            Frees::Deferred => "frees later",
            Frees::InBulk => "frees later, several entries together",
            Frees::OnGrowth => "frees old storage as it moves entries",
        }
    }
}

/// Storage that a package allocates while a map is used and keeps for the life of the process, such as the lists of a
/// collector of garbage.
#[derive(Debug, Clone, Copy)]
pub struct ProcessWide {
    /// The package.
    pub package: &'static str,
    /// The most bytes that it keeps after this many threads used a map. As near as its source lets one say: what a map
    /// loses below it goes unseen.
    pub most: fn(threads: u64) -> u64,
}
