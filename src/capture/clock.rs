//! The cycle counter, for times of single operations.
//!
//! On x86-64 the time stamp counter, if the kernel says that it runs at one rate whatever the processor does
//! (`constant_tsc` and `nonstop_tsc`); on aarch64 the virtual counter. Elsewhere, and where it cannot be trusted, the
//! monotonic clock, which costs more. Neither follows the time of day, so a clock that is set changes nothing.

use std::time::Instant;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSource {
    /// x86-64's time stamp counter.
    Tsc,
    /// aarch64's virtual counter.
    Cntvct,
    /// The monotonic clock, in nanoseconds.
    Monotonic,
}

impl ClockSource {
    /// The best one of this machine.
    pub fn best() -> ClockSource {
        let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        ClockSource::of(std::env::consts::ARCH, &cpus)
    }

    /// The best one of a machine, from its `/proc/cpuinfo`.
    fn of(arch: &str, cpus: &str) -> ClockSource {
        let flags = || cpus.lines().find(|line| line.starts_with("flags")).unwrap_or("");
        let flag = |name: &str| flags().split_ascii_whitespace().any(|flag| flag == name);
        match arch {
            "x86_64" if flag("constant_tsc") && flag("nonstop_tsc") => ClockSource::Tsc,
            "aarch64" => ClockSource::Cntvct,
            _ => ClockSource::Monotonic,
        }
    }

    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            ClockSource::Tsc => "tsc",
            ClockSource::Cntvct => "cntvct",
            ClockSource::Monotonic => "monotonic",
        }
    }

    /// A reading, in ticks.
    #[inline(always)]
    pub fn read(self) -> u64 {
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: reads a register of the processor; every x86-64 has it.
            ClockSource::Tsc => unsafe { std::arch::x86_64::_rdtsc() },
            #[cfg(target_arch = "aarch64")]
            ClockSource::Cntvct => {
                let ticks: u64;
                // SAFETY: reads a register that the kernel gives user programs; touches nothing else.
                unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
                ticks
            }
            _ => monotonic(),
        }
    }
}

/// Readings in a row from which the step is taken.
const READINGS: usize = 4096;

impl ClockSource {
    /// The clock's step as a program sees it, ticks, at least 1: the median difference of two readings in a row that
    /// differ. It is the clock's own step or the cost of a reading, whichever is larger; what takes less cannot be told
    /// from nothing.
    pub fn step(self) -> u64 {
        let mut last = self.read();
        let mut steps = [0; READINGS];
        for step in &mut steps {
            let now = self.read();
            *step = now.saturating_sub(last);
            last = now;
        }
        median_step(&mut steps)
    }
}

fn median_step(steps: &mut [u64]) -> u64 {
    steps.sort_unstable();
    let moved = &steps[steps.partition_point(|step| *step == 0)..];
    moved.get(moved.len() / 2).copied().unwrap_or(1)
}

/// The monotonic clock, nanoseconds since some moment.
#[inline(never)]
fn monotonic() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// From ticks to nanoseconds: a source, and a moment at which it was read together with the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    source: ClockSource,
    ticks: u64,
    moment: Instant,
}

impl Scale {
    /// Begins to compare `source` with the monotonic clock.
    pub fn begin(source: ClockSource) -> Scale {
        Scale { source, ticks: source.read(), moment: Instant::now() }
    }

    /// What is compared.
    pub fn source(&self) -> ClockSource {
        self.source
    }

    /// Nanoseconds of a tick, from what both clocks counted since the beginning.
    pub fn ns_per_tick(&self) -> f64 {
        if self.source == ClockSource::Monotonic {
            return 1.0;
        }
        let ticks = self.source.read().saturating_sub(self.ticks);
        let ns = self.moment.elapsed().as_nanos();
        if ticks == 0 { 1.0 } else { ns as f64 / ticks as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_may_stop_is_not_taken() {
        assert_eq!(ClockSource::of("x86_64", "flags : fpu tsc constant_tsc nonstop_tsc"), ClockSource::Tsc);
        assert_eq!(ClockSource::of("x86_64", "flags : fpu tsc constant_tsc"), ClockSource::Monotonic);
        assert_eq!(ClockSource::of("x86_64", ""), ClockSource::Monotonic, "a system without /proc");
        assert_eq!(ClockSource::of("aarch64", ""), ClockSource::Cntvct);
    }

    #[test]
    fn the_step_is_the_usual_one() {
        // A counter that moves by 26 every 10 ns, now and then in two parts, and a reading that was interrupted.
        assert_eq!(median_step(&mut [26, 0, 1, 25, 26, 26, 26, 0, 0, 9000, 26]), 26);
        assert_eq!(median_step(&mut [0, 0]), 1, "it never moved");
        assert_eq!(median_step(&mut []), 1);
        assert!(ClockSource::best().step() >= 1);
    }

    #[test]
    fn every_source_goes_forward() {
        for source in [ClockSource::best(), ClockSource::Monotonic] {
            let first = source.read();
            assert!((0..1000).map(|_| source.read()).all(|ticks| ticks >= first));
        }
    }
}
