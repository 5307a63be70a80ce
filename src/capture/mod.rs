//! What is captured while a map is at work: exact counts, heap samples, CPU samples, memory in pages, cycles.

mod address_reservation;
mod alloc_counts;
pub mod allocator;
pub mod arena;
pub mod clock;
pub mod cpu;
#[cfg(feature = "dump")]
pub mod dump;
#[cfg(not(feature = "dump"))]
#[path = "dump_absent.rs"]
pub mod dump;
pub mod ended_threads;
pub mod exact_recorder;
pub mod exhaustion;
mod extents;
pub mod frame_pointers;
pub mod growth;
mod harness_alloc;
pub mod harness_memory;
pub mod heap;
mod heap_intervals;
pub mod heap_recording;
pub mod huge_pages;
pub mod large_blocks;
pub mod ledger;
pub mod mappings;
mod page_occupancy;
pub mod pages;
pub mod panic_guard;
pub mod raw_samples;
mod residency;
mod shared_live;
pub mod size_class;
mod startup;
pub mod thread_exit;
mod thread_recorder;
pub mod thread_stacks;

pub use harness_memory::{HarnessVec, harness_vec};
