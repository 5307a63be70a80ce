//! mapprof runs named map workloads over many map implementations and explains where every byte and every
//! nanosecond went.
//!
//! The binary is a few lines over this library: [`App`] holds the tables of maps and workloads, a program adds its
//! own to them and gets the same commands, passes and files. [`install_allocator!`] makes mapprof's counting allocator the
//! program's own, since no figure would be exact otherwise; a program that keeps its own has times and CPU profiles.
//!
//! ```no_run
//! mapprof::install_allocator!();
//!
//! fn main() -> std::process::ExitCode {
//!     mapprof::App::new()
//!         .program("squares", "fills a vector with squares", |bench| {
//!             let mut squares = Vec::new();
//!             bench.phase("fill", 1_000_000, |n| {
//!                 squares.push(n * n);
//!                 n
//!             });
//!             bench.holds(squares.len() as u64, 8 * squares.len() as u64);
//!         })
//!         .main()
//! }
//! ```
//!
//! Imports go one way, in the order of the table of modules in docs/ARCHITECTURE.md; `tests/imports.rs` holds it.

#![deny(missing_docs)]

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!(
    "mapprof runs on Linux, on x86-64 and aarch64: it reads /proc and walks these processors' stacks"
);

mod app;
#[doc(hidden)]
pub mod capture;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "cli")]
mod command;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod compare;
#[doc(hidden)]
pub mod error;
#[doc(hidden)]
pub mod maps;
#[doc(hidden)]
pub mod number_parse;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod oracle;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod output;
#[doc(hidden)]
pub mod printable;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod profile;
mod programs;
#[doc(hidden)]
pub mod record;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod run;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod sweep;
#[doc(hidden)]
pub mod worker;
#[doc(hidden)]
pub mod workload;

pub use app::App;
#[doc(hidden)]
pub use capture::allocator::CountingAllocator;
pub use maps::{
    ClosedForm, Collection, EntryOrder, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs,
    ProcessWide, Shape, Varies, common_pairs,
};
pub use worker::program::{Bench, key, value};
pub use workload::op::Op;
pub use workload::step::StepKind;
pub use workload::{Key, Value};

/// What types of keys and values are made of: see [`Key`], [`Value`] and [`App::types`].
pub mod types {
    pub use crate::workload::payload::{
        Block, Bytes, Code, Each, KeyInfo, KeyStore, Layout, Letters, ValueInfo, changed, digest_of_bytes,
        fingerprint,
    };
}
