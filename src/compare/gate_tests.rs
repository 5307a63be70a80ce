//! Verdicts of planted runs, a test for each way to one.

use super::*;
use crate::record::{CaseId, fixtures};

/// Noise of a quiet machine, in percent.
const NOISE: [f64; 12] = [0.3, -0.6, 0.1, 0.8, -0.2, 0.0, -0.9, 0.5, 0.2, -0.4, 0.7, -0.1];

/// A record with `runs` times around `ns` and the same latencies; nothing else varies.
fn timed(ns: f64, runs: usize, session: &str) -> CaseRecord {
    let mut record = fixtures::case();
    record.repeats = runs as u32;
    record.session = session.to_owned();
    set(&mut record, "ns_per_op", &around(ns, runs));
    set(&mut record, "ops_per_sec", &around(ns, runs).iter().map(|ns| 1e9 / ns).collect::<Vec<_>>());
    record
}

fn around(value: f64, runs: usize) -> Vec<f64> {
    // The order differs from value to value, so that pairs are not in step.
    let shift = value as usize;
    (0..runs).map(|n| value * (1.0 + NOISE[(n + shift) % NOISE.len()] / 100.0)).collect()
}

fn set(record: &mut CaseRecord, name: &str, runs: &[f64]) {
    let metric = record.metrics.get_mut(name).unwrap();
    metric.value = middle(runs);
    metric.runs = runs.to_vec();
}

fn set_exact(record: &mut CaseRecord, name: &str, value: f64) {
    record.metrics.get_mut(name).unwrap().value = value;
}

struct Typed {
    tolerance: Vec<String>,
    filter: Filter,
    drift: f64,
    allow_machine_mismatch: bool,
}

impl Default for Typed {
    fn default() -> Self {
        Typed { tolerance: Vec::new(), filter: Filter::default(), drift: 0.10, allow_machine_mismatch: false }
    }
}

impl Typed {
    fn all(&self, base: &CaseRecord, new: &CaseRecord) -> Vec<Judgement> {
        let rules = Rules {
            tolerances: Tolerances::parse(&self.tolerance).unwrap(),
            drift: self.drift,
            allow_machine_mismatch: self.allow_machine_mismatch,
            filter: &self.filter,
        };
        against_baseline(base, new, &rules)
    }

    #[track_caller]
    fn judge(&self, base: &CaseRecord, new: &CaseRecord, metric: &str) -> Judgement {
        let all = self.all(base, new);
        all.into_iter().find(|judgement| judgement.metric == metric).expect("the figure is compared")
    }

    #[track_caller]
    fn verdict(&self, base: &CaseRecord, new: &CaseRecord, metric: &str) -> Verdict {
        self.judge(base, new, metric).verdict
    }
}

fn metrics(names: &str) -> Filter {
    Filter::new(&[], &[], &names.split(',').map(str::to_owned).collect::<Vec<_>>(), false).unwrap()
}

#[test]
fn exact_figures_compare_exactly() {
    let base = fixtures::case();
    let live = base.metrics["live_bytes"].value;
    let typed = Typed::default();
    assert_eq!(typed.verdict(&base, &base, "live_bytes"), Verdict::Fine);
    let mut new = base.clone();
    set_exact(&mut new, "live_bytes", live + 1.0);
    let judgement = typed.judge(&base, &new, "live_bytes");
    assert_eq!((judgement.verdict, judgement.words.as_str()), (Verdict::Worse, "worse: 1 more"));
    set_exact(&mut new, "live_bytes", live * 1.03);
    assert_eq!(typed.judge(&base, &new, "live_bytes").words, "worse: 3.00 % more");
    let general = Typed { tolerance: vec!["50%".into()], ..Typed::default() };
    assert_eq!(general.verdict(&base, &new, "live_bytes"), Verdict::Worse, "not meant for exact figures");
    let named = Typed { tolerance: vec!["live_*=3.1%".into()], ..Typed::default() };
    assert_eq!(named.verdict(&base, &new, "live_bytes"), Verdict::Fine);
    set_exact(&mut new, "live_bytes", live - 1.0);
    assert_eq!(typed.verdict(&base, &new, "live_bytes"), Verdict::Better);
}

