//! What holds for every map, with or without a closed form: dropping it frees all, an emptied one keeps no more than a fresh
//! one, and live bytes are never below the payload.

use crate::record::{CaseRecord, Memory, PassKind, SettleStep, Settled, leaked_bytes};

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// No byte is live after the map was dropped and its reclamation driven to its end.
    DropFreesAll,
    /// An empty map that was shrunk holds no more than a fresh one, and what it says that it keeps.
    EmptyIsSmall,
    /// Live bytes are at least the key and value bytes of the entries.
    LiveCoversPayload,
}

/// Whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Yes.
    Holds,
    /// Yes, but for what the words say, which is no fault.
    HoldsBut(String),
    /// No: what is wrong, in words.
    Broken(String),
    /// The run does not tell, and why.
    Unknown(&'static str),
}

impl Law {
    /// Every law, in the order of the report.
    pub const ALL: [Law; 3] = [Law::DropFreesAll, Law::EmptyIsSmall, Law::LiveCoversPayload];

    /// The law as a statement.
    pub fn statement(self) -> &'static str {
        match self {
            Law::DropFreesAll => "dropping the map frees every byte",
            Law::EmptyIsSmall => "an empty, shrunk map holds no more than a fresh one",
            Law::LiveCoversPayload => "live bytes are never below the payload",
        }
    }

    /// Whether it holds in this record.
    pub fn ruling(self, record: &CaseRecord) -> Ruling {
        let Some(pass) = record.passes.get(&PassKind::Memory) else {
            return Ruling::Unknown("there was no memory pass");
        };
        let Some(memory) = &pass.memory else { return Ruling::Unknown("memory was not read") };
        match self {
            Law::DropFreesAll => drop_frees_all(record, memory),
            Law::EmptyIsSmall => empty_is_small(memory),
            Law::LiveCoversPayload => live_covers_payload(record, memory),
        }
    }
}

fn after(memory: &Memory, step: SettleStep) -> Option<&Settled> {
    memory.settling.iter().find(|settled| settled.step == step)
}

fn drop_frees_all(record: &CaseRecord, memory: &Memory) -> Ruling {
    // Of several measurements any may have leaked.
    match memory.leaked_bytes().map(|leaked| leaked.max(leaked_bytes(&record.metrics))) {
        None if memory.is_of_runtime() => Ruling::Unknown("a collector frees what nothing refers to"),
        None => Ruling::Unknown("the program drops its map itself"),
        Some(0) => match (after(memory, SettleStep::Dropped), &memory.process_wide) {
            (Some(dropped), Some(kept)) if dropped.reading.live_bytes > 0 => Ruling::HoldsBut(format!(
                "{} bytes that {} keeps for the process",
                dropped.reading.live_bytes, kept.package
            )),
            _ => Ruling::Holds,
        },
        Some(leaked) => Ruling::Broken(match &memory.process_wide {
            None => format!("{leaked} bytes are live after the map was dropped"),
            Some(kept) => format!(
                "{leaked} bytes are live after the map was dropped, beyond the {} that {} keeps for the process",
                kept.most_bytes, kept.package
            ),
        }),
    }
}

fn empty_is_small(memory: &Memory) -> Ruling {
    let Some(shrunk) = after(memory, SettleStep::Shrunk) else {
        if memory.is_of_runtime() {
            return Ruling::Unknown("the map cannot shrink");
        }
        return Ruling::Unknown("the program drops its map itself");
    };
    let Some(least) = memory.empty_map_bytes else { return Ruling::Unknown("the map cannot shrink") };
    let most = least.saturating_add(memory.kept_at_most());
    let live = shrunk.reading.live_bytes.saturating_sub(shrunk.reading.held_elsewhere_bytes);
    match shrunk.reading.entries {
        0 if live <= most => Ruling::Holds,
        0 => {
            Ruling::Broken(format!("an empty, shrunk map holds {live} bytes, and a fresh one at most {most}"))
        }
        _ => Ruling::Unknown("the workload leaves entries in the map"),
    }
}

