//! Sampling through jemalloc's hooks: each allocation is sampled with probability 1 - exp(-usable / R).
//!
//! The process must have been started with `prof:true,prof_active:false,lg_prof_sample:N` in `_RJEM_MALLOC_CONF`; then
//! [`JemallocSampler::start`] sets the hooks and arms jemalloc. The hooks run inside the allocator, on any thread. They
//! may allocate (jemalloc does not sample what they allocate) but must not unwind: an `extern "C"` function aborts
//! instead. They must not take a lock that a thread may hold while it allocates from jemalloc: the book's lock is taken
//! in the hooks alone, and the book allocates elsewhere.

use std::ffi::{c_uint, c_void};
use std::sync::Mutex;

use tikv_jemalloc_ctl::raw;

use super::HeapRecorder;
use super::samples::{Birth, SampleBook};
use crate::capture::heap_recording::HeapRecording;
use crate::capture::ledger::Live;
use crate::capture::raw_samples::RawHeap;
use crate::capture::{frame_pointers, ledger};
use crate::error::{Error, Result};

/// The deepest stack that jemalloc keeps (its `prof_bt_max` default).
const MAX_DEPTH: usize = 128;

static BOOK: Mutex<Option<SampleBook>> = Mutex::new(None);

/// Samples allocations through jemalloc's hooks.
pub struct JemallocSampler {
    recording: HeapRecording,
}

impl JemallocSampler {
    /// A sampler that records in this way. The process must have been started with the environment that it asks for.
    pub fn new(recording: HeapRecording) -> Self {
        JemallocSampler { recording }
    }
}

type SampleHook = unsafe extern "C" fn(*const c_void, usize, *mut *mut c_void, c_uint, usize);
type FreeHook = unsafe extern "C" fn(*const c_void, usize);
type BacktraceHook = unsafe extern "C" fn(*mut *mut c_void, *mut c_uint, c_uint);

impl HeapRecorder for JemallocSampler {
    fn start(&mut self) -> Result<()> {
        *lock() = Some(SampleBook::new());
        let refused = |what: &str, error: tikv_jemalloc_ctl::Error| {
            let (variable, options) = self.recording.environment();
            Error::case(format!(
                "the heap pass cannot start: jemalloc refused {what} ({error}); it needs {variable}={options} when the process starts"
            ))
        };
        // SAFETY: each name is written with the type that jemalloc 5.3.1 declares for it (prof_hook.h), and the hooks are
        // functions of this program, which live as long as the process.
        unsafe {
            if frame_pointers::KEPT {
                raw::write(b"experimental.hooks.prof_backtrace\0", walk_frames as BacktraceHook)
                    .map_err(|e| refused("its backtrace hook", e))?;
            }
            raw::write(b"experimental.hooks.prof_sample\0", sampled as SampleHook)
                .map_err(|e| refused("its sample hook", e))?;
            raw::write(b"experimental.hooks.prof_sample_free\0", sample_freed as FreeHook)
                .map_err(|e| refused("its free hook", e))?;
            raw::write(b"prof.active\0", true).map_err(|e| refused("to become active", e))?;
        }
        Ok(())
    }

    fn finish(&mut self, end: u64, live: Live) -> RawHeap {
        // SAFETY: `prof.active` is a bool. That it stays on if jemalloc refused costs time, not truth.
        let _ = unsafe { raw::write(b"prof.active\0", false) };
        let unwinder = if frame_pointers::KEPT { "frame-pointer" } else { "libgcc" };
        let book = lock().take().unwrap_or_else(SampleBook::new);
        book.into_raw(self.recording, unwinder, end, live.peak_event)
    }
}

fn lock() -> std::sync::MutexGuard<'static, Option<SampleBook>> {
    BOOK.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// jemalloc asks for a backtrace. Stays within the running thread's stack; an unarmed thread gets an empty one.
unsafe extern "C" fn walk_frames(vec: *mut *mut c_void, len: *mut c_uint, max: c_uint) {
    let mut depth = 0;
    if let Some((entry, end)) = ledger::walk_bounds() {
        // SAFETY: the ledger's frames are of this armed thread, whose operation loop and allocator entry are running;
        // jemalloc gives room for `max` addresses at `vec`.
        unsafe {
            frame_pointers::walk(entry, end, |address| {
                if depth >= max {
                    return false;
                }
                *vec.add(depth as usize) = address as *mut c_void;
                depth += 1;
                true
            });
        }
    }
    // SAFETY: jemalloc gives a place for the length.
    unsafe { *len = depth };
}

/// jemalloc sampled an allocation.
unsafe extern "C" fn sampled(
    block: *const c_void,
    size: usize,
    backtrace: *mut *mut c_void,
    len: c_uint,
    usable: usize,
) {
    let mut stack = [0u64; MAX_DEPTH];
    let depth = (len as usize).min(MAX_DEPTH);
    for (index, address) in stack.iter_mut().enumerate().take(depth) {
        // SAFETY: jemalloc gives `len` addresses at `backtrace`. A return address minus one lies inside the call.
        *address = (unsafe { *backtrace.add(index) } as u64).saturating_sub(1);
    }
    if let Some(book) = lock().as_mut() {
        let birth = Birth {
            address: block as usize,
            place: ledger::place(),
            call: ledger::call(),
            size: size as u64,
            usable: usable as u64,
            event: ledger::next_event(),
        };
        book.born(&stack[..depth], birth);
    }
}

/// jemalloc took back a sampled block.
unsafe extern "C" fn sample_freed(block: *const c_void, _usable: usize) {
    if let Some(book) = lock().as_mut() {
        book.died(block as usize, ledger::place(), ledger::call(), ledger::next_event());
    }
}
