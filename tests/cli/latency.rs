//! `--latency`: how many calls of which kind were timed, and that the figures agree with each other. How long anything
//! took is never asserted.

use std::collections::BTreeMap;

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use mapprof::record::{CaseRecord, KindLatency, Latency};

use crate::records::{self, maps, memory, pass, record, run};

#[track_caller]
fn latency(record: &CaseRecord) -> &Latency {
    pass(record, "latency").latency.as_ref().expect("the latency pass has its figures")
}

#[track_caller]
fn unpacked(kind: &KindLatency) -> Histogram<u64> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(&kind.histogram).expect("it is base64");
    Deserializer::new().deserialize(&mut &bytes[..]).expect("it is a histogram")
}

/// Asserts what is true of the latencies of any run.
#[track_caller]
fn assert_latencies(record: &CaseRecord) {
    let what = record.case.to_string();
    let found = latency(record);
    assert!(["tsc", "cntvct", "monotonic"].contains(&found.clock.as_str()), "{what}: {}", found.clock);
    assert!(found.overhead_ns > 0.0 && found.overhead_ns.is_finite(), "{what}: {}", found.overhead_ns);
    let phases = &pass(record, "latency").phases;
    let timed: u64 = found.kinds.iter().map(|kind| kind.count).sum();
    let calls: u64 = phases.iter().map(|phase| phase.calls).sum();
    assert_eq!(timed + found.backwards, calls, "{what}");
    for kind in &found.kinds {
        let at = format!("{what}: {} in phase {}", kind.op, kind.phase);
        assert!(kind.count > 0, "{at}");
        let quantiles = [kind.p50_ns, kind.p90_ns, kind.p99_ns, kind.p999_ns, kind.max_ns];
        assert!(quantiles.is_sorted(), "{at}: {quantiles:?}");
        assert!(kind.mean_ns >= 0.0 && kind.mean_ns <= kind.max_ns as f64 + 1.0, "{at}: {}", kind.mean_ns);
        let histogram = unpacked(kind);
        assert_eq!(histogram.len(), kind.count, "{at}");
        // Three significant digits.
        let near = |a: u64, b: u64| a.abs_diff(b) * 500 <= a.max(b) + 1_000;
        assert!(near(histogram.max(), kind.max_ns), "{at}: {} and {}", histogram.max(), kind.max_ns);
        assert!(near(histogram.value_at_quantile(0.5), kind.p50_ns), "{at}");
    }
    let rows: Vec<(u16, &str)> = found.kinds.iter().map(|kind| (kind.phase, kind.op.as_str())).collect();
    assert!(
        rows.iter().all(|row| rows.iter().filter(|other| *other == row).count() == 1),
        "{what}: {rows:?}"
    );
    assert!(found.slowest.len() <= 10, "{what}");
    assert!(found.slowest.is_sorted_by_key(|slow| std::cmp::Reverse(slow.ns)), "{what}");
    let max = found.kinds.iter().map(|kind| kind.max_ns).max();
    assert_eq!(found.slowest.first().map(|slow| slow.ns), max, "{what}: the slowest is the maximum");
    for slow in &found.slowest {
        let kind = found.kinds.iter().find(|kind| (kind.phase, &kind.op) == (slow.phase, &slow.op));
        assert!(kind.is_some_and(|kind| slow.ns <= kind.max_ns), "{what}: {slow:?}");
        assert!(slow.thread < record.case.threads, "{what}: {slow:?}");
    }
}

#[test]
fn every_kind_of_call_has_a_row_with_all_its_calls() {
    let scratch = records::scratch();
    let arguments = ["skewed-keys", "--entries", "3000", "--ops", "10000", "--latency", "--map", "all"];
    run(&scratch, &arguments);
    for map in maps().into_iter().chain(["null"]) {
        let record = record(&scratch, &format!("skewed-keys/{map}"));
        assert_latencies(&record);
        let found = latency(&record);
        let rows: Vec<(u16, &str)> = found.kinds.iter().map(|kind| (kind.phase, kind.op.as_str())).collect();
        assert_eq!(rows, [(0, "insert"), (1, "get"), (1, "update"), (2, "remove")], "{map}");
        let calls: BTreeMap<u16, u64> = found.kinds.iter().fold(BTreeMap::new(), |mut sums, kind| {
            *sums.entry(kind.phase).or_default() += kind.count;
            sums
        });
        if found.backwards == 0 {
            assert_eq!(calls.into_values().collect::<Vec<_>>(), [3_000, 10_000, 1_500], "{map}");
            assert_eq!(
                found.kinds[1].count,
                pass(&record, "latency").total.hits,
                "each get of it finds its key"
            );
        }
    }
}

