//! The operations that a workload can do, and what is known of each: one table.

use serde::{Deserialize, Serialize};

/// An operation. Its number stands in the byte of a call ([`super::call_batch::CallByte`]) and enters the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[non_exhaustive]
pub enum Op {
    /// Puts in a key that was never there.
    Insert,
    /// Looks up a live key.
    Get,
    /// Looks up a key that was never there.
    GetMissing,
    /// Replaces the value of a live key.
    Update,
    /// Inserts or replaces: a live key or a fresh one, with even odds.
    Upsert,
    /// Takes out a live key.
    Remove,
    /// Visits every entry.
    Iterate,
    /// Takes out every entry.
    Clear,
    /// Looks a key up and inserts it if it is absent: a live key or a fresh one, with even odds.
    Entry,
    /// Reads the value of a live key and changes it in place.
    Modify,
    /// Visits entries from a live key on, in the order of the keys.
    Scan,
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A key that is not in the map.
    Absent,
    /// A live entry, chosen by the phase's access pattern.
    Live,
    /// Either.
    Either,
    /// All entries. Its answer depends on what other threads have just done.
    All,
    /// A live entry, likewise chosen, and those that follow it in the order of the keys. So does its answer.
    From,
}

/// What an operation does to the entry of a key that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// It reads the value, if it does anything.
    Reads,
    /// It puts another value in its place.
    Replaces,
    /// It changes the value in place.
    Modifies,
    /// It takes the entry out.
    Removes,
}

/// What an operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Whether the key was new.
    WhetherNew,
    /// Whether the key was there.
    WhetherThere,
    /// The value that was there, if one was.
    Value,
    /// The value that was there, or that the key was new.
    ValueOrNew,
    /// All values.
    AllValues,
    /// The values from the key on.
    ValuesFrom,
    /// Nothing.
    Nothing,
}

/// What is known of an operation. The model that knows its answer ([`super::Stream`]), the closed forms (`oracle`) and all else ask this
/// table; only the loops that do it (`worker::replay`) have a row for each.
#[derive(Debug, Clone, Copy)]
pub struct OpInfo {
    /// The operation.
    pub op: Op,
    /// The name in workload files and reports.
    pub name: &'static str,
    /// What it is about.
    pub about: About,
    /// Whether it can put in a key that was not there.
    pub inserts: bool,
    /// What it does to the entry of a live key.
    pub touch: Touch,
    /// What it answers.
    pub answers: Answers,
    /// Whether it hands over a value.
    pub hands_over: bool,
    /// Whether a map needs not have it: those that have it say so ([`crate::maps::MapInfo::offers`]).
    pub is_optional: bool,
}

/// An operation that reads a live entry.
const READS: OpInfo = OpInfo {
    op: Op::Get,
    name: "get",
    about: About::Live,
    inserts: false,
    touch: Touch::Reads,
    answers: Answers::Value,
    hands_over: false,
    is_optional: false,
};

/// An operation that puts a value in.
const WRITES: OpInfo =
    OpInfo { inserts: true, hands_over: true, touch: Touch::Replaces, answers: Answers::WhetherNew, ..READS };

/// Every operation, in the order of the format's documentation, which is that of their numbers.
pub const OPS: [OpInfo; 11] = [
    OpInfo { op: Op::Insert, name: "insert", about: About::Absent, ..WRITES },
    READS,
    OpInfo { op: Op::GetMissing, name: "get_missing", about: About::Absent, ..READS },
    OpInfo { op: Op::Update, name: "update", inserts: false, answers: Answers::WhetherThere, ..WRITES },
    OpInfo { op: Op::Upsert, name: "upsert", about: About::Either, ..WRITES },
    OpInfo { op: Op::Remove, name: "remove", touch: Touch::Removes, answers: Answers::WhetherThere, ..READS },
    OpInfo { op: Op::Iterate, name: "iterate", about: About::All, answers: Answers::AllValues, ..READS },
    OpInfo {
        op: Op::Clear,
        name: "clear",
        about: About::All,
        touch: Touch::Removes,
        answers: Answers::Nothing,
        ..READS
    },
    OpInfo {
        op: Op::Entry,
        name: "entry",
        about: About::Either,
        touch: Touch::Reads,
        answers: Answers::ValueOrNew,
        is_optional: true,
        ..WRITES
    },
    OpInfo { op: Op::Modify, name: "modify", touch: Touch::Modifies, is_optional: true, ..READS },
    OpInfo {
        op: Op::Scan,
        name: "scan",
        about: About::From,
        answers: Answers::ValuesFrom,
        is_optional: true,
        ..READS
    },
];

impl OpInfo {
    /// Whether its answer depends on what other threads have just done.
    pub const fn sees_others(&self) -> bool {
        matches!(self.about, About::All | About::From)
    }

    /// Whether it can drop a value that was in the map.
    pub const fn drops_values(&self) -> bool {
        matches!(self.touch, Touch::Removes)
            || (matches!(self.touch, Touch::Replaces) && !matches!(self.about, About::Absent))
    }
}

impl Op {
    /// Every operation, in the order of [`OPS`].
    pub const ALL: [Op; OPS.len()] = {
        let mut all = [Op::Insert; OPS.len()];
        let mut place = 0;
        while place < OPS.len() {
            all[place] = OPS[place].op;
            place += 1;
        }
        all
    };

    /// Its row.
    pub const fn info(self) -> &'static OpInfo {
        &OPS[self as usize]
    }

    /// The name in workload files and reports.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether one loop does both: a look-up is the same call whether it finds its key or not, and so is an insertion.
    #[inline]
    pub fn same_loop(self, other: Op) -> bool {
        let get = |op| matches!(op, Op::Get | Op::GetMissing);
        let insert = |op| matches!(op, Op::Insert | Op::Upsert);
        self == other || (get(self) && get(other)) || (insert(self) && insert(other))
    }

    /// Whether it picks among the live entries.
    pub fn picks(self) -> bool {
        matches!(self.info().about, About::Live | About::Either | About::From)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_the_numbers_of_their_operations() {
        for (number, info) in OPS.iter().enumerate() {
            assert_eq!(info.op as usize, number);
            assert_eq!(info.op.name(), info.name);
            assert_eq!(serde_json::to_value(info.op).unwrap(), info.name);
            // What puts a key in hands a value over with it.
            assert!(!info.inserts || info.hands_over, "{}", info.name);
        }
    }
}
