//! Which cases and figures are looked at: patterns that all commands share.

use glob::Pattern;

use super::metric_catalog;
use crate::error::{Error, Result};
use crate::record::CaseId;

/// Patterns for workloads, maps and metrics. An empty list lets everything pass.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    workloads: Vec<Pattern>,
    maps: Vec<Pattern>,
    metrics: Vec<Pattern>,
    /// Only what every side has: cases that are in all, and metrics that all of these have.
    pub intersection: bool,
}

impl Filter {
    /// A filter of patterns as they are typed, with `*` and `?`.
    ///
    /// # Errors
    /// When one of them is no pattern.
    pub fn new(
        workloads: &[String],
        maps: &[String],
        metrics: &[String],
        intersection: bool,
    ) -> Result<Self> {
        let all = |flag: &str, texts: &[String]| -> Result<Vec<Pattern>> {
            texts.iter().map(|text| pattern(flag, text)).collect()
        };
        Ok(Filter {
            workloads: all("--workload", workloads)?,
            maps: all("--map", maps)?,
            metrics: all("--metric", metrics)?,
            intersection,
        })
    }

    /// Whether this case is looked at.
    pub fn case(&self, case: &CaseId) -> bool {
        let any = |patterns: &[Pattern], names: [&str; 2]| names.iter().any(|name| passes(patterns, name));
        any(&self.workloads, [&case.workload, &case.workload_and_variant()])
            && any(&self.maps, [&case.map, &case.row()])
    }

    /// Whether the workload or variant of this name is looked at.
    pub fn workload(&self, name: &str) -> bool {
        passes(&self.workloads, name)
    }

    /// Whether this metric is looked at.
    pub fn metric(&self, name: &str) -> bool {
        passes(&self.metrics, name)
    }

    /// Whether the user named metrics at all.
    pub fn names_metrics(&self) -> bool {
        !self.metrics.is_empty()
    }
}

/// A pattern as it is typed after `flag`.
///
/// # Errors
/// When it is none.
pub fn pattern(flag: &str, text: &str) -> Result<Pattern> {
    Pattern::new(text.trim()).map_err(|e| {
        Error::input(format!("{flag} {text}: {} at character {}; patterns have * and ?", e.msg, e.pos + 1))
    })
}

/// Refuses a pattern after `--metric` that fits no figure that a run could have.
///
/// # Errors
/// When it is no pattern, or fits none: then what it may have been meant to be.
pub fn known_metric(text: &str) -> Result<()> {
    let fitting = metric_catalog::fitting(&pattern("--metric", text)?);
    fitting.map(drop).map_err(|what| Error::input(format!("--metric {text}: {what}")))
}

fn passes(patterns: &[Pattern], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(filter: &Filter, workload: &str, map: &str) -> bool {
        filter.case(&CaseId::new(workload, map))
    }

    #[test]
    fn a_variant_is_chosen_with_its_workload_or_by_itself() {
        let boxed = CaseId { variant: Some("boxed".into()), ..CaseId::new("churn", "std") };
        let passes = |workload: &str, map: &str| {
            Filter::new(&[workload.into()], &[map.into()], &[], false).unwrap().case(&boxed)
        };
        assert!(passes("churn", "std") && passes("churn@boxed", "*") && passes("churn@*", "std@boxed"));
        assert!(!passes("churn@inline", "std") && !passes("churn", "std@inline"));
    }

    #[test]
    fn patterns_choose_and_none_lets_all_pass() {
        let words = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let filter = Filter::new(&[], &words("*std,b?ree"), &words("latency.*.p99"), false).unwrap();
        assert!(case(&filter, "anything", "rwlock-std") && case(&filter, "w", "btree"));
        assert!(!case(&filter, "w", "dashmap"));
        assert!(filter.metric("latency.get.p99") && !filter.metric("latency.get.p999"));
        assert!(Filter::default().metric("x") && case(&Filter::default(), "w", "m"));
    }

    #[test]
    fn a_metric_that_no_run_could_have_is_refused() {
        for known in ["ns_per_op", "alloc*_per_op", " live_bytes", "latency.get.p99", "latency.get*", "*"] {
            assert!(known_metric(known).is_ok(), "{known}");
        }
        let said = |text: &str| known_metric(text).unwrap_err().to_string();
        assert!(said("ns_per_opp").contains("did you mean \"ns_per_op\""), "{}", said("ns_per_opp"));
        assert!(said("latency.get.p98").starts_with("--metric latency.get.p98: unknown metric"));
        assert!(said("zz*").contains("mapprof list metrics has all"), "{}", said("zz*"));
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let said = Filter::new(&[], &["a[".into()], &[], false).unwrap_err().to_string();
        assert!(said.starts_with("--map a[:"), "{said}");
    }
}
