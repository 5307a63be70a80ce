//! The table of the biggest, and what is asked of it.

use serde::Serialize;

use super::super::Profile;
use crate::error::{Error, Result, unknown};

/// What the rows of a table stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The innermost frame that is neither allocator nor glue, and the role of the stack.
    #[default]
    Site,
    /// Key, value, table, harness.
    Role,
    /// The phase of the workload.
    Phase,
    /// The innermost frame, whatever it is.
    Function,
}

impl By {
    /// All groupings.
    pub const ALL: [By; 4] = [By::Site, By::Role, By::Phase, By::Function];

    /// The name users type.
    pub fn name(self) -> &'static str {
        match self {
            By::Site => "site",
            By::Role => "role",
            By::Phase => "phase",
            By::Function => "function",
        }
    }
}

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct TopOptions {
    /// What the rows stand for.
    pub by: By,
    /// The sample type that is added up; the profile's default one if none is named.
    pub sample_type: Option<String>,
    /// Rows to show at most; all if not given. What is left out is still in the total.
    pub limit: Option<usize>,
    /// Whether the harness's own samples are among the rows and in the total.
    pub harness: bool,
}

/// A table of the biggest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopTable {
    /// What the rows stand for.
    pub by: By,
    /// The sample type that was added up.
    pub sample_type: String,
    /// Unit of `value` and `total`.
    pub unit: String,
    /// The sum over all rows, shown or not.
    pub total: i64,
    /// The sum of the harness's own samples, which are in no row and not in `total`; 0 if they are shown.
    pub hidden: i64,
    /// Rows that the limit left out.
    pub left_out: usize,
    /// The rows, biggest first.
    pub rows: Vec<TopRow>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopRow {
    /// Function, role or phase.
    pub name: String,
    /// The role that owns most of it; none in a profile of another program.
    pub role: Option<Part>,
    /// The phase that most of it comes from; none if the profile knows no phases.
    pub phase: Option<Part>,
    /// The sum, in the table's unit.
    pub value: i64,
    /// The sum over all samples that have the function anywhere on their stack, each once, in the table's unit; none of
    /// roles and phases, and until [`super::add_cumulative`] fills it in.
    pub cumulative: Option<i64>,
    /// Lower end of the 95 % interval of `value`, in the table's unit; none if it is not known how the values were
    /// sampled. Equal to `value` if every allocation was recorded.
    pub low: Option<i64>,
    /// Upper end of the same interval.
    pub high: Option<i64>,
    /// Objects or samples behind it; none if the profile does not count them.
    pub count: Option<i64>,
    /// Share of the table's total, 0 to 1.
    pub share: f64,
    /// Bytes of the row that were freed within the phase in which they were allocated; none if the profile does not
    /// have them.
    pub temporary: Option<i64>,
    /// Of the objects that the row allocated, the share that was freed, 0 to 1; none if lifetimes are not known.
    pub freed: Option<f64>,
    /// The median lifetime of the objects that the row allocated, calls of the map, by its class. Objects that were
    /// never freed count as the longest; none if the median is one of them (`freed` is then below a half), or if
    /// lifetimes are not known (`freed` is then none).
    pub median_lifetime: Option<u64>,
    /// Source file of most of it; empty if unknown.
    pub file: String,
    /// Line of most of it; 0 if unknown.
    pub line: i64,
    /// The function that most of it was called from.
    pub caller: Option<Part>,
}

impl TopRow {
    /// Half the width of the interval over the value: 0.1 for plus or minus 10 %.
    pub fn half_width(&self) -> Option<f64> {
        let width = self.high?.saturating_sub(self.low?) as f64;
        (self.value > 0).then(|| width / 2.0 / self.value as f64)
    }
}

/// The biggest part of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// Its share of the row, 0 to 1.
    pub share: f64,
}

pub(super) fn share(value: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { value as f64 / total as f64 }
}

/// The place of the sample type that is added up.
pub(super) fn type_index(profile: &Profile, options: &TopOptions) -> Result<usize> {
    match &options.sample_type {
        None => Ok(profile.default_type()),
        Some(kind) => profile
            .sample_type(kind)
            .ok_or_else(|| Error::input(unknown("sample type", kind, profile.kinds()))),
    }
}
