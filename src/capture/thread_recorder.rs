//! What one thread recorded of its allocations: sums per stack and phase, what was live at the highest
//! moment, and how long blocks lived.
//!
//! The highest moment is kept without copying anything when it comes. While live bytes rise, what is live now is what
//! is live at the peak. When they leave it, a *peak epoch* begins, which has a number. Whatever is about to change during a
//! peak epoch first puts its state aside, once, under that number. When live bytes rise above the old peak, the next peak epoch will
//! have another number, and what was put aside under an older one is void.
//!
//! Births and deaths are counted first and entered here a little later, deaths of small blocks much later, and the thread
//! may be kept from it for a long time. So the ledger ends a peak epoch at the very count that is a new high ([`new_peak`]), and
//! what is entered brings the number of the peak epoch in which it was counted. If live bytes were at a new high since, it is
//! added to, or taken from, what was put aside as well.

use std::alloc::Layout;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use hashbrown::{HashMap, HashTable};

use super::harness_memory::{Harness, HarnessVec, harness_vec};
use super::heap_intervals::{INTERVALS, TurnoverSums, Turnovers, Width, renumbered};
use super::raw_samples::{RawHeapIntervals, RawHeapSum};
use super::size_class;

/// Whether live bytes are below their peak, and the number of this or the last peak epoch.
static BELOW_PEAK: AtomicBool = AtomicBool::new(false);
static PEAK_EPOCH: AtomicU64 = AtomicU64::new(0);

/// When a birth or death was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// With live bytes at a new high.
    Highest,
    /// In the peak epoch of this number.
    BelowPeak(u64),
}

impl When {
    /// Just now.
    #[inline(always)]
    pub(super) fn now(highest: bool) -> When {
        if highest { When::Highest } else { When::BelowPeak(peak_epoch()) }
    }
}

/// Ends the peak epoch, if there is one: live bytes are at a new high.
#[inline(always)]
pub(super) fn new_peak() {
    if BELOW_PEAK.load(Relaxed) {
        BELOW_PEAK.store(false, Relaxed);
    }
}

/// Begins a peak epoch unless there is one, and returns its number: live bytes have just left their peak.
#[inline(always)]
pub(super) fn peak_epoch() -> u64 {
    if !BELOW_PEAK.load(Relaxed) && !BELOW_PEAK.swap(true, Relaxed) {
        PEAK_EPOCH.fetch_add(1, Relaxed);
    }
    PEAK_EPOCH.load(Relaxed)
}

/// Classes of lifetimes: see [`class_index`].
const CLASSES: usize = 4 * 64;

/// Who made a block: the recorder of a thread and, in its sums, a place; and the phase. A worker whose thread ended and was
/// followed by another one has a recorder of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    recorder: u16,
    phase: u16,
    place: u32,
}

impl Owner {
    /// The harness: not recorded.
    pub(super) const NOBODY: Owner = Owner { recorder: u16::MAX, phase: u16::MAX, place: u32::MAX };
}

/// Blocks and their requested bytes. Of another thread's blocks only the deaths are known, so both may be negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    blocks: i64,
    bytes: i64,
}

impl Sum {
    #[inline(always)]
    fn add(&mut self, bytes: u64) {
        self.blocks += 1;
        self.bytes += bytes as i64;
    }
    #[inline(always)]
    fn take(&mut self, bytes: u64) {
        self.blocks -= 1;
        self.bytes -= bytes as i64;
    }
    fn join(&mut self, other: Sum) {
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }
    fn pair(self) -> (u64, u64) {
        (self.blocks.max(0) as u64, self.bytes.max(0) as u64)
    }
}

/// Bytes of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// As requested.
    bytes: u64,
    /// As its size class gives them.
    usable: u64,
}

impl Size {
    /// Of a block of this layout.
    #[inline(always)]
    pub(super) fn of(layout: Layout) -> Size {
        Size { bytes: layout.size() as u64, usable: size_class::usable(layout) as u64 }
    }
}

/// What is known of the blocks of one stack, phase and worker.
struct Tally {
    allocated: Sum,
    live: Sum,
    /// Usable bytes of what is live.
    usable: i64,
    temporary: Sum,
    /// What was live when the peak epoch of this number began.
    aside: Sum,
    peak_epoch: u64,
    /// Deaths by class of lifetime: blocks and bytes. Empty until the first.
    lifetimes: HarnessVec<(u64, u64)>,
    /// Births and deaths by time.
    turnovers: Turnovers,
}

