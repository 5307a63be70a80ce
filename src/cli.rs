//! The command line as it is typed. Commands turn it into checked values.

mod analysis;
mod choosing;
mod claims;
mod shared;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::capture::cpu::CpuBackend;
use shared::{CI, OUTPUT, PROFILES, SWEEP, WORKLOAD, count};

pub use analysis::{
    CheckArgs, CheckFormat, CompareArgs, CompareFormat, ConvertArgs, DiffArgs, DiffFormat, GroupBy,
    InputArgs, InputFormat, MergeArgs, Mismatch,
};
pub use choosing::{FitArgs, PickArgs};
pub use claims::{ClaimsArgs, ClaimsFormat};
pub use shared::{CaseArgs, FilterArgs, LimitArgs, Skippable, WorkloadArgs};

/// Show where the memory and the time of your maps go.
#[derive(Debug, Parser)]
#[command(
    name = "mapprof",
    version,
    about,
    max_term_width = 100,
    after_help = "Examples:
  mapprof run skewed-keys --heap                what owns the memory of std's map
  mapprof run churn --map all --heap --cpu      every map, heap and CPU
  mapprof show profiles/skewed-keys/std         the full report of a run
  mapprof report profiles/skewed-keys           the runs of a workload in the browser
  mapprof top profiles/skewed-keys/std          the hot sites of a run
  mapprof compare skewed-keys --map std,btree   which map, and why
  mapprof pick churn --limit 'peak_ratio <= 1.3'  the best map within limits
  mapprof diff main/churn/std new/churn/std     what a change did, site by site
  mapprof check new --baseline main             fail if it got worse
  mapprof claims dense-ints                     test what was published about maps

Numbers may have a unit: 100k, 1.5M, 1e6 and 10_000 are counts (k is 1000), 64K and 1MiB are bytes
(K is 1024).

Exit codes: 0 done, 1 a check, a budget or --verify failed or no map keeps the limits of pick,
2 wrong usage or input, 3 a case failed to run, 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run workloads on maps, and write profiles and records
    Run(Box<RunArgs>),
    /// Print the full report of a run, as `run --verbose` does
    Show(ShowArgs),
    /// Write a report of runs and sweeps as one HTML or Markdown file
    Report(ReportArgs),
    /// Show a folder of runs in the browser, from an address of this machine
    Serve(ServeArgs),
    /// List workloads, maps and metrics
    List(ListArgs),
    /// Describe a workload, with all overrides applied
    Describe(DescribeArgs),
    /// Show the hot sites of a profile or of a run
    Top(TopArgs),
    /// Compare runs: a table with the best values marked, ratios, geometric means
    Compare(Box<CompareArgs>),
    /// Show what changed between two runs or two profiles, site by site
    Diff(Box<DiffArgs>),
    /// Check runs against budgets and a baseline, and fail if they are worse
    Check(Box<CheckArgs>),
    /// Put published claims to the test: what was said beside what is measured
    Claims(ClaimsArgs),
    /// Pick the map that is best within limits, and run what is missing
    Pick(Box<PickArgs>),
    /// Say how the costs of a sweep grow: constant, log n, n, steps
    Fit(FitArgs),
    /// Convert a profile to another format
    Convert(ConvertArgs),
    /// Merge the shards of a run
    Merge(MergeArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  mapprof completions bash > ~/.local/share/bash-completion/completions/mapprof"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands to a folder
    #[command(after_help = "Examples:
  mapprof man | man -l -                         read the page
  mapprof man --out ~/.local/share/man/man1      one page for each command, as in `man mapprof-run`")]
    Man {
        /// Write mapprof.1 and a page for each command, such as mapprof-run.1, to this folder
        #[arg(long, short = 'o', value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Serve one request of a parent (see docs/FORMAT.md)
    #[command(hide = true)]
    Worker {
        /// What else is asked for
        #[arg(value_enum)]
        asked: Option<WorkerQuestion>,
    },
}

/// What a parent asks of a worker beside a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WorkerQuestion {
    /// Its maps and programs
    Tables,
}

