//! The command lines of what reads runs and profiles: compare, diff, check, convert, merge.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use super::shared::{CI, COMPARISON, CaseArgs, FilterArgs, LIMITS, LimitArgs, OUTPUT, count};
use crate::compare::sites::MOST_PLACES;
use crate::output::FORMATS;

/// What may differ between runs that are compared: a value of `--allow-mismatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Mismatch {
    /// The seed of the operation stream
    Seed,
    /// Entries, operations, or any other part of the workload's definition
    Size,
    /// Worker threads
    Threads,
    /// The kind of machine
    Machine,
    /// The version of mapprof
    Version,
}

/// `mapprof compare`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof compare profiles                                   every run below this folder
  mapprof compare skewed-keys --map std,hashbrown,btree      runs what is missing
  mapprof compare profiles --baseline std --metric 'bytes_*,ns_per_op'
  mapprof compare main/ branch/ --format markdown
  mapprof compare profiles --svg front.svg                   bytes per entry against ns per op")]
pub struct CompareArgs {
    /// Folders with runs, or workloads. Runs that a workload lacks are made first; a run with other settings is never
    /// overwritten
    #[arg(value_name = "RUNS|WORKLOAD", default_value = "profiles")]
    pub of: Vec<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Show ratios to this map or folder of runs [default: the best value of each metric]
    #[arg(long, value_name = "MAP|RUNS", help_heading = COMPARISON)]
    pub baseline: Option<String>,
    /// Choose what a row stands for
    #[arg(long, value_enum, default_value_t = GroupBy::Map, help_heading = COMPARISON)]
    pub by: GroupBy,
    /// Compare runs even if these differ
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', help_heading = COMPARISON)]
    pub allow_mismatch: Vec<Mismatch>,
    /// Choose the format of what is printed
    #[arg(long, value_enum, default_value_t = CompareFormat::Table, help_heading = OUTPUT)]
    pub format: CompareFormat,
    /// Draw bytes per entry against nanoseconds per operation, with the Pareto front
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub svg: Option<PathBuf>,
    #[command(flatten)]
    pub cases: CaseArgs,
}

/// What a row of a comparison stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupBy {
    /// A table per workload, a row per map
    Map,
    /// A table per map, a row per workload
    Workload,
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// For a terminal
    Table,
    /// For a pull request or a wiki
    Markdown,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// `mapprof diff`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof diff main/skewed-keys/std branch/skewed-keys/std
  mapprof diff old.pb.gz new.pb.gz --type inuse_space
  mapprof diff main branch --svg diff.svg                    flame graph of the differences")]
pub struct DiffArgs {
    /// The old side: the folder of a run, a folder with several runs, or a pprof file
    pub base: PathBuf,
    /// The new side, of the same kind
    pub new: PathBuf,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Choose the sample type: inuse_space, alloc_space, peak_space, cpu, … [default: the profile's]
    #[arg(long = "type", value_name = "TYPE", help_heading = COMPARISON)]
    pub sample_type: Option<String>,
    /// Compare runs even if these differ
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', help_heading = COMPARISON)]
    pub allow_mismatch: Vec<Mismatch>,
    /// Print at most N sites
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20, value_parser = count::<usize>(0..=u64::MAX), allow_negative_numbers = true, help_heading = OUTPUT)]
    pub rows: usize,
    /// Draw a flame graph of the differences
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub svg: Option<PathBuf>,
    /// Show the harness's own sites
    #[arg(long, help_heading = OUTPUT)]
    pub harness_frames: bool,
    /// Choose the format of what is printed
    #[arg(long, value_enum, default_value_t = DiffFormat::Table, help_heading = OUTPUT)]
    pub format: DiffFormat,
    /// Refuse a profile whose sites cover more source lines than this
    #[arg(long, value_name = "N", default_value_t = MOST_PLACES, value_parser = count::<usize>(0..=u64::MAX), allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_sites: usize,
    #[command(flatten)]
    pub limit: LimitArgs,
}

/// How differences are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    Table,
    /// For a pull request
    Markdown,
    /// For programs
    Json,
}

/// `mapprof check`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof check --budget budgets.toml                        the runs in profiles/ against budgets
  mapprof check new --baseline main --tolerance 3%           against recorded runs
  mapprof check skewed-keys --map std --repeat 15 --base-program ./mapprof-main
                                                             both programs in turns

Exact metrics compare exactly, unless a tolerance names them: --tolerance bytes_per_entry=1%, or
--tolerance memory=1% for all of them. leaked_bytes has a limit of 0 in every measurement, unless a
budget gives it another one.

