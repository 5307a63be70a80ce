//! The sampler of one worker thread: a perf event, or a timer where the kernel gives none, and the CPU time that the
//! thread took inside operations.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::cpu_time::thread_cpu_ns;
use super::perf::{PerfEvent, Record};
use super::sampling::CpuBackend;
use super::stack_copies::Copies;
use super::stack_copy::StackCopy;
use super::timer::{Taken, ThreadTimer};

/// What takes the samples of one thread.
pub enum SampleSource {
    /// A perf event.
    Perf(PerfEvent),
    /// A timer and its signal handler.
    Timer(ThreadTimer),
    /// Not this: pprof-rs samples all threads, or nothing does.
    None,
}

impl SampleSource {
    /// A source of the current thread by `backend`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn open(backend: CpuBackend, period_ns: u64) -> Result<SampleSource, String> {
        match backend {
            CpuBackend::Perf => PerfEvent::open(period_ns).map(SampleSource::Perf),
            CpuBackend::Timer => ThreadTimer::new(period_ns).map(SampleSource::Timer),
            CpuBackend::PprofRs => Ok(SampleSource::None),
        }
    }

    /// What a user must know of its samples, if anything.
    pub fn note(&self) -> Option<&'static str> {
        match self {
            SampleSource::Perf(event) if !event.sees_kernel() => Some(
                "Perf events may not look into the kernel here, so the CPU time of page faults goes to the next sample; \
                 --cpu=timer sees them where they happen",
            ),
            _ => None,
        }
    }
}

/// The sampler of one thread.
pub struct ThreadSampler {
    worker: u16,
    /// Who takes its samples; none if nothing does.
    backend: Option<CpuBackend>,
    source: SampleSource,
    /// An address in the frame of the function that armed it last.
    stack_end: AtomicUsize,
    /// The thread's CPU time when it was armed, and all time while it was, nanoseconds.
    armed_at_ns: AtomicU64,
    cpu_ns: AtomicU64,
    /// The latter at the end of each phase.
    ends: Mutex<Vec<u64>>,
    drained: Mutex<Drained>,
}

/// What came of arming a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arming {
    /// It is sampled.
    Begun,
    /// The copies in its ring end elsewhere than those to come, and must be drained first.
    DrainFirst,
    /// The system no longer lets its source take samples.
    Refused,
}

/// What was drained of a thread's samples so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drained {
    /// What a perf event had counted at its last sample, nanoseconds.
    counted_ns: u64,
    /// Samples.
    pub delivered: u64,
    /// Samples lost since the packed copies had no room, and those that [`Record::Lost`] reports.
    lost: u64,
    /// Samples whose stack went on beyond what was copied.
    pub truncated: u64,
}

impl ThreadSampler {
    /// The sampler of worker number `worker`, by a source of the current thread.
    pub fn new(worker: u16, backend: Option<CpuBackend>, source: SampleSource) -> Self {
        ThreadSampler {
            worker,
            backend,
            source,
            stack_end: AtomicUsize::new(0),
            armed_at_ns: AtomicU64::new(0),
            cpu_ns: AtomicU64::new(0),
            ends: Mutex::default(),
            drained: Mutex::default(),
        }
    }

    /// Which worker's it is.
    pub fn worker(&self) -> u16 {
        self.worker
    }

    /// Who takes its samples.
    pub fn backend(&self) -> Option<CpuBackend> {
        self.backend
    }

