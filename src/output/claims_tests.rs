//! Claims with planted figures in every form, each against its golden file.

use super::claims::{document, tally, text};
use super::golden_tests::golden;
use crate::compare::bootstrap::Interval;
use crate::compare::claim::{ClaimVerdict, Measured, Shown, TestedClaim};
use crate::record::{Machine, Noise};

fn side(name: &str, metric: &str, value: f64, unit: &str, noise: Noise) -> Option<Measured> {
    let (side, metric, unit) = (name.to_owned(), metric.to_owned(), unit.to_owned());
    Some(Measured { side, metric, value, unit, runs: Vec::new(), noise })
}

/// One of each verdict; the last two are parts of one claim. Names and prose have marks that Markdown would take for its own.
fn planted() -> Vec<TestedClaim> {
    let claim = |number, workload: &str, said: &str, verdict| TestedClaim {
        number,
        workload: workload.to_owned(),
        text: said.to_owned(),
        source: "A1, section *Growth*".to_owned(),
        figure: "3.2 times | 100 %".to_owned(),
        mechanism: String::new(),
        wanted: "at least 3 times unit, give or take 5 %".to_owned(),
        verdict,
        words: String::new(),
        left: None,
        right: None,
        ratio: None,
        more_runs: None,
        shown_by: Vec::new(),
        elsewhere: Vec::new(),
    };
    let bytes = |name: &str, value| side(name, "live_bytes", value, "bytes", Noise::Exact);
    let time = |name: &str, value| side(name, "ns_per_op", value, "ns", Noise::Time);
    vec![
        TestedClaim {
            left: bytes("boxed", 3_200_000.0),
            right: bytes("unit", 1_000_000.0),
            ratio: Some(Interval { value: 3.2, low: 3.2, high: 3.2 }),
            mechanism: "A box of nothing has no block,\nbut a pointer of 8 bytes.".to_owned(),
            shown_by: vec![Shown {
                name: "empty-slots".to_owned(),
                unit: "bytes".to_owned(),
                values: vec![("boxed".to_owned(), 1_200_000.0), ("unit".to_owned(), 0.0)],
            }],
            ..claim(7, "unit-values", "A boxed unit takes <three> times the memory.", ClaimVerdict::Upheld)
        },
        TestedClaim {
            words: "it needs a garbage collector, which no map here has".to_owned(),
            ..claim(3, "delete-retention", "A collector frees `it`.", ClaimVerdict::DoesNotApply)
        },
        TestedClaim {
            left: time("grown", 61.3),
            right: time("presized", 30.1),
            ratio: Some(Interval { value: 2.04, low: 1.61, high: 3.07 }),
            wanted: "at least 3 times presized".to_owned(),
            words: "the interval has 3 times in it; about 12 more measurements may settle it".to_owned(),
            more_runs: Some(12),
            ..claim(12, "prealloc", "Growing takes three times as long.", ClaimVerdict::NotDecided)
        },
        TestedClaim {
            left: side("std", "peak_ratio", 1.5, "1", Noise::Exact),
            wanted: "at most 1.2".to_owned(),
            ..claim(12, "prealloc", "The peak is no higher than what stays.", ClaimVerdict::Refuted)
        },
    ]
}

#[test]
fn claims_have_their_golden() {
    let tested = planted();
    let machine = Machine {
        arch: "x86_64".into(),
        os: "linux 6.1".into(),
        cpu: "A processor (R) *planted*".into(),
        cores: 2,
        memory_bytes: 1 << 34,
    };
    let terminal: String = tested.iter().map(|claim| text::one(claim, 80)).collect();
    golden("claims.txt", &format!("{terminal}{}\n\n{}", tally(&tested), text::brief(&tested, 80)));
    golden("claims.md", &document::render(&tested, "mapprof claims --all --format markdown", &machine));
    golden("claims.json", &(serde_json::to_string_pretty(&tested).unwrap() + "\n"));
}
