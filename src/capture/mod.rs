//! What is captured while a map is at work: exact counts, heap samples, CPU samples, memory in pages, cycles.

mod alloc_counts;
mod alloc_stats;
pub mod allocator;
pub mod arena;
pub mod clock;
pub mod cpu;
#[cfg(feature = "dump")]
pub mod dump;
#[cfg(not(feature = "dump"))]
#[path = "dump_absent.rs"]
pub mod dump;
pub mod exact_recorder;
pub mod exhaustion;
mod extents;
pub mod frame_pointers;
pub mod growth;
pub mod harness;
mod harness_alloc;
pub mod heap;
pub mod heap_recording;
pub mod huge_pages;
pub mod large_blocks;
pub mod ledger;
mod map_range;
pub mod mappings;
mod occupancy;
pub mod pages;
pub mod panic_guard;
pub mod raw_samples;
mod residency;
mod shared_live;
pub mod size_class;
mod startup;
pub mod thread_exit;
pub mod thread_stacks;

pub use harness::{HarnessVec, harness_vec};
