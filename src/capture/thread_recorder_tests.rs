//! Sums, the peak and what is live, on known births and deaths.

use super::*;
use crate::capture::raw_samples::{RawHeapInterval, lifetime_class};

/// A block of which the half is rounding.
fn size(bytes: u64) -> Size {
    Size { bytes, usable: 2 * bytes }
}

/// Enters a block with which live bytes are at a new high.
fn high(stats: &mut AllocStats, stack: &[u64], phase: u16, bytes: u64) -> Owner {
    new_peak();
    stats.born(stack, phase, size(bytes), 0, When::now(true))
}

// The number of the peak epoch is the process's, so one test has all that reads it.
#[test]
fn the_peak_is_what_was_live_at_the_highest_moment() {
    let mut stats = AllocStats::new(0, 0);
    let table = high(&mut stats, &[1, 2], 0, 100);
    let old = high(&mut stats, &[1, 3], 0, 50);
    let new = high(&mut stats, &[1, 3], 0, 100); // 250: the peak
    stats.died(old, 0, size(50), (0, 7), When::BelowPeak(peak_epoch()));
    stats.born(&[1, 2], 1, size(30), 0, When::now(false));
    stats.died(table, 1, size(100), (0, 9), When::BelowPeak(peak_epoch()));
    stats.died(Owner::NOBODY, 1, size(1 << 40), (0, 9), When::BelowPeak(peak_epoch()));
    let totals = add_up(&[&stats]);
    assert_eq!(totals.stacks, vec![vec![1, 2], vec![1, 3]]);
    let of = |stack: u32, phase: u16| {
        totals.sums.iter().find(|sum| (sum.stack, sum.phase) == (stack, phase)).unwrap()
    };
    assert_eq!(of(0, 0).at_peak, (1, 100), "freed after the peak");
    assert_eq!(of(1, 0).at_peak, (2, 150), "old and new together");
    assert_eq!(of(0, 1).at_peak, (0, 0), "made after the peak");
    assert_eq!((of(0, 0).in_use, of(1, 0).in_use, of(0, 1).in_use), ((0, 0), (1, 100), (1, 30)));
    assert_eq!(of(1, 0).temporary, (1, 50));
    assert_eq!(of(0, 0).temporary, (0, 0), "it died in another phase");
    assert_eq!(of(0, 0).lifetimes, [(8, 1, 100)], "9 calls are of the class that begins at 8");

    // A higher peak makes what was put aside void.
    high(&mut stats, &[1, 4], 1, 500);
    let totals = add_up(&[&stats]);
    let peak: u64 = totals.sums.iter().map(|sum| sum.at_peak.1).sum();
    assert_eq!(peak, 100 + 30 + 500);

    // Another thread frees a block of this one: its stats knows the death, the sum is right.
    let mut other = AllocStats::new(1, 1);
    let freed_in = peak_epoch();
    other.died(new, 1, size(100), (0, 3), When::BelowPeak(freed_in));
    let totals = add_up(&[&stats, &other]);
    let sum = totals.sums.iter().find(|sum| (sum.stack, sum.phase) == (1, 0)).unwrap();
    assert_eq!(sum.in_use, (0, 0));
    assert_eq!(sum.at_peak, (1, 100));
    assert_eq!(sum.allocated, (2, 150));
    let one =
        |stack: [u64; 2], bytes| LiveStack { stack: stack.to_vec(), blocks: 1, bytes, usable: 2 * bytes };
    assert_eq!(live(&[&stats, &other]), [one([1, 2], 30), one([1, 4], 500)], "of all phases and threads");

    // A death that is entered only after the next peak was none of that peak's blocks.
    let late = stats.born(&[1, 5], 1, size(40), 0, When::now(false));
    let freed_in = peak_epoch();
    high(&mut stats, &[1, 6], 1, 900);
    let later = stats.born(&[1, 5], 1, size(7), 0, When::now(false));
    stats.died(late, 1, size(40), (0, 1), When::BelowPeak(freed_in));
    stats.died(later, 1, size(7), (0, 1), When::BelowPeak(peak_epoch()));
    let totals = add_up(&[&stats, &other]);
    let site = totals.stacks.iter().position(|stack| *stack == [1, 5]).unwrap();
    let sum = totals.sums.iter().find(|sum| sum.stack as usize == site).unwrap();
    assert_eq!((sum.at_peak, sum.in_use, sum.allocated), ((0, 0), (0, 0), (2, 47)));
    let peak = |totals: &Totals| totals.sums.iter().map(|sum| sum.at_peak.1).sum::<u64>();
    assert_eq!(peak(&totals), 30 + 500 + 900);

    // A thread that is kept from entering its new high does not undo what others freed meanwhile.
    let many: Vec<Owner> =
        (0..100).map(|n| high(&mut other, &[2, 1], 1, if n == 0 { 5000 } else { 50 })).collect();
    new_peak(); // counted by the first thread, 60 bytes, and entered below
    many.iter().for_each(|owner| other.died(*owner, 1, size(50), (0, 1), When::BelowPeak(peak_epoch())));
    stats.born(&[1, 7], 1, size(60), 0, When::Highest);
    stats.born(&[1, 7], 1, size(3), 0, When::now(false));
    assert_eq!(peak(&add_up(&[&stats, &other])), 30 + 500 + 900 + 5000 + 99 * 50 + 60);

    // Nor is a birth below the peak lost that is entered after the next one, if there the block was.
    let counted = When::now(false);
    high(&mut other, &[2, 2], 1, 70_000);
    other.born(&[2, 2], 1, size(1), 0, When::now(false));
    stats.born(&[1, 7], 1, size(3), 0, When::now(false));
    stats.born(&[1, 7], 1, size(400), 0, counted);
    let now = 30 + 500 + 900 + (5000 - 50) + 60 + 3 + 70_000 + 400;
    assert_eq!(peak(&add_up(&[&stats, &other])), now);
}

