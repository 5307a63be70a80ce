//! The side of the child: one request in, one pass done over the stream of operations, lines out. A program that is built
//! on mapprof has this side alone if it wants to; `run` starts it and listens.

#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
pub mod driver;
mod instrument;
mod latency;
mod map_moment;
mod observer;
mod parent_death;
pub mod pass_table;
pub mod program;
pub mod program_info;
pub mod protocol;
pub mod registry;
pub mod registry_json;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod replay;
pub mod serve;
pub mod session;
pub mod worker_main;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod worker_pool;

pub use parent_death::die_with_parent;
