//! From payload to resident memory: where every byte of one moment went, in steps that add up without a remainder.
//!
//! The chain goes from what is counted to the byte, over what the allocator says, to what the kernel says. Where two of
//! these accounts meet and differ, the difference is the step `unexplained`; no other step takes it up.

mod runtime;

use serde::{Deserialize, Serialize};

use super::memory::{Memory, Pages, Peak, Reading, SettleStep};
use super::{LiveSite, PhaseRecord, Shape};

/// Where every byte of one moment went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// The moment: a phase's name for its end, `peak`, or `settled: ` and a step of the settling.
    pub at: String,
    /// What kind of moment that is.
    #[serde(default)]
    pub moment: Moment,
    /// The steps, payload first. Their bytes add up to `total`.
    pub steps: Vec<Step>,
    /// Resident bytes of the process; at the peak, or where they cannot be read, usable bytes.
    pub total: u64,
    /// Whether `total` is resident bytes of the process.
    pub to_resident: bool,
    /// Bytes between what was counted and what allocator and kernel say: the part of `total` that no step explains. It is
    /// the last step too, `unexplained`, and the sum of the next two.
    pub unexplained: i64,
    /// Of it, what the allocator has handed out less what was counted.
    #[serde(default)]
    pub unexplained_count: i64,
    /// Of it, what the kernel calls resident less what the allocator's pages come to.
    #[serde(default)]
    pub unexplained_pages: i64,
    /// The sites with the most live bytes at this moment, of a program whose heap was profiled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<LiveSite>,
    /// What to know when reading it, a sentence each.
    #[serde(default, deserialize_with = "super::bounded_list::texts", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A kind of moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// The end of a phase.
    #[default]
    PhaseEnd,
    /// The highest live moment.
    Peak,
    /// A step of the settling after the last phase.
    Settled,
}

/// One step of a waterfall.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, one of [`STEPS`].
    pub name: String,
    /// Its bytes. Only `untouched`, which is subtracted, and `unexplained` can be below 0.
    pub bytes: i64,
}

/// What is known of a step before it is measured.
pub struct StepInfo {
    /// Its name in records.
    pub name: &'static str,
    /// Its name in tables and pictures.
    pub label: &'static str,
    /// One line: what it is.
    pub about: &'static str,
}

/// Every step, in the order of the chain.
pub const STEPS: &[StepInfo] = &[
    StepInfo { name: "payload", label: "payload", about: "key and value bytes of the entries" },
    StepInfo {
        name: "headers",
        label: "headers",
        about: "pointers, lengths, padding and slack of the keys and values",
    },
    StepInfo {
        name: "held-elsewhere",
        label: "held elsewhere",
        about: "values that the map let go and others still hold",
    },
    StepInfo {
        name: "slot-overhead",
        label: "slot overhead",
        about: "what a full slot holds beside key and value, such as a stored hash",
    },
    StepInfo { name: "empty-slots", label: "empty slots", about: "slots of the table without an entry" },
    StepInfo { name: "control", label: "control", about: "control bytes, indexes and links of the map" },
    StepInfo {
        name: "own-keys",
        label: "own keys",
        about: "a program's keys beyond its payload, by the heap profile",
    },
    StepInfo {
        name: "own-values",
        label: "own values",
        about: "its values beyond its payload: strings, vectors, boxes",
    },
    StepInfo {
        name: "structure",
        label: "structure",
        about: "all else that was requested: empty slots, control, garbage",
    },
    StepInfo {
        name: "rounding",
        label: "rounding",
        about: "from the requested sizes up to the allocator's size classes",
    },
    StepInfo {
        name: "fragmentation",
        label: "fragmentation",
        about: "free room in pages that hold a live block",
    },
    StepInfo {
        name: "garbage",
        label: "garbage",
        about: "what the map let go and the collector has not freed yet",
    },
    StepInfo {
        name: "runtime",
        label: "runtime",
        about: "the language's runtime: its structures and stacks",
    },
    StepInfo {
        name: "free-pages",
        label: "free pages",
        about: "pages that the runtime has not returned to the system",
    },
    StepInfo {
        name: "allocator",
        label: "allocator",
        about: "the allocator's own structures, and pages without a live block",
    },
    StepInfo {
        name: "untouched",
        label: "untouched",
        about: "subtracted: pages in use that are not resident",
    },
    StepInfo { name: "harness", label: "harness", about: "mapprof's own buffers" },
    StepInfo {
        name: "process",
        label: "process",
        about: "code, stacks and all that was resident before the map was made",
    },
    StepInfo {
        name: "unexplained",
        label: "unexplained",
        about: "difference between the counts, the allocator and the kernel",
    },
];

