//! CPU samples by a timer of the thread, where perf events are forbidden. The timer sends a signal to its thread; the
//! handler copies registers and stack into a ring that was made beforehand.
//!
//! The timer runs by wall time, since the kernel looks at CPU-time timers at its own tick alone. A tick takes a sample only
//! if the thread has taken the CPU time of a period since the last one, so a thread that waits has no more samples than one
//! that works. Each sample has the CPU time since the last one, and what was lost goes to the next.
//!
//! The handler reads a clock and copies words. It allocates nothing, takes no lock and touches no thread-local storage.

use std::ffi::{c_int, c_void};
use std::io;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, compiler_fence};

use super::cpu_time::thread_cpu_ns;
use super::ring::SampleRing;
use super::stack_copy::{MOST_STACK_BYTES, Registers};
use crate::capture::thread_stacks;

/// The shortest time to a first tick.
const SOONEST_NS: u64 = 10_000;

/// The most timers of a process.
const MOST_TIMERS: usize = 4096;

/// The states of all timers, and how many there were, so that the handler knows its own from another sender's value.
static STATES: [AtomicPtr<State>; MOST_TIMERS] = [const { AtomicPtr::new(null_mut()) }; MOST_TIMERS];
static TIMERS: AtomicUsize = AtomicUsize::new(0);

/// The timer of one thread. It lives as long as the process: a signal may be on its way.
pub struct ThreadTimer {
    state: &'static State,
    timer: libc::timer_t,
}

// SAFETY: any thread may use a timer's identifier; the other fields are atomic.
unsafe impl Send for ThreadTimer {}
// SAFETY: as above.
unsafe impl Sync for ThreadTimer {}

/// What the signal handler works with.
#[derive(Default)]
struct State {
    ring: SampleRing,
    /// Where the thread's stack lies: its lowest address, and one past its highest. An operation may run on another one.
    stack: Range<usize>,
    armed: AtomicBool,
    /// Where the stack of an operation ends: an address in the frame of the function that armed the timer.
    stack_end: AtomicUsize,
    /// CPU time between two samples.
    period_ns: AtomicU64,
    /// The thread's CPU time outside of operations until it was armed.
    outside_ns: AtomicU64,
    /// CPU time inside operations at the last sample, and at which the next one is due.
    last_ns: AtomicU64,
    due_ns: AtomicU64,
}

/// A sample as it lies in the ring.
pub struct Taken<'a> {
    /// CPU time since the last sample, nanoseconds.
    pub weight_ns: u64,
    /// The registers.
    pub registers: Registers,
    /// Where the stack ends.
    pub stack_end: u64,
    /// The words from the stack pointer on.
    pub stack: &'a [u64],
}

impl ThreadTimer {
    /// A timer of the current thread, not yet armed.
    ///
    /// # Errors
    /// Why the system does not give one.
    pub fn new(period_ns: u64) -> Result<ThreadTimer, String> {
        if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            return Err("registers cannot be read on this processor".to_owned());
        }
        install_handler().map_err(|error| format!("no signal handler can be installed ({error})"))?;
        let Some(stack) = thread_stacks::current() else {
            return Err("the thread's stack is not known".to_owned());
        };
        let state: &'static State = Box::leak(Box::new(State { stack, ..State::default() }));
        state.period_ns.store(period_ns, Relaxed);
        state.due_ns.store(period_ns, Relaxed);
        // SAFETY: a plain structure of the C library, all zero, which is a valid value of each of its fields.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGPROF;
        event.sigev_value.sival_ptr = std::ptr::from_ref(state).cast_mut().cast();
        // SAFETY: takes nothing and cannot fail.
        event.sigev_notify_thread_id = unsafe { libc::gettid() };
        let mut timer: libc::timer_t = std::ptr::null_mut();
        // SAFETY: both structures live through the call; the state that the signals point to is never freed.
        let made = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
        if made != 0 {
            return Err(format!("a thread cannot have a timer ({})", io::Error::last_os_error()));
        }
        let timer = ThreadTimer { state, timer };
        let Some(place) = STATES.get(TIMERS.fetch_add(1, Relaxed)) else {
            return Err("there are too many timers".to_owned());
        };
        place.store(std::ptr::from_ref(state).cast_mut(), SeqCst);
        Ok(timer)
    }

    /// Lets it run on its thread, which calls this and [`ThreadTimer::disarm`]. The thread has taken `now_ns` of CPU time,
    /// `inside_ns` of it inside operations.
    pub fn arm(&self, stack_end: usize, now_ns: u64, inside_ns: u64) {
        let state = self.state;
        state.stack_end.store(stack_end, Relaxed);
        state.outside_ns.store(now_ns.saturating_sub(inside_ns), Relaxed);
        let period = state.period_ns.load(Relaxed);
        state.armed.store(true, Relaxed);
        // The handler runs on this thread: the compiler alone could put the stores behind its first tick.
        compiler_fence(SeqCst);
        // What was left of the period when it was disarmed: short slices have their share of ticks too.
        let first = state.due_ns.load(Relaxed).saturating_sub(inside_ns);
        self.set(first.clamp(SOONEST_NS.min(period), period), period);
    }

    /// Stops it. A signal that still comes is passed over.
    pub fn disarm(&self) {
        self.state.armed.store(false, Relaxed);
        compiler_fence(SeqCst);
        self.set(0, 0);
    }

    /// Lets it tick after `first_ns` and then every `period_ns`; stops it if both are 0.
    fn set(&self, first_ns: u64, period_ns: u64) {
        let time = |ns: u64| libc::timespec {
            tv_sec: (ns / 1_000_000_000) as libc::time_t,
            tv_nsec: (ns % 1_000_000_000) as _,
        };
        let times = libc::itimerspec { it_interval: time(period_ns), it_value: time(first_ns) };
        // SAFETY: the timer is ours and the structure lives through the call. The old setting is not asked for.
        let _ = unsafe { libc::timer_settime(self.timer, 0, &raw const times, std::ptr::null_mut()) };
    }

    /// Takes all samples out of the ring. One thread at a time.
    pub fn drain(&self, take: &mut dyn FnMut(Taken<'_>)) {
        self.state.ring.drain(&mut |words| {
            if let Some((&[weight_ns, stack_end, ip, sp, fp, lr], stack)) = words.split_first_chunk() {
                take(Taken { weight_ns, stack_end, registers: Registers { ip, sp, fp, lr }, stack });
            }
        });
    }

    /// Samples that found no room so far.
    pub fn lost(&self) -> u64 {
        self.state.ring.lost()
    }
}

