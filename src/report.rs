//! What is told of runs: sections, built once as pure functions of records and profiles, and their renderings.
//!
//! A section is a list of [`Block`]s. [`terminal`] renders them to text and [`html`] to a page. [`summary`] and [`full`] choose which sections a
//! command prints.

mod block;
pub mod full;
pub mod html;
mod run;
pub mod sections;
pub mod summary;
pub mod terminal;
pub mod wrap_text;

pub use block::{Block, Cell, Column, NameCut, SiteList, Table};
pub use run::Run;
