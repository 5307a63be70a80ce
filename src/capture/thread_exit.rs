//! The end of a worker thread. Collectors of garbage keep a part of the map for each thread in thread-local storage, and
//! hand it over when the thread ends, after all of the worker's own code. That is the map's doing and counts.
//!
//! Rust runs the destructors of thread-local values in the reverse order of their first use. So the thread is armed by a
//! value that is used last, and disarmed by one that is used first. In another order something would go uncounted.

use std::cell::Cell;

use super::ended_threads;
use super::ledger::{self, Enlisted};

/// Disarms the thread, and hands over what it counted.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        ledger::disarm();
        ended_threads::add();
    }
}

/// Arms the thread.
struct First(Cell<Option<Enlisted>>);

impl Drop for First {
    fn drop(&mut self) {
        if let Some(enlisted) = self.0.get() {
            ledger::arm_for_good(enlisted);
        }
    }
}

thread_local! {
    static LAST: Last = const { Last };
    static FIRST: First = const { First(Cell::new(None)) };
}

/// Call it before the thread's first operation: what the thread counts is then told when it has ended ([`ended_threads`]).
pub fn prepare() {
    LAST.with(|_| ());
}

/// Call it after the last one: from here on, what the thread's ending allocates and frees is counted.
pub fn count(enlisted: Enlisted) {
    FIRST.with(|first| first.0.set(Some(enlisted)));
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::capture::ledger::{Counting, counts, enlist};

    /// A collector that gives back what the thread held, and notes what was counted before and after that.
    struct Collector(RefCell<Vec<Vec<u8>>>, Cell<Option<&'static std::sync::atomic::AtomicU64>>);

    impl Drop for Collector {
        fn drop(&mut self) {
            let before = counts().frees;
            self.0.take().clear();
            if let Some(seen) = self.1.get() {
                seen.store(counts().frees - before, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    thread_local! {
        static COLLECTOR: Collector = const { Collector(RefCell::new(Vec::new()), Cell::new(None)) };
    }

    #[test]
    fn what_a_threads_end_frees_is_counted() {
        static SEEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        std::thread::spawn(|| {
            prepare();
            let enlisted = enlist(0, Counting::Alone);
            {
                let _armed = ledger::arm(enlisted);
                COLLECTOR.with(|collector| {
                    collector.0.borrow_mut().push(vec![1; 100]);
                    collector.1.set(Some(&SEEN));
                });
            }
            count(enlisted);
        })
        .join()
        .unwrap();
        assert_eq!(SEEN.load(std::sync::atomic::Ordering::Relaxed), 2, "the block and the list of blocks");
    }
}