/// `mapprof run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof run skewed-keys --heap --cpu
  mapprof run churn --map std,hashbrown,btree --heap
  mapprof run large-values --heap=exact --latency
  mapprof run churn --heap=dump --sample-bytes 512K
  mapprof run skewed-keys --entries 100k --set value.size=4K
  mapprof run large-values --map all --out /tmp/runs
  mapprof run churn --map std,btree --sweep entries=1k..1M:13 --cliffs
  my-maps run sessions --env CACHE=off -- 200000     your own program, with its arguments

Files: a run writes its artifacts to OUT/<workload>/<map>/: run.json, waterfall.svg, timeline.svg,
heap.pb.gz, heap-*.svg, cpu.pb.gz, cpu.svg, *.speedscope.json, *.folded.")]
pub struct RunArgs {
    /// Workloads (see `mapprof list`), or `all` for those of the catalogue
    #[arg(required = true, value_name = "WORKLOAD")]
    pub workload: Vec<String>,
    /// Run these maps, separated by commas, or `all` [default: std]; leave it out for a program, which brings its own
    #[arg(long, value_name = "MAPS", value_delimiter = ',', help_heading = WORKLOAD)]
    pub map: Vec<String>,
    #[command(flatten)]
    pub profiles: ProfileArgs,
    #[command(flatten)]
    pub cases: CaseArgs,
    /// Run each case with every value of a setting: a range whose steps have equal ratios, as in entries=1k..10M:24, or a list,
    /// as in value.size=16,64,256. Twice, all combinations. The points land in sweep.json and sweep.svg; those that are there
    /// already are not run again
    #[arg(long, value_name = "SETTING=VALUES", conflicts_with_all = ["heap", "cpu", "shard", "base_program", "verbose", "bencher", "report"], help_heading = SWEEP)]
    pub sweep: Vec<String>,
    /// Add the sizes just under and over each doubling of the map's table, without times
    #[arg(long, requires = "sweep", help_heading = SWEEP)]
    pub cliffs: bool,
    /// Check live and peak bytes against the values computed from the map's known memory layout, and check for leaks;
    /// exit with 1 if a check fails
    #[arg(long, help_heading = CI)]
    pub verify: bool,
    /// Write a report of the runs as one file, which ends in .html or .md
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub report: Option<PathBuf>,
    /// Write the metrics in the Bencher Metric Format
    #[arg(long, value_name = "FILE", help_heading = CI)]
    pub bencher: Option<PathBuf>,
    /// Run one part of the cases, such as 2/8: the second of eight parts of about the same cost
    #[arg(long, value_name = "I/N", help_heading = CI)]
    pub shard: Option<String>,
    /// Print the full report of each case, as `mapprof show` does
    #[arg(long, short, conflicts_with = "quiet", help_heading = OUTPUT)]
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

/// `mapprof report`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof report profiles/skewed-keys                  every run of a workload
  mapprof report main/churn branch/churn -o report.html
  mapprof report profiles/churn -o report.md           Markdown, without pictures
  mapprof report profiles --map std,btree -o -         HTML to standard output")]
pub struct ReportArgs {
    /// Folders with runs or sweeps
    #[arg(value_name = "RUNS", required = true)]
    pub runs: Vec<PathBuf>,
    /// Also load workloads from the TOML files in this folder; the report shows the claims that they test
    #[arg(long, value_name = "DIR")]
    pub workloads: Option<PathBuf>,
    /// Write to this file, as HTML if it ends in .html and as Markdown if it ends in .md; `-` is HTML to standard output
    #[arg(long, short = 'o', value_name = "FILE", default_value = "report.html", help_heading = OUTPUT)]
    pub output: PathBuf,
    #[command(flatten)]
    pub filter: FilterArgs,
    #[command(flatten)]
    pub limit: LimitArgs,
}

/// `mapprof serve`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mapprof serve                                the runs in profiles, at http://127.0.0.1:8719/
  mapprof serve ci-runs --port 0               at a port that is free
  go tool pprof 'http://127.0.0.1:8719/debug/pprof/heap?run=skewed-keys/std'

It listens on 127.0.0.1 only, reads the folder and writes nothing. Ctrl-C ends it.")]
pub struct ServeArgs {
    /// The folder with runs
    #[arg(value_name = "DIR", default_value = "profiles")]
    pub folder: PathBuf,
    /// Listen on this port of 127.0.0.1; 0 is one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8719, help_heading = OUTPUT)]
    pub port: u16,
    #[command(flatten)]
    pub limit: LimitArgs,
}

/// Flags that choose the profiles to take.
#[derive(Debug, Default, Args)]
pub struct ProfileArgs {
    /// Take a heap profile: of sampled allocations (jemalloc), of every allocation (exact), or the one that jemalloc_pprof
    /// dumps in a service (dump)
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "jemalloc", help_heading = PROFILES)]
    pub heap: Option<HeapHow>,
    /// Take a CPU profile: by perf events (perf), a timer for each thread (timer) or the package pprof-rs; without HOW, by
    /// the first of these that the system allows
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto", help_heading = PROFILES)]
    pub cpu: Option<CpuHow>,
    /// Set the mean bytes between heap samples, a power of two such as 65536 or 64K [default: chosen for about 20,000 samples]
    #[arg(long, value_name = "BYTES", requires = "heap", allow_negative_numbers = true, help_heading = PROFILES)]
    pub sample_bytes: Option<String>,
    /// Take this many CPU samples per second of CPU time
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = count::<u64>(1..=10_000), allow_negative_numbers = true, help_heading = PROFILES)]
    pub hertz: u64,
    /// Show the harness's own frames in flame graphs
    #[arg(long, help_heading = PROFILES)]
    pub harness_frames: bool,
}

