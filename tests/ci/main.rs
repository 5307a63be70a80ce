//! What mapprof brings for the pipelines of its users: the files keep the promises that they make to each other, and
//! the script behind them does what docs/CI.md says, with the real mapprof and stand-ins for what is on the network.

mod files;
mod gate;
mod pipeline;
#[path = "../cli/scratch.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which need more of it")]
mod scratch;
#[path = "../cli/workloads.rs"]
mod workloads;
