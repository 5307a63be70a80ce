//! The flags that several commands share, and the headings that group flags in a help text.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use crate::number_parse;
use crate::profile::MOST_FRAMES;
use crate::record::{MOST_REPEATS, PassKind};
use crate::worker::pass_table::PASSES;

/// Headings that group the flags in a help text.
pub(super) const SWEEP: &str = "Sweep";
pub(super) const WORKLOAD: &str = "Workload";
pub(super) const PROFILES: &str = "Profiles";
pub(super) const REPETITION: &str = "Repetition";
pub(super) const FILTERS: &str = "Filters";
pub(super) const COMPARISON: &str = "Comparison";
pub(super) const OUTPUT: &str = "Output";
pub(super) const CI: &str = "CI";
pub(super) const LIMITS: &str = "Limits";

/// Flags that change a workload.
#[derive(Debug, Clone, Args)]
pub struct WorkloadArgs {
    /// Also load workloads from the TOML files in this folder
    #[arg(long, value_name = "DIR", help_heading = WORKLOAD)]
    pub workloads: Option<PathBuf>,
    /// Set the number of entries that the fill phase inserts; what the workload file gives per entry scales with it
    #[arg(long, value_name = "N", value_parser = count::<u64>(0..=u64::MAX), allow_negative_numbers = true, help_heading = WORKLOAD)]
    pub entries: Option<u64>,
    /// Set the number of operations of every phase that has a fixed number of them
    #[arg(long, value_name = "N", value_parser = count::<u64>(0..=u64::MAX), allow_negative_numbers = true, help_heading = WORKLOAD)]
    pub ops: Option<u64>,
    /// Override one value of the workload file, as in key.length=16, or one parameter of a program, as in keep=64
    #[arg(long = "set", value_name = "PATH=VALUE", help_heading = WORKLOAD)]
    pub set: Vec<String>,
}

/// Flags that say how cases are run, the same for every command that runs some.
#[derive(Debug, Clone, Args)]
pub struct CaseArgs {
    #[command(flatten)]
    pub of: WorkloadArgs,
    /// Set the seed of the operation stream
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count::<u64>(0..=u64::MAX), allow_negative_numbers = true, help_heading = WORKLOAD)]
    pub seed: u64,
    /// Set the number of worker threads [default: 1, or the variant's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = WORKLOAD)]
    pub threads: Option<u16>,
    /// Set an environment variable in the measured process and record it; NAME without a value copies it from
    /// mapprof's own environment
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = WORKLOAD)]
    pub env: Vec<String>,
    /// Arguments of a program of your own (`Bench::arguments`); they are recorded
    #[arg(last = true, value_name = "ARGUMENT")]
    pub arguments: Vec<String>,
    /// Time each operation: percentiles per kind of operation, and the slowest ones
    #[arg(long, help_heading = PROFILES)]
    pub latency: bool,
    /// Run a further pass
    #[arg(long, value_name = "PASS", value_parser = optional_passes(), value_delimiter = ',', help_heading = PROFILES)]
    pub also: Vec<String>,
    /// Skip a pass: without `time` there are no times, without `memory` no bytes, pages and counts
    #[arg(long, value_enum, value_name = "PASS", value_delimiter = ',', help_heading = PROFILES)]
    pub skip: Vec<Skippable>,
    /// Repeat the measurement N times, each in its own process; times are then medians with intervals
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count::<u32>(1..=MOST_REPEATS.into()), allow_negative_numbers = true, help_heading = REPETITION)]
    pub repeat: u32,
    /// Measure a second program, such as the base branch's, in turns with this one, so that times can be compared
    #[arg(long, value_name = "PROGRAM", help_heading = REPETITION)]
    pub base_program: Option<PathBuf>,
    /// Use this program, which serves the worker protocol, instead of mapprof itself
    #[arg(long, value_name = "PROGRAM", help_heading = REPETITION)]
    pub worker: Option<PathBuf>,
    /// Run Go's maps (go, go-syncmap, go-rwmutex, go-sharded, go-sorted, go-cow) with these go commands; a map of Go
    /// that is named without this takes the one on the PATH
    #[arg(long, value_name = "PATH", value_delimiter = ',', help_heading = REPETITION)]
    pub go: Vec<PathBuf>,
    /// Stop a pass that takes more than this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = count::<u64>(1..=31_536_000), allow_negative_numbers = true, help_heading = REPETITION)]
    pub timeout: u64,
    /// Write runs to this folder
    #[arg(long, value_name = "DIR", default_value = "profiles", help_heading = OUTPUT)]
    pub out: PathBuf,
    /// Write the runs of the base program to this folder
    #[arg(long, value_name = "DIR", default_value = "profiles-base", requires = "base_program", help_heading = OUTPUT)]
    pub base_out: PathBuf,
    /// Print nothing but errors
    #[arg(long, short, help_heading = OUTPUT)]
    pub quiet: bool,
}

impl CaseArgs {
    /// The optional passes that are asked for, each once, in the order in which they run.
    pub fn optional_passes(&self) -> Vec<PassKind> {
        let asked = |kind: &PassKind| match kind {
            PassKind::Latency if self.latency => true,
            kind => self.also.iter().any(|name| name == kind.name()),
        };
        PassKind::ALL.into_iter().filter(asked).collect()
    }
}

/// The names of the optional passes, with their descriptions.
fn optional_passes() -> PossibleValuesParser {
    let optional = PASSES.iter().filter(|row| row.is_optional);
    optional.map(|row| PossibleValue::new(row.kind.name()).help(row.about)).collect::<Vec<_>>().into()
}

/// A pass that can be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Skippable {
    /// Times
    Time,
    /// Bytes, pages and counts
    Memory,
}

impl Skippable {
    /// Which pass it is.
    pub fn kind(self) -> PassKind {
        match self {
            Skippable::Time => PassKind::Time,
            Skippable::Memory => PassKind::Memory,
        }
    }
}

/// Flags that select cases and metrics. Patterns have `*` and `?`; several are separated by commas.
#[derive(Debug, Clone, Default, Args)]
pub struct FilterArgs {
    /// Select workloads by name; `*` and `?` match any text and any character
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', help_heading = FILTERS)]
    pub workload: Vec<String>,
    /// Select maps by name
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', help_heading = FILTERS)]
    pub map: Vec<String>,
    /// Select metrics by name (see `mapprof list metrics`)
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', help_heading = FILTERS)]
    pub metric: Vec<String>,
    /// Select only the cases that every side has, and the metrics that all those cases have
    #[arg(long, help_heading = FILTERS)]
    pub intersection: bool,
}

/// Limits of what is read from a file.
#[derive(Debug, Clone, Copy, Args)]
pub struct LimitArgs {
    /// Refuse a profile larger than this, unpacked, MiB
    #[arg(long = "max-unpacked", value_name = "MIB", default_value_t = 1024, value_parser = count::<u64>(1..=1 << 20), allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_unpacked_mib: u64,
    /// Refuse a stack with more frames than this, inlined ones included
    #[arg(long = "max-frames", value_name = "N", default_value_t = MOST_FRAMES, value_parser = count::<usize>(1..=1 << 30), allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_frames: usize,
}

/// Reads a count within `range` as people type it: `100k`, `1e6`, `10_000`.
pub(super) fn count<T>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync
where
    T: TryFrom<u64>,
{
    move |text| {
        let number = number_parse::whole(text, number_parse::COUNTS, range.clone())?;
        T::try_from(number).map_err(|_| "is too large".to_owned())
    }
}
