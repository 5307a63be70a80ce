//! What a check found: a judgement for each figure, what they come to, and each cause once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::cause::{Cause, FirstSites, causes};
use super::verdict::{Judgement, Verdict};
use crate::record::{CaseId, Failure};

/// Version of the report's JSON.
const FORMAT: u32 = 2;

/// All that a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this format.
    pub format: u32,
    /// Version of mapprof.
    pub mapprof: String,
    /// What the process ends with.
    pub exit_code: u8,
    /// Whether a figure that is not decided or skipped fails the check.
    pub strict: bool,
    /// How many there are of each verdict.
    pub counts: BTreeMap<&'static str, usize>,
    /// The judgements: what is worst first, then by case and figure.
    pub judgements: Vec<Judgement>,
    /// What is worse or better than the baseline, each cause once, as far as causes can be told apart.
    pub causes: Vec<Cause>,
    /// Cases that could not be run.
    pub failures: Vec<Failure>,
}

impl Report {
    /// The report of these judgements and failures.
    pub fn new(mut judgements: Vec<Judgement>, failures: Vec<Failure>, strict: bool) -> Self {
        let by = |j: &Judgement| (j.verdict, j.case.clone(), j.metric.clone());
        judgements.sort_by_cached_key(by);
        let of = |verdict: Verdict| judgements.iter().filter(|j| j.verdict == verdict).count();
        let counts = Verdict::ALL.map(|verdict| (verdict.name(), of(verdict))).into();
        let worse = judgements.iter().any(|j| j.verdict.fails_if(strict));
        let exit_code = match (failures.is_empty(), worse) {
            (false, _) => 3,
            (true, worse) => u8::from(worse),
        };
        let mapprof = env!("CARGO_PKG_VERSION").to_owned();
        let causes = causes(&mut judgements, &FirstSites::new());
        Report { format: FORMAT, mapprof, exit_code, strict, counts, judgements, causes, failures }
    }

    /// The same with the sites that changed most: figures with different sites have different causes.
    pub fn with_sites(mut self, sites: &FirstSites) -> Self {
        self.causes = causes(&mut self.judgements, sites);
        self
    }

    /// How many judgements have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(verdict.name()).copied().unwrap_or(0)
    }

    /// The judgements with this verdict.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Judgement> {
        self.judgements.iter().filter(move |judgement| judgement.verdict == verdict)
    }

    /// Every case, in order, failed ones too.
    pub fn cases(&self) -> Vec<&CaseId> {
        let failed = self.failures.iter().map(|failure| &failure.case);
        let all: BTreeSet<&CaseId> = self.judgements.iter().map(|j| &j.case).chain(failed).collect();
        all.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    fn report(verdicts: &[Verdict], failed: bool, strict: bool) -> Report {
        let case = CaseId::new("w", "m");
        let judgements = verdicts.iter().map(|verdict| Judgement::of(&case, "x", *verdict, "")).collect();
        let failure = Failure {
            case: fixtures::case().case,
            pass: "memory".into(),
            kind: "crashed".into(),
            message: String::new(),
            last_words: Vec::new(),
        };
        Report::new(judgements, failed.then_some(failure).into_iter().collect(), strict)
    }

    #[test]
    fn the_exit_code_follows_from_the_worst() {
        use Verdict::{Better, Exceeded, Fine, Missing, New, Skipped, Undecided, Worse};
        assert_eq!(report(&[Fine, Better, Skipped, New, Undecided], false, false).exit_code, 0);
        assert_eq!(report(&[Fine, Undecided], false, true).exit_code, 1);
        assert_eq!(report(&[Fine, Skipped], false, true).exit_code, 1);
        assert_eq!(report(&[Fine, Better, New], false, true).exit_code, 0);
        for bad in [Worse, Exceeded, Missing] {
            assert_eq!(report(&[Fine, bad], false, false).exit_code, 1);
            assert_eq!(report(&[Fine, bad], true, false).exit_code, 3);
        }
        assert_eq!(report(&[], true, false).exit_code, 3);
    }

    #[test]
    fn the_worst_stands_first_and_all_are_counted() {
        let report =
            report(&[Verdict::Fine, Verdict::Worse, Verdict::Undecided, Verdict::Worse], false, false);
        assert_eq!(report.judgements[0].verdict, Verdict::Worse);
        assert_eq!((report.count(Verdict::Worse), report.count(Verdict::New)), (2, 0));
        assert_eq!(report.cases(), [&CaseId::new("w", "m")]);
    }
}
