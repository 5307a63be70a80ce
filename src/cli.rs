//! The command line as it is typed. Commands turn it into checked values.

mod study;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::capture::cpu::CpuBackend;
use crate::profile::MOST_FRAMES;

pub use study::{
    CheckArgs, CheckFormat, CompareArgs, CompareFormat, ConvertArgs, DiffArgs, DiffFormat, Differing,
    GroupBy, InputFormat, MergeArgs, OutputFormat,
};

/// Where the memory and the time of your maps go.
#[derive(Debug, Parser)]
#[command(
    name = "mapprof",
    version,
    about,
    max_term_width = 100,
    after_help = "Examples:
  mapprof run skewed-keys --heap                what owns the memory of std's map
  mapprof run churn --map all --heap --cpu      every map, heap and CPU
  mapprof show profiles/skewed-keys/std         all that is known of a run
  mapprof top profiles/skewed-keys/std          the hot sites of a run
  mapprof compare skewed-keys --map std,btree   which map, and why
  mapprof diff main/churn/std new/churn/std     what a change did, site by site
  mapprof check new --baseline main             fail if it got worse

Exit codes: 0 done, 1 a budget or claim failed, 2 wrong usage or input, 3 a case failed to run, 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run workloads on maps, and write profiles and records
    Run(Box<RunArgs>),
    /// Print all that is known of a run: what `run --verbose` prints
    Show(ShowArgs),
    /// List workloads, maps and metrics
    List(ListArgs),
    /// Say what a workload does, with all that is in force
    Describe(DescribeArgs),
    /// Show the hot sites of a profile or of a run
    Top(TopArgs),
    /// Compare runs: a table with the best marked, ratios, geometric means
    Compare(Box<CompareArgs>),
    /// Say what changed between two runs or two profiles, site by site
    Diff(Box<DiffArgs>),
    /// Hold runs against budgets and against a baseline, and fail if they are worse
    Check(Box<CheckArgs>),
    /// Turn a profile into another format
    Convert(ConvertArgs),
    /// Join the shards of a run
    Merge(MergeArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  mapprof completions bash > ~/.local/share/bash-completion/completions/mapprof"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Serve one request of a parent (see docs/FORMAT.md)
    #[command(hide = true)]
    Worker,
}

/// What changes a workload.
#[derive(Debug, Clone, Args)]
pub struct WorkloadArgs {
    /// Take workloads from the TOML files of this directory too
    #[arg(long, value_name = "DIR")]
    pub workloads: Option<PathBuf>,
    /// Entries that the fill puts in; sizes given per entry follow
    #[arg(long, value_name = "N")]
    pub entries: Option<u64>,
    /// Operations of the phases that have a fixed number of them
    #[arg(long, value_name = "N")]
    pub ops: Option<u64>,
    /// Override one thing of the workload file
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// What decides how cases are run: the same for every command that runs some.
#[derive(Debug, Clone, Args)]
pub struct CaseArgs {
    #[command(flatten)]
    pub of: WorkloadArgs,
    /// Seed of the operation stream
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Worker threads [default: 1, or what a variant says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Time each operation: percentiles per kind of operation, and the slowest ones
    #[arg(long)]
    pub latency: bool,
    /// Leave out a pass: without `time` there are no times, without `memory` no bytes, pages and counts
    #[arg(long, value_enum, value_name = "PASS", value_delimiter = ',')]
    pub skip: Vec<Skippable>,
    /// Repeat the measurement N times, each in processes of its own; times are then medians, with intervals
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::record::MOST_REPEATS)))]
    pub repeat: u32,
    /// Where runs are written
    #[arg(long, value_name = "DIR", default_value = "profiles")]
    pub out: PathBuf,
    /// Set an environment variable for what is measured, and record it; NAME alone takes its value from here
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Arguments of a program of your own (`Bench::arguments`), which are recorded
    #[arg(last = true, value_name = "ARGUMENT")]
    pub arguments: Vec<String>,
    /// Seconds that one pass may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub timeout: u64,
    /// A program that serves the worker protocol, in place of this one
    #[arg(long, value_name = "PROGRAM")]
    pub worker: Option<PathBuf>,
    /// A second program, such as the base branch's: every measurement is taken in turns with it, so that times can be compared
    #[arg(long, value_name = "PROGRAM")]
    pub base_worker: Option<PathBuf>,
    /// Where the runs of the second program are written
    #[arg(long, value_name = "DIR", default_value = "profiles-base", requires = "base_worker")]
    pub base_out: PathBuf,
    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// A pass that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Skippable {
    /// Times
    Time,
    /// Bytes, pages and counts
    Memory,
}