    /// CPU time while it was armed, nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_ns.load(Relaxed)
    }

    /// What can be waited for until there are many samples.
    pub fn descriptor(&self) -> Option<libc::c_int> {
        match &self.source {
            SampleSource::Perf(event) => Some(event.descriptor()),
            SampleSource::Timer(_) | SampleSource::None => None,
        }
    }

    /// CPU time while it was armed, by phase, nanoseconds.
    pub fn cpu_ns_by_phase(&self) -> Vec<u64> {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.iter().scan(0, |before, end| Some(end - std::mem::replace(before, *end))).collect()
    }

    /// Phase number `phase` ended.
    pub fn end_phase(&self, phase: u16) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that began late took nothing before.
        ends.resize(usize::from(phase), 0);
        ends.push(self.cpu_ns());
    }

    /// Begins to sample the current thread, whose sampler this is.
    pub fn arm(&self, stack_end: usize) -> Arming {
        let before = self.stack_end.load(Relaxed);
        if before != 0 && before != stack_end && matches!(self.source, SampleSource::Perf(_)) {
            return Arming::DrainFirst;
        }
        self.stack_end.store(stack_end, Relaxed);
        let now_ns = thread_cpu_ns();
        self.armed_at_ns.store(now_ns, Relaxed);
        match &self.source {
            SampleSource::Perf(event) => {
                if !event.enable() {
                    return Arming::Refused;
                }
            }
            SampleSource::Timer(timer) => timer.arm(stack_end, now_ns, self.cpu_ns()),
            SampleSource::None => {}
        }
        Arming::Begun
    }

    /// Stops to sample it.
    pub fn disarm(&self) {
        let since_armed = || thread_cpu_ns().saturating_sub(self.armed_at_ns.load(Relaxed));
        match &self.source {
            SampleSource::Perf(event) => {
                event.disable();
                // The clock that the samples are weighed by. The thread's own leaves out what a hypervisor or an interrupt
                // took in between, so the samples' sum could exceed it.
                match event.counted_ns() {
                    Some(counted) => self.cpu_ns.store(counted, Relaxed),
                    None => _ = self.cpu_ns.fetch_add(since_armed(), Relaxed),
                }
            }
            SampleSource::Timer(timer) => {
                timer.disarm();
                self.cpu_ns.fetch_add(since_armed(), Relaxed);
            }
            SampleSource::None => _ = self.cpu_ns.fetch_add(since_armed(), Relaxed),
        }
    }

    /// Forgets where stacks end, once its ring was drained.
    pub fn forget_stack_end(&self) {
        self.stack_end.store(0, Relaxed);
    }

    /// What was drained so far.
    pub fn drained(&self) -> Drained {
        *self.drained.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Samples that found no room, if that is known, at `hertz` per second of CPU time: all of them where nothing takes any.
    pub fn lost(&self, hertz: u64) -> Option<u64> {
        let drained = self.drained();
        match (&self.source, self.backend) {
            (SampleSource::Perf(event), _) => Some(drained.lost + event.lost().unwrap_or(0)),
            (SampleSource::Timer(timer), _) => Some(drained.lost + timer.lost()),
            // pprof-rs does not say.
            (SampleSource::None, Some(_)) => None,
            (SampleSource::None, None) => Some((self.cpu_ns() as f64 * hertz as f64 / 1e9).round() as u64),
        }
    }

    /// Moves its samples to `copies`, as those of phase `phase`.
    pub fn drain(&self, phase: u16, copies: &mut Copies) {
        let mut drained = self.drained.lock().unwrap_or_else(PoisonError::into_inner);
        let mut copy = StackCopy { thread: self.worker, phase, ..StackCopy::default() };
        match &self.source {
            SampleSource::Perf(event) => {
                event.drain(&mut |record| match record {
                    Record::Lost(count) => drained.lost += count,
                    Record::Sample { counted_ns, registers, stack } => {
                        // Read now: a sample that is seen was taken after this was stored.
                        let end = self.stack_end.load(Relaxed) as u64;
                        copy.weight_ns = counted_ns.saturating_sub(drained.counted_ns);
                        copy.registers = registers;
                        if drained.take(&mut copy, end, stack, copies) {
                            drained.counted_ns = counted_ns;
                        }
                    }
                });
            }
            SampleSource::Timer(timer) => {
                timer.drain(&mut |Taken { weight_ns, registers, stack_end, stack }| {
                    (copy.weight_ns, copy.registers) = (weight_ns, registers);
                    drained.take(&mut copy, stack_end, stack, copies);
                });
            }
            SampleSource::None => {}
        }
    }
}

