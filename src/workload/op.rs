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
}

/// What is known of an operation. The loops that do it (`worker::replay`), the model that knows its answer
/// ([`super::Stream`]) and the closed forms (`oracle`) have an arm for each; all else asks this table.
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
    /// Whether it can drop a value that was in the map.
    pub drops_values: bool,
    /// Whether it hands over a value.
    pub hands_over: bool,
}

const READS: OpInfo = OpInfo {
    op: Op::Get,
    name: "get",
    about: About::Live,
    inserts: false,
    drops_values: false,
    hands_over: false,
};

/// Every operation, in the order of the format's documentation, which is that of their numbers.
pub const OPS: [OpInfo; 8] = [
    OpInfo { op: Op::Insert, name: "insert", about: About::Absent, inserts: true, hands_over: true, ..READS },
    READS,
    OpInfo { op: Op::GetMissing, name: "get_missing", about: About::Absent, ..READS },
    OpInfo { op: Op::Update, name: "update", drops_values: true, hands_over: true, ..READS },
    OpInfo {
        op: Op::Upsert,
        name: "upsert",
        about: About::Either,
        inserts: true,
        drops_values: true,
        hands_over: true,
    },
    OpInfo { op: Op::Remove, name: "remove", drops_values: true, ..READS },
    OpInfo { op: Op::Iterate, name: "iterate", about: About::All, ..READS },
    OpInfo { op: Op::Clear, name: "clear", about: About::All, drops_values: true, ..READS },
];

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

    /// Whether one loop does both: a look-up is the same call whether it finds its key or not.
    #[inline]
    pub fn same_loop(self, other: Op) -> bool {
        let get = |op| matches!(op, Op::Get | Op::GetMissing);
        self == other || (get(self) && get(other))
    }

    /// Whether it picks among the live entries.
    pub fn picks(self) -> bool {
        matches!(self.info().about, About::Live | About::Either)
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
