//! The command line as its users meet it: what each mistake is told, what each fault leaves behind, and what a run
//! prints. Every test drives the real binary in a folder of its own.

// A test is the child of others, with a faulty map.
mapprof::install_allocator!();

mod bencher;
mod bounded_cache;
mod bounds;
mod catalogue;
mod check;
mod claims;
mod compare;
mod convert;
mod cpu;
mod diff;
mod doc_commands;
mod dump;
mod exact;
mod faults;
mod go_toolchains;
mod hand_over;
mod hashers;
mod heap_timeline;
mod held_values;
mod hostile_text;
mod instances;
mod interrupt;
mod key_lengths;
mod latency;
mod leaks;
mod life_cycle;
mod man;
mod markdown;
mod memory;
mod numbers;
mod operations;
mod output;
mod own;
mod owners;
mod passes;
mod pick;
#[path = "../poison/mod.rs"]
mod poison;
mod processes;
mod programs;
mod records;
mod report;
mod schemas;
mod scratch;
mod serve;
mod served;
mod shards;
mod shards_of_maps;
mod small_maps;
mod static_map;
mod stream_check;
mod struct_values;
mod swap;
mod sweep;
mod top;
mod turns;
mod types;
mod usage;
mod variants;
mod verify;
mod worker;
mod workloads;
mod wrong;