impl Tally {
    fn new() -> Self {
        Tally {
            allocated: Sum::default(),
            live: Sum::default(),
            usable: 0,
            temporary: Sum::default(),
            aside: Sum::default(),
            peak_epoch: 0,
            lifetimes: harness_vec(),
            turnovers: Turnovers::new(),
        }
    }

    #[inline(always)]
    fn put_aside(&mut self, peak_epoch: u64) {
        if self.peak_epoch != peak_epoch {
            self.peak_epoch = peak_epoch;
            self.aside = self.live;
        }
    }

    /// Puts the state of the peak aside before a change below it. `late`: what to do with what is put aside already, if
    /// live bytes have been at a new high since the change was counted.
    #[inline(always)]
    fn before_change(&mut self, when: When, late: impl FnOnce(&mut Sum)) {
        let (below_peak, now) = (BELOW_PEAK.load(Relaxed), PEAK_EPOCH.load(Relaxed));
        match when {
            When::BelowPeak(peak_epoch) if below_peak && peak_epoch == now => self.put_aside(peak_epoch),
            When::BelowPeak(_) if below_peak && self.peak_epoch == now => late(&mut self.aside),
            When::BelowPeak(_) | When::Highest => {}
        }
    }

    fn at_peak(&self) -> Sum {
        if BELOW_PEAK.load(Relaxed) && self.peak_epoch == PEAK_EPOCH.load(Relaxed) {
            self.aside
        } else {
            self.live
        }
    }

    #[inline(always)]
    fn died(&mut self, temporary: bool, Size { bytes, usable }: Size, calls: u64) {
        self.live.take(bytes);
        self.usable -= usable as i64;
        if temporary {
            self.temporary.add(bytes);
        }
        if self.lifetimes.is_empty() {
            self.lifetimes.resize(CLASSES, (0, 0));
        }
        if let Some(class) = self.lifetimes.get_mut(class_index(calls)) {
            class.0 += 1;
            class.1 += bytes;
        }
    }
}

/// The place of a lifetime's class: up to 7 calls each has its own, then four to each doubling.
#[inline(always)]
fn class_index(calls: u64) -> usize {
    let bits = (u64::BITS - calls.leading_zeros()) as usize;
    if bits <= 3 { calls as usize } else { 4 * (bits - 2) + (calls >> (bits - 3)) as usize % 4 }
}

/// The least lifetime of the class at a place.
fn class_start(index: usize) -> u64 {
    if index < 8 { index as u64 } else { (4 + index as u64 % 4) << (index / 4 - 1) }
}

struct Site {
    phase: u16,
    /// Where its addresses lie in the list of all addresses.
    first: u32,
    depth: u32,
    tally: Tally,
}

/// What one thread allocated and freed.
pub(super) struct AllocStats {
    /// Its number among the recorders of all threads.
    recorder: u16,
    worker: u16,
    addresses: HarnessVec<u64>,
    sites: HarnessVec<Site>,
    by_stack: HashTable<u32, Harness>,
    /// Of the intervals of all turnovers of this thread.
    width: Width,
    /// Deaths of other threads' blocks.
    foreign: HashMap<Owner, Tally, foldhash::fast::FixedState, Harness>,
}

/// A quick hash of a stack: each address is folded in by a multiplication (the constant is 2^64 over the golden ratio).
#[inline(always)]
fn hash(stack: &[u64], phase: u16) -> u64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    stack.iter().fold(u64::from(phase), |sum, address| {
        let product = u128::from(sum ^ address) * u128::from(GOLDEN);
        (product as u64) ^ (product >> 64) as u64
    })
}

impl AllocStats {
    /// The recorder of a thread, by its number among all recorders, and the worker that the thread is.
    pub(super) fn new(recorder: u16, worker: u16) -> Self {
        AllocStats {
            recorder,
            worker,
            addresses: harness_vec(),
            sites: harness_vec(),
            by_stack: HashTable::new_in(Harness),
            width: Width::default(),
            foreign: HashMap::with_hasher_in(Default::default(), Harness),
        }
    }

