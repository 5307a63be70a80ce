//! The CPU pass: where the worker threads spend their time inside operations.
//!
//! A thread is sampled while it is armed ([`arm`]), which is inside operations alone, so the generator is in no profile.
//! Registers and the top of the stack are copied when a sample is taken, and walked in the parent. A thread of the
//! sampler's own empties the rings. Each sample has a weight, the CPU time since the last one; what was lost goes to the
//! next sample of its thread.

mod cpu_time;
mod perf;
#[cfg(feature = "pprof-rs")]
mod pprof_rs;
#[cfg(not(feature = "pprof-rs"))]
#[path = "cpu/pprof_rs_absent.rs"]
mod pprof_rs;
mod ring;
mod sampling;
mod stack_copies;
pub mod stack_copy;
mod thread_sampler;
mod timer;

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use cpu_time::thread_cpu_ns;
pub use sampling::{CpuBackend, CpuSampling, MOST_HERTZ};

use self::pprof_rs::PprofRs;
use self::stack_copies::Copies;
use self::thread_sampler::{Arming, SampleSource, ThreadSampler};
use super::ledger;
use super::raw_samples::{RawCpu, RawCpuThread};
use crate::error::{Error, Result};

/// How often rings are emptied at least; more often at high rates.
const DRAIN_EVERY: Duration = Duration::from_millis(20);

/// The samplers of this process's threads; none unless it runs a CPU pass.
static SAMPLERS: OnceLock<Samplers> = OnceLock::new();

thread_local! {
    /// The current thread's sampler, once it was armed.
    static OWN: Cell<Option<&'static ThreadSampler>> = const { Cell::new(None) };
}

/// What the threads of a CPU pass share.
struct Samplers {
    sampling: CpuSampling,
    threads: Mutex<Vec<&'static ThreadSampler>>,
    taken: Mutex<Taken>,
    notes: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

/// The samples that were taken out of the rings.
#[derive(Default)]
struct Taken {
    /// The phase whose samples come in now.
    phase: u16,
    copies: Copies,
}

/// Samples the current thread until the guard is dropped, if this is a CPU pass. Inlined: the frames of the functions that
/// the caller calls then lie below the address that is noted here, and the stack up to it is copied.
#[inline(always)]
pub fn arm() -> Armed {
    let anchor = MaybeUninit::<usize>::uninit();
    Armed {
        sampler: SAMPLERS.get().map(|samplers| samplers.arm(anchor.as_ptr().addr())),
        _not_send: PhantomData,
    }
}

/// The current thread is sampled while this lives.
pub struct Armed {
    sampler: Option<&'static ThreadSampler>,
    _not_send: PhantomData<*const ()>,
}

impl Drop for Armed {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(sampler) = self.sampler {
            sampler.disarm();
        }
    }
}

impl Samplers {
    fn new(sampling: CpuSampling) -> Self {
        Samplers {
            sampling,
            threads: Mutex::default(),
            taken: Mutex::default(),
            notes: Mutex::default(),
            stopped: AtomicBool::new(false),
        }
    }

    #[inline(never)]
    fn arm(&'static self, stack_end: usize) -> &'static ThreadSampler {
        let mut sampler = OWN.get().unwrap_or_else(|| self.enlist(None));
        loop {
            match sampler.arm(stack_end) {
                Arming::Begun => return sampler,
                Arming::DrainFirst => {
                    self.drain();
                    sampler.forget_stack_end();
                }
                // What it took so far stays; another one takes the rest.
                Arming::Refused => sampler = self.enlist(sampler.backend()),
            }
        }
    }

    /// Makes the current thread's sampler, by the first backend that this thread can have, of those behind `refused`. It
    /// stays for the life of the process: the thread may end before its samples are read.
    fn enlist(&self, refused: Option<CpuBackend>) -> &'static ThreadSampler {
        let (backend, source) = self.open(refused);
        if let Some(note) = source.note() {
            self.note(note.to_owned());
        }
        let sampler: &'static ThreadSampler =
            Box::leak(Box::new(ThreadSampler::new(ledger::worker(), backend, source)));
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(sampler);
        OWN.set(Some(sampler));
        sampler
    }

