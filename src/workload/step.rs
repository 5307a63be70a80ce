//! The steps of a map's life cycle, and what is known of each: one table. A phase is calls of the map or one of these.

use serde::{Deserialize, Serialize};

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
#[non_exhaustive]
pub enum StepKind {
    /// Drops the map and makes an empty one.
    New,
    /// Makes room for further entries.
    Reserve,
    /// Gives back the storage that the entries do not need.
    Shrink,
    /// Fills a fresh map with clones of the live entries, and then drops the old one.
    Rebuild,
    /// Drops the map.
    Drop,
    /// Fills a fresh map with clones of the live entries while other threads look keys up in the old one, exchanges the two, and
    /// drops the old one.
    Swap,
}

/// The field that says how many threads look keys up meanwhile.
pub const READERS: &str = "readers";

/// What is known of a step.
#[derive(Debug, Clone, Copy)]
pub struct StepInfo {
    /// The step.
    pub kind: StepKind,
    /// The name in workload files and reports.
    pub name: &'static str,
    /// One line: what it does.
    pub about: &'static str,
    /// The field of a workload file that says for how many entries, if one does.
    pub entries: Option<&'static str>,
    /// All fields that it alone has.
    pub fields: &'static [&'static str],
    /// Whether a map needs not have it: those that have it say so ([`crate::maps::MapInfo::steps`]).
    pub is_optional: bool,
    /// Whether no entry is left after it.
    pub empties: bool,
    /// Whether there is a map after it.
    pub leaves_a_map: bool,
    /// Whether it has clones of all entries beside the entries, until it drops these.
    pub doubles: bool,
    /// Whether other threads look keys up meanwhile.
    pub has_readers: bool,
}

/// A step that any map can take, and that keeps the entries.
const PLAIN: StepInfo = StepInfo {
    kind: StepKind::Shrink,
    name: "",
    about: "",
    entries: None,
    fields: &[],
    is_optional: false,
    empties: false,
    leaves_a_map: true,
    doubles: false,
    has_readers: false,
};

/// Every step, in the order of the format's documentation, which is that of their numbers.
pub const STEPS: [StepInfo; 6] = [
    StepInfo {
        kind: StepKind::New,
        name: "new",
        about: "drop the map and make an empty one",
        entries: Some("capacity"),
        fields: &["capacity"],
        empties: true,
        ..PLAIN
    },
    StepInfo {
        kind: StepKind::Reserve,
        name: "reserve",
        about: "make room for further entries",
        entries: Some("additional"),
        fields: &["additional"],
        is_optional: true,
        ..PLAIN
    },
    StepInfo {
        kind: StepKind::Shrink,
        name: "shrink",
        about: "give back the storage that the entries do not need",
        is_optional: true,
        ..PLAIN
    },
    StepInfo {
        kind: StepKind::Rebuild,
        name: "rebuild",
        about: "fill a fresh map with clones of the live entries, then drop the old one",
        doubles: true,
        ..PLAIN
    },
    StepInfo {
        kind: StepKind::Drop,
        name: "drop",
        about: "drop the map",
        empties: true,
        leaves_a_map: false,
        ..PLAIN
    },
    StepInfo {
        kind: StepKind::Swap,
        name: "swap",
        about: "fill a fresh map beside the old one, exchange them while other threads look keys up, then drop the old one",
        is_optional: true,
        doubles: true,
        fields: &[READERS],
        has_readers: true,
        ..PLAIN
    },
];

impl StepKind {
    /// Its row.
    pub const fn info(self) -> &'static StepInfo {
        &STEPS[self as usize]
    }

    /// The name in workload files and reports.
    pub const fn name(self) -> &'static str {
        self.info().name
    }
}

/// A step of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which one.
    pub kind: StepKind,
    /// Entries that a new map is pre-sized for, or further entries that room is made for. Of each map, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Threads that look keys up meanwhile, where the step has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_the_numbers_of_their_steps() {
        for (number, info) in STEPS.iter().enumerate() {
            assert_eq!(info.kind as usize, number);
            assert_eq!(info.kind.name(), info.name);
            assert_eq!(serde_json::to_value(info.kind).unwrap(), info.name);
        }
    }
}
