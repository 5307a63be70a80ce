//! A difference with known numbers in every form, each against its golden file.

use super::golden_tests::{bare, golden};
use super::*;
use crate::compare::Filter;
use crate::compare::diff_report::{CaseChanges, Changes};
use crate::compare::metric_changes::figures;
use crate::compare::normalization::per;
use crate::compare::site_changes::site_changes;
use crate::compare::sites::{MOST_PLACES, Sites};
use crate::profile::{Profile, fixtures};
use crate::record::{CaseRecord, fixtures as planted_run};

/// The planted run after a change: a smaller table at other lines, twice the keys, no values, and a site of its own.
fn changed() -> Profile {
    let mut plan = fixtures::Plan { profile: fixtures::heap() };
    let profile = &mut plan.profile;
    let index = |kind: &str| profile.sample_type(kind).unwrap();
    let (objects, space) = (index("inuse_objects"), index("inuse_space"));
    for location in &mut profile.locations {
        for line in &mut location.lines {
            line.line += 7;
        }
    }
    let changes = [(0, 1, 8_912_912), (3, 917_504, 14_680_064), (5, 0, 0)];
    for (sample, count, bytes) in changes {
        let values = profile.samples.values_mut(sample);
        (values[objects], values[space]) = (count, bytes);
    }
    let index = [
        &["__rustc::__rust_alloc@src/capture/allocator.rs:17"][..],
        &["indexmap::map::core::IndexMapCore<K,V>::insert|full@indexmap-2.0/src/map/core.rs:400"],
        &["mapprof::worker::replay::operations_checked@src/run/replay.rs:45"],
    ];
    plan.sample(&index, &[("phase", "fill"), ("role", "table")], &[1, 600_000, 1, 600_000, 0, 0, 0, 0]);
    plan.profile
}

fn changed_run() -> CaseRecord {
    let mut run = planted_run::case();
    run.passes.get_mut(&crate::record::PassKind::Memory).unwrap().phases[2].entries = 200_000;
    let five = |middle: f64| [-1.0, 0.5, 0.0, -0.5, 1.0].map(|off| middle * (1.0 + off / 100.0)).to_vec();
    for (name, value) in [("bytes_per_entry", 26.739_2), ("live_bytes", 26_739_200.0), ("ns_per_op", 64.0)] {
        run.metrics.get_mut(name).unwrap().value = value;
    }
    run.metrics.get_mut("ns_per_op").unwrap().runs = five(64.0);
    run.metrics.get_mut("resident_bytes").unwrap().value = 2_000_000.0;
    let retained = run.metrics.get_mut("retained_resident_ratio").unwrap();
    (retained.value, retained.runs) = (0.084_3, five(0.084_3));
    run.metrics.remove("latency.remove.max");
    run
}

fn base_run() -> CaseRecord {
    let mut run = planted_run::case();
    let retained = run.metrics.get_mut("retained_resident_ratio").unwrap();
    retained.runs = [0.99, 1.01, 1.0, 1.02, 0.98].map(|off| off * retained.value).to_vec();
    run.metrics.get_mut("ns_per_op").unwrap().runs = vec![80.4, 79.6, 80.0, 79.2, 80.8];
    run
}

fn changes() -> Changes {
    let sites = |profile: &Profile| Sites::of(profile, profile.default_type(), false, MOST_PLACES).unwrap();
    let per = per("inuse_space", &base_run(), &changed_run());
    let found = site_changes(&sites(&fixtures::heap()), &sites(&changed()), per, 3);
    let all = Filter::default();
    let case = CaseChanges {
        case: Some("planted/std".into()),
        base: "main/planted/std".into(),
        new: "branch/planted/std".into(),
        notes: vec!["Not the same: mapprof 0.1.0 and 0.2.0.".into()],
        metrics: Some(figures(&base_run(), &changed_run(), &all, true)),
        sites: Some(found),
    };
    Changes {
        base: "main".into(),
        new: "branch".into(),
        cases: vec![case],
        only_base: vec!["planted/papaya".into()],
        only_new: vec!["planted/btree".into(), "planted/scc".into()],
        failed: Vec::new(),
    }
}

#[test]
fn differences_have_their_golden() {
    let changes = changes();
    golden("diff.txt", &difference::render(&changes, 80));
    golden("diff.md", &difference::markdown(&changes));
    golden("diff.json", &(serde_json::to_string_pretty(&changes).unwrap() + "\n"));
}

#[test]
fn the_flame_graph_of_a_difference_has_its_golden() {
    let (base, new) = (fixtures::heap(), changed());
    let index = base.default_type();
    let view = DisplayOptions { title: "std · planted".into(), show_harness: false };
    let svg = flame_difference::render((&base, index), (&new, index), &view).unwrap();
    golden("diff.svg", &bare(&String::from_utf8(svg).unwrap()));
}

#[test]
fn a_difference_fits_its_width() {
    let mut changes = changes();
    // Another program's profile, and one with nothing in it.
    let sites = |profile: &Profile| Sites::of(profile, profile.default_type(), false, MOST_PLACES).unwrap();
    let (foreign, none) = (sites(&fixtures::foreign()), sites(&Profile::default()));
    for (base, new) in [(&foreign, &none), (&none, &none)] {
        changes
            .cases
            .push(CaseChanges { sites: Some(site_changes(base, new, None, 9)), ..Default::default() });
    }
    for width in [80, 100, 120] {
        for line in difference::render(&changes, width).lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width.into(), "{width}: {line}");
        }
    }
}

#[test]
fn each_row_of_a_markdown_table_has_as_many_cells_as_its_header() {
    let text = difference::markdown(&changes());
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = text.lines().collect();
    let rules = lines.iter().enumerate().filter(|(_, line)| line.starts_with("| ---"));
    let mut tables = 0;
    for (at, rule) in rules {
        tables += 1;
        let rows = lines[at + 1..].iter().take_while(|line| line.starts_with('|'));
        assert!(rows.clone().count() > 0);
        for row in rows.chain([&lines[at - 1]]) {
            assert_eq!(cells(row), cells(rule), "{row}");
        }
    }
    assert_eq!(tables, 2);
}
