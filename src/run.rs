//! Running cases: the child that does the operations, and the parent that starts it, listens and writes.

pub mod assemble;
pub mod case;
pub mod child;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
pub mod driver;
pub mod event_reader;
pub mod files;
mod instrument;
pub mod join;
mod latency;
mod leaks;
mod observer;
mod owners;
pub mod pass_table;
pub mod passes;
pub mod program;
pub mod program_table;
pub mod protocol;
pub mod reconcile;
pub mod registry;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod replay;
pub mod rerun;
pub mod run_dir;
pub mod session;
pub mod shard;
pub mod signals;
pub mod worker;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod worker_pool;
