use super::*;
use crate::record::{Moment, Step, Waterfall, fixtures};
use crate::workload::claim::Condition;

fn side(variant: &str) -> Side {
    Side { variant: Some(variant.into()), map: None, threads: None, phase: None, metric: None }
}

fn claim(metric: &str, comparison: Comparison, factor: f64, tolerance: f64) -> Claim {
    Claim {
        place: "w.toml:7".into(),
        number: 1,
        text: "It is so.".into(),
        source: "A0".into(),
        figure: "2".into(),
        metric: metric.into(),
        left: side("left"),
        right: Right::Side(side("right")),
        comparison,
        factor,
        tolerance,
        when: Condition::default(),
        mechanism: String::new(),
        shown_by: Vec::new(),
    }
}

fn record(metric: &str, noise: Noise, runs: &[f64]) -> CaseRecord {
    let mut record = fixtures::case();
    record.repeats = runs.len() as u32;
    let value = crate::record::middle(runs);
    let runs = if runs.iter().all(|run| *run == value) { Vec::new() } else { runs.to_vec() };
    let unit = "bytes".to_owned();
    let figure = crate::record::Metric { value, unit, better: "less".into(), noise, runs, phase: None };
    record.metrics = [(metric.to_owned(), figure)].into();
    record
}

fn tested(claim: &Claim, left: &CaseRecord, right: &CaseRecord) -> TestedClaim {
    test("w", claim, &fixtures::case().machine, false, |side| {
        Some(if side.variant.as_deref() == Some("left") { left } else { right })
    })
}

#[track_caller]
fn verdict(comparison: Comparison, factor: f64, tolerance: f64, left: f64, right: f64) -> ClaimVerdict {
    let [left, right] = [left, right].map(|value| record("live_bytes", Noise::Exact, &[value]));
    tested(&claim("live_bytes", comparison, factor, tolerance), &left, &right).verdict
}

#[test]
fn exact_figures_decide_by_themselves() {
    use ClaimVerdict::{Refuted, Upheld};
    assert_eq!(verdict(Comparison::AtLeast, 2.0, 0.0, 200.0, 100.0), Upheld);
    assert_eq!(verdict(Comparison::AtLeast, 2.0, 0.0, 199.0, 100.0), Refuted);
    assert_eq!(verdict(Comparison::AtLeast, 2.0, 0.01, 199.0, 100.0), Upheld);
    assert_eq!(verdict(Comparison::AtMost, 0.5, 0.0, 50.0, 100.0), Upheld);
    assert_eq!(verdict(Comparison::AtMost, 0.5, 0.0, 51.0, 100.0), Refuted);
    assert_eq!(verdict(Comparison::About, 3.0, 0.1, 320.0, 100.0), Upheld);
    assert_eq!(verdict(Comparison::About, 3.0, 0.1, 340.0, 100.0), Refuted);
    // Nothing is about as much as 0 but 0.
    assert_eq!(verdict(Comparison::About, 1.0, 0.5, 0.0, 0.0), Upheld);
    assert_eq!(verdict(Comparison::About, 1.0, 0.5, 1.0, 0.0), Refuted);
    assert_eq!(verdict(Comparison::AtLeast, 1.0, 0.0, 1.0, 0.0), Upheld);
}

#[test]
fn a_number_may_be_the_right_side() {
    let claim = Claim { right: Right::Number(100.0), ..claim("live_bytes", Comparison::AtMost, 1.0, 0.0) };
    let of = |value| {
        let record = record("live_bytes", Noise::Exact, &[value]);
        tested(&claim, &record, &record)
    };
    assert_eq!((of(100.0).verdict, of(101.0).verdict), (ClaimVerdict::Upheld, ClaimVerdict::Refuted));
    assert!(of(50.0).right.is_none());
    assert_eq!(of(50.0).wanted, "at most 100");
}

const TIMES: [f64; 6] = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2];

#[test]
fn a_time_decides_by_its_interval() {
    let of = |share: f64, factor: f64, runs: usize| {
        let left = record("ns_per_op", Noise::Time, &TIMES.map(|time| time * share)[..runs]);
        let right = record("ns_per_op", Noise::Time, &TIMES[..runs]);
        tested(&claim("ns_per_op", Comparison::AtLeast, factor, 0.0), &left, &right)
    };
    assert_eq!(of(2.0, 1.5, 6).verdict, ClaimVerdict::Upheld);
    assert_eq!(of(2.0, 2.5, 6).verdict, ClaimVerdict::Refuted);
    let near = of(1.001, 1.0, 6);
    assert_eq!(near.verdict, ClaimVerdict::NotDecided);
    assert!(!near.words.is_empty(), "{near:?}");
    let few = of(2.0, 1.0, 3);
    assert_eq!((few.verdict, few.more_runs), (ClaimVerdict::NotDecided, Some(2)));
    let ratio = of(2.0, 1.5, 6).ratio.unwrap();
    assert!(ratio.low < 2.0 && 2.0 < ratio.high && ratio.low > 1.9, "{ratio:?}");
}

