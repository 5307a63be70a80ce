//! Writers: each turns a profile, or what a memory pass reported, into the bytes of one file, and does nothing else.
//! [`FORMATS`] has what a profile can be written in, [`ARTIFACTS`] the files that a run writes. `comparison` and `scatter`
//! show many runs.

mod artifact;
mod axis;
mod canvas;
mod cell;
pub mod comparison;
pub mod difference;
mod difference_markdown;
mod difference_words;
mod escaped;
pub mod figure;
pub mod flame_difference;
pub mod flamegraph;
pub mod folded;
mod format;
pub mod github;
pub mod grid;
pub mod junit;
mod label_layout;
mod marked;
pub mod scatter;
pub mod site_lines;
pub mod size;
pub mod speedscope;
mod stack_pair;
pub mod stacks;
pub mod table;
pub mod timeline;
pub mod verdicts;
mod view;
pub mod waterfall;

pub use artifact::{ARTIFACTS, Artifact, CPU_PROFILE, HEAP_PROFILE, Input, Made};
pub use format::{Cleaning, FORMATS, Format, Shown};
pub use view::View;

#[cfg(test)]
mod difference_tests;
#[cfg(test)]
mod golden_tests;