fn live_covers_payload(record: &CaseRecord, memory: &Memory) -> Ruling {
    // A map that answers nothing holds nothing, so its record has no payload.
    let phases = record.passes.get(&PassKind::Memory).map(|pass| pass.phases.as_slice()).unwrap_or_default();
    let below =
        phases.iter().zip(&memory.phases).find(|(_, reading)| reading.live_bytes < reading.payload_bytes);
    match below {
        None => Ruling::Holds,
        Some((phase, reading)) => Ruling::Broken(format!(
            "live bytes of {} are {}, and the keys and values of its entries alone have {}",
            phase.name, reading.live_bytes, reading.payload_bytes
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{KeptByPackage, fixtures};

    fn with(change: impl FnOnce(&mut Memory)) -> CaseRecord {
        let mut record = fixtures::case();
        change(record.passes.get_mut(&PassKind::Memory).unwrap().memory.as_mut().unwrap());
        record
    }

    fn settled(memory: &mut Memory, step: SettleStep) -> &mut Settled {
        memory.settling.iter_mut().find(|settled| settled.step == step).unwrap()
    }

    #[test]
    fn what_a_drop_leaves_is_counted() {
        assert_eq!(Law::DropFreesAll.ruling(&with(|_| ())), Ruling::Holds);
        let leaky = with(|memory| settled(memory, SettleStep::Dropped).reading.live_bytes = 7);
        let broken = Ruling::Broken("7 bytes are live after the map was dropped".into());
        assert_eq!(Law::DropFreesAll.ruling(&leaky), broken);
        let keep = |most_bytes| {
            with(|memory| {
                settled(memory, SettleStep::Dropped).reading.live_bytes = 7;
                memory.process_wide = Some(KeptByPackage { package: "epochs".into(), most_bytes });
            })
        };
        let but = Ruling::HoldsBut("7 bytes that epochs keeps for the process".into());
        assert_eq!(Law::DropFreesAll.ruling(&keep(7)), but);
        let broken =
            "1 bytes are live after the map was dropped, beyond the 6 that epochs keeps for the process";
        assert_eq!(Law::DropFreesAll.ruling(&keep(6)), Ruling::Broken(broken.into()));
        let own = with(|memory| memory.settling.clear());
        assert_eq!(Law::DropFreesAll.ruling(&own), Ruling::Unknown("the program drops its map itself"));
    }

    #[test]
    fn an_empty_map_is_held_to_a_fresh_one() {
        let emptied = |live: u64| {
            with(|memory| {
                memory.empty_map_bytes = Some(48);
                let reading = &mut settled(memory, SettleStep::Shrunk).reading;
                (reading.entries, reading.live_bytes) = (0, live);
            })
        };
        assert_eq!(Law::EmptyIsSmall.ruling(&emptied(48)), Ruling::Holds);
        let broken = "an empty, shrunk map holds 49 bytes, and a fresh one at most 48";
        assert_eq!(Law::EmptyIsSmall.ruling(&emptied(49)), Ruling::Broken(broken.into()));
        let rigid = with(|memory| memory.empty_map_bytes = None);
        assert_eq!(Law::EmptyIsSmall.ruling(&rigid), Ruling::Unknown("the map cannot shrink"));
        let full = with(|memory| memory.empty_map_bytes = Some(48));
        assert_eq!(
            Law::EmptyIsSmall.ruling(&full),
            Ruling::Unknown("the workload leaves entries in the map")
        );
    }

    #[test]
    fn live_bytes_are_held_to_the_payload() {
        assert_eq!(Law::LiveCoversPayload.ruling(&with(|_| ())), Ruling::Holds);
        let thin = with(|memory| memory.phases[0].live_bytes = memory.phases[0].payload_bytes - 1);
        assert!(matches!(Law::LiveCoversPayload.ruling(&thin), Ruling::Broken(_)));
    }
}
