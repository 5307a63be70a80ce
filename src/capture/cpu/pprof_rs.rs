//! CPU samples by the package pprof-rs, where no other backend works or a user asks for it.
//!
//! One process-wide timer drives it, whose signals the kernel delivers at its own tick at most, and it drops a sample when
//! its table is busy. It samples the whole process, the generator too, and walks stacks in the signal handler. It takes two
//! stacks for one if their functions agree, so of several lines of one function it shows the first.

use std::collections::HashMap;
use std::path::Path;

use pprof::{ProfilerGuard, ProfilerGuardBuilder};

use crate::capture::raw_samples::RawCpuRow;
use crate::error::{Error, Result};
use crate::printable::PrintablePath;

/// Samples stacks while it lives.
pub struct PprofRs {
    guard: ProfilerGuard<'static>,
    stacks: Vec<Vec<u64>>,
    numbers: HashMap<Vec<u64>, u32>,
    seen: HashMap<(u32, u16), u64>,
    rows: Vec<RawCpuRow>,
}

impl PprofRs {
    /// Starts to sample every thread of the process, `hertz` times per second of CPU time.
    ///
    /// # Errors
    /// When the system refuses its timer or its signal handler.
    pub fn start(hertz: u64) -> Result<Self> {
        // No blocklist: it would drop every sample whose innermost frame is in libc, and copying is what maps do.
        let guard = ProfilerGuardBuilder::default()
            .frequency(i32::try_from(hertz).unwrap_or(i32::MAX))
            .build()
            .map_err(|e| Error::case(format!("the CPU pass cannot start: {}", reason(&e))))?;
        let mut sampler = PprofRs {
            guard,
            stacks: Vec::new(),
            numbers: HashMap::new(),
            seen: HashMap::new(),
            rows: Vec::new(),
        };
        // The unwinder loads its tables when the first signal comes, and allocates for that. Let it come now and not
        // inside an operation, where it would be counted, or inside the allocator, whose locks it would wait for.
        // SAFETY: the handler of this signal was installed above; it interrupts this thread as any other signal does.
        unsafe { libc::raise(libc::SIGPROF) };
        sampler.end_phase(0)?;
        sampler.rows.clear();
        Ok(sampler)
    }

    /// Credits the samples since the last call to phase `phase`.
    ///
    /// # Errors
    /// When the package does not hand its samples over.
    pub fn end_phase(&mut self, phase: u16) -> Result<()> {
        let report = self
            .guard
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
                self.rows.push(RawCpuRow {
                    stack: key.0,
                    phase,
                    thread: key.1,
                    count: count - before,
                    weight_ns: 0,
                });
            }
        }
        Ok(())
    }

    /// Stops, and hands over the stacks and the samples.
    pub fn finish(mut self) -> (Vec<Vec<u64>>, Vec<RawCpuRow>) {
        self.rows.sort_by_key(|row| (row.phase, row.stack, row.thread));
        (self.stacks, self.rows)
    }
}

/// Why the package does not start. It keeps its samples in a temporary file, and where it can make none it does not say so.
fn reason(error: &pprof::Error) -> String {
    let folder = std::env::temp_dir();
    match tempfile_in(&folder) {
        Ok(()) => format!("pprof-rs: {error}"),
        Err(why) => format!(
            "pprof-rs keeps its samples in a temporary file, and {} cannot be written to: {why}; set TMPDIR to a \
             folder that can",
            folder.shown()
        ),
    }
}

/// Makes a file in `folder`, and removes it.
fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".mapprof.{}", std::process::id()));
    std::fs::File::create_new(&path)?;
    std::fs::remove_file(&path)
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
