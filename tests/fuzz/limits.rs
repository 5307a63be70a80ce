//! What a reader may take for the bytes that it is given, with all that is made of them: 64 MiB and 12 times their length
//! of memory, and, where it is compiled for speed, a second and another for each 10 MB.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Memory that any input may take, bytes, and for each byte of it.
const FREE: u64 = 64 << 20;
const PER_BYTE: u64 = 12;

/// Calls `read` and looks at the most memory that it had at once.
pub fn memory(bytes: &[u8], read: impl FnOnce(&[u8])) {
    reset();
    read(bytes);
    let (peak, most) = (peak(), FREE + PER_BYTE * bytes.len() as u64);
    assert!(peak <= most, "{} bytes took {peak} bytes of memory, of {most}", bytes.len());
}

/// Calls `read` and looks at how long it worked: processor time, which other programs do not change. A reader makes
/// some twenty files of what it reads, each of which has the time of one.
pub fn time(bytes: &[u8], read: impl FnOnce(&[u8])) {
    const FILES: u32 = 20;
    let begun = worked();
    read(bytes);
    let most = FILES * (Duration::from_secs(1) + Duration::from_nanos(100) * bytes.len() as u32);
    let took = worked().saturating_sub(begun);
    assert!(took <= most, "{} bytes took {took:?}, of {most:?}", bytes.len());
}

/// Processor time of this thread so far.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn reset() {
    // SAFETY: it takes and gives no value, as its null pointers say; the name ends in a zero byte.
    let failed = unsafe {
        tikv_jemalloc_sys::mallctl(
            c"thread.peak.reset".as_ptr(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        )
    };
    assert_eq!(failed, 0, "the allocator keeps the peak of a thread");
}

/// The most that this thread had allocated and not freed since [`reset`], bytes.
fn peak() -> u64 {
    // SAFETY: the value is a `uint64_t`, and the name ends in a zero byte.
    unsafe { tikv_jemalloc_ctl::raw::read(b"thread.peak.read\0") }.expect("the peak of a thread")
}
