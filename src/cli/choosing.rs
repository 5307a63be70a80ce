//! The command lines of what asks which map to take, and how costs grow: pick, fit.

use std::path::PathBuf;

use clap::Args;

use super::shared::{CaseArgs, FILTERS, OUTPUT, WORKLOAD};

/// `mapprof pick`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof pick skewed-keys --best bytes_per_entry
  mapprof pick churn --limit 'bytes_per_entry <= 130' --limit 'peak_ratio <= 1.3'
  mapprof pick churn --map std,hashbrown,btree --limit 'latency.get.p99 <= 2us' --repeat 15

Exit codes: 0 a map was picked, 1 no map keeps the limits, 2 wrong usage or input, 3 a case failed to run.")]
pub struct PickArgs {
    /// The workload; runs that it lacks are made first. A run with other settings is never overwritten
    pub workload: String,
    /// Choose among these maps, separated by commas, or `all` that can run the workload [default: all]
    #[arg(long, value_name = "MAPS", value_delimiter = ',', help_heading = WORKLOAD)]
    pub map: Vec<String>,
    /// Leave out maps that break this limit, a metric, one of <=, <, >=, >, ==, and a number
    #[arg(long, value_name = "LIMIT")]
    pub limit: Vec<String>,
    /// Pick the map that is best in this metric (see `mapprof list metrics`)
    #[arg(long, value_name = "METRIC", default_value = "ns_per_op")]
    pub best: String,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub cases: CaseArgs,
}

/// `mapprof fit`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof run churn --map std,btree --sweep entries=1k..1M:13
  mapprof fit profiles/churn                               every sweep below this folder
  mapprof fit profiles/churn/std.sweep/entries --metric 'live_bytes,latency.*.p99'

With n the setting, a law is constant, 1/n, log n, n, n log n, or steps that double. The residual is the root of the
mean square of the points' distances from the law, as a share of each figure.")]
pub struct FitArgs {
    /// Folders of sweeps, or folders with sweeps below them
    #[arg(required = true, value_name = "SWEEP")]
    pub sweep: Vec<PathBuf>,
    /// Select metrics by name (see `mapprof list metrics`) [default: those of sweep.svg]
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', help_heading = FILTERS)]
    pub metric: Vec<String>,
    /// Draw these sweeps in one picture
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub svg: Option<PathBuf>,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
