//! What a check found, as JUnit XML: a suite for each case, a test for each figure.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::verdicts::{of_failure, sentence};
use crate::compare::{Against, Judgement, Report, Verdict};
use crate::error::{Error, Result};
use crate::record::CaseId;

/// The report as XML.
///
/// # Errors
/// When it cannot be serialized.
pub fn render(report: &Report) -> Result<String> {
    let mut xml = quick_junit::Report::new("mapprof check");
    for case in report.cases() {
        let mut suite = TestSuite::new(case.to_string());
        for failure in report.failures.iter().filter(|failure| failure.case == *case) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type(failure.kind.as_str()).set_message(of_failure(failure));
            status.set_description(failure.last_words.join("\n"));
            suite.add_test_case(test(case, &format!("{} pass", failure.pass), status));
        }
        for judgement in report.judgements.iter().filter(|judgement| judgement.case == *case) {
            suite.add_test_case(test(case, &name(judgement), status(judgement, report.strict)));
        }
        xml.add_test_suite(suite);
    }
    xml.to_string().map_err(Error::case)
}

fn test(case: &CaseId, name: &str, status: TestCaseStatus) -> TestCase {
    let mut test = TestCase::new(name, status);
    test.set_classname(case.to_string().replace('/', "."));
    test
}

/// The figure or, of a budget, the limit: a figure may have several.
fn name(judgement: &Judgement) -> String {
    match &judgement.against {
        Against::Baseline => judgement.subject().to_owned(),
        Against::Budget { limit, .. } if limit.starts_with(&judgement.metric) => limit.clone(),
        Against::Budget { limit, .. } => format!("{} ({limit})", judgement.metric),
    }
}

fn status(judgement: &Judgement, strict: bool) -> TestCaseStatus {
    let fails = judgement.verdict.fails_if(strict);
    let mut status = match judgement.verdict {
        _ if fails => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Undecided | Verdict::Skipped => TestCaseStatus::skipped(),
        _ => return TestCaseStatus::success(),
    };
    status.set_type(judgement.verdict.name()).set_message(sentence(judgement));
    status
}

#[cfg(test)]
mod tests {
    use super::super::verdicts::tests::planted;
    use super::*;

    #[test]
    fn a_reader_finds_every_figure_with_its_outcome() {
        let text = render(&planted()).unwrap();
        let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
        let suites: Vec<&str> = read.test_suites.iter().map(|suite| suite.name.as_str()).collect();
        assert_eq!(suites, ["churn/btree", "churn/hashbrown", "churn/papaya", "churn/scc", "churn/std"]);
        let all = || read.test_suites.iter().flat_map(|suite| &suite.test_cases);
        let count = |of: fn(&TestCaseStatus) -> bool| all().filter(|test| of(&test.status)).count();
        let failed = |kind| move |status: &TestCaseStatus| matches!(status, TestCaseStatus::NonSuccess { kind: own, .. } if *own == kind);
        assert_eq!(all().filter(|test| failed(NonSuccessKind::Failure)(&test.status)).count(), 5);
        assert_eq!(all().filter(|test| failed(NonSuccessKind::Error)(&test.status)).count(), 1);
        assert_eq!(count(|status| matches!(status, TestCaseStatus::Skipped { .. })), 2);
        assert_eq!(count(|status| matches!(status, TestCaseStatus::Success { .. })), 3);
        let budget = all().find(|test| test.name.as_str() == "bytes_per_entry <= 90").unwrap();
        assert_eq!(budget.classname.as_ref().unwrap().as_str(), "churn.hashbrown");
        let TestCaseStatus::NonSuccess { message, .. } = &budget.status else { panic!("{budget:?}") };
        assert!(message.as_ref().unwrap().as_str().contains("fits | a <node>"), "{message:?}");
    }

    #[test]
    fn strictness_makes_failures_of_what_is_not_decided() {
        let strict = Report { strict: true, ..planted() };
        let read = quick_junit::Report::deserialize_from_str(&render(&strict).unwrap()).unwrap();
        assert_eq!(read.test_suites.iter().map(|suite| suite.failures).sum::<usize>(), 7);
    }
}
