//! The files of a real run, opened by the tools they are for: `go tool pprof`, speedscope in a browser, and an XML
//! parser. What is asserted is structure: which types, frames and labels are there, never how many or how long. The
//! script for pipelines is read by shellcheck.
//!
//! `tests/tools/install.sh` makes the tools ready. Without them a test says `SKIPPED:` and passes; with `CI=true` it
//! fails instead.

mod callgrind;
mod convert;
mod difference;
mod dump;
mod outside;
mod pprof;
#[path = "../run_once/mod.rs"]
mod run_once;
mod shell;
mod speedscope;
mod svg;
mod top;
