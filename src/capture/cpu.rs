//! The CPU pass: where the worker threads spend their time inside operations.
//!
//! A thread is sampled while it is armed ([`arm`]), which is inside operations alone, so the generator is in no profile.
//! Registers and the top of the stack are copied when a sample is taken, and walked in the parent. A thread of the
//! sampler's own empties the rings. Each sample has a weight, the CPU time since the last one; what was lost goes to the
//! next sample of its thread.

mod copies;
mod perf;
mod pprof_rs;
mod ring;
mod sampling;
pub mod stack_copy;
mod thread;
mod time;
mod timer;

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use sampling::{CpuBackend, CpuSampling, MOST_HERTZ};
pub use time::thread_cpu_ns;

use self::copies::Copies;
use self::pprof_rs::PprofRs;
use self::thread::{Source, ThreadSampler};
use super::ledger;
use super::raw::{RawCpu, RawCpuThread};
use crate::error::{Error, Result};

/// How often rings are emptied that cannot be waited for: each has room for some hundred samples.
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
    /// The phase whose samples come in now.
    phase: AtomicU16,
    copies: Mutex<Copies>,
    notes: Mutex<Vec<String>>,
    stopped: AtomicBool,
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
    #[inline(never)]
    fn arm(&'static self, stack_end: usize) -> &'static ThreadSampler {
        let sampler = OWN.get().unwrap_or_else(|| self.enlist());
        if !sampler.arm(stack_end) {
            self.drain();
            sampler.forget_stack_end();
            sampler.arm(stack_end);
        }
        sampler
    }

    /// Makes the current thread's sampler, by the first backend that this thread can have. It stays for the life of the
    /// process: the thread may end before its samples are read.
    fn enlist(&self) -> &'static ThreadSampler {
        let (backend, source) = self.open();
        if let Some(note) = source.note() {
            self.note(note.to_owned());
        }
        let sampler: &'static ThreadSampler =
            Box::leak(Box::new(ThreadSampler::new(ledger::worker(), backend, source)));
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(sampler);
        OWN.set(Some(sampler));
        sampler
    }

    fn open(&self) -> (CpuBackend, Source) {
        // pprof-rs samples the whole process or nothing, and that was decided by the first thread.
        let first = self.threads().first().map(|thread| thread.backend());
        let backends = self.sampling.backends().iter().filter(|backend| match first {
            None => true,
            Some(CpuBackend::PprofRs) => **backend == CpuBackend::PprofRs,
            Some(_) => **backend != CpuBackend::PprofRs,
        });
        let mut refused: Vec<String> = Vec::new();
        for backend in backends {
            match Source::open(*backend, self.sampling.period_ns()) {
                Ok(source) if refused.is_empty() => return (*backend, source),
                Ok(source) => {
                    self.note(format!("{}; {}", refused.join("; "), instead(*backend)));
                    return (*backend, source);
                }
                Err(why) => refused.push(why),
            }
        }
        self.note(format!("{}; worker {} was not sampled", refused.join("; "), ledger::worker()));
        (CpuBackend::PprofRs, Source::None)
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
        let threads = self.threads();
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = self.phase.load(Relaxed);
        threads.iter().for_each(|thread| thread.drain(phase, &mut copies));
    }

    /// Empties the rings until the pass is over.
    fn keep_draining(&self) {
        while !self.stopped.load(Relaxed) {
            let mut events: Vec<libc::pollfd> = self
                .threads()
                .iter()
                .filter_map(|thread| thread.descriptor())
                .map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 })
                .collect();
            // SAFETY: the array lives through the call and has that many elements. It ends early when a ring fills up.
            unsafe {
                libc::poll(events.as_mut_ptr(), events.len() as _, DRAIN_EVERY.as_millis() as libc::c_int)
            };
            // The event of a thread that ended is ready at once, and for ever.
            if events.iter().any(|event| event.revents & libc::POLLHUP != 0) {
                std::thread::sleep(DRAIN_EVERY);
            }
            self.drain();
        }
    }
}

/// Who took samples in place of a backend that refused.
fn instead(backend: CpuBackend) -> &'static str {
    match backend {
        CpuBackend::Perf => "perf events took the CPU samples",
        CpuBackend::Timer => "a timer for each thread took the CPU samples",
        CpuBackend::PprofRs => "pprof-rs took the CPU samples",
    }
}

/// Samples the threads of this process while they are armed.
pub struct CpuSampler {
    sampling: CpuSampling,
    started: Option<Started>,
}

struct Started {
    samplers: &'static Samplers,
    drainer: JoinHandle<()>,
    /// The package's sampler, if no other can be had.
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
        let samplers = SAMPLERS.get_or_init(|| Samplers {
            sampling: self.sampling,
            threads: Mutex::default(),
            phase: AtomicU16::new(0),
            copies: Mutex::default(),
            notes: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        // The first worker's, at once: whether pprof-rs must stand in has to be known before the first operation.
        let first = samplers.enlist();
        let pprof_rs = match first.backend() {
            CpuBackend::PprofRs => Some(PprofRs::start(self.sampling.hertz)?),
            CpuBackend::Perf | CpuBackend::Timer => None,
        };
        let drainer = std::thread::Builder::new()
            .name("cpu-samples".to_owned())
            .spawn(|| samplers.keep_draining())
            .map_err(|error| Error::case(format!("the CPU pass cannot start a thread: {error}")))?;
        self.started = Some(Started { samplers, drainer, pprof_rs });
        Ok(())
    }

    /// Credits the samples since the last call to phase `phase`. No thread is armed meanwhile.
    ///
    /// # Errors
    /// When pprof-rs does not hand its samples over.
    pub fn end_phase(&mut self, phase: u16) -> Result<()> {
        let Some(started) = &mut self.started else { return Ok(()) };
        started.samplers.phase.store(phase, Relaxed);
        started.samplers.drain();
        started.samplers.phase.store(phase + 1, Relaxed);
        started.pprof_rs.as_mut().map_or(Ok(()), |pprof_rs| pprof_rs.end_phase(phase))
    }

    /// Stops, and hands over what was sampled.
    pub fn finish(self) -> RawCpu {
        let mut raw = RawCpu { hertz: self.sampling.hertz, ..RawCpu::default() };
        let Some(Started { samplers, drainer, pprof_rs }) = self.started else { return raw };
        samplers.stopped.store(true, Relaxed);
        let _ = drainer.join();
        let threads = samplers.threads();
        raw.backend = threads.first().map_or("", |thread| thread.backend().name()).to_owned();
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
                    backend: thread.backend().name().to_owned(),
                    cpu_ns: thread.cpu_ns(),
                    delivered: drained.delivered + rows.map(|row| row.count).sum::<u64>(),
                    // pprof-rs does not say what it lost.
                    lost: (thread.backend() != CpuBackend::PprofRs).then_some(drained.lost),
                    truncated: drained.truncated,
                }
            })
            .collect();
        raw.cpu_ns = raw.threads.iter().map(|thread| thread.cpu_ns).sum();
        raw.copies =
            std::mem::take(&mut *samplers.copies.lock().unwrap_or_else(PoisonError::into_inner)).finish();
        raw.notes = std::mem::take(&mut *samplers.notes.lock().unwrap_or_else(PoisonError::into_inner));
        raw
    }
}
