//! What is settled before the allocator's first block. jemalloc reads its options and reserves memory while the process is
//! loaded, before `main`; where it does not like what it finds, a signal ends the process.

use std::ffi::{CStr, c_char, c_int};

use super::exhaustion;
use super::heap_recording::{MALLOC_CONF_C, SAMPLES};

/// The subcommand of a child, whose options are its parent's.
const WORKER: &CStr = c"worker";

/// Address space that has to be free for the allocator to begin with, bytes.
const LEAST_SPACE: usize = 16 << 20;

/// The system's loader runs this before jemalloc's own set-up, which has no number.
// glibc alone hands the arguments over, and mapprof runs on no other C library.
#[used]
#[unsafe(link_section = ".init_array.00100")]
static BEFORE_ALLOCATOR: unsafe extern "C" fn(c_int, *const *const c_char) = before_allocator;

/// # Safety
/// As the loader calls it: `arguments` has `count` strings that end with a zero.
unsafe extern "C" fn before_allocator(count: c_int, arguments: *const *const c_char) {
    // SAFETY: the second of at least two strings.
    let is_worker = count > 1 && unsafe { CStr::from_ptr(*arguments.add(1)) } == WORKER;
    // SAFETY: the name ends with a zero, and what is found under it does too; no other thread runs yet.
    let is_asked_for = unsafe {
        let value = libc::getenv(MALLOC_CONF_C.as_ptr());
        !value.is_null() && CStr::from_ptr(value).to_bytes().starts_with(SAMPLES.as_bytes())
    };
    if !is_worker && !is_asked_for {
        // Nothing here depends on jemalloc's options, and some of them end the process over the others.
        // SAFETY: the name ends with a zero, and no other thread runs yet.
        unsafe { libc::unsetenv(MALLOC_CONF_C.as_ptr()) };
    }
    if !space_is_free(LEAST_SPACE) {
        exhaustion::end(LEAST_SPACE);
    }
}

/// Whether the system gives so many bytes of address space.
fn space_is_free(bytes: usize) -> bool {
    // SAFETY: a fresh mapping at an address that the kernel chooses, given back at once.
    unsafe {
        let (flags, none) = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE, libc::PROT_NONE);
        let start = libc::mmap(std::ptr::null_mut(), bytes, none, flags, -1, 0);
        start != libc::MAP_FAILED && libc::munmap(start, bytes) == 0
    }
}