/// The row of `step` in [`STEPS`].
pub fn step_info(step: &str) -> Option<&'static StepInfo> {
    STEPS.iter().find(|info| info.name == step)
}

/// One line: what `step` is; empty for a name that is not in [`STEPS`].
pub fn describe(step: &str) -> &'static str {
    step_info(step).map_or("", |info| info.about)
}

/// Stands before the name of a step of the settling.
const SETTLED: &str = "settled: ";

impl Waterfall {
    /// The step of the settling whose waterfall this is.
    pub fn settle_step(&self) -> Option<SettleStep> {
        let name = self.at.strip_prefix(SETTLED).filter(|_| self.moment == Moment::Settled)?;
        SettleStep::ALL.into_iter().find(|step| step.name() == name)
    }

    /// The moment as pictures name it: `end of fill`, `peak`, `after the last phase: map shrunk`.
    pub fn heading(&self) -> String {
        match (self.moment, self.settle_step()) {
            (Moment::PhaseEnd, _) => format!("end of {}", self.at),
            (_, Some(step)) => format!("after the last phase: {}", step.label()),
            _ => self.at.clone(),
        }
    }

    /// Bytes of a step; `None` if it has no such step.
    pub fn bytes(&self, step: &str) -> Option<i64> {
        self.steps.iter().find(|s| s.name == step).map(|s| s.bytes)
    }

    /// The unexplained bytes as a share of the total. Its two parts count by their size, so that they cannot cancel.
    pub fn unexplained_share(&self) -> f64 {
        let parts =
            self.unexplained_count.unsigned_abs() as f64 + self.unexplained_pages.unsigned_abs() as f64;
        if self.total == 0 { 0.0 } else { parts / self.total as f64 }
    }
}

/// The waterfall of each phase's end, of the peak, and of each step of the settling.
pub fn waterfalls(memory: &Memory, phases: &[PhaseRecord]) -> Vec<Waterfall> {
    let baseline = memory.baseline.as_ref();
    let ends = memory.phases.iter().enumerate().map(|(index, reading)| {
        let name =
            phases.get(index).map_or_else(|| format!("phase {}", index + 1), |phase| phase.name.clone());
        let mut chain = Chain::of(reading);
        chain.extend(reading, baseline);
        chain.end(name, Moment::PhaseEnd)
    });
    let peak = memory.peak.iter().map(|peak| {
        let mut chain = Chain::of(&peak.reading);
        chain.notes.push(nearest(peak, baseline));
        chain.end("peak".to_owned(), Moment::Peak)
    });
    let settling = memory.settling.iter().map(|settled| {
        let mut chain = Chain::of(&settled.reading);
        chain.extend(&settled.reading, baseline);
        chain.end(format!("{SETTLED}{}", settled.step.name()), Moment::Settled)
    });
    ends.chain(peak).chain(settling).collect()
}

