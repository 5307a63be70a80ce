use std::path::Path;

use super::*;
use crate::compare::geometric_mean::Mean;
use crate::record::{CaseId, CaseRecord, fixtures};

/// A run with some of its figures set.
fn run(workload: &str, map: &str, figures: &[(&str, f64)]) -> CaseRecord {
    let mut record = fixtures::case();
    record.case = CaseId::new(workload, map);
    for (name, value) in figures {
        record.metrics.get_mut(*name).unwrap().value = *value;
    }
    record
}

fn ranked<'a>(record: &'a CaseRecord, side: &str) -> RankedRun<'a> {
    RankedRun {
        record,
        path: Path::new("somewhere"),
        side: side.to_owned(),
        floor: record.case.map == "null",
    }
}

fn metrics(names: &str, intersection: bool) -> Filter {
    Filter::new(&[], &[], &[names.to_owned()], intersection).unwrap()
}

fn intersection() -> Filter {
    Filter::new(&[], &[], &[], true).unwrap()
}

/// Value, ratio and best of the first column, row by row.
fn first(of_workload: &WorkloadRanking<'_>) -> Vec<(f64, Option<f64>, bool)> {
    let cell = |row: &Row<'_>| row.cells[0].as_ref().map(|cell| (cell.value, cell.ratio, cell.best));
    of_workload.rows.iter().filter_map(cell).collect()
}

fn labels(ranking: &Ranking<'_>) -> Vec<String> {
    ranking.series.iter().map(Series::label).collect()
}

#[test]
fn less_or_more_is_best_as_the_figure_has_it() {
    let runs = [("a", 50.0, 8e6), ("b", 25.0, 16e6), ("c", 25.0, 4e6)]
        .map(|(map, ns, rate)| run("w", map, &[("ns_per_op", ns), ("ops_per_sec", rate)]));
    let ranked_runs: Vec<_> = runs.iter().map(|run| ranked(run, "x")).collect();
    let of = |name| Ranking::new(&ranked_runs, &metrics(name, false), Baseline::Best);
    assert_eq!(
        first(&of("ns_per_op").workloads[0]),
        [(50.0, Some(2.0), false), (25.0, Some(1.0), true), (25.0, Some(1.0), true)]
    );
    assert_eq!(
        first(&of("ops_per_sec").workloads[0]),
        [(8e6, Some(0.5), false), (16e6, Some(1.0), true), (4e6, Some(0.25), false)]
    );
}

#[test]
fn the_floor_is_last_never_best_and_never_on_the_front() {
    let runs = [("null", 2.0), ("a", 20.0), ("b", 40.0)]
        .map(|(map, ns)| run("w", map, &[("ns_per_op", ns), ("bytes_per_entry", ns)]));
    let ranked_runs: Vec<_> = runs.iter().map(|run| ranked(run, "x")).collect();
    let ranking = Ranking::new(&ranked_runs, &metrics("ns_per_op", false), Baseline::Best);
    assert_eq!(labels(&ranking), ["a", "b", "null"]);
    assert_eq!(
        first(&ranking.workloads[0]),
        [(20.0, Some(1.0), true), (40.0, Some(2.0), false), (2.0, Some(0.1), false)]
    );
    let front: Vec<bool> = ranking.workloads[0].rows.iter().map(|row| row.front).collect();
    assert_eq!(front, [true, false, false]);
}

#[test]
fn ratios_are_to_a_map_of_the_same_side_or_to_the_same_map_of_a_side() {
    let runs = [("a", 10.0), ("b", 30.0), ("a", 40.0), ("b", 60.0)]
        .map(|(map, ns)| run("w", map, &[("ns_per_op", ns)]));
    let ranked_runs: Vec<_> =
        runs.iter().zip(["x", "x", "y", "y"]).map(|(run, side)| ranked(run, side)).collect();
    let ratios = |baseline| {
        let ranking = Ranking::new(&ranked_runs, &metrics("ns_per_op", false), baseline);
        assert_eq!(labels(&ranking), ["a (x)", "a (y)", "b (x)", "b (y)"]);
        first(&ranking.workloads[0]).into_iter().map(|(_, ratio, _)| ratio).collect::<Vec<_>>()
    };
    assert_eq!(ratios(Baseline::Row("a".into())), [Some(1.0), Some(1.0), Some(3.0), Some(1.5)]);
    assert_eq!(ratios(Baseline::Side("x".into())), [Some(1.0), Some(4.0), Some(1.0), Some(2.0)]);
    assert_eq!(ratios(Baseline::Best), [Some(1.0), Some(4.0), Some(3.0), Some(6.0)]);
}

#[test]
fn sides_are_named_only_where_a_case_is_there_twice() {
    let runs = [run("w", "a", &[]), run("w", "b", &[])];
    let shards = [ranked(&runs[0], "x"), ranked(&runs[1], "y")];
    let of = |baseline| labels(&Ranking::new(&shards, &Filter::default(), baseline));
    assert_eq!(of(Baseline::Best), ["a", "b"]);
    assert_eq!(of(Baseline::Side("x".into())), ["a (x)", "b (y)"]);
}