impl Drained {
    /// Takes a sample whose operation's stack ends at `end`. Returns whether there was room for it.
    fn take(&mut self, copy: &mut StackCopy, end: u64, stack: &[u64], copies: &mut Copies) -> bool {
        // Words from the stack pointer to the end: what lies beyond is the harness's.
        let needed = (end.saturating_sub(copy.registers.sp) / 8) as usize;
        copy.truncated = needed > stack.len();
        copy.stack.clear();
        copy.stack.extend(stack.iter().take(needed));
        let taken = copies.add(copy);
        self.delivered += u64::from(taken);
        self.lost += u64::from(!taken);
        self.truncated += u64::from(taken && copy.truncated);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::cpu::cpu_time::spin;
    use crate::capture::cpu::stack_copy::{MOST_STACK_BYTES, decode};

    fn samples_of_a_thread_that_ended(backend: CpuBackend) -> Vec<StackCopy> {
        let work = move || {
            let source = SampleSource::open(backend, 1_000_000)?;
            let sampler = ThreadSampler::new(3, Some(backend), source);
            spin(20_000_000);
            let end = &raw const sampler;
            assert_eq!(sampler.arm(end.addr()), Arming::Begun);
            spin(50_000_000);
            sampler.disarm();
            spin(20_000_000);
            Ok::<_, String>(sampler)
        };
        let Ok(sampler) = std::thread::spawn(work).join().unwrap() else { return Vec::new() };
        let mut copies = Copies::default();
        sampler.drain(7, &mut copies);
        let mut found = Vec::new();
        for chunk in copies.finish() {
            decode(&chunk, &mut |copy| found.push(copy)).unwrap();
        }
        let drained = sampler.drained();
        assert_eq!(drained.delivered, found.len() as u64);
        // 50 samples fit into a timer's ring. A perf event may have to do with a ring of 31.
        let lost = sampler.lost(1000);
        assert!(if backend == CpuBackend::Timer { lost == Some(0) } else { lost.is_some() }, "{lost:?}");
        // A perf event's clock stands while the kernel changes from one thread to another, the thread's own does not.
        let least = if backend == CpuBackend::Timer { 50_000_000 } else { 25_000_000 };
        assert!(sampler.cpu_ns() >= least, "{backend:?}: {}", sampler.cpu_ns());
        let weight: u64 = found.iter().map(|copy| copy.weight_ns).sum();
        assert!(weight <= sampler.cpu_ns(), "{weight} of {}", sampler.cpu_ns());
        found
    }

    #[test]
    fn samples_outlive_their_thread_and_end_where_it_was_armed() {
        for backend in [CpuBackend::Perf, CpuBackend::Timer] {
            let found = samples_of_a_thread_that_ended(backend);
            // Perf events may be forbidden here; a timer is not.
            assert!(backend == CpuBackend::Perf || !found.is_empty());
            for copy in found {
                assert_eq!((copy.thread, copy.phase), (3, 7));
                assert!(
                    !copy.truncated && copy.stack.len() < MOST_STACK_BYTES / 8,
                    "{} words",
                    copy.stack.len()
                );
            }
        }
    }

    #[test]
    fn short_slices_have_their_share_of_samples() {
        for backend in [CpuBackend::Perf, CpuBackend::Timer] {
            let Ok(source) = SampleSource::open(backend, 1_000_000) else { continue };
            let sampler = ThreadSampler::new(0, Some(backend), source);
            for _ in 0..400 {
                let end = &raw const sampler;
                assert_eq!(sampler.arm(end.addr()), Arming::Begun);
                spin(300_000);
                sampler.disarm();
                spin(100_000);
            }
            sampler.end_phase(2);
            sampler.drain(2, &mut Copies::default());
            // 120 ms in slices that are all shorter than a period.
            assert!(sampler.drained().delivered > 30, "{backend:?}: {:?}", sampler.drained());
            assert_eq!(sampler.cpu_ns_by_phase(), [0, 0, sampler.cpu_ns()]);
        }
    }
}
