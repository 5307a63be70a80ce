//! mapprof runs named map workloads over many map implementations and explains where every byte and every
//! nanosecond went.
//!
//! The binary is a few lines over this library: [`App`] holds the tables of maps and workloads, a program adds its
//! own to them and gets the same commands, passes and files. Linking the library installs its counting allocator as
//! the global allocator, since no figure would be exact otherwise.
//!
//! ```no_run
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
mod cli;
mod command;
pub mod compare;
pub mod error;
pub mod maps;
pub mod number;
pub mod oracle;
pub mod output;
pub mod printable;
pub mod profile;
pub mod record;
pub mod run;
pub mod worker;
pub mod workload;

pub use app::App;
pub use worker::program::{Bench, key, value};