#[test]
fn every_call_of_a_mix_and_every_thread_is_timed() {
    let scratch = records::scratch();
    run(&scratch, &["every-call", "--latency", "--map", "all"]);
    for map in maps() {
        let record = record(&scratch, &format!("every-call/{map}"));
        assert_latencies(&record);
        let ops: Vec<&str> = latency(&record)
            .kinds
            .iter()
            .filter(|kind| kind.phase == 1)
            .map(|kind| kind.op.as_str())
            .collect();
        assert_eq!(ops, ["get", "get_missing", "insert", "remove", "update", "upsert"], "{map}");
    }
    for threads in ["2", "8"] {
        run(&scratch, &["every-call", "--latency", "--map", "dashmap,mutex-std", "--threads", threads]);
        for map in ["dashmap", "mutex-std"] {
            assert_latencies(&record(&scratch, &format!("every-call/{map},threads={threads}")));
        }
    }
    run(&scratch, &["passing", "--latency", "--map", "std"]);
    assert_latencies(&record(&scratch, "passing/std"));
}

#[test]
fn a_slow_call_says_whether_it_was_a_growth_event() {
    let scratch = records::scratch();
    run(&scratch, &["filled", "--entries", "115000", "--latency", "--map", "std,hashbrown,sorted-vec"]);
    for map in ["std", "hashbrown", "sorted-vec"] {
        let record = record(&scratch, &format!("filled/{map}"));
        let grown = &memory(&record).growth;
        assert_eq!(grown.len() as u64, memory(&record).growth_events, "{map}");
        for slow in &latency(&record).slowest {
            let event = grown.iter().find(|event| (event.phase, event.call) == (slow.phase, slow.call));
            assert_eq!(slow.growth, event.is_some(), "{map}: {slow:?}");
            assert_eq!(slow.allocated, event.map_or(0, |event| event.allocated), "{map}: {slow:?}");
        }
        let slowest = latency(&record).slowest_growth.as_ref().expect("the map grew");
        assert!(slowest.growth && grown.iter().any(|event| event.call == slowest.call), "{map}: {slowest:?}");
        let known = latency(&record).slowest.iter().filter(|slow| slow.growth).map(|slow| slow.ns);
        assert!(known.max().is_none_or(|most| most == slowest.ns), "{map}: {slowest:?}");
        let metric = &record.metrics["latency.growth.max"];
        let step = latency(&record).resolution_ns.ceil();
        assert_eq!(metric.value, (slowest.ns as f64).max(step), "{map}");
    }
}

#[test]
fn the_metrics_have_percentiles_of_the_busiest_phase() {
    let scratch = records::scratch();
    run(&scratch, &["skewed-keys", "--entries", "3000", "--ops", "10000", "--latency"]);
    let record = record(&scratch, "skewed-keys/std");
    let get = latency(&record).kinds.iter().find(|kind| kind.op == "get").expect("it was called");
    for (name, ns) in [
        ("latency.get.p50", get.p50_ns),
        ("latency.get.p90", get.p90_ns),
        ("latency.get.p99", get.p99_ns),
        ("latency.get.p999", get.p999_ns),
        ("latency.get.max", get.max_ns),
    ] {
        let metric = record.metrics.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(metric.value, ns as f64, "{name}");
    }
    for kind in &latency(&record).kinds {
        let of_op = latency(&record).kinds.iter().filter(|other| other.op == kind.op);
        let most = of_op.map(|kind| kind.max_ns).max().expect("there is one");
        assert_eq!(record.metrics[&format!("latency.{}.max", kind.op)].value, most as f64, "{}", kind.op);
    }
    assert_eq!(record.metrics["latency.get.p99"].phase.as_deref(), Some("serve"));
    assert_eq!(record.metrics["latency.get.max"].phase, None);
    assert!(record.metrics.contains_key("latency.remove.p99"));
    assert!(!record.metrics.contains_key("latency.clear.p99"), "nothing was cleared");
    assert!(record.rerun.contains("--latency"), "{}", record.rerun);
}

#[test]
fn the_operations_of_a_program_are_timed_as_one_kind() {
    let scratch = records::scratch();
    let arguments = ["run", "torture", "--latency", "--heap", "--quiet"];
    crate::own::run(&scratch, "odd", &arguments).ended_with(0);
    let record = record(&scratch, "torture/own");
    assert_latencies(&record);
    let rows: Vec<(u16, &str)> =
        latency(&record).kinds.iter().map(|kind| (kind.phase, kind.op.as_str())).collect();
    assert_eq!(rows, (0..7).map(|phase| (phase, "operation")).collect::<Vec<_>>());
}

#[test]
fn the_other_passes_time_no_call() {
    let scratch = records::scratch();
    run(&scratch, &["filled", "--entries", "2000", "--latency", "--heap"]);
    let record = record(&scratch, "filled/std");
    assert!(pass(&record, "memory").latency.is_none() && pass(&record, "heap").latency.is_none());
    assert!(pass(&record, "latency").memory.is_none(), "memory is the memory pass's");
    run(&scratch, &["filled", "--entries", "2000"]);
    let without = records::record(&scratch, "filled/std");
    assert!(!without.passes.keys().any(|kind| kind.name() == "latency"));
    assert!(!without.metrics.keys().any(|name| name.starts_with("latency.")));
}