/// A waterfall in the making. Sums are wide, so that no reading, however odd, can overflow them.
#[derive(Default)]
struct Chain {
    steps: Vec<(&'static str, i128)>,
    total: i128,
    to_resident: bool,
    /// What was counted against what the allocator has handed out.
    count: i128,
    /// The allocator's pages against the kernel's.
    pages: i128,
    notes: Vec<String>,
}

impl Chain {
    /// From payload to usable bytes.
    fn of(reading: &Reading) -> Chain {
        let mut chain = Chain::default();
        let live = i128::from(reading.requested());
        let usable = i128::from(reading.usable_bytes);
        if reading.payload_unknown {
            chain.step("structure", live);
            chain.step("rounding", usable - live);
            chain.total = usable;
            return chain;
        }
        let hollow = reading.live_bytes == 0 && reading.usable_bytes == 0 && reading.entries > 0;
        let (payload, inline, apart) = if hollow {
            chain
                .notes
                .push("The map holds no memory, so the payload of its entries is not in it.".to_owned());
            (0, 0, 0)
        } else {
            let inline = i128::from(reading.entries.saturating_mul(reading.entry_bytes));
            (i128::from(reading.payload_bytes), inline, i128::from(reading.out_of_line_bytes))
        };
        chain.step("payload", payload);
        chain.step("headers", inline + apart - payload);
        let held = i128::from(reading.held_elsewhere_bytes);
        if held > 0 {
            chain.step("held-elsewhere", held);
        }
        let own = live - inline - apart - held;
        if own < 0 {
            chain.notes.push(format!(
                "The entries come to {} bytes, {} are counted as live: the readings disagree.",
                grouped(inline + apart + held),
                grouped(live)
            ));
            chain.count += own;
        } else {
            chain.own(reading, own);
        }
        chain.step("rounding", usable - live);
        chain.total = usable;
        chain
    }

    /// What the map requested beyond its entries, told apart as far as the map's own word can be believed.
    fn own(&mut self, reading: &Reading, own: i128) {
        let slots = match reading.shape.as_ref().map(|shape| believed(shape, reading)) {
            Some(Ok(slots)) => slots,
            Some(Err(note)) => {
                self.notes.push(note);
                None
            }
            None => None,
        };
        let Some(Slots { slots, slot_bytes }) = slots else {
            self.step("structure", own);
            return;
        };
        let entries = i128::from(reading.entries);
        let overhead = entries * (slot_bytes - i128::from(reading.entry_bytes));
        let empty = (slots - entries) * slot_bytes;
        if overhead != 0 {
            self.step("slot-overhead", overhead);
        }
        self.step("empty-slots", empty);
        self.step("control", own - overhead - empty);
    }

    /// From usable bytes to resident bytes, as whoever has the memory tells.
    fn extend(&mut self, reading: &Reading, baseline: Option<&Pages>) {
        match &reading.runtime {
            Some(heap) => self.extend_to_runtime(reading, heap),
            None => self.extend_to_resident(reading, baseline),
        }
    }

    /// From usable bytes to resident bytes, if these were read.
    fn extend_to_resident(&mut self, reading: &Reading, baseline: Option<&Pages>) {
        let Some((now, before)) = reading.pages.as_ref().zip(baseline) else {
            self.notes.push("Resident memory could not be read.".to_owned());
            return;
        };
        let grown = |of: fn(&Pages) -> u64| i128::from(of(now)) - i128::from(of(before));
        let usable = i128::from(reading.usable_bytes);
        let untouched = grown(|p| p.untouched).max(0);
        let rss_harness = i128::from(now.rss_harness);
        let process = i128::from(now.rss) - rss_harness - grown(|p| p.rss_allocator);
        // What was handed out and not counted lies among what is free, in pages in use or in others: it is taken out
        // there. A step is never less than nothing; what would make it so is left to the last step.
        let uncounted = grown(|p| p.allocated) - grown(|p| p.cached) - usable;
        let fragmentation = (grown(|p| p.in_use) - usable - uncounted).max(0);
        let in_use = usable + uncounted + fragmentation;
        let excess = (in_use - grown(|p| p.in_use)).max(0);
        let allocator = (grown(|p| p.free) + now.own_since(before) - excess).max(0);
        self.count += uncounted;
        self.step("fragmentation", fragmentation);
        self.step("allocator", allocator);
        self.step("untouched", -untouched);
        self.step("harness", rss_harness);
        self.step("process", process);
        self.pages += grown(|p| p.rss_allocator) - (in_use + allocator - untouched);
        self.total = i128::from(now.rss);
        self.to_resident = true;
    }

    fn step(&mut self, name: &'static str, bytes: i128) {
        self.steps.push((name, bytes));
    }

