//! The command line of `mapprof claims`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{CI, OUTPUT, REPETITION, count};
use crate::record::MOST_REPEATS;

/// `mapprof claims`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof claims                          list the claims
  mapprof claims dense-ints               put those of a workload to the test
  mapprof claims 9 21                     those with these numbers
  mapprof claims --all --format markdown > claims.md
  mapprof claims --all --no-run           test what was measured before

A claim is upheld, refuted, not decided (the measurements do not settle it) or does not apply here.")]
pub struct ClaimsArgs {
    /// Workloads that test claims, or numbers of claims [default: list all claims]
    #[arg(value_name = "WORKLOAD|NUMBER")]
    pub of: Vec<String>,
    /// Test all claims
    #[arg(long, conflicts_with = "of")]
    pub all: bool,
    /// Also load workloads from the TOML files in this folder
    #[arg(long, value_name = "DIR")]
    pub workloads: Option<PathBuf>,
    /// Measure times N times; at least 5 for a verdict
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = count::<u32>(1..=MOST_REPEATS.into()), allow_negative_numbers = true, help_heading = REPETITION)]
    pub repeat: u32,
    /// Test claims on Go's maps too, with these go commands
    #[arg(long, value_name = "PATH", value_delimiter = ',', help_heading = REPETITION)]
    pub go: Vec<PathBuf>,
    /// Stop a pass that takes more than this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = count::<u64>(1..=31_536_000), allow_negative_numbers = true, help_heading = REPETITION)]
    pub timeout: u64,
    /// Measure nothing: use the runs that are in the folder of --out
    #[arg(long, help_heading = REPETITION)]
    pub no_run: bool,
    /// Exit with 1 if a claim is refuted
    #[arg(long, help_heading = CI)]
    pub strict: bool,
    /// Choose the format of what is printed
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text, help_heading = OUTPUT)]
    pub format: ClaimsFormat,
    /// Print JSON
    #[arg(long, conflicts_with = "format", help_heading = OUTPUT)]
    pub json: bool,
    /// Write runs to this folder, in place of those of an earlier test
    #[arg(long, value_name = "DIR", default_value = "profiles/claims", help_heading = OUTPUT)]
    pub out: PathBuf,
}

/// How claims are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClaimsFormat {
    /// For a terminal
    Text,
    /// A document with all figures and the mechanism of each claim
    Markdown,
    /// For programs
    Json,
}
