//! Groups figures that got worse or better for the same cause, so that a report names the cause once, with the site that
//! changed most.
//!
//! A record has many figures of the same bytes, and one block that grew is in all of them. What the memory pass counted
//! of a case is taken for one cause, likewise its times; cases in which the same site changed most share one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::verdict::{Against, Judgement, Verdict};
use crate::record::{CaseId, PassKind, pass_of};

/// The figures that stand for the others of their cause, the first one that is there.
const FIRST: [&str; 5] =
    ["bytes_per_entry", "live_bytes", "peak_live_bytes", "alloc_bytes_per_op", "ns_per_op"];

/// Why figures changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// Whether they are worse or better.
    pub verdict: Verdict,
    /// Where.
    pub cases: Vec<CauseCase>,
    /// The site that changed most in that direction, if both sides have profiles.
    pub site: Option<FirstSite>,
    /// The one `--tolerance` with which `check` accepts all of it; none of what is better, or rose from 0.
    pub tolerance: Option<String>,
}

/// A case in which a cause shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseCase {
    /// The case.
    pub case: CaseId,
    /// The metric that is told.
    pub metric: String,
    /// The others.
    pub others: Vec<String>,
}

/// A site that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FirstSite {
    /// The function.
    pub name: String,
    /// Its role; none in a profile of another program.
    pub role: Option<String>,
    /// The sample type.
    pub sample_type: String,
    /// The unit of `delta`.
    pub unit: String,
    /// The new value less the base's, in the first case that has it.
    pub delta: i64,
}

/// The site that changed most, by case, pass and whether it is for the worse.
pub type FirstSites = BTreeMap<(CaseId, PassKind, bool), FirstSite>;

impl Cause {
    /// Whether this is the judgement that is told of it.
    pub fn tells(&self, judgement: &Judgement) -> bool {
        self.verdict == judgement.verdict
            && judgement.against == Against::Baseline
            && self
                .cases
                .iter()
                .any(|case| (&case.case, &case.metric) == (&judgement.case, &judgement.metric))
    }
}

/// The causes of what is worse and of what is better, in the order of the judgements. Notes in each judgement which one is
/// told in its place.
pub(super) fn causes(judgements: &mut [Judgement], sites: &FirstSites) -> Vec<Cause> {
    let mut causes: Vec<(Cause, PassKind, Vec<usize>)> = Vec::new();
    for (at, judgement) in judgements.iter().enumerate() {
        let Some(pass) = pass_of(&judgement.metric).filter(|_| is_of_baseline(judgement)) else { continue };
        let worse = judgement.verdict == Verdict::Worse;
        let place = (judgement.case.clone(), pass, worse);
        let site = sites.get(&place);
        let known = causes.iter().position(|(cause, of, _)| {
            let Some(first) = cause.cases.first() else { return false };
            let same_site = match (&cause.site, site) {
                (Some(a), Some(b)) => (&a.name, &a.role) == (&b.name, &b.role),
                _ => first.case == judgement.case,
            };
            (cause.verdict, *of, &first.case.workload) == (judgement.verdict, pass, &judgement.case.workload)
                && same_site
        });
        let index = known.unwrap_or_else(|| {
            let (verdict, site) = (judgement.verdict, site.cloned());
            causes.push((Cause { verdict, cases: Vec::new(), site, tolerance: None }, pass, Vec::new()));
            causes.len() - 1
        });
        let Some((cause, _, members)) = causes.get_mut(index) else { continue };
        members.push(at);
        let is_here = |case: &&mut CauseCase| case.case == judgement.case;
        match cause.cases.iter_mut().find(is_here) {
            Some(case) => case.others.push(judgement.metric.clone()),
            None => cause.cases.push(CauseCase {
                case: judgement.case.clone(),
                metric: judgement.metric.clone(),
                others: Vec::new(),
            }),
        }
    }
    for (cause, pass, members) in &mut causes {
        cause.cases.iter_mut().for_each(CauseCase::put_first);
        for at in members.iter() {
            let Some(judgement) = judgements.get_mut(*at) else { continue };
            let case = cause.cases.iter().find(|case| case.case == judgement.case);
            let told = case.map(|case| case.metric.clone());
            judgement.told_with = told.filter(|figure| *figure != judgement.metric);
        }
        if cause.verdict == Verdict::Worse {
            let worst = members.iter().map(|at| judgements.get(*at).and_then(worse_by));
            let worst = worst.collect::<Option<Vec<f64>>>();
            cause.tolerance = worst.and_then(|all| tolerance(*pass, all.into_iter().fold(0.0, f64::max)));
        }
    }
    causes.into_iter().map(|(cause, ..)| cause).collect()
}

impl CauseCase {
    /// Puts the figure first that stands for the others.
    fn put_first(&mut self) {
        let mut all = std::mem::take(&mut self.others);
        all.push(std::mem::take(&mut self.metric));
        let rank = |name: &String| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
        all.sort_by_key(|name| (rank(name), name.clone()));
        self.metric = all.remove(0);
        self.others = all;
    }
}

