//! A planted report, and what becomes of it on a terminal.

use super::*;
use crate::record::{CaseId, Noise};

/// A report with one judgement of each kind and a case that failed.
pub(crate) fn planted() -> Report {
    let of = |map: &str, metric: &str, unit: &str, verdict, words: &str| Judgement {
        unit: unit.into(),
        noise: Some(Noise::Exact),
        ..Judgement::of(&CaseId::new("churn", map), metric, verdict, words)
    };
    let interval = |value: f64| Some(Interval { value, low: value * 0.98, high: value * 1.02 });
    let budget = |limit: &str| Against::Budget {
        place: "budgets.toml:5".into(),
        limit: limit.into(),
        why: Some("fits | a <node>".into()),
    };
    let timed = |map: &str, metric: &str, value: f64, verdict, words: &str| Judgement {
        noise: Some(Noise::Time),
        base: Some(50.1),
        new: Some(50.1 * value),
        runs: 15,
        paired: true,
        interval: interval(value),
        limit: Some(1.05),
        ..of(map, metric, "ns", verdict, words)
    };
    let judgements = vec![
        Judgement::of(
            &CaseId::new("churn", "btree"),
            "",
            Verdict::Missing,
            "missing: the baseline has it, and there is no run",
        ),
        Judgement {
            new: Some(92.7),
            against: budget("bytes_per_entry <= 90"),
            limit: Some(90.0),
            runs: 1,
            ..of("hashbrown", "bytes_per_entry", "bytes", Verdict::Exceeded, "misses the budget")
        },
        Judgement {
            new: Some(2100.0),
            runs: 15,
            noise: Some(Noise::Time),
            interval: interval(2100.0),
            against: budget("latency.get.p99 <= 2us"),
            ..of("std", "latency.get.p99", "ns", Verdict::Exceeded, "misses the budget")
        },
        Judgement {
            base: Some(17_825_808.0),
            new: Some(17_825_809.0),
            interval: Some(Interval::exactly(17_825_809.0 / 17_825_808.0)),
            limit: Some(1.0),
            runs: 1,
            ..of("std", "live_bytes", "bytes", Verdict::Worse, "worse: 1 more")
        },
        timed("hashbrown", "ns_per_op", 1.101, Verdict::Worse, "worse by 10.1 %"),
        timed(
            "hashbrown",
            "latency.operation.p90",
            1.04,
            Verdict::Undecided,
            "not decided, needs 12 more runs (--repeat 27)",
        ),
        timed("std", "ns_per_op", 0.8, Verdict::Better, "better by 20.0 %"),
        of(
            "std",
            "resident_bytes",
            "bytes",
            Verdict::Skipped,
            "skipped: the machines differ: x86_64 and aarch64",
        ),
        of("std", "peak_live_bytes", "bytes", Verdict::Fine, "fine: the same"),
        Judgement::of(
            &CaseId::new("churn", "papaya"),
            "",
            Verdict::New,
            "new: the baseline does not have it",
        ),
    ];
    let failure = Failure {
        case: CaseId::new("churn", "scc"),
        pass: "memory".into(),
        kind: "crashed".into(),
        message: "the child died of signal 6, 100 % of it".into(),
        last_words: vec!["thread 'main' panicked:\n at x".into()],
    };
    Report::new(judgements, vec![failure], false)
}

#[test]
fn what_fails_stands_first_and_no_line_is_wider_than_the_terminal() {
    let text = render(&planted(), 80);
    println!("{text}");
    let order: Vec<usize> = [
        "FAILED churn/scc",
        "Missing",
        "Budgets that are missed",
        "Worse than",
        "Not decided",
        "Better than",
        "Check ",
    ]
    .iter()
    .map(|title| text.find(title).unwrap_or_else(|| panic!("no {title} in:\n{text}")))
    .collect();
    assert!(order.is_sorted(), "{text}");
    for line in text.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    assert!(text.contains("1.101 (1.079–1.123)  ≤ 1.050"), "{text}");
    assert!(text.contains("      worse by 10.1 %, 15 pairs\n"), "{text}");
    assert!(text.contains("17,825,808 B  17,825,809 B"), "{text}");
    assert!(text.contains("misses the budget; budgets.toml:5; fits | a <node>"), "{text}");
    assert!(text.contains("between 2.06 µs and 2.14 µs, 15 runs"), "{text}");
    assert!(text.contains("1 metric skipped: the machines differ"), "{text}");
}

#[test]
fn a_report_without_findings_is_a_line() {
    let fine = Judgement::of(&CaseId::new("churn", "std"), "live_bytes", Verdict::Fine, "fine");
    let report = Report::new(vec![fine.clone(), fine], Vec::new(), false);
    assert_eq!(render(&report, 80), "Check passed; 2 metrics of 1 case: 2 fine.\n");
}

#[test]
fn numbers_have_as_many_figures_as_tell_them_apart() {
    for (value, unit, due) in [
        (92.7, "bytes", "92.7 B"),
        (90.0, "bytes", "90 B"),
        (17_825_808.0, "bytes", "17.8 MB"),
        (50.123, "ns", "50.12 ns"),
        (2100.0, "ns", "2.10 µs"),
        (12_480_000.0, "1/s", "12.5 M/s"),
        (0.000_012, "1", "0.000012"),
        (1.0104, "1", "1.0104"),
        (0.0, "1", "0"),
        (f64::INFINITY, "bytes", "inf B"),
    ] {
        assert_eq!(figure(value, unit), due);
    }
}