impl Drop for ThreadTimer {
    fn drop(&mut self) {
        // SAFETY: the timer is ours and is not used again.
        let _ = unsafe { libc::timer_delete(self.timer) };
    }
}

/// Installs the handler, once. It stays: a signal that comes late must not end the process.
fn install_handler() -> io::Result<()> {
    static REFUSED: OnceLock<Option<i32>> = OnceLock::new();
    let refused = REFUSED.get_or_init(|| {
        // SAFETY: a plain structure of the C library, all zero.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_tick as *const () as usize;
        // Most blocking calls go on by themselves after a tick; sleeping and polling ones end early.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        // SAFETY: the structure is whole, and the handler is async-signal-safe, as its comments say.
        let installed = unsafe { libc::sigaction(libc::SIGPROF, &raw const action, std::ptr::null_mut()) };
        (installed != 0).then(|| io::Error::last_os_error().raw_os_error().unwrap_or(0))
    });
    refused.map_or(Ok(()), |error| Err(io::Error::from_raw_os_error(error)))
}

/// A tick of a thread's timer, on that thread. Calls `clock_gettime` and nothing else.
extern "C" fn on_tick(_signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over both structures, which live while the handler runs.
    let (info, context) = unsafe { (&*info, &*context.cast::<libc::ucontext_t>()) };
    // Another sender's signal carries no state of ours.
    if info.si_code != libc::SI_TIMER {
        return;
    }
    // SAFETY: a timer's signal has a value.
    let value = unsafe { info.si_value().sival_ptr.cast::<State>() };
    let known = &STATES[..TIMERS.load(Relaxed).min(MOST_TIMERS)];
    if value.is_null() || !known.iter().any(|known| known.load(Relaxed) == value) {
        return;
    }
    // SAFETY: it is one of our own states, which are never freed.
    let state = unsafe { &*value };
    if !state.armed.load(Relaxed) {
        return;
    }
    let inside = thread_cpu_ns().saturating_sub(state.outside_ns.load(Relaxed));
    let (period, due) = (state.period_ns.load(Relaxed), state.due_ns.load(Relaxed));
    // A tick may come a little early.
    if inside + period / 4 < due {
        return;
    }
    let weight = inside.saturating_sub(state.last_ns.load(Relaxed));
    let registers = registers_of(context);
    let end = state.stack_end.load(Relaxed) as u64;
    let from = registers.sp & !7;
    // The stack between the interrupted instruction's pointer and the frame that armed the timer is alive, if the operation
    // runs on the thread's own.
    let own = state.stack.contains(&(from as usize)) && state.stack.contains(&(end as usize));
    let bytes = if own { end.saturating_sub(from).min(MOST_STACK_BYTES as u64) } else { 0 };
    let words = (bytes / 8) as usize;
    let Registers { ip, sp, fp, lr } = registers;
    // SAFETY: the word lies between the two, in this thread's own live stack.
    let word = |index: usize| unsafe { (from as *const u64).add(index).read_volatile() };
    if state.ring.put([weight, end, ip, sp, fp, lr], words, word) {
        state.last_ns.store(inside, Relaxed);
    }
    state.due_ns.store((due + period).max(inside + period / 2), Relaxed);
}

#[cfg(target_arch = "x86_64")]
fn registers_of(context: &libc::ucontext_t) -> Registers {
    let register = |number: c_int| context.uc_mcontext.gregs[number as usize] as u64;
    Registers { ip: register(libc::REG_RIP), sp: register(libc::REG_RSP), fp: register(libc::REG_RBP), lr: 0 }
}

#[cfg(target_arch = "aarch64")]
fn registers_of(context: &libc::ucontext_t) -> Registers {
    let machine = &context.uc_mcontext;
    Registers { ip: machine.pc, sp: machine.sp, fp: machine.regs[29], lr: machine.regs[30] }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn registers_of(_context: &libc::ucontext_t) -> Registers {
    Registers::default()
}