#[test]
fn from_0_every_rise_is_worse() {
    let base = fixtures::case();
    let mut new = base.clone();
    set_exact(&mut new, "garbage_bytes", 64.0);
    let judgement = Typed::default().judge(&base, &new, "garbage_bytes");
    assert_eq!((judgement.verdict, judgement.interval), (Verdict::Worse, None));
    assert_eq!(judgement.words, "worse: 64 more");
}

#[test]
fn times_measured_in_turns_are_told_apart() {
    let base = timed(80.0, 12, "a");
    let typed = Typed::default();
    let judge = |ns: f64| typed.judge(&base, &timed(ns, 12, "a"), "ns_per_op");
    let same = judge(81.0);
    assert_eq!((same.verdict, same.paired, same.runs), (Verdict::Fine, true, 12));
    let worse = judge(88.0);
    assert_eq!(worse.verdict, Verdict::Worse);
    let interval = worse.interval.unwrap();
    assert!(interval.low > 1.08 && interval.high < 1.12, "{interval:?}");
    assert_eq!(worse.limit, Some(1.05));
    assert_eq!(judge(72.0).verdict, Verdict::Better);
    let at = judge(84.3);
    assert_eq!(at.verdict, Verdict::Undecided, "{at:?}");
    let more = at.more_runs.unwrap();
    assert_eq!(
        at.words,
        format!(
            "not decided, needs {more} more run{} (--repeat {})",
            if more == 1 { "" } else { "s" },
            more + 12
        )
    );
}

#[test]
fn a_rate_is_worse_when_it_falls() {
    let (base, new) = (timed(80.0, 12, "a"), timed(90.0, 12, "a"));
    let typed = Typed { filter: metrics("ops_per_sec"), ..Typed::default() };
    let judgement = typed.judge(&base, &new, "ops_per_sec");
    assert_eq!(judgement.verdict, Verdict::Worse);
    let interval = judgement.interval.unwrap();
    assert!(interval.value < 0.9 && interval.low <= interval.value && interval.value <= interval.high);
    assert!((judgement.limit.unwrap() - 1.0 / 1.05).abs() < 1e-12);
    assert_eq!(typed.verdict(&new, &base, "ops_per_sec"), Verdict::Better);
}

#[test]
fn a_fall_is_never_of_more_than_all() {
    let judge = |base: f64, new: f64, metric: &str| {
        let typed = Typed { filter: metrics(metric), ..Typed::default() };
        typed.judge(&timed(base, 12, "a"), &timed(new, 12, "a"), metric)
    };
    let share = |words: String| words.split(' ').nth(2).unwrap().parse::<f64>().unwrap();
    let better = judge(122.0, 24.0, "ns_per_op");
    assert_eq!(better.verdict, Verdict::Better);
    assert!((share(better.words) - 80.3).abs() < 1.0);
    let worse = judge(24.0, 122.0, "ops_per_sec");
    assert_eq!(worse.verdict, Verdict::Worse);
    assert!((share(worse.words) - 80.3).abs() < 1.0, "a rate that falls");
    assert!((share(judge(122.0, 24.0, "ops_per_sec").words) - 408.0).abs() < 10.0, "a rate that rises");
}

#[test]
fn apart_the_machine_may_have_drifted() {
    let base = timed(80.0, 12, "a");
    let typed = Typed::default();
    let judge = |ns: f64| typed.judge(&base, &timed(ns, 12, "b"), "ns_per_op");
    let same = judge(80.0);
    assert_eq!(same.verdict, Verdict::Undecided);
    assert_eq!(same.words, "not decided across sessions: measure both in turns with --base-program");
    let interval = same.interval.unwrap();
    assert!(interval.low < 0.915 && interval.high > 1.09, "the drift is in it: {interval:?}");
    assert_eq!(judge(88.0).verdict, Verdict::Undecided);
    assert_eq!(judge(96.0).verdict, Verdict::Worse);
    assert_eq!(judge(60.0).verdict, Verdict::Better);
    let steady = Typed { drift: 0.0, ..Typed::default() };
    assert_eq!(steady.verdict(&base, &timed(80.0, 12, "b"), "ns_per_op"), Verdict::Fine);
    // Runs without a session were not measured in turns, whatever they were measured with.
    assert_eq!(typed.verdict(&timed(80.0, 12, ""), &timed(80.0, 12, ""), "ns_per_op"), Verdict::Undecided);
}

