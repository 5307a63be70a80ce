//! What is told of runs: sections, built once as pure functions of records and profiles, and their renderings.
//!
//! A section is a list of [`Block`]s. [`terminal`] renders them to text, [`html`] to a page and [`markdown`] to Markdown. [`summary`] and [`full`] choose which sections a
//! command prints.

mod block;
mod contents;
pub mod full;
pub mod html;
pub mod markdown;
mod run;
pub mod sections;
mod site_words;
mod source_line;
pub mod summary;
#[cfg(test)]
mod sweep_fixtures;
pub mod terminal;
mod workload_claims;
pub mod wrap_text;

pub use block::{Block, Cell, Column, LabelledList, NameCut, SiteList, Table};
pub use contents::{Report, ReportedFailure, ReportedRun, ReportedSweep};
pub use run::Run;
pub use workload_claims::WorkloadClaims;