fn is_of_baseline(judgement: &Judgement) -> bool {
    judgement.against == Against::Baseline
        && matches!(judgement.verdict, Verdict::Worse | Verdict::Better)
        && judgement.base.is_some()
        && judgement.new.is_some()
}

/// By how much a figure is worse at most, as a share of the baseline.
fn worse_by(judgement: &Judgement) -> Option<f64> {
    let interval = judgement.interval?;
    let falls = judgement.limit.is_some_and(|limit| limit < 1.0)
        || judgement.base.zip(judgement.new).is_some_and(|(base, new)| new < base);
    let times = if falls { 1.0 / interval.low } else { interval.high };
    Some(times - 1.0).filter(|share| share.is_finite() && *share >= 0.0)
}

/// The tolerance that accepts figures which are worse by this share, rounded up to tenths of a percent.
fn tolerance(pass: PassKind, share: f64) -> Option<String> {
    let percent = ((share + 1e-9) * 1000.0).ceil() / 10.0;
    (percent <= super::tolerance::MOST_PERCENT).then(|| format!("{}={percent}%", pass.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Interval;

    fn judged(map: &str, metric: &str, base: f64, new: f64) -> Judgement {
        let verdict = if new > base { Verdict::Worse } else { Verdict::Better };
        Judgement {
            base: Some(base),
            new: Some(new),
            interval: Some(Interval::exactly(new / base)),
            limit: Some(1.0),
            ..Judgement::of(&CaseId::new("churn", map), metric, verdict, "")
        }
    }

    fn six(map: &str) -> Vec<Judgement> {
        [
            "alloc_bytes_per_op",
            "bytes_per_entry",
            "live_bytes",
            "overhead_ratio",
            "peak_live_bytes",
            "usable_bytes",
        ]
        .map(|metric| judged(map, metric, 100.0, 103.0))
        .to_vec()
    }

    fn site(name: &str) -> FirstSite {
        FirstSite {
            name: name.into(),
            role: Some("value".into()),
            sample_type: "inuse_space".into(),
            unit: "bytes".into(),
            delta: 16,
        }
    }

    #[test]
    fn figures_of_one_pass_are_told_once_with_the_flag_that_accepts_them() {
        let mut judgements = six("std");
        judgements.push(judged("std", "ns_per_op", 50.0, 60.0));
        judgements.push(judged("std", "growth_events", 9.0, 3.0));
        let causes = causes(&mut judgements, &FirstSites::new());
        assert_eq!(causes.len(), 3, "{causes:#?}");
        let first = &causes[0];
        assert_eq!((first.cases[0].metric.as_str(), first.cases[0].others.len()), ("bytes_per_entry", 5));
        assert_eq!(first.tolerance.as_deref(), Some("memory=3.1%"));
        assert_eq!(causes[1].tolerance.as_deref(), Some("time=20.1%"));
        assert_eq!(causes[2].tolerance, None, "what is better needs none");
        let told: Vec<&str> =
            judgements.iter().filter(|j| j.told_with.is_none()).map(|j| j.metric.as_str()).collect();
        assert_eq!(told, ["bytes_per_entry", "ns_per_op", "growth_events"]);
        assert!(first.tells(&judgements[1]) && !first.tells(&judgements[2]));
    }

    #[test]
    fn cases_with_the_same_site_share_a_cause_and_others_do_not() {
        let all = || [six("std"), six("btree"), six("dashmap")].concat();
        let place = |map: &str| (CaseId::new("churn", map), PassKind::Memory, true);
        let sites = FirstSites::from([
            (place("std"), site("make_value")),
            (place("btree"), site("make_value")),
            (place("dashmap"), site("RawTable::resize")),
        ]);
        let causes_of = |sites| causes(&mut all(), sites);
        let maps = |cause: &Cause| cause.cases.iter().map(|case| case.case.map.clone()).collect::<Vec<_>>();
        let found = causes_of(&sites);
        assert_eq!(found.iter().map(maps).collect::<Vec<_>>(), [vec!["std", "btree"], vec!["dashmap"]]);
        assert_eq!(causes_of(&FirstSites::new()).len(), 3, "without sites each case may have its own");
    }

    #[test]
    fn what_rose_from_0_is_accepted_by_no_tolerance() {
        let mut risen = judged("std", "garbage_bytes", 0.0, 64.0);
        risen.interval = None;
        assert_eq!(causes(&mut [risen], &FirstSites::new())[0].tolerance, None);
        let mut falls = judged("std", "ops_per_sec", 100.0, 50.0);
        (falls.verdict, falls.limit) = (Verdict::Worse, Some(1.0 / 1.05));
        assert_eq!(causes(&mut [falls], &FirstSites::new())[0].tolerance.as_deref(), Some("time=100.1%"));
    }
}
