//! Ids: how the entries of one thread's share become key codes that no other thread's have.

use super::bit_mixer::mix_within;
use super::key_length::Lengths;
use super::spec::{KeyOrder, Workload};

/// How local ids become key codes.
#[derive(Debug)]
pub struct Ids {
    thread: u64,
    threads: u64,
    /// 2 if there are missing keys, which then have the odd numbers: they lie among the present ones and not all
    /// behind them, where an ordered map would find their absence too easily. Else 1, so that keys are dense.
    stride: u64,
    order: KeyOrder,
    /// Bits of a code.
    bits: u32,
    /// What makes keys differ between seeds.
    salt: u64,
    /// Bytes of a key.
    lengths: Lengths,
    /// Those of the shortest keys.
    least: usize,
    /// Maps that the entries are dealt over.
    instances: u64,
}

impl Ids {
    /// The ids of one thread's share. `salt` makes keys differ between seeds.
    pub fn new(workload: &Workload, salt: u64, thread: u64, threads: u64) -> Self {
        Ids {
            thread,
            threads,
            stride: workload.stride(),
            order: workload.key.order,
            bits: workload.key.code_bits(),
            salt,
            lengths: Lengths::new(&workload.key.length),
            least: workload.key.length.least(),
            instances: workload.instances.max(1),
        }
    }

    /// Bytes of the key of a code.
    #[inline]
    pub fn length(&self, code: u64) -> usize {
        self.lengths.of(code)
    }

    /// Bytes of every key, if they are the same.
    #[inline]
    pub fn fixed_length(&self) -> Option<usize> {
        match self.lengths {
            Lengths::Fixed(bytes) => Some(bytes),
            Lengths::Uniform { .. } | Lengths::Shares(_) | Lengths::Bounds { .. } => None,
        }
    }

    /// Bytes of the shortest keys, which hold a code as well as all others.
    #[inline]
    pub fn least_length(&self) -> usize {
        self.least
    }

    /// The number of maps.
    #[inline]
    pub fn instances(&self) -> u64 {
        self.instances
    }

    /// Which of the maps an entry is in, and the missing key near it.
    #[inline]
    pub fn instance(&self, local: u32) -> u32 {
        // There are fewer maps than 2^32.
        (self.global(local) % self.instances) as u32
    }

    /// The id over all threads.
    #[inline]
    pub fn global(&self, local: u32) -> u64 {
        self.thread + self.threads * u64::from(local)
    }

    #[inline]
    fn code(&self, number: u64) -> u64 {
        match self.order {
            KeyOrder::Ascending => number,
            KeyOrder::Random => mix_within(number ^ self.salt, self.bits),
        }
    }

    /// The code of the key of an entry.
    #[inline]
    pub fn present(&self, local: u32) -> u64 {
        self.code(self.global(local) * self.stride)
    }

    /// The code of a key that is never inserted, near that of the entry.
    #[inline]
    pub fn missing(&self, local: u32) -> u64 {
        self.code(self.global(local) * self.stride + 1)
    }
}