/// How a heap profile is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HeapHow {
    /// jemalloc samples allocations
    Jemalloc,
    /// Every allocation is recorded
    Exact,
    /// jemalloc_pprof dumps jemalloc's own profile at the end of each phase, and the run compares it with the exact one
    Dump,
}

/// How a CPU profile is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CpuHow {
    /// The first of the others that the system allows
    Auto,
    /// A perf event of each thread; the kernel copies registers and stack
    Perf,
    /// A timer of each thread; its signal handler copies registers and stack
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
    /// What to list [default: everything]
    #[arg(value_enum)]
    pub what: Option<ListWhat>,
    /// Also load workloads from the TOML files in this folder
    #[arg(long, value_name = "DIR")]
    pub workloads: Option<PathBuf>,
    /// Also list the maps and programs of this executable, which serves the worker protocol
    #[arg(long, value_name = "PROGRAM")]
    pub worker: Option<PathBuf>,
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
    /// Types of keys and values, and hashers
    Types,
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
    /// Also look up WORKLOAD in this executable, which serves the worker protocol
    #[arg(long, value_name = "PROGRAM")]
    pub worker: Option<PathBuf>,
    /// Also draw up to a million operations of each phase, and compare their mix, sizes and skew with the definition; fail if
    /// one is more than 1 % off
    #[arg(long, conflicts_with = "json")]
    pub check: bool,
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
  mapprof top jeprof.1234.0.f.heap                        jemalloc's dump
  mapprof top heap.pb.gz --json

Bytes have binary units (1 MiB = 1,048,576 bytes). `go tool pprof` uses the same units but calls them kB and MB.")]
pub struct TopArgs {
    /// A profile (pprof, heap_v2 or folded stacks), `-` for standard input, or the folder of a run (its heap profile, or its
    /// CPU profile if it has no other)
    pub profile: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub limit: LimitArgs,
    /// Choose what a row stands for
    #[arg(long, value_enum, default_value_t = By::Site)]
    pub by: By,
    /// Choose the sample type: inuse_space, alloc_space, peak_space, cpu, … [default: the profile's]
    #[arg(long = "type", value_name = "TYPE")]
    pub sample_type: Option<String>,
    /// Print at most N rows
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20, value_parser = count::<usize>(0..=u64::MAX), allow_negative_numbers = true)]
    pub rows: usize,
    /// Show the harness's own rows
    #[arg(long)]
    pub harness_frames: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a row of `top` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The innermost frame that is not allocator or glue
    Site,
    /// Who owns the memory: key, value, table, harness
    Role,
    /// The phase of the workload
    Phase,
    /// Each function, by its own (flat) value
    Function,
}