    fn end(mut self, at: String, moment: Moment) -> Waterfall {
        let unexplained = self.count + self.pages;
        self.step("unexplained", unexplained);
        // Parts that cancel would make a poor account look like a good one.
        let cancelled = self.count.abs() + self.pages.abs() - unexplained.abs();
        if cancelled > self.total / 1000 {
            self.notes.push(format!(
                "The unexplained {} bytes are {:+} between the counts and the allocator and {:+} between the \
                 allocator and the kernel.",
                grouped(unexplained),
                self.count,
                self.pages
            ));
        }
        let steps =
            self.steps.iter().map(|(name, bytes)| Step { name: (*name).to_owned(), bytes: narrow(*bytes) });
        Waterfall {
            at,
            moment,
            steps: steps.collect(),
            total: u64::try_from(self.total).unwrap_or(0),
            to_resident: self.to_resident,
            unexplained: narrow(unexplained),
            unexplained_count: narrow(self.count),
            unexplained_pages: narrow(self.pages),
            sites: Vec::new(),
            notes: self.notes,
        }
    }
}

/// Slots that the map says it has.
struct Slots {
    slots: i128,
    slot_bytes: i128,
}

/// The slots that `shape` tells of, if it tells of any; a note if its word does not agree with what is counted.
fn believed(shape: &Shape, reading: &Reading) -> Result<Option<Slots>, String> {
    let apart = i128::from(reading.out_of_line_bytes) + i128::from(reading.held_elsewhere_bytes);
    let counted = i128::from(reading.requested()) - apart;
    let slot_bytes = i128::from(shape.slot_bytes);
    if let Some(slots) = shape.slots {
        let table = i128::from(slots.saturating_mul(shape.slot_bytes));
        if slots < reading.entries || (slots == 0 && counted > 0) {
            return Err(format!(
                "capacity() says {} slots, which does not account for {} bytes: shown as structure.",
                grouped(slots.into()),
                grouped(counted)
            ));
        }
        if shape.slot_bytes < reading.entry_bytes {
            return Err(format!(
                "The map says that a slot has {} bytes, and an entry takes {}: shown as structure.",
                shape.slot_bytes, reading.entry_bytes
            ));
        }
        if table > counted {
            return Err(format!(
                "{} slots of {} bytes would come to {} bytes, {} are counted: shown as structure.",
                grouped(slots.into()),
                shape.slot_bytes,
                grouped(table),
                grouped(counted)
            ));
        }
    }
    match shape.own_bytes.map(i128::from) {
        Some(own) if own < counted => Err(format!(
            "The map's own account comes to {} bytes, {} are counted. The {} between them are storage that its \
             capacity does not show, such as tombstones, garbage not yet reclaimed or leaked blocks: shown as structure.",
            grouped(own),
            grouped(counted),
            grouped(counted - own)
        )),
        Some(own) if own > counted => Err(format!(
            "The map's own account comes to {} bytes, which is {} more than the {} that are counted: shown as \
             structure.",
            grouped(own),
            grouped(own - counted),
            grouped(counted)
        )),
        _ => Ok(shape.slots.map(|slots| Slots { slots: i128::from(slots), slot_bytes })),
    }
}

/// Where resident memory was read nearest to the peak, and what it was.
fn nearest(peak: &Peak, baseline: Option<&Pages>) -> String {
    let Some((pages, before)) = peak.nearest.as_ref().zip(baseline) else {
        return "Resident memory could not be read near the peak.".to_owned();
    };
    let resident = i128::from(pages.rss_allocator) - i128::from(before.rss_allocator);
    let calls = i128::from(peak.nearest_calls.unsigned_abs());
    let when = match peak.nearest_calls {
        0 => "at the same call".to_owned(),
        n if n < 0 => format!("{} calls before", grouped(calls)),
        _ => format!("{} calls after", grouped(calls)),
    };
    format!(
        "The peak lies inside an operation, where pages cannot be read. At the nearest reading, {when}, {} bytes of \
         the allocator were resident.",
        grouped(resident)
    )
}

/// A count of bytes with separators, as it stands in a note.
fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
#[path = "waterfall_tests.rs"]
mod tests;
