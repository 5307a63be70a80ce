//! The report as one HTML file: it reads without a script, opens anywhere and loads nothing.
//!
//! Text, tables and pictures are rendered here. The script, which is a part of the page, makes tables sortable, charts and
//! flame graphs interactive, and draws each when it comes into view.

mod assets;
mod bars;
mod blocks;
mod document;
mod flame_picture;
mod latency_curves;
mod page;
mod page_data;
mod picture;
mod profile_data;
mod run_section;
mod sweep_section;

pub use assets::TABLE_SCRIPT;
pub use document::{Document, Reach, document};
pub use page::page;
pub use picture::inline;

#[cfg(test)]
#[path = "html/page_tests.rs"]
mod tests;
