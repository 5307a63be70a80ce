//! Writers: each turns a profile, or what a memory pass reported, into the bytes of one file, and does nothing else.
//! [`FORMATS`] has what a profile can be written in, [`ARTIFACTS`] the files that a run writes. `comparison` and `scatter`
//! show many runs.

mod artifact;
mod axis;
pub mod bencher;
pub mod call_tree;
pub mod callgrind;
mod canvas;
pub mod choice;
pub mod claims;
pub mod comparison;
pub mod dhat;
pub mod difference;
mod difference_html;
mod difference_markdown;
mod difference_words;
mod display_options;
pub mod firefox;
pub mod flame_difference;
mod flame_lines;
mod flame_marks;
pub mod flamegraph;
pub mod folded;
mod format;
mod frame_table;
pub mod github;
pub mod growth_table;
pub mod junit;
mod label_layout;
pub mod markdown_escape;
pub mod number_format;
pub mod scatter;
pub mod site_lines;
pub mod speedscope;
pub mod stacks;
pub mod sweep_chart;
pub mod text_columns;
pub mod timeline;
pub mod top_table;
pub mod verdicts;
pub mod waterfall;

pub use artifact::{ARTIFACTS, Artifact, CPU_PROFILE, HEAP_PROFILE, HEAP_TIMELINE, Input, Made};
pub use display_options::DisplayOptions;
pub use format::{Cleaning, FORMATS, Format, FormatInput};

#[cfg(test)]
mod claims_tests;
#[cfg(test)]
mod difference_tests;
#[cfg(test)]
mod golden_tests;