#[test]
fn what_varies_widely_is_not_said_to_lie_at_the_limit() {
    let words = |value: f64, half: f64| {
        let ratio = Interval { value, low: value - half, high: value + half };
        let blank = Judgement { runs: 10, ..Judgement::of(&CaseId::new("w", "m"), "x", Verdict::Fine, "") };
        Held { ratio, limit: 0.05, drift: 0.0, falls: false }.judged(blank).words
    };
    assert_eq!(
        words(0.045, 0.4),
        "not decided, and more runs will not settle it: its runs vary by more than the tolerance; a longer run, on an idle \
         machine, or --tolerance x=57% would"
    );
    assert!(words(0.0499, 0.01).contains("it lies at the limit"), "{}", words(0.0499, 0.01));
    // 762 more runs are no advice.
    assert!(words(0.03, 0.18).contains("more runs will not settle it"), "{}", words(0.03, 0.18));
    assert!(words(0.03, 0.06).contains("needs 80 more runs"), "{}", words(0.03, 0.06));
}

#[test]
fn of_few_runs_nothing_is_said() {
    let typed = Typed::default();
    let judge = |base, new| typed.judge(&timed(80.0, base, "a"), &timed(160.0, new, "a"), "ns_per_op");
    assert_eq!(judge(1, 1).words, "not decided, needs 4 more runs (--repeat 5)");
    assert_eq!(judge(12, 3).words, "not decided, needs 2 more runs (--repeat 5)");
    assert_eq!(judge(4, 12).words, "not decided, needs 1 more run of the baseline (--repeat 5)");
    let apart = typed.judge(&timed(80.0, 3, "a"), &timed(80.0, 3, "b"), "ns_per_op");
    assert_eq!(apart.words, "not decided across sessions: measure both in turns with --base-program");
    assert_eq!(judge(5, 5).verdict, Verdict::Worse);
}

#[test]
fn the_number_of_further_runs_follows_the_width() {
    let at = |value: f64, half: f64, limit: f64, drift: f64| {
        more_runs(Interval { value, low: value - half, high: value + half }, limit, drift, 10)
    };
    // Twice as wide as there is room for: four times as many.
    assert_eq!(at(0.0, 0.10, 0.05, 0.0), Some(30));
    assert_eq!(at(0.10, 0.10, 0.05, 0.0), Some(30));
    assert_eq!(at(0.0, 0.0501, 0.05, 0.0), Some(1));
    assert_eq!(at(0.0499, 0.10, 0.05, 0.0), None, "far too many");
    assert_eq!(at(0.0, 0.01, 0.05, 0.05), None, "the drift alone is too wide");
    assert_eq!(at(0.2, 0.10, 0.05, 0.10), Some(30));
}

#[test]
fn pages_have_a_floor_and_need_no_repeats_within_it() {
    let mut base = fixtures::case();
    set_exact(&mut base, "resident_bytes", 3_000_000.0);
    let mut new = base.clone();
    let typed = Typed::default();
    set_exact(&mut new, "resident_bytes", 3_200_000.0);
    assert_eq!(typed.verdict(&base, &new, "resident_bytes"), Verdict::Fine);
    set_exact(&mut new, "resident_bytes", 3_400_000.0);
    assert_eq!(typed.verdict(&base, &new, "resident_bytes"), Verdict::Undecided);
    set_exact(&mut new, "resident_bytes", 4_000_000.0);
    assert_eq!(
        typed.verdict(&base, &new, "resident_bytes"),
        Verdict::Worse,
        "far apart, and not by free pages"
    );
    let runs = |value: f64| [0.0, 4096.0, -4096.0, 8192.0, 0.0, 400_000.0].map(|more| value + more);
    for record in [&mut base, &mut new] {
        record.repeats = 6;
    }
    set(&mut base, "resident_bytes", &runs(3_000_000.0));
    set(&mut new, "resident_bytes", &runs(3_100_000.0));
    assert_eq!(typed.judge(&base, &new, "resident_bytes").limit, Some(1.0 + 262_144.0 / 3_002_048.0));
    set(&mut new, "resident_bytes", &runs(4_000_000.0));
    assert_eq!(typed.verdict(&base, &new, "resident_bytes"), Verdict::Worse, "apart, and no drift of pages");
}