impl Skippable {
    /// Which pass it is.
    pub fn kind(self) -> crate::record::PassKind {
        match self {
            Skippable::Time => crate::record::PassKind::Time,
            Skippable::Memory => crate::record::PassKind::Memory,
        }
    }
}

/// Which cases and figures are looked at. Patterns have `*` and `?`; several are separated by commas.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only these workloads
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    pub workload: Vec<String>,
    /// Only these maps
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    pub map: Vec<String>,
    /// Only these metrics
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    pub metric: Vec<String>,
    /// Only what every side has: cases that are in all, and metrics that all of these have
    #[arg(long)]
    pub intersection: bool,
}

/// How much of a file from elsewhere is taken in.
#[derive(Debug, Clone, Copy, Args)]
pub struct LimitArgs {
    /// The largest profile that is read, unpacked, MiB
    #[arg(long = "max-unpacked", value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub max_unpacked_mib: u64,
    /// The most frames of one stack, inlined ones included
    #[arg(long = "max-frames", value_name = "N", default_value_t = MOST_FRAMES, value_parser = frames)]
    pub max_frames: usize,
}

fn frames(text: &str) -> Result<usize, String> {
    let number: Option<usize> = text.parse().ok().filter(|number| (1..=1 << 30).contains(number));
    number.ok_or_else(|| "a whole number from 1 to 1073741824 is wanted".to_owned())
}

/// `mapprof run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof run skewed-keys --heap --cpu
  mapprof run churn --map std,hashbrown,btree --heap
  mapprof run large-values --heap=exact --latency
  mapprof run churn --heap=dump --sample-bytes 512K
  mapprof run skewed-keys --entries 100000 --set phase.serve.mix.get=50 --set phase.serve.mix.update=50
  mapprof run large-values --map all --out /tmp/runs
  my-maps run sessions --env CACHE=off -- 200000     a program of your own, with what it takes

A run lands in OUT/<workload>/<map>/: run.json, waterfall.svg, timeline.svg, heap.pb.gz, heap-*.svg, cpu.pb.gz, cpu.svg,
*.speedscope.json, *.folded.")]
pub struct RunArgs {
    /// Workloads (see `mapprof list`)
    #[arg(required = true, value_name = "WORKLOAD")]
    pub workload: Vec<String>,
    /// Maps, separated by commas, or `all` [default: std]. A program brings its own map
    #[arg(long, value_name = "MAPS", value_delimiter = ',')]
    pub map: Vec<String>,
    #[command(flatten)]
    pub profiles: ProfileArgs,
    #[command(flatten)]
    pub cases: CaseArgs,
    /// Compare live and peak bytes with the closed forms of the map's structures, and check that nothing leaks; exit with
    /// 1 if a figure differs, a rule is broken or memory leaks
    #[arg(long)]
    pub verify: bool,
    /// Run only this part of the cases, such as 2/8: the second of eight parts of about the same cost
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Print the full report of each case, as `mapprof show` does
    #[arg(long, short, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// `mapprof show`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof show profiles/skewed-keys/std     one run
  mapprof show profiles/skewed-keys         every run below this folder")]
pub struct ShowArgs {
    /// Folders of runs, or folders with runs below them
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    #[command(flatten)]
    pub limit: LimitArgs,
}

/// Which profiles are taken.
#[derive(Debug, Default, Args)]
pub struct ProfileArgs {
    /// Take a heap profile: by sampling (jemalloc), of every allocation (exact), or jemalloc's own as a service dumps it (dump)
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "jemalloc")]
    pub heap: Option<HeapHow>,
    /// Take a CPU profile: by perf events (perf), a timer for each thread (timer) or the package pprof-rs. Without HOW, the
    /// first of these that the system allows
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    pub cpu: Option<CpuHow>,
    /// Mean bytes between heap samples, a power of two, with K or M if you like; chosen for about 20,000 samples if not given
    #[arg(long, value_name = "BYTES", requires = "heap")]
    pub sample_bytes: Option<String>,
    /// CPU samples per second of CPU time
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub hertz: u64,
    /// Show the harness's own frames in flamegraphs too
    #[arg(long)]
    pub harness_frames: bool,
}

