//! The files of a real run, opened by the tools they are for: `go tool pprof`, speedscope and DHAT's viewer in a browser,
//! the Firefox Profiler's own code, and an XML parser. What is asserted is structure: which types, frames and labels are
//! there, never how many or how long. The script for pipelines is read by shellcheck.
//!
//! `tests/tools/install.sh` makes the tools ready. Without them a test says `SKIPPED:` and passes; with `CI=true` it
//! fails instead.

mod callgrind;
mod convert;
mod converted;
mod dhat;
mod difference;
mod dump;
mod firefox;
mod go_maps;
mod outside;
mod pprof;
mod report;
#[path = "../run_once/mod.rs"]
mod run_once;
mod serve;
#[path = "../cli/served.rs"]
mod served;
mod shell;
mod speedscope;
mod svg;
mod top;
