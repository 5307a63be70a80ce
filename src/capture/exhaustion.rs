//! The end of a process that gets no more memory: one line and an exit code, where Rust's own way is a signal.
//!
//! For processes that only read and write. A child's map may ask for more than there is and go on without it.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The exit code of a case that could not be run.
const CODE: libc::c_int = 3;

static ENDS: AtomicBool = AtomicBool::new(false);

/// From here on the process ends in order when an allocation fails.
pub fn end_in_order() {
    ENDS.store(true, Relaxed);
}

/// An allocation of `bytes` failed.
#[cold]
#[inline(never)]
pub(super) fn failed(bytes: usize) {
    if ENDS.load(Relaxed) {
        end(bytes);
    }
}

/// Ends the process with a line about `bytes` that the system did not give. Allocates nothing.
pub(super) fn end(bytes: usize) -> ! {
    let mut line = [0u8; 160];
    let mut rest = &mut line[..];
    // What does not fit is left out.
    let _ = write!(rest, "mapprof: out of memory: {bytes} bytes are not available");
    if let Some(limit) = limit_of_space() {
        let _ = write!(rest, "; the address space is limited to {} KiB (ulimit -v)", limit / 1024);
    }
    let _ = writeln!(rest);
    let left = rest.len();
    let text = line.get(..line.len() - left).unwrap_or(&line);
    // SAFETY: the text is that long, and the process ends without running code of its own.
    unsafe {
        libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
        libc::_exit(CODE)
    }
}

/// The limit on the process's address space, bytes, if it has one.
fn limit_of_space() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: there is room for the limit.
    let told = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) } == 0;
    (told && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}