Exit codes: 0 nothing is worse, 1 a budget is exceeded or a metric is worse, 2 wrong usage or input,
3 a case failed to run.")]
pub struct CheckArgs {
    /// Folders with runs, or workloads, which are run first
    #[arg(value_name = "RUNS|WORKLOAD", default_value = "profiles")]
    pub of: Vec<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Hold runs to the budgets in this file (see docs/FORMAT.md)
    #[arg(long, value_name = "FILE", help_heading = COMPARISON)]
    pub budget: Vec<PathBuf>,
    /// Compare with the runs in this folder
    #[arg(long, value_name = "DIR", help_heading = COMPARISON)]
    pub baseline: Option<PathBuf>,
    /// Set how much worse a metric may be. METRIC is a name, a pattern, or `memory`, `time` or `latency` for all
    /// metrics of that pass
    #[arg(long, value_name = "[METRIC=]PERCENT", value_delimiter = ',', help_heading = COMPARISON)]
    pub tolerance: Vec<String>,
    /// Set the allowance for drift of the machine: how much times of different sessions may differ without a real change
    #[arg(long, value_name = "PERCENT", default_value = "10%", help_heading = COMPARISON)]
    pub drift: String,
    /// Compare runs even if these differ
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', help_heading = COMPARISON)]
    pub allow_mismatch: Vec<Mismatch>,
    /// Choose what is printed on standard output [default: table, or github inside GitHub Actions]
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub format: Option<CheckFormat>,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub json: Option<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE", help_heading = CI)]
    pub junit: Option<PathBuf>,
    /// Write the metrics of the runs that are checked in the Bencher Metric Format
    #[arg(long, value_name = "FILE", help_heading = CI)]
    pub bencher: Option<PathBuf>,
    /// Also fail when a metric could not be decided or compared
    #[arg(long, help_heading = CI)]
    pub strict: bool,
    #[command(flatten)]
    pub cases: CaseArgs,
}

/// What `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A table
    Table,
    /// Annotations, and a step summary where GITHUB_STEP_SUMMARY names a file
    Github,
    /// JSON
    Json,
    /// JUnit XML
    Junit,
}

/// `mapprof convert`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof convert jeprof.1234.0.f.heap heap.pb.gz            jemalloc's dump to pprof
  mapprof convert heap.pb.gz heap.svg --type peak_space
  mapprof convert stacks.folded out.speedscope.json --unit bytes
  mapprof convert heap.pb.gz heap.firefox.json               for the Firefox Profiler
  mapprof convert heap.pb.gz - --to folded | grep reserve")]
pub struct ConvertArgs {
    /// A profile (pprof, heap_v2 or folded stacks), `-` for standard input, or the folder of a run
    pub input: PathBuf,
    /// Where to write; `-` is standard output
    pub output: PathBuf,
    #[command(flatten)]
    pub from: InputArgs,
    /// Choose the format to write [default: by the output's name]
    #[arg(long, value_name = "FORMAT", value_parser = output_formats())]
    pub to: Option<String>,
    /// Choose the sample type, for formats that have only one [default: the profile's]
    #[arg(long = "type", value_name = "TYPE")]
    pub sample_type: Option<String>,
    /// Show the harness's own frames
    #[arg(long)]
    pub harness_frames: bool,
    /// Refuse to write a file larger than this, MiB [default: 64 plus 64 times the input's length]
    #[arg(long = "max-output", value_name = "MIB", value_parser = count::<u64>(1..=1 << 20), allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_output_mib: Option<u64>,
    #[command(flatten)]
    pub limit: LimitArgs,
}

/// Flags that say what an input is.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Choose the format of the input [default: by its content]
    #[arg(long, value_enum)]
    pub from: Option<InputFormat>,
    /// Set the unit of folded stacks: bytes, nanoseconds, count
    #[arg(long, value_name = "UNIT", default_value = "count")]
    pub unit: String,
}

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// pprof's protobuf, gzipped or not
    Pprof,
    /// jemalloc's own dump
    #[value(name = "heap_v2")]
    HeapV2,
    /// Folded stacks
    Folded,
}

/// The formats that a profile can be written in, with their descriptions.
fn output_formats() -> PossibleValuesParser {
    FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about)).collect::<Vec<_>>().into()
}

/// `mapprof merge`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof run skewed-keys churn --map all --shard 1/2 --out shard-1     on one machine
  mapprof run skewed-keys churn --map all --shard 2/2 --out shard-2     on another
  mapprof merge shard-1 shard-2 --out profiles")]
pub struct MergeArgs {
    /// The folders that the shards of one run were written to
    #[arg(required = true, value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
    /// Write the whole run to this folder
    #[arg(long, value_name = "DIR", default_value = "profiles")]
    pub out: PathBuf,
}