#[test]
fn a_figure_that_some_lack_is_empty_there_and_dropped_from_the_intersection() {
    let mut runs = [run("w", "a", &[]), run("w", "b", &[])];
    runs[0].metrics.remove("peak_ratio");
    let ranked_runs: Vec<_> = runs.iter().map(|run| ranked(run, "x")).collect();
    let of = |filter: &Filter| {
        let ranking = Ranking::new(&ranked_runs, filter, Baseline::Best);
        (ranking.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>(), ranking)
    };
    let (names, ranking) = of(&metrics("p*_ratio", false));
    assert_eq!(names, ["peak_ratio"]);
    assert_eq!(
        ranking.workloads[0].rows.iter().map(|r| r.cells[0].is_some()).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(of(&metrics("p*_ratio", true)).0, [""; 0]);
    let default = Filter::default();
    assert_eq!(
        of(&default).0,
        ["ns_per_op", LATENCY, "bytes_per_entry", "peak_ratio", "allocs_per_op"],
        "in the order in which they are to be read"
    );
    let both = intersection();
    assert!(!of(&both).0.contains(&"peak_ratio".to_owned()));
}

#[test]
fn the_intersection_has_the_cases_that_every_side_has_or_the_maps_that_every_workload_has() {
    let runs = [("v", "a"), ("w", "a"), ("w", "b")].map(|(workload, map)| run(workload, map, &[]));
    let both = intersection();
    let one_side: Vec<_> = runs.iter().map(|run| ranked(run, "x")).collect();
    let ranking = Ranking::new(&one_side, &both, Baseline::Best);
    assert_eq!(labels(&ranking), ["a"]);
    assert_eq!(ranking.workloads.len(), 2);
    let mut two_sides = one_side;
    two_sides.push(ranked(&runs[2], "y"));
    let ranking = Ranking::new(&two_sides, &both, Baseline::Best);
    assert_eq!(labels(&ranking), ["b (x)", "b (y)"]);
    assert_eq!(ranking.workloads.len(), 1);
}

#[test]
fn a_ratio_to_nothing_is_none_and_equal_figures_are_one() {
    assert_eq!(ratio(0.0, 0.0), Some(1.0));
    assert_eq!(ratio(3.0, 0.0), None);
    assert_eq!(ratio(-1.0, 2.0), None);
    assert_eq!(ratio(1e300, 1e-300), None);
    assert_eq!(ratio(3.0, 2.0), Some(1.5));
}

#[test]
fn means_are_over_the_workloads_that_all_rows_have() {
    let figures = [
        ("u", "a", 10.0),
        ("u", "b", 20.0),
        ("v", "a", 80.0),
        ("v", "b", 10.0),
        ("w", "a", 7.0),
        ("w", "null", 1.0),
    ];
    let runs = figures.map(|(workload, map, ns)| run(workload, map, &[("ns_per_op", ns)]));
    let ranked_runs: Vec<_> = runs.iter().map(|run| ranked(run, "x")).collect();
    let ranking = Ranking::new(&ranked_runs, &metrics("ns_per_op", false), Baseline::Best);
    let means = &ranking.means.as_ref().unwrap().columns[0];
    assert_eq!(means.over, [0, 1]);
    // Ratios of a: 1 and 8; of b: 2 and 1; the floor has neither.
    let [Some(a), Some(b), None] = means.means.as_slice() else { panic!("{means:?}") };
    assert!((a.ratio - 8f64.sqrt()).abs() < 1e-12 && !a.best, "{a:?}");
    assert!((b.ratio - 2f64.sqrt()).abs() < 1e-12 && b.best, "{b:?}");
    let one = Ranking::new(&ranked_runs[..2], &Filter::default(), Baseline::Best);
    assert_eq!(one.means, None, "one workload has no mean");
}

#[test]
fn what_the_baseline_lacks_keeps_nobody_from_a_mean() {
    let figures = [
        ("u", "a", "x"),
        ("u", "a", "y"),
        ("u", "new", "y"),
        ("v", "a", "x"),
        ("v", "a", "y"),
        ("v", "new", "y"),
    ];
    let runs = figures.map(|(workload, map, side)| {
        (run(workload, map, &[("ns_per_op", if side == "x" { 10.0 } else { 15.0 })]), side)
    });
    let ranked_runs: Vec<_> = runs.iter().map(|(run, side)| ranked(run, side)).collect();
    let ranking = Ranking::new(&ranked_runs, &metrics("ns_per_op", false), Baseline::Side("x".into()));
    assert_eq!(labels(&ranking), ["a (x)", "a (y)", "new (y)"]);
    let means = &ranking.means.as_ref().unwrap().columns[0].means;
    assert_eq!(*means, [Some(Mean { ratio: 1.0, best: true }), Some(Mean { ratio: 1.5, best: false }), None]);
}

#[test]
fn the_default_figures_are_those_that_are_there() {
    let mut only = run("w", "a", &[]);
    only.metrics.retain(|name, _| name == "ns_per_op" || name == "live_bytes");
    let ranking = Ranking::new(&[ranked(&only, "x")], &Filter::default(), Baseline::Best);
    assert_eq!(ranking.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["ns_per_op"]);
    assert_eq!(ranking.workloads[0].rows[0].spot, None, "no bytes per entry, no place in the picture");
}

#[test]
fn one_latency_is_shown_in_place_of_pages() {
    let mut run = run("w", "a", &[]);
    let shown = |run: &CaseRecord| {
        let ranking = Ranking::new(&[ranked(run, "x")], &Filter::default(), Baseline::Best);
        ranking.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&run)[1], LATENCY);
    run.metrics.retain(|name, _| !name.starts_with("latency.get."));
    assert_eq!(shown(&run)[..2], ["ns_per_op", "latency.insert.p99"]);
    assert_eq!(shown(&run).len(), 5);
    run.metrics.retain(|name, _| !name.starts_with("latency."));
    assert_eq!(shown(&run), SHOWN);
}
