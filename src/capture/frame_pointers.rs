//! Frame pointers: where a stack frame lies, and the walk from one to the next.
//!
//! Built with `-C force-frame-pointers=yes` (as `.cargo/config.toml` asks), every frame begins with the address of its
//! caller's frame, then the return address. The walk stays between the allocator's entry and the operation loop, both of
//! them frames of the running thread, so every word it reads belongs to that thread's live stack.

/// Whether this build keeps frame pointers, so that [`walk`] can be trusted.
pub const KEPT: bool = cfg!(frame_pointers);

/// The current function's frame address; 0 on a processor that mapprof does not know.
#[inline(always)]
pub fn address() -> usize {
    let frame: usize;
    // The compiler may set up a function's frame as late as it likes and does not know that the instruction below reads
    // the frame register. But a local's address can only be taken in a frame that stands.
    let local = std::mem::MaybeUninit::<usize>::uninit();
    let anchor = local.as_ptr().addr();
    // SAFETY: copies one register into another; touches neither memory, stack nor flags. The anchor is named in a comment.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "mov {frame}, rbp /* {anchor} */",
            frame = lateout(reg) frame,
            anchor = in(reg) anchor,
            options(nomem, nostack, preserves_flags)
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!(
            "mov {frame}, x29 /* {anchor} */",
            frame = lateout(reg) frame,
            anchor = in(reg) anchor,
            options(nomem, nostack, preserves_flags)
        );
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let _ = anchor;
        frame = 0;
    }
    frame
}

/// Walks from the frame at `entry` outwards to the frame at `end`, and hands each return address to `visit` until that
/// says `false`. The last address lies in the function whose frame is `end`. Allocates nothing.
///
/// # Safety
/// `entry` and `end` are frame addresses of the calling thread, both still on its stack (or zero).
pub unsafe fn walk(entry: usize, end: usize, mut visit: impl FnMut(usize) -> bool) {
    let mut frame = entry;
    while frame != 0 && frame < end && frame.is_multiple_of(size_of::<usize>()) {
        // SAFETY: entry <= frame < end, so both words lie in the calling thread's live stack.
        let (caller, return_address) =
            unsafe { (*(frame as *const usize), *((frame + size_of::<usize>()) as *const usize)) };
        if return_address == 0 || !visit(return_address) || caller <= frame {
            return;
        }
        frame = caller;
    }
}

/// Walks the whole stack by libgcc's unwinder, which reads unwind tables and needs no frame pointers: some microseconds
/// for each stack. Hands each return address to `visit`, innermost first, until that says `false`.
pub fn unwind(mut visit: &mut dyn FnMut(usize) -> bool) {
    use std::ffi::{c_int, c_void};
    unsafe extern "C" {
        fn _Unwind_Backtrace(
            frame: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
            argument: *mut c_void,
        ) -> c_int;
        fn _Unwind_GetIP(context: *mut c_void) -> usize;
    }
    unsafe extern "C" fn frame(context: *mut c_void, argument: *mut c_void) -> c_int {
        // SAFETY: `argument` is the reference below, which outlives the walk; the context is the unwinder's.
        let (address, visit) =
            unsafe { (_Unwind_GetIP(context), &mut *argument.cast::<&mut dyn FnMut(usize) -> bool>()) };
        // 0 goes on (_URC_NO_REASON), 5 ends (_URC_END_OF_STACK).
        if address != 0 && visit(address) { 0 } else { 5 }
    }
    // SAFETY: `frame` is called only while this call lasts, with the argument given here, and does not unwind.
    unsafe { _Unwind_Backtrace(frame, (&raw mut visit).cast()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn inner(end: usize, found: &mut Vec<usize>) {
        // SAFETY: both frames are of this thread's running functions.
        unsafe {
            walk(address(), end, |address| {
                found.push(address);
                true
            })
        };
        std::hint::black_box(found);
    }

    #[inline(never)]
    fn middle(end: usize, found: &mut Vec<usize>) {
        inner(end, found);
        std::hint::black_box(found);
    }

    #[test]
    #[cfg(frame_pointers)]
    fn the_walk_ends_in_the_function_it_was_told() {
        let mut found = Vec::new();
        middle(address(), &mut found);
        assert_eq!(found.len(), 2, "one return address in middle, one here");
    }

    #[test]
    fn a_walk_from_nowhere_finds_nothing() {
        // SAFETY: zero is allowed, and reads nothing.
        unsafe { walk(0, usize::MAX, |_| panic!("no frame")) };
    }
}
