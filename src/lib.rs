//! mapprof runs named map workloads over many map implementations and explains where every byte and every
//! nanosecond went.
//!
//! The binary is a few lines over this library: [`App`] holds the tables of maps and workloads, a program adds its
//! own to them and gets the same commands, passes and files. Linking the library installs its counting allocator as
//! the global allocator, since no figure would be exact otherwise.
//!
//! Imports go downwards only: `command` → `run` → (`workload`, `maps`, `capture`) → (`profile`, `record`);
//! `output` → (`profile`, `record`).

pub mod capture;
pub mod error;
pub mod maps;
pub mod output;
pub mod profile;
pub mod workload;
