//! Running cases: the child that does the operations, and the parent that starts it, listens and writes.

pub mod assemble;
pub mod case;
pub mod child;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod crew;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
pub mod driver;
pub mod files;
pub mod heard;
mod instrument;
pub mod join;
mod latency;
mod leaks;
mod observer;
mod owners;
pub mod pass_table;
pub mod passes;
pub mod place;
pub mod program;
pub mod program_table;
pub mod protocol;
pub mod reconcile;
pub mod registry;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod replay;
pub mod rerun;
pub mod session;
pub mod shard;
pub mod signals;
pub mod worker;
