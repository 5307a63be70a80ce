//! A ring between a signal handler, which puts samples in, and the thread that takes them out. Made beforehand; putting
//! a sample in neither allocates nor waits.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Words of a ring: 1 MiB.
const WORDS: usize = 128 << 10;

/// Samples of whole words; one thread puts in, one at a time takes out.
pub struct SampleRing {
    words: Box<[AtomicU64]>,
    /// Words put in and taken out so far.
    head: AtomicUsize,
    tail: AtomicUsize,
    lost: AtomicU64,
}

impl Default for SampleRing {
    fn default() -> Self {
        SampleRing {
            words: (0..WORDS).map(|_| AtomicU64::new(0)).collect(),
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
        }
    }
}

impl SampleRing {
    /// Puts a sample of `head` and `length` further words in, the n-th of which `word` gives. Without room it is counted
    /// as lost. Returns whether there was room. Async-signal-safe if `word` is.
    pub fn put<const N: usize>(&self, head: [u64; N], length: usize, word: impl Fn(usize) -> u64) -> bool {
        let from = self.head.load(Ordering::Relaxed);
        let needed = 1 + N + length;
        if needed > WORDS - from.wrapping_sub(self.tail.load(Ordering::Acquire)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let place = |index: usize| &self.words[from.wrapping_add(index) % WORDS];
        place(0).store((N + length) as u64, Ordering::Relaxed);
        for (index, word) in head.iter().enumerate() {
            place(1 + index).store(*word, Ordering::Relaxed);
        }
        for index in 0..length {
            place(1 + N + index).store(word(index), Ordering::Relaxed);
        }
        self.head.store(from.wrapping_add(needed), Ordering::Release);
        true
    }

    /// Takes all samples out and hands the words of each to `take`. One thread at a time.
    pub fn drain(&self, take: &mut dyn FnMut(&[u64])) {
        let head = self.head.load(Ordering::Acquire);
        let mut tail = self.tail.load(Ordering::Relaxed);
        let mut sample = Vec::new();
        while tail != head {
            let word = |index: usize| self.words[index % WORDS].load(Ordering::Relaxed);
            let length = word(tail) as usize;
            sample.clear();
            sample.extend((1..=length).map(|index| word(tail.wrapping_add(index))));
            take(&sample);
            tail = tail.wrapping_add(1 + length);
            self.tail.store(tail, Ordering::Release);
        }
    }

    /// Samples that found no room so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_out_as_they_went_in_however_often_the_ring_wraps() {
        let ring = SampleRing::default();
        let mut due = 0..;
        for number in 0..1000u64 {
            assert!(ring.put([number, number + 1], number as usize, |index| index as u64));
            if number % 7 == 0 {
                ring.drain(&mut |sample| {
                    let number = due.next().unwrap();
                    assert_eq!(sample[..2], [number, number + 1]);
                    assert!(sample[2..].iter().copied().eq(0..number));
                });
            }
        }
        assert_eq!(ring.lost(), 0);
    }

    #[test]
    fn a_full_ring_counts_what_it_loses() {
        let ring = SampleRing::default();
        let put = (0..2000).filter(|_| ring.put([0; 6], 1000, |_| 1)).count();
        assert_eq!(put, WORDS / 1007);
        assert_eq!(ring.lost(), 2000 - put as u64);
        let mut taken = 0;
        ring.drain(&mut |_| taken += 1);
        assert_eq!(taken, put);
        assert!(ring.put([0; 6], 1000, |_| 1), "there is room again");
    }
}
