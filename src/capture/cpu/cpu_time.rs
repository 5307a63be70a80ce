//! CPU time as the operating system counts it.

use rustix::time::{ClockId, clock_gettime};

/// CPU time of the current thread, nanoseconds. A system call that is async-signal-safe.
pub fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Takes so much CPU time.
#[cfg(test)]
#[inline(never)]
pub fn spin(ns: u64) {
    let end = thread_cpu_ns() + ns;
    while thread_cpu_ns() < end {
        std::hint::spin_loop();
    }
}