    fn open(&self, refused: Option<CpuBackend>) -> (Option<CpuBackend>, SampleSource) {
        // pprof-rs samples the whole process or nothing, and that was decided by the first thread.
        let first = self.threads().first().map(|thread| thread.backend());
        let mut reasons: Vec<String> = Vec::new();
        if let Some(backend) = refused {
            reasons.push(format!(
                "{} were no longer allowed for worker {}",
                backend.plural(),
                ledger::worker()
            ));
        }
        for backend in self.sampling.backends() {
            let is_open = match first {
                None => true,
                Some(Some(CpuBackend::PprofRs)) => *backend == CpuBackend::PprofRs,
                Some(_) => *backend != CpuBackend::PprofRs,
            };
            let is_behind = refused.is_none_or(|refused| *backend > refused);
            if !is_open || !is_behind {
                continue;
            }
            match SampleSource::open(*backend, self.sampling.period_ns()) {
                Ok(source) => {
                    if !reasons.is_empty() {
                        let whose = match first {
                            None => "the CPU samples".to_owned(),
                            Some(_) => "its CPU samples".to_owned(),
                        };
                        self.note(format!("{}; {} took {whose}", reasons.join("; "), backend.plural()));
                    }
                    return (Some(*backend), source);
                }
                Err(why) if first.is_some() => reasons.push(format!("worker {}: {why}", ledger::worker())),
                Err(why) => reasons.push(why),
            }
        }
        self.note(format!("{}; worker {} was not sampled", reasons.join("; "), ledger::worker()));
        (None, SampleSource::None)
    }

    fn note(&self, note: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    fn threads(&self) -> Vec<&'static ThreadSampler> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Moves all samples out of the rings.
    fn drain(&self) {
        self.drain_into(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn drain_into(&self, taken: &mut Taken) {
        for thread in self.threads() {
            thread.drain(taken.phase, &mut taken.copies);
        }
        if taken.copies.is_full() {
            self.note("There was no room for more CPU samples; the later ones are missing".to_owned());
        }
    }

    /// Moves the samples of phase `phase` out of the rings. Later samples belong to the next phase. No thread may be armed.
    fn end_phase(&self, phase: u16) {
        // One lock over all of this: a thread that drains rings meanwhile would use the wrong phase.
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.phase = phase;
        self.drain_into(&mut taken);
        taken.phase = phase.saturating_add(1);
        self.threads().iter().for_each(|thread| thread.end_phase(phase));
    }

    /// Empties the rings until the pass is over.
    fn keep_draining(&self) {
        // No ring may fill up meanwhile: the smallest has room for 31 samples.
        let every = DRAIN_EVERY.min(Duration::from_nanos(self.sampling.period_ns() * 25));
        let mut ended: Vec<libc::c_int> = Vec::new();
        while !self.stopped.load(Relaxed) {
            let mut events: Vec<libc::pollfd> = self
                .threads()
                .iter()
                .filter_map(|thread| thread.descriptor())
                // The event of a thread that ended is always ready, so a wait for it would end at once.
                .filter(|fd| !ended.contains(fd))
                .map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 })
                .collect();
            let timeout = libc::timespec {
                tv_sec: every.as_secs() as libc::time_t,
                tv_nsec: every.subsec_nanos() as _,
            };
            // SAFETY: the array lives through the call and has that many elements. It ends early when a ring fills up.
            let polled = unsafe {
                libc::ppoll(events.as_mut_ptr(), events.len() as _, &raw const timeout, std::ptr::null())
            };
            if polled < 0 {
                std::thread::sleep(every);
            }
            let is_over =
                |event: &&libc::pollfd| event.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0;
            ended.extend(events.iter().filter(is_over).map(|event| event.fd));
            self.drain();
        }
    }
}

/// Samples the threads of this process while they are armed.
pub struct CpuSampler {
    sampling: CpuSampling,
    started: Option<Started>,
}

struct Started {
    samplers: &'static Samplers,
    /// The thread that empties rings, if there are any.
    drainer: Option<JoinHandle<()>>,
    /// The package's sampler, where no other backend works.
    pprof_rs: Option<PprofRs>,
}

impl CpuSampler {
    /// A sampler of this process. There can be one.
    pub fn new(sampling: CpuSampling) -> Self {
        CpuSampler { sampling, started: None }
    }

    /// Starts it. Threads are sampled from their first [`arm`] on.
    ///
    /// # Errors
    /// When nothing can take samples here.
    pub fn start(&mut self) -> Result<()> {
        let samplers = SAMPLERS.get_or_init(|| Samplers::new(self.sampling));
        // The first worker's, at once: whether pprof-rs must stand in has to be known before the first operation.
        let (mut drainer, mut pprof_rs) = (None, None);
        if samplers.enlist(None).backend() == Some(CpuBackend::PprofRs) {
            pprof_rs = Some(PprofRs::start(self.sampling.hertz)?);
        } else {
            let thread = std::thread::Builder::new().name("cpu-samples".to_owned());
            let spawned = thread.spawn(|| samplers.keep_draining());
            drainer = Some(
                spawned
                    .map_err(|error| Error::case(format!("the CPU pass cannot start a thread: {error}")))?,
            );
        }
        self.started = Some(Started { samplers, drainer, pprof_rs });
        Ok(())
    }