#[test]
fn births_and_deaths_are_entered_by_their_calls() {
    // A birth at a new high leaves the peak epoch, which is another test's, alone.
    let when = || When::Highest;
    let (mut stats, mut other) = (AllocStats::new(0, 0), AllocStats::new(1, 1));
    let one = stats.born(&[1], 0, size(10), 0, when());
    let two = stats.born(&[1], 0, size(20), 3, when());
    stats.died(one, 0, size(10), (0, 127), when());
    let far = stats.born(&[2], 1, size(5), 1000, when());
    // A death that was put off is entered after intervals have become longer.
    stats.died(two, 1, size(20), (3, 7), when());
    let rows = |all: &[&AllocStats]| {
        let intervals = add_up(all).intervals;
        let of = |row: &RawHeapInterval| (row.stack, row.interval, row.allocated, row.freed);
        (intervals.calls, intervals.rows.iter().map(of).collect::<Vec<_>>())
    };
    let none = (0, 0);
    let alone = [(0, 0, (2, 30), (1, 20)), (0, 15, none, (1, 10)), (1, 125, (1, 5), none)];
    assert_eq!(rows(&[&stats]), (8, alone.to_vec()));

    // Another thread is not as far: what it frees was made by then all the same. Its own blocks are in wider intervals.
    other.died(far, 1, size(5), (1000, 20), when());
    other.born(&[3], 1, size(7), 2047, when());
    let both =
        [(0, 0, (2, 30), (1, 20)), (0, 7, none, (1, 10)), (1, 62, (1, 5), (1, 5)), (2, 127, (1, 7), none)];
    assert_eq!(rows(&[&stats, &other]), (16, both.to_vec()));

    // What comes after the last phase is in no interval, and the rows keep their stacks.
    let at_end = add_up(&[&stats, &other]);
    stats.born(&[0], 1, size(100), 2048, when());
    stats.born(&[1], 0, size(100), 2048, when());
    let intervals = at_end.intervals.clone();
    let stacks = at_end.stacks.clone();
    let joined = at_end.with_leaked(add_up(&[&stats, &other]));
    assert_eq!(joined.intervals.calls, intervals.calls);
    for (row, due) in joined.intervals.rows.iter().zip(&intervals.rows) {
        assert_eq!(joined.stacks[row.stack as usize], stacks[due.stack as usize]);
        assert_eq!(RawHeapInterval { stack: due.stack, ..*row }, *due);
    }
    assert_eq!(joined.intervals.rows.len(), 4);
}

#[test]
fn a_thread_that_takes_the_place_of_another_one_frees_its_blocks() {
    let (mut ended, mut next) = (AllocStats::new(1, 4), AllocStats::new(2, 4));
    let old = ended.born(&[1], 0, size(10), 0, When::Highest);
    next.born(&[2], 1, size(7), 5, When::Highest);
    next.died(old, 1, size(10), (0, 6), When::Highest);
    let sums = add_up(&[&ended, &next]).sums;
    let of = |sum: &RawHeapSum| (sum.stack, sum.thread, sum.allocated, sum.in_use);
    let due = [(0, 4, (1, 10), (0, 0)), (1, 4, (1, 7), (1, 7))];
    assert_eq!(sums.iter().map(of).collect::<Vec<_>>(), due);
}

#[test]
fn classes_of_lifetimes_are_found_again() {
    for calls in (0..100_000).chain([1 << 40, (1 << 40) + 1, u64::MAX]) {
        let index = class_index(calls);
        assert!(index < CLASSES);
        assert_eq!(class_start(index), lifetime_class(calls), "{calls} calls, class {index}");
    }
}
