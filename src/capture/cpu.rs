//! The CPU pass: stacks sampled by pprof-rs, brought to the CPU time that the operating system counted.
//!
//! pprof-rs is driven by one process-wide timer whose signals the kernel delivers at its own tick at the most, and it
//! drops a sample when its table is busy. So the number of samples says where the time went and not how much it was:
//! [`CpuSampler`] reports the CPU time beside them, and the profile is scaled to that.

use std::collections::HashMap;

use pprof::{ProfilerGuard, ProfilerGuardBuilder};
use rustix::time::{ClockId, clock_gettime};

use super::raw::{RawCpu, RawCpuRow};
use crate::error::{Error, Result};

/// CPU time of the current thread, nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(ClockId::ThreadCPUTime)
}

/// CPU time of this process, nanoseconds.
pub fn process_cpu_ns() -> u64 {
    nanoseconds(ClockId::ProcessCPUTime)
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Samples stacks while it lives.
pub struct CpuSampler {
    guard: Option<ProfilerGuard<'static>>,
    hertz: u64,
    started_ns: u64,
    stacks: Vec<Vec<u64>>,
    numbers: HashMap<Vec<u64>, u32>,
    seen: HashMap<(u32, u16), u64>,
    rows: Vec<RawCpuRow>,
}

impl CpuSampler {
    /// A sampler of every thread of the process, `hertz` times per second of CPU time.
    pub fn new(hertz: u64) -> Self {
        CpuSampler {
            guard: None,
            hertz,
            started_ns: 0,
            stacks: Vec::new(),
            numbers: HashMap::new(),
            seen: HashMap::new(),
            rows: Vec::new(),
        }
    }

    /// Starts to sample.
    pub fn start(&mut self) -> Result<()> {
        // No blocklist: it would drop every sample whose innermost frame is in libc, and copying is what maps do.
        let guard = ProfilerGuardBuilder::default()
            .frequency(i32::try_from(self.hertz).unwrap_or(i32::MAX))
            .build()
            .map_err(|e| Error::case(format!("the CPU pass cannot start: {e}")))?;
        self.guard = Some(guard);
        // The unwinder loads its tables when the first signal comes, and allocates for that. Let it come now and not
        // inside an operation, where it would be counted, or inside the allocator, whose locks it would wait for.
        // SAFETY: the handler of this signal was installed above; it interrupts this thread as any other signal does.
        unsafe { libc::raise(libc::SIGPROF) };
        self.end_phase(0)?;
        self.rows.clear();
        self.started_ns = process_cpu_ns();
        Ok(())
    }

    /// Credits the samples since the last call to phase `phase`.
    pub fn end_phase(&mut self, phase: u16) -> Result<()> {
        let Some(guard) = &self.guard else { return Ok(()) };
        let report = guard
            .report()
            .build_unresolved()
            .map_err(|e| Error::case(format!("the CPU samples cannot be read: {e}")))?;
        let mut now: HashMap<(u32, u16), u64> = HashMap::new();
        for (stack, count) in &report.data {
            // framehop's frames (x86-64) have the address as a field, the system unwinder's (aarch64) as a method.
            #[cfg(target_arch = "x86_64")]
            let addresses = look_up_addresses(stack.frames.iter().map(|frame| frame.ip as u64));
            #[cfg(not(target_arch = "x86_64"))]
            let addresses = look_up_addresses(stack.frames.iter().map(|frame| frame.ip() as u64));
            let number = *self.numbers.entry(addresses).or_insert_with_key(|addresses| {
                self.stacks.push(addresses.clone());
                (self.stacks.len() - 1) as u32
            });
            let name = &stack.thread_name[..stack.thread_name_length];
            *now.entry((number, worker_of(name))).or_default() += (*count).max(0) as u64;
        }
        for (key, count) in now {
            let before = self.seen.insert(key, count).unwrap_or(0);
            if count > before {
                self.rows.push(RawCpuRow { stack: key.0, phase, thread: key.1, count: count - before });
            }
        }
        Ok(())
    }

    /// Stops, and hands over what was sampled.
    pub fn finish(self) -> RawCpu {
        let cpu_ns = process_cpu_ns() - self.started_ns;
        drop(self.guard);
        let mut rows = self.rows;
        rows.sort_by_key(|row| (row.phase, row.stack, row.thread));
        RawCpu { hertz: self.hertz, cpu_ns, stacks: self.stacks, rows }
    }
}

/// The worker's number in a thread's name; the main thread is worker 0.
fn worker_of(thread_name: &[u8]) -> u16 {
    std::str::from_utf8(thread_name)
        .ok()
        .and_then(|name| name.strip_prefix("worker-"))
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// The interrupted instruction as it is, return addresses minus one.
fn look_up_addresses(addresses: impl Iterator<Item = u64>) -> Vec<u64> {
    addresses
        .enumerate()
        .map(|(depth, address)| if depth == 0 { address } else { address.saturating_sub(1) })
        .collect()
}

/// pprof-rs tells stacks apart by the *functions* of their frames, which it asks the unwinder's library for at every
/// sample. Two samples in different inlined callees of one function would become one, and the second one's time would be
/// credited to the first one's line. Answering with the address itself keeps every address apart, and keeps the signal
/// handler from walking the list of loaded objects. Async-signal-safe: it returns its argument.
#[cfg(target_env = "gnu")]
#[unsafe(no_mangle)]
extern "C" fn _Unwind_FindEnclosingFunction(address: *mut std::ffi::c_void) -> *mut std::ffi::c_void {
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_is_exact_and_callers_lie_inside_their_call() {
        assert_eq!(look_up_addresses([100, 200, 300].into_iter()), [100, 199, 299]);
    }

    #[test]
    fn workers_are_known_by_their_threads_names() {
        assert_eq!(worker_of(b"worker-3"), 3);
        assert_eq!(worker_of(b"mapprof"), 0);
    }
}