    fn addresses<'a>(all: &'a [u64], site: &Site) -> &'a [u64] {
        &all[site.first as usize..][..site.depth as usize]
    }

    #[inline]
    fn site(&mut self, stack: &[u64], phase: u16) -> u32 {
        let hash = hash(stack, phase);
        let (sites, all) = (&self.sites, &self.addresses);
        let same = |place: &u32| {
            let site = &sites[*place as usize];
            site.phase == phase && Self::addresses(all, site) == stack
        };
        match self.by_stack.find(hash, same) {
            Some(place) => *place,
            None => self.new_site(stack, phase, hash),
        }
    }

    #[cold]
    #[inline(never)]
    fn new_site(&mut self, stack: &[u64], phase: u16, hash: u64) -> u32 {
        let place = self.sites.len() as u32;
        let first = self.addresses.len() as u32;
        self.addresses.extend_from_slice(stack);
        self.sites.push(Site { phase, first, depth: stack.len() as u32, tally: Tally::new() });
        let (sites, all) = (&self.sites, &self.addresses);
        self.by_stack.insert_unique(hash, place, |place| {
            let site = &sites[*place as usize];
            self::hash(Self::addresses(all, site), site.phase)
        });
        place
    }

    /// The interval of a call.
    #[inline(always)]
    fn interval(&mut self, call: u64) -> usize {
        let interval = self.width.interval(call);
        if interval < INTERVALS { interval } else { self.widen(call) }
    }

    #[cold]
    #[inline(never)]
    fn widen(&mut self, call: u64) -> usize {
        let width = self.width.reaching(call);
        let sites = self.sites.iter_mut().map(|site| &mut site.tally);
        for tally in sites.chain(self.foreign.values_mut()) {
            tally.turnovers.widen(self.width, width);
        }
        self.width = width;
        width.interval(call)
    }

    /// Enters a block that was made at `call`.
    #[inline]
    pub(super) fn born(&mut self, stack: &[u64], phase: u16, size: Size, call: u64, when: When) -> Owner {
        let Size { bytes, usable } = size;
        let place = self.site(stack, phase);
        let interval = self.interval(call);
        let tally = &mut self.sites[place as usize].tally;
        tally.before_change(when, |aside| aside.add(bytes));
        tally.allocated.add(bytes);
        tally.live.add(bytes);
        tally.usable += usable as i64;
        tally.turnovers.allocated(interval, bytes);
        Owner { recorder: self.recorder, phase, place }
    }

    /// Enters the death, in `phase`, of a block that was made and freed at the calls of `life`. Each is counted by the thread that
    /// did it, so the second one may be the smaller one.
    #[inline]
    pub(super) fn died(&mut self, owner: Owner, phase: u16, size: Size, life: (u64, u64), when: When) {
        if owner == Owner::NOBODY {
            return;
        }
        let (born, died) = life;
        // Nothing is freed before it was made: live bytes would be below zero in between.
        let interval = self.interval(died.max(born));
        let tally = if owner.recorder == self.recorder {
            &mut self.sites[owner.place as usize].tally
        } else {
            self.foreign.entry(owner).or_insert_with(Tally::new)
        };
        tally.before_change(when, |aside| aside.take(size.bytes));
        tally.turnovers.freed(interval, size.bytes);
        tally.died(owner.phase == phase, size, died.saturating_sub(born));
    }
}

/// What is live of one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiveStack {
    /// Its addresses, innermost first.
    pub(super) stack: Vec<u64>,
    /// Blocks, requested bytes, usable bytes.
    pub(super) blocks: u64,
    pub(super) bytes: u64,
    pub(super) usable: u64,
}

/// What is live now by stack, over all threads and phases, ordered by stack. No thread may operate meanwhile.
pub(super) fn live(all_stats: &[&AllocStats]) -> Vec<LiveStack> {
    let mut stacks: BTreeMap<&[u64], (Sum, i64)> = BTreeMap::new();
    for stats in all_stats {
        for (place, site) in stats.sites.iter().enumerate() {
            let owner = Owner { recorder: stats.recorder, phase: site.phase, place: place as u32 };
            let foreign = all_stats.iter().filter_map(|other| other.foreign.get(&owner));
            let (sum, usable) = stacks.entry(AllocStats::addresses(&stats.addresses, site)).or_default();
            for part in std::iter::once(&site.tally).chain(foreign) {
                sum.join(part.live);
                *usable += part.usable;
            }
        }
    }
    let live = stacks.into_iter().map(|(stack, (sum, usable))| {
        let (blocks, bytes) = sum.pair();
        LiveStack { stack: stack.to_vec(), blocks, bytes, usable: usable.max(0) as u64 }
    });
    live.filter(|live| live.blocks > 0).collect()
}