/// How a heap profile is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HeapHow {
    /// jemalloc samples allocations
    Jemalloc,
    /// Every allocation is recorded
    Exact,
    /// jemalloc_pprof dumps jemalloc's own profile at each phase's end; compared with every allocation
    Dump,
}

/// How a CPU profile is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CpuHow {
    /// The first of the others that the system allows
    Auto,
    /// A perf event of each thread; the kernel copies registers and stack
    Perf,
    /// A timer of each thread, whose signal handler copies them
    Timer,
    /// The package pprof-rs
    PprofRs,
}

impl CpuHow {
    /// The backend that is wanted; none if any is.
    pub fn backend(self) -> Option<CpuBackend> {
        match self {
            CpuHow::Auto => None,
            CpuHow::Perf => Some(CpuBackend::Perf),
            CpuHow::Timer => Some(CpuBackend::Timer),
            CpuHow::PprofRs => Some(CpuBackend::PprofRs),
        }
    }
}

/// `mapprof list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mapprof list\n  mapprof list maps --json")]
pub struct ListArgs {
    /// What to list; everything if not given
    #[arg(value_enum)]
    pub what: Option<ListWhat>,
    /// Take workloads from the TOML files of this directory too
    #[arg(long, value_name = "DIR")]
    pub workloads: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListWhat {
    /// Workloads
    Workloads,
    /// Maps
    Maps,
    /// Metrics
    Metrics,
}

/// `mapprof describe`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mapprof describe skewed-keys\n  mapprof describe churn --entries 10000")]
pub struct DescribeArgs {
    /// The workload
    pub workload: String,
    #[command(flatten)]
    pub of: WorkloadArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `mapprof top`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof top profiles/skewed-keys/std                    the heap profile of a run
  mapprof top profiles/skewed-keys/std/cpu.pb.gz
  mapprof top heap.pb.gz --type peak_space --by role
  mapprof top heap.pb.gz --json")]
pub struct TopArgs {
    /// A pprof file, or the folder of a run (its heap profile, or its CPU profile if it has no other)
    pub profile: PathBuf,
    #[command(flatten)]
    pub limit: LimitArgs,
    /// What the rows are
    #[arg(long, value_enum, default_value_t = By::Site)]
    pub by: By,
    /// Sample type: inuse_space, alloc_space, peak_space, cpu, …; the profile's default if not given
    #[arg(long = "type", value_name = "TYPE")]
    pub sample_type: Option<String>,
    /// Rows at the most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    pub rows: usize,
    /// Show the harness's own rows too
    #[arg(long)]
    pub harness_frames: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What the rows of `top` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The innermost frame that is not allocator or glue
    Site,
    /// Who owns the memory: key, value, table, harness
    Role,
    /// The phase of the workload
    Phase,
    /// Each function, by what it did itself
    Function,
}