    /// Credits the samples since the last call to phase `phase`. No thread may be armed during the call.
    ///
    /// # Errors
    /// When pprof-rs does not hand its samples over.
    pub fn end_phase(&mut self, phase: u16) -> Result<()> {
        let Some(started) = &mut self.started else { return Ok(()) };
        started.samplers.end_phase(phase);
        started.pprof_rs.as_mut().map_or(Ok(()), |pprof_rs| pprof_rs.end_phase(phase))
    }

    /// Stops, and hands over what was sampled.
    pub fn finish(self) -> RawCpu {
        let mut raw = RawCpu { hertz: self.sampling.hertz, ..RawCpu::default() };
        let Some(Started { samplers, drainer, pprof_rs }) = self.started else { return raw };
        samplers.stopped.store(true, Relaxed);
        if let Some(drainer) = drainer {
            let _ = drainer.join();
        }
        let threads = samplers.threads();
        let name = |thread: &ThreadSampler| thread.backend().map_or("none", CpuBackend::name).to_owned();
        raw.backend = threads.first().map(|thread| name(thread)).unwrap_or_default();
        if let Some(pprof_rs) = pprof_rs {
            (raw.stacks, raw.rows) = pprof_rs.finish();
        }
        raw.threads = threads
            .iter()
            .map(|thread| {
                let drained = thread.drained();
                let rows = raw.rows.iter().filter(|row| row.thread == thread.worker());
                RawCpuThread {
                    thread: thread.worker(),
                    backend: name(thread),
                    cpu_ns: thread.cpu_ns(),
                    phases_ns: thread.cpu_ns_by_phase(),
                    delivered: drained.delivered + rows.map(|row| row.count).sum::<u64>(),
                    lost: thread.lost(self.sampling.hertz),
                    truncated: drained.truncated,
                }
            })
            .collect();
        raw.cpu_ns = raw.threads.iter().map(|thread| thread.cpu_ns).sum();
        let taken = std::mem::take(&mut *samplers.taken.lock().unwrap_or_else(PoisonError::into_inner));
        raw.copies = taken.copies.finish();
        raw.notes = std::mem::take(&mut *samplers.notes.lock().unwrap_or_else(PoisonError::into_inner));
        raw
    }
}

#[cfg(test)]
mod tests {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

    use super::cpu_time::spin;
    use super::*;

    /// Makes every later `ioctl` of the current thread fail.
    fn refuse_ioctl() {
        let (refuse, allow) = (SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow);
        let arch = std::env::consts::ARCH.try_into().unwrap();
        let filter = SeccompFilter::new([(libc::SYS_ioctl, vec![])].into(), allow, refuse, arch).unwrap();
        seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
    }

    #[test]
    fn what_is_refused_half_way_goes_on_by_a_timer() {
        let sampling = CpuSampling { hertz: 1000, backend: None };
        let samplers: &'static Samplers = Box::leak(Box::new(Samplers::new(sampling)));
        std::thread::spawn(move || {
            let work = || {
                let end = MaybeUninit::<usize>::uninit();
                let sampler = samplers.arm(end.as_ptr().addr());
                spin(50_000_000);
                sampler.disarm();
            };
            work();
            refuse_ioctl();
            work();
        })
        .join()
        .unwrap();
        samplers.end_phase(0);
        let threads = samplers.threads();
        // Where perf events are forbidden from the start, the timer has all of it.
        let allowed = threads[0].backend() == Some(CpuBackend::Perf);
        assert_eq!(threads.len(), if allowed { 2 } else { 1 });
        let last = threads[threads.len() - 1];
        assert_eq!(last.backend(), Some(CpuBackend::Timer));
        assert!(threads.iter().all(|thread| thread.drained().delivered > 0));
        if allowed {
            let notes = samplers.notes.lock().unwrap().clone();
            let due = "perf events were no longer allowed for worker 0; timers took its CPU samples";
            assert!(notes.iter().any(|note| note == due), "{notes:?}");
        }
    }

    #[test]
    fn a_thread_that_begins_late_and_one_that_ends_early_are_sampled() {
        let sampling = CpuSampling { hertz: 1000, backend: None };
        let samplers: &'static Samplers = Box::leak(Box::new(Samplers::new(sampling)));
        for phase in 0..3 {
            // Each of them begins with its phase and ends before the next.
            let work = move || {
                let end = MaybeUninit::<usize>::uninit();
                let sampler = samplers.arm(end.as_ptr().addr());
                spin(30_000_000);
                sampler.disarm();
            };
            std::thread::spawn(work).join().unwrap();
            samplers.end_phase(phase);
        }
        let threads = samplers.threads();
        assert_eq!(threads.len(), 3);
        for (phase, thread) in threads.iter().enumerate() {
            let times = thread.cpu_ns_by_phase();
            assert!(times.iter().enumerate().all(|(at, ns)| (at == phase) == (*ns > 0)), "{times:?}");
            assert!(thread.drained().delivered > 0);
        }
        assert_eq!(samplers.taken.lock().unwrap().phase, 3);
    }
}
