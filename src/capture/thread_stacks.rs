//! Stacks of worker threads. The kernel names the first thread's stack alone; those of others look like the allocator's
//! memory to it.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::harness_memory::{HarnessVec, harness_vec};
use super::residency;

static STACKS: Mutex<Option<HarnessVec<Range<usize>>>> = Mutex::new(None);

/// Notes where the current thread's stack lies. What the thread keeps for itself (thread-local storage) lies with it.
pub fn note() {
    let Some(stack) = current() else { return };
    let mut stacks = STACKS.lock().unwrap_or_else(PoisonError::into_inner);
    let stacks = stacks.get_or_insert_with(harness_vec);
    // The C library gives the stack of a thread that ended to the next one.
    if !stacks.contains(&stack) {
        stacks.push(stack);
    }
}

/// Where the current thread's stack lies; none if the C library does not tell.
pub(super) fn current() -> Option<Range<usize>> {
    // SAFETY: the attributes are filled in before they are read and destroyed once; the thread is the running one.
    unsafe {
        let mut attributes = std::mem::zeroed::<libc::pthread_attr_t>();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let (mut start, mut size) = (std::ptr::null_mut(), 0);
        let told = libc::pthread_attr_getstack(&attributes, &mut start, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        (told == 0).then(|| start as usize..start as usize + size)
    }
}

/// Resident bytes of the stacks noted so far.
pub(super) fn resident(page: usize) -> u64 {
    let stacks = STACKS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut states = harness_vec();
    let of = |stack: &Range<usize>| {
        // One whose thread has ended may be gone.
        let absent = residency::absent(stack.clone(), page, &mut states).unwrap_or(stack.len() as u64);
        (stack.len() as u64).saturating_sub(absent)
    };
    stacks.iter().flatten().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_resident_as_far_as_it_was_used() {
        std::thread::spawn(|| {
            let stack = current().unwrap();
            let local = 0u8;
            assert!(stack.contains(&(&raw const local as usize)));
            let page = rustix::param::page_size();
            let absent = residency::absent(stack.clone(), page, &mut harness_vec()).unwrap();
            assert!(absent > 0 && absent < stack.len() as u64, "{absent} of {}", stack.len());
            note();
            note();
            assert!(resident(page) > 0);
        })
        .join()
        .unwrap();
    }
}