#[test]
fn figures_of_0_are_compared_run_by_run() {
    let with = |runs: [f64; 5]| {
        let mut record = fixtures::case();
        record.repeats = 5;
        set(&mut record, "garbage_bytes", &runs);
        record.metrics.get_mut("garbage_bytes").unwrap().noise = Noise::Interleaved;
        record
    };
    let base = with([0.0, 0.0, 64.0, 0.0, 0.0]);
    let judge = |runs| Typed::default().verdict(&base, &with(runs), "garbage_bytes");
    assert_eq!(judge([0.0, 64.0, 0.0, 0.0, 0.0]), Verdict::Undecided);
    assert_eq!(judge([100.0, 200.0, 100.0, 300.0, 100.0]), Verdict::Worse);
    assert_eq!(
        Typed::default().verdict(&with([9.0; 5]), &with([0.0, 0.0, 1.0, 0.0, 0.0]), "garbage_bytes"),
        Verdict::Better
    );
}

#[test]
fn other_machines_take_away_what_depends_on_them() {
    let base = timed(80.0, 12, "a");
    let mut new = timed(80.0, 12, "a");
    new.machine.cpu = "Another".into();
    let typed = Typed::default();
    let skipped = typed.judge(&base, &new, "ns_per_op");
    assert_eq!(skipped.verdict, Verdict::Skipped);
    assert!(skipped.words.contains("Planted and Another; --allow-mismatch machine"), "{}", skipped.words);
    assert_eq!(typed.verdict(&base, &new, "live_bytes"), Verdict::Fine);
    let allowed = Typed { allow_machine_mismatch: true, ..Typed::default() };
    assert_eq!(allowed.verdict(&base, &new, "ns_per_op"), Verdict::Fine);

    new.machine.cores = 64;
    assert_eq!(typed.verdict(&base, &new, "live_bytes"), Verdict::Fine);
    new.map.varies = Some(Varies::Cores);
    assert_eq!(typed.verdict(&base, &new, "live_bytes"), Verdict::Skipped);
    let mut arm = base.clone();
    arm.machine.arch = "aarch64".into();
    assert_eq!(typed.verdict(&base, &arm, "live_bytes"), Verdict::Skipped);
}

#[test]
fn figures_that_one_side_lacks_are_told() {
    let base = fixtures::case();
    let mut new = base.clone();
    new.metrics.retain(|name, _| !name.starts_with("latency."));
    let typed = Typed::default();
    let missing = typed.judge(&base, &new, "latency.get.p99");
    assert_eq!(missing.verdict, Verdict::Missing);
    assert!(missing.words.contains("--latency"));
    assert_eq!(typed.verdict(&new, &base, "latency.get.p99"), Verdict::New);
    let intersection = Typed { filter: Filter::new(&[], &[], &[], true).unwrap(), ..Typed::default() };
    for all in [intersection.all(&base, &new), intersection.all(&new, &base)] {
        assert!(all.iter().all(|judgement| !judgement.metric.starts_with("latency.")));
    }
}

#[test]
fn what_one_operation_decides_is_compared_only_if_named() {
    let base = fixtures::case();
    let names = |typed: &Typed| -> Vec<String> {
        typed.all(&base, &base).into_iter().map(|judgement| judgement.metric).collect()
    };
    let default = names(&Typed::default());
    assert!(default.contains(&"latency.get.p99".to_owned()) && default.contains(&"ns_per_op".to_owned()));
    for left_out in ["latency.get.p999", "latency.get.max", "ops_per_sec"] {
        assert!(!default.contains(&left_out.to_owned()), "{left_out}");
    }
    assert_eq!(names(&Typed { filter: metrics("latency.get.max"), ..Typed::default() }), ["latency.get.max"]);
}
