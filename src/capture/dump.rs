//! jemalloc's own profile, as a service takes it: `jemalloc_pprof` activates the profiler, and dumps it to pprof.
//!
//! mapprof sets no hook: jemalloc's own unwinder walks the stacks, and the blocks of all threads are in the dump, the
//! harness's too. The process must have been started with what [`HeapRecording::environment`] says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jemalloc_pprof::{JemallocProfCtl, PROF_CTL};
use tikv_jemalloc_ctl::raw;

use super::heap_recording::HeapRecording;
use super::panic_guard::caught;
use super::raw_samples::{RawDump, RawDumps};
use crate::error::{Error, Result};

/// Dumps jemalloc's profile when a phase ends.
pub struct Dumper {
    recording: HeapRecording,
    dumps: Vec<RawDump>,
}

impl Dumper {
    /// A dumper of a profile with so many bytes between samples. The process must have been started with the
    /// environment that the recording asks for.
    pub fn new(recording: HeapRecording) -> Self {
        Dumper { recording, dumps: Vec::new() }
    }

    /// Activates the profiler.
    ///
    /// # Errors
    /// When the process was not started for it.
    pub fn start(&mut self) -> Result<()> {
        let refused = |why: &str| {
            let (variable, options) = self.recording.environment();
            Error::case(format!(
                "the dump pass cannot start: {why}; it needs {variable}={options} when the process starts"
            ))
        };
        // Asked for first: jemalloc_pprof panics where jemalloc was built without profiling.
        match option(b"opt.prof\0") {
            Some(true) => {}
            Some(false) => return Err(refused("jemalloc was started without prof:true")),
            None => return Err(refused("jemalloc was built without profiling")),
        }
        // Its parser would divide by the zero blocks of a stack whose blocks are all freed.
        if option(b"opt.prof_accum\0") == Some(true) {
            return Err(refused(
                "jemalloc was started with prof_accum:true, whose dumps jemalloc_pprof cannot read",
            ));
        }
        let due = self.recording.sample_bytes().unwrap_or(1).ilog2() as usize;
        with_control(|control| match control.lg_sample() {
            found if found == due => control.activate().map_err(|error| error.to_string()),
            found => Err(format!("it takes a sample every 2^{found} bytes")),
        })
        .map_err(|why| refused(&format!("jemalloc refused to become active ({why})")))
    }

    /// Dumps the profile as it is at the end of a phase.
    ///
    /// # Errors
    /// When jemalloc or `jemalloc_pprof` cannot, or the profiler is no longer active.
    pub fn end_phase(&mut self, phase: u16) -> Result<()> {
        let refused = |why: &str| {
            let number = usize::from(phase) + 1;
            Error::case(format!("jemalloc's profile cannot be dumped at the end of phase {number}: {why}"))
        };
        if option(b"prof.active\0") != Some(true) {
            return Err(refused("the profiler is not active"));
        }
        let pprof = with_control(|control| control.dump_pprof().map_err(|error| format!("{error:#}")));
        let pprof = STANDARD.encode(pprof.map_err(|why| refused(&why))?);
        self.dumps.push(RawDump { phase, pprof });
        Ok(())
    }

    /// Hands over the dumps.
    pub fn finish(self) -> RawDumps {
        RawDumps { sample_bytes: self.recording.sample_bytes().unwrap_or(1), dumps: self.dumps }
    }
}

/// Calls `jemalloc_pprof`'s control; what goes wrong, a panic too, is an error of one line.
fn with_control<T>(
    call: impl FnOnce(&mut JemallocProfCtl) -> std::result::Result<T, String>,
) -> std::result::Result<T, String> {
    let called = caught(|| {
        let control = PROF_CTL.as_ref().ok_or("jemalloc's profiling is off")?;
        // Not the lock that waits: it panics on a thread of an asynchronous runtime, which a user's program may have.
        let mut control = control.try_lock().map_err(|_| "another dump is being made")?;
        call(&mut control)
    });
    called.unwrap_or_else(|panic| Err(format!("jemalloc_pprof panicked: {panic}")))
}

/// A switch of jemalloc's; none where it does not have it.
fn option(name: &[u8]) -> Option<bool> {
    // SAFETY: the names given are those of booleans in jemalloc 5.3.1 and end with a zero.
    unsafe { raw::read(name) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The tests' own process is not started for profiling.
    #[test]
    fn a_process_that_was_not_started_for_it_is_told_what_it_needs() {
        let mut dumper = Dumper::new(HeapRecording::Dump { sample_bytes: Some(4096) });
        let refused = dumper.start().unwrap_err().to_string();
        assert!(
            refused.contains("_RJEM_MALLOC_CONF=prof:true") && refused.contains("lg_prof_sample:12"),
            "{refused}"
        );
        let refused = dumper.end_phase(1).unwrap_err().to_string();
        assert!(refused.contains("end of phase 2") && refused.contains("not active"), "{refused}");
        assert!(with_control(|_| Ok(())).is_err_and(|why| why.contains("off")));
        assert!(dumper.finish().dumps.is_empty());
    }
}