/// The sums of all threads.
#[derive(Default)]
pub(super) struct Totals {
    /// Distinct stacks.
    pub(super) stacks: Vec<Vec<u64>>,
    /// Sums per stack, phase and worker.
    pub(super) sums: Vec<RawHeapSum>,
    /// Births and deaths by time.
    pub(super) intervals: RawHeapIntervals,
}

impl Totals {
    /// The same sums, with what is live in `after` as leaked. `after` was added up later, from the same threads, so it has
    /// every stack and perhaps more.
    pub(super) fn with_leaked(self, after: Totals) -> Totals {
        let keys: HashMap<(&[u64], u16, u16), &RawHeapSum, foldhash::fast::FixedState> = self
            .sums
            .iter()
            .filter_map(|sum| {
                Some(((self.stacks.get(sum.stack as usize)?.as_slice(), sum.phase, sum.thread), sum))
            })
            .collect();
        let join = |later: &RawHeapSum| {
            let stack = after.stacks.get(later.stack as usize)?;
            match keys.get(&(stack.as_slice(), later.phase, later.thread)) {
                Some(sum) => {
                    Some(RawHeapSum { stack: later.stack, leaked: later.in_use, ..RawHeapSum::clone(sum) })
                }
                // Made while the map was taken down.
                None => (later.in_use.0 > 0).then(|| RawHeapSum {
                    stack: later.stack,
                    phase: later.phase,
                    thread: later.thread,
                    leaked: later.in_use,
                    ..RawHeapSum::default()
                }),
            }
        };
        let sums = after.sums.iter().filter_map(join).collect();
        let rows = renumbered(&self.intervals.rows, &self.stacks, &after.stacks);
        let intervals = RawHeapIntervals { rows, ..self.intervals };
        Totals { stacks: after.stacks, sums, intervals }
    }
}

/// Adds up the sums of all threads. No thread may operate meanwhile.
pub(super) fn add_up(all_stats: &[&AllocStats]) -> Totals {
    let mut stacks: Vec<Vec<u64>> = Vec::new();
    let mut numbers = std::collections::HashMap::new();
    let mut sums = Vec::new();
    let width = all_stats.iter().map(|stats| stats.width).max().unwrap_or_default();
    let mut rows = Vec::new();
    for stats in all_stats {
        for (place, site) in stats.sites.iter().enumerate() {
            let owner = Owner { recorder: stats.recorder, phase: site.phase, place: place as u32 };
            let mut parts = vec![&site.tally];
            let mut turnovers = TurnoverSums::new(width);
            turnovers.add(&site.tally.turnovers, stats.width);
            for other in all_stats {
                let Some(part) = other.foreign.get(&owner) else { continue };
                turnovers.add(&part.turnovers, other.width);
                parts.push(part);
            }
            let total = |of: fn(&Tally) -> Sum| {
                parts.iter().fold(Sum::default(), |mut sum, part| {
                    sum.join(of(part));
                    sum
                })
            };
            let addresses = AllocStats::addresses(&stats.addresses, site).to_vec();
            let stack = *numbers.entry(addresses).or_insert_with_key(|addresses| {
                stacks.push(addresses.clone());
                stacks.len() as u32 - 1
            });
            let lifetimes = (0..CLASSES).filter_map(|index| {
                let of = |part: &&Tally| part.lifetimes.get(index).copied().unwrap_or_default();
                let (blocks, bytes) =
                    parts.iter().map(of).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                (blocks > 0).then(|| (class_start(index), blocks, bytes))
            });
            rows.extend(turnovers.rows(stack, site.phase, stats.worker));
            sums.push(RawHeapSum {
                stack,
                phase: site.phase,
                thread: stats.worker,
                allocated: total(|tally| tally.allocated).pair(),
                in_use: total(|tally| tally.live).pair(),
                leaked: (0, 0),
                at_peak: total(Tally::at_peak).pair(),
                temporary: total(|tally| tally.temporary).pair(),
                lifetimes: lifetimes.collect(),
            });
        }
    }
    sums.sort_by_key(|sum| (sum.stack, sum.phase, sum.thread));
    rows.sort_by_key(|row| (row.stack, row.phase, row.thread, row.interval));
    Totals { stacks, sums, intervals: RawHeapIntervals { calls: width.calls(), rows } }
}

#[cfg(test)]
#[path = "thread_recorder_tests.rs"]
mod tests;
