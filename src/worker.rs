//! The side of the child: one request in, one pass done over the stream of operations, lines out. A program that is built
//! on mapprof has this side alone if it wants to; `run` starts it and listens.

#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod crew;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
pub mod driver;
mod instrument;
mod latency;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod life_cycle;
mod map_moment;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod map_set;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod maps_of_run;
mod observer;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod operating_time;
pub mod parameter;
mod parent_death;
pub mod pass_table;
pub mod program;
pub mod program_info;
pub mod protocol;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod readers;
pub mod registry;
pub mod registry_json;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod replay;
pub mod serve;
pub mod session;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod settling;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod swap;
pub mod worker_main;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod worker_pool;
#[cfg_attr(test, allow(dead_code, reason = "unit tests run no map: see registry"))]
mod worker_thread;

pub use parent_death::die_with_parent;
