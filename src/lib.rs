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

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!(
    "mapprof runs on Linux, on x86-64 and aarch64: it reads /proc and walks these processors' stacks"
);

mod app;
pub mod capture;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod command;
#[cfg(feature = "cli")]
pub mod compare;
pub mod error;
pub mod maps;
pub mod number;
#[cfg(feature = "cli")]
pub mod oracle;
#[cfg(feature = "cli")]
pub mod output;
pub mod printable;
#[cfg(feature = "cli")]
pub mod profile;
pub mod record;
#[cfg(feature = "cli")]
pub mod run;
pub mod worker;
pub mod workload;

pub use app::App;
pub use capture::allocator::CountingAllocator;
pub use worker::program::{Bench, key, value};
