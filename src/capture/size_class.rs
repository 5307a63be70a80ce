//! jemalloc's size classes: how many bytes a request really gets.
//!
//! Worked out here instead of asked for with `nallocx`, because the ledger needs it for every allocation and every free.
//! Classes are 8, then multiples of 16 up to 128, then four to each doubling up to 14 KiB (with a quantum of 16 and
//! groups of four); beyond that jemalloc 5.3.1 gives whole pages and no classes (`sz_s2u_compute` in its `sz.h`).

use std::alloc::Layout;

/// The alignment that every class keeps (jemalloc's quantum).
const QUANTUM: usize = 16;

/// Up to this size the class is looked up.
const LISTED: usize = 4096;

/// The class of each size up to [`LISTED`], in steps of 8 bytes.
static CLASSES: [u16; LISTED / 8 + 1] = {
    let mut classes = [8; LISTED / 8 + 1];
    let mut index = 1;
    while index < classes.len() {
        classes[index] = class(index * 8) as u16;
        index += 1;
    }
    classes
};

/// Usable bytes of a block of this layout.
// A look-up: it stands in the way of every allocation and free, and what a loop waits for memory is the longer the more
// instructions lie between two of its misses.
#[inline(always)]
pub fn usable(layout: Layout) -> usize {
    if layout.align() <= QUANTUM {
        // The few requests smaller than their alignment get a class that keeps it.
        let size = if layout.size() < layout.align() { layout.align() } else { layout.size() };
        match CLASSES.get((size + 7) >> 3) {
            Some(class) => usize::from(*class),
            None => beyond(size),
        }
    } else {
        over_aligned(layout)
    }
}

#[inline(never)]
fn beyond(size: usize) -> usize {
    class(size)
}

/// The largest size that comes from a slab.
const SMALL: usize = 14 << 10;

/// jemalloc's page.
const PAGE: usize = 4096;

/// The class of `size` bytes.
const fn class(size: usize) -> usize {
    if size <= 8 {
        return 8;
    }
    if size > SMALL {
        return (size + PAGE - 1) & !(PAGE - 1);
    }
    let power = (usize::BITS - 1 - ((size << 1) - 1).leading_zeros()) as usize;
    // Below 128 bytes the step is the quantum, above it a quarter of the power of two below.
    let step = 1usize << if power < 7 { 4 } else { power - 3 };
    (size + step - 1) & !(step - 1)
}

/// The size by which jemalloc's own profile enters a block of so many usable bytes. Beyond `SMALL` that is not what the
/// block has: the profile still goes by classes, four to each doubling (`prof_unbias_map_init` in its `prof_data.c`).
pub fn profiled(usable: u64) -> u64 {
    if usable <= SMALL as u64 {
        return usable;
    }
    let step = usable.checked_next_power_of_two().map_or(1 << 60, |power| power >> 3);
    usable.checked_next_multiple_of(step).unwrap_or(usable)
}

#[cold]
fn over_aligned(layout: Layout) -> usize {
    let flags = layout.align().trailing_zeros() as i32; // MALLOCX_LG_ALIGN
    // SAFETY: nallocx only computes; a size of zero is the one thing it does not take.
    unsafe { tikv_jemalloc_sys::nallocx(layout.size().max(1), flags) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_jemalloc() {
        let sizes = (1..=20_000usize)
            .chain((14..=32).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1]))
            .chain([24, 35_651_600, 17_825_808, 2_281_701_392]);
        for size in sizes {
            // SAFETY: nallocx only computes.
            let due = unsafe { tikv_jemalloc_sys::nallocx(size, 0) };
            assert_eq!(class(size), due, "{size} bytes");
            assert_eq!(usable(Layout::from_size_align(size, 1).unwrap()), due, "{size} bytes");
        }
    }

    #[test]
    fn a_profile_enters_large_blocks_by_classes() {
        for (usable, entered) in [
            (0, 0),
            (112, 112),
            (14_336, 14_336),
            (16_384, 16_384),
            (20_480, 20_480),
            (24_576, 24_576),
            (36_864, 40_960),
            (65_536, 65_536),
            (69_632, 81_920),
            // A table of 65,536 slots of 48 bytes, as jemalloc 5.3.1 dumped it.
            (3_215_360, 3_670_016),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(profiled(usable), entered, "{usable} bytes");
        }
    }

    #[test]
    fn blocks_have_what_the_class_says() {
        for align in [1, 2, 4, 8, 16, 32, 64, 128, 4096, 1 << 16] {
            for size in [1, 3, 8, 17, 24, 100, 1000, 4097, 40_000, 70_000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: the layout has a size; the block is freed with it.
                let got = unsafe {
                    let block = std::alloc::GlobalAlloc::alloc(&tikv_jemallocator::Jemalloc, layout);
                    let got = tikv_jemallocator::usable_size(block);
                    std::alloc::GlobalAlloc::dealloc(&tikv_jemallocator::Jemalloc, block, layout);
                    got
                };
                assert_eq!(usable(layout), got, "{layout:?}");
            }
        }
    }
}
