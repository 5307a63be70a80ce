//! The command lines of what reads runs and profiles: compare, diff, check, convert, merge.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CaseArgs, FilterArgs, LimitArgs};
use crate::compare::sites::MOST_PLACES;

/// What may differ between runs that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Differing {
    /// The seed of the operation stream
    Seed,
    /// Entries, operations and whatever else of the workload's definition
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
  mapprof compare profiles --svg front.svg                   bytes per entry against ns per operation")]
pub struct CompareArgs {
    /// Folders with runs, or workloads, whose missing runs are made first; a run that differs is never replaced
    #[arg(value_name = "RUNS|WORKLOAD", default_value = "profiles")]
    pub of: Vec<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// The map, or the folder given above, that ratios are taken to; the best of each figure if not given
    #[arg(long, value_name = "MAP|RUNS")]
    pub baseline: Option<String>,
    /// What a row stands for
    #[arg(long, value_enum, default_value_t = GroupBy::Map)]
    pub by: GroupBy,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t = CompareFormat::Table)]
    pub format: CompareFormat,
    /// Draw bytes per entry against nanoseconds per operation, with the Pareto front
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Compare although this differs
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub despite: Vec<Differing>,
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
    /// The folder of a run, a folder with several runs, or a pprof file
    pub base: PathBuf,
    /// What is held against it
    pub new: PathBuf,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Sample type: inuse_space, alloc_space, peak_space, cpu, …; the profile's default if not given
    #[arg(long = "type", value_name = "TYPE")]
    pub sample_type: Option<String>,
    /// Sites at the most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    pub rows: usize,
    /// Draw a flame graph of the differences
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Compare although this differs
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub despite: Vec<Differing>,
    /// Show the harness's own sites too
    #[arg(long)]
    pub harness_frames: bool,
    /// Refuse a profile whose sites are on more lines than this
    #[arg(long, value_name = "N", default_value_t = MOST_PLACES)]
    pub max_sites: usize,
    /// How the differences are printed
    #[arg(long, value_enum, default_value_t = DiffFormat::Table)]
    pub format: DiffFormat,
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
  mapprof check skewed-keys --map std --repeat 15 --base-worker ./mapprof-main
                                                             runs both programs in turns, then compares
Exact figures compare exactly, unless a tolerance names them: --tolerance bytes_per_entry=1%, or all at once:
--tolerance memory=1%.
leaked_bytes has a limit of 0 in every measurement, unless a budget gives it another one.

Exit codes: 0 nothing is worse, 1 a budget is exceeded or a figure is worse, 2 wrong usage or input, 3 a case failed to run.")]
pub struct CheckArgs {
    /// Folders with runs, or workloads, which are run first
    #[arg(value_name = "RUNS|WORKLOAD", default_value = "profiles")]
    pub of: Vec<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// A file of budgets (see docs/FORMAT.md)
    #[arg(long, value_name = "FILE")]
    pub budget: Vec<PathBuf>,
    /// A folder with the runs that these are compared with
    #[arg(long, value_name = "DIR")]
    pub baseline: Option<PathBuf>,
    /// How much worse a figure may be; `METRIC=PERCENT` for the metrics that fit a pattern, `memory`, `time` and `latency`
    /// for all figures of that pass
    #[arg(long, value_name = "[METRIC=]PERCENT", value_delimiter = ',')]
    pub tolerance: Vec<String>,
    /// How far times of two sessions may be apart for no reason: the machine is not the same at all times
    #[arg(long, value_name = "PERCENT", default_value = "10%")]
    pub drift: String,
    /// Fail when a figure could not be decided or compared, too
    #[arg(long)]
    pub strict: bool,
    /// Compare although this differs
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub despite: Vec<Differing>,
    /// What is printed on standard output; `github` is chosen inside of GitHub Actions
    #[arg(long, value_enum)]
    pub format: Option<CheckFormat>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
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
  mapprof convert heap.pb.gz - --to folded | grep reserve")]
pub struct ConvertArgs {
    /// A pprof file (gzip or plain), jemalloc's dump (heap_v2), folded stacks, or the folder of a run; `-` is standard input
    pub input: PathBuf,
    /// Where to write; `-` is standard output
    pub output: PathBuf,
    /// What the input is; its content says so if not given
    #[arg(long, value_enum)]
    pub from: Option<InputFormat>,
    /// What to write; the output's name says so if not given
    #[arg(long, value_enum)]
    pub to: Option<OutputFormat>,
    /// Sample type of formats that have only one; the profile's default if not given
    #[arg(long = "type", value_name = "TYPE")]
    pub sample_type: Option<String>,
    /// Unit of folded stacks: bytes, nanoseconds, count
    #[arg(long, value_name = "UNIT", default_value = "count")]
    pub unit: String,
    /// Show the harness's own frames too
    #[arg(long)]
    pub harness_frames: bool,
    /// The largest file that is written, MiB; 64, and 64 times the input's length, if not given
    #[arg(long = "max-output", value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub max_output_mib: Option<u64>,
    #[command(flatten)]
    pub limit: LimitArgs,
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

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// pprof's protobuf, gzipped
    Pprof,
    /// Folded stacks
    Folded,
    /// A flame graph
    Svg,
    /// speedscope's JSON
    Speedscope,
}

/// `mapprof merge`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof run skewed-keys churn --map all --shard 1/2 --out shard-1     on one machine
  mapprof run skewed-keys churn --map all --shard 2/2 --out shard-2     on another
  mapprof merge shard-1 shard-2 --out profiles")]
pub struct MergeArgs {
    /// Folders that shards of one run were written to
    #[arg(required = true, value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
    /// Where the whole run is put together
    #[arg(long, value_name = "DIR", default_value = "profiles")]
    pub out: PathBuf,
}