#[test]
fn a_small_ratio_whose_interval_has_the_limit_in_it_names_further_measurements() {
    let left = record("ns_per_op", Noise::Time, &[3.0, 3.1, 2.9, 3.0, 20.0, 25.0, 3.0, 30.0]);
    let right = record("ns_per_op", Noise::Time, &[100.0, 101.0, 99.0, 100.0, 100.5, 99.5, 100.0, 100.0]);
    let found = tested(&claim("ns_per_op", Comparison::AtMost, 0.1, 0.0), &left, &right);
    assert_eq!(found.verdict, ClaimVerdict::NotDecided);
    // Nearer to 0 than to the limit, which is what has to be told apart.
    assert!(found.ratio.is_some_and(|ratio| ratio.value < 0.05 && ratio.high > 0.1), "{found:?}");
    assert!(found.more_runs.is_some(), "{found:?}");
}

#[test]
fn measurements_that_disagree_decide_nothing() {
    let left = record("resident_bytes", Noise::Pages, &[90.0, 110.0, 95.0]);
    let right = record("resident_bytes", Noise::Pages, &[100.0, 100.0, 100.0]);
    let claim = claim("resident_bytes", Comparison::AtLeast, 1.0, 0.0);
    assert_eq!(tested(&claim, &left, &right).verdict, ClaimVerdict::NotDecided);
    let left = record("resident_bytes", Noise::Pages, &[101.0, 110.0, 105.0]);
    assert_eq!(tested(&claim, &left, &right).verdict, ClaimVerdict::Upheld);
}

#[test]
fn a_claim_about_what_is_not_here_does_not_apply() {
    let mut claim = claim("live_bytes", Comparison::AtLeast, 1.0, 0.0);
    claim.when.cores = Some(4096);
    let one = record("live_bytes", Noise::Exact, &[1.0]);
    let found = tested(&claim, &one, &one);
    assert_eq!(found.verdict, ClaimVerdict::DoesNotApply);
    assert!(found.words.contains("4096 processors"), "{}", found.words);
    claim.when = Condition { cores: None, needs: Some("a garbage collector".into()) };
    assert!(tested(&claim, &one, &one).words.contains("a garbage collector"));
}

#[test]
fn a_claim_whose_run_is_missing_is_not_decided() {
    let claim = claim("live_bytes", Comparison::AtLeast, 1.0, 0.0);
    let found = test("w", &claim, &fixtures::case().machine, false, |_| None);
    assert_eq!((found.verdict, found.words.as_str()), (ClaimVerdict::NotDecided, "left was not run"));
    let other = record("peak_live_bytes", Noise::Exact, &[1.0]);
    assert_eq!(tested(&claim, &other, &other).words, "the run of left has no live_bytes");
}

#[test]
fn claims_about_figures_that_are_not_there_are_refused() {
    let wrong = |claim: &Claim| check(claim).unwrap_err().to_string();
    let of = |metric| claim(metric, Comparison::AtLeast, 1.0, 0.0);
    assert!(check(&of("latency.get.p99")).is_ok());
    let said = wrong(&of("live_byte"));
    assert!(
        said.starts_with("w.toml:7: unknown metric \"live_byte\": did you mean \"live_bytes\""),
        "{said}"
    );
    let mut of_phase = of("peak_ratio");
    of_phase.left.phase = Some("fill".into());
    assert!(wrong(&of_phase).starts_with("w.toml:7: a phase has no peak_ratio"));
    let shown = Claim { shown_by: vec!["payloads".into()], ..of("live_bytes") };
    assert!(wrong(&shown).contains("did you mean \"payload\""), "{}", wrong(&shown));
}

#[test]
fn a_step_is_shown_of_the_last_phase() {
    let mut left = record("live_bytes", Noise::Exact, &[1.0]);
    let moment = |at: &str, moment, payload, total| {
        let steps = [("payload", payload), ("empty-slots", 100 - payload), ("rounding", 7)];
        let steps = steps.map(|(name, bytes)| Step { name: name.into(), bytes });
        Waterfall { at: at.into(), moment, total, steps: steps.into(), ..Waterfall::default() }
    };
    left.waterfalls = vec![
        moment("fill", Moment::PhaseEnd, 90, 4000),
        moment("drain", Moment::PhaseEnd, 10, 3000),
        moment("settled: dropped", Moment::Settled, 0, 9000),
    ];
    let shown =
        Claim { shown_by: vec!["empty-slots".into()], ..claim("live_bytes", Comparison::AtLeast, 1.0, 0.0) };
    let tested = tested(&shown, &left, &left);
    // Whatever was resident at other moments.
    assert_eq!(tested.shown_by[0].values, [("left".to_owned(), 90.0), ("right".to_owned(), 90.0)]);
}

#[test]
fn a_claim_of_parts_is_as_its_worst_part() {
    use ClaimVerdict::{DoesNotApply, NotDecided, Refuted, Upheld};
    let of = |parts: &[ClaimVerdict]| ClaimVerdict::of_parts(parts.iter().copied());
    assert_eq!(of(&[Upheld, Refuted, NotDecided]), Refuted);
    assert_eq!(of(&[Upheld, NotDecided]), NotDecided);
    assert_eq!(of(&[Upheld, DoesNotApply]), Upheld);
    assert_eq!(of(&[DoesNotApply]), DoesNotApply);
}
