use super::page;
use crate::compare::{Baseline, Filter, RankedRun, Ranking};
use crate::record::{CaseId, CaseRecord, Failure, MapRecord, PassKind, fixtures};
use crate::report::sweep_fixtures::sweep;
use crate::report::{Report, ReportedFailure, ReportedRun, ReportedSweep, Run, WorkloadClaims};
use std::path::Path;

fn ranking<'a>(records: &[&'a CaseRecord]) -> Ranking<'a> {
    let run = |record: &&'a CaseRecord| RankedRun {
        record,
        path: Path::new("."),
        side: "x".to_owned(),
        floor: false,
    };
    let runs: Vec<RankedRun<'a>> = records.iter().map(run).collect();
    Ranking::new(&runs, &Filter::new(&[], &[], &[], false).unwrap(), Baseline::Best)
}

fn reported<'a>(record: &'a CaseRecord, failures: &'a [Failure]) -> ReportedRun<'a> {
    let run = Run { record, failures, heap: None, heap_timeline: None, cpu: None, place: None };
    ReportedRun { run, label: record.case.to_string(), left_out: Vec::new() }
}

/// A report of good runs and nothing else.
fn report_of<'a>(records: &[&'a CaseRecord]) -> Report<'a> {
    Report {
        runs: records.iter().map(|record| reported(record, &[])).collect(),
        rankings: vec![ranking(records)],
        claims: Vec::new(),
        sweeps: Vec::new(),
        failed: Vec::new(),
    }
}

fn failure(case: CaseId, message: &str) -> Failure {
    Failure {
        case,
        pass: "memory".into(),
        kind: "crashed".into(),
        message: message.into(),
        last_words: Vec::new(),
    }
}

/// What stands in the page but for style sheet and script.
fn body(page: &str) -> &str {
    page.split_once("</style>").and_then(|(_, body)| body.rsplit_once("<script>")).unwrap().0
}

#[test]
fn a_record_that_lacks_nearly_all_leaves_no_hole() {
    let mut record = fixtures::case();
    record.map = MapRecord::default();
    record.case.runtime = Some("go1.24".into());
    record.passes.clear();
    record.waterfalls.clear();
    record.metrics.clear();
    let page = page(&report_of(&[&record])).unwrap();
    let body = body(&page);
    assert!(body.contains("planted/go1.24/std"), "{body}");
    for hole in ["<p></p>", "<dd></dd>", "<dd> </dd>", "()", "In figures", "Where every byte is", "<h3></h3>"]
    {
        assert!(!body.contains(hole), "{hole:?} in {body}");
    }
}

#[test]
fn runs_without_a_memory_pass_have_their_times() {
    let mut record = fixtures::case();
    record.passes.remove(&PassKind::Memory);
    record.passes.remove(&PassKind::Latency);
    record.waterfalls.clear();
    let page = page(&report_of(&[&record])).unwrap();
    let body = body(&page);
    assert!(body.contains("In figures") && body.contains("<summary>Phases</summary>"), "{body}");
    assert!(!body.contains("Memory over the run") && !body.contains("Where every byte is"), "{body}");
}

#[test]
fn cases_that_differ_in_runtime_alone_are_told_apart() {
    let (rust, mut go) = (fixtures::case(), fixtures::case());
    go.case.runtime = Some("go1.24".into());
    let page = page(&report_of(&[&rust, &go])).unwrap();
    for part in ["<th scope=\"row\">std</th>", "<th scope=\"row\">go1.24/std</th>", ">planted/go1.24/std</a>"]
    {
        assert!(page.contains(part), "no {part:?} in {}", body(&page));
    }
    assert!(page.contains("planted on std (std 1.95.0), go1.24, seed 1"), "{}", body(&page));
}

#[test]
fn failures_with_and_without_a_record_are_shown_as_such() {
    let record = fixtures::case();
    let (beside, alone) =
        ([failure(record.case.clone(), "signal 11")], [failure(CaseId::new("churn", "btree"), "signal 9")]);
    let mut report = report_of(&[]);
    report.runs.push(reported(&record, &beside));
    report.failed.push(ReportedFailure {
        label: "churn/btree".into(),
        failures: &alone,
        place: Path::new("profiles/churn/btree.failed"),
    });
    let page = page(&report).unwrap();
    for part in [
        "<h2>planted/std: failed</h2>",
        "FAILED in the memory pass: crashed: signal 11",
        "<h2>churn/btree: failed</h2>",
        "FAILED in the memory pass: crashed: signal 9",
        "no record of it in profiles/churn/btree.failed",
        "<title>mapprof: planted, churn</title>",
    ] {
        assert!(page.contains(part), "no {part:?} in {}", body(&page));
    }
}

#[test]
fn sweeps_of_a_workload_share_a_chart_and_have_a_table_each() {
    let (std, btree) =
        (sweep("churn", "std", &[(1000, 48.5), (2000, 35.0)]), sweep("churn", "btree", &[(1000, 27.0)]));
    let mut report = report_of(&[]);
    report.sweeps = vec![
        ReportedSweep { record: &std, side: None },
        ReportedSweep { record: &btree, side: Some("main".into()) },
    ];
    let page = page(&report).unwrap();
    let body = body(&page);
    assert_eq!(body.matches("<figure class=\"picture\">").count(), 1, "{body}");
    for part in [
        "<h2>churn by entries</h2>",
        "<h3>churn/std by entries</h3>",
        "<h3>churn/btree (main) by entries</h3>",
    ] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    assert_eq!(body.matches("<td data-value=\"100\" title=\"100\">100 ns</td>").count(), 3, "{body}");
}

/// Names of workloads, maps, variants, phases and files are anyone's.
#[test]
fn no_name_becomes_markup() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&";
    let mut record = fixtures::case();
    record.case.workload = hostile.into();
    record.case.map = hostile.into();
    record.case.variant = Some(hostile.into());
    record.case.runtime = Some(hostile.into());
    record.map = MapRecord { package: hostile.into(), version: hostile.into(), varies: None };
    record.rerun = hostile.into();
    record.machine.cpu = hostile.into();
    for pass in record.passes.values_mut() {
        pass.phases.iter_mut().for_each(|phase| phase.name = hostile.into());
        if let Some(memory) = &mut pass.memory {
            memory
                .growth
                .iter_mut()
                .for_each(|growth| (growth.site, growth.file) = (hostile.into(), hostile.into()));
        }
        if let Some(latency) = &mut pass.latency {
            latency.kinds.iter_mut().for_each(|kind| kind.op = hostile.into());
        }
    }
    record.waterfalls.iter_mut().for_each(|waterfall| waterfall.at = hostile.into());
    let mut swept = sweep(hostile, hostile, &[(1000, 48.5), (2000, 35.0)]);
    swept.points[0].failures = vec![failure(swept.case.clone(), hostile)];
    let failures = [failure(record.case.clone(), hostile)];
    let mut report = report_of(&[&record]);
    report.runs.push(reported(&record, &failures));
    report.sweeps.push(ReportedSweep { record: &swept, side: Some(hostile.into()) });
    report.failed.push(ReportedFailure {
        label: hostile.into(),
        failures: &failures,
        place: Path::new(hostile),
    });
    report.claims.push(WorkloadClaims {
        workload: hostile.into(),
        side: Some(hostile.into()),
        tested: Vec::new(),
        untested: vec![1],
        has_changed_runs: false,
    });
    let page = page(&report).unwrap();
    // The page's own script and data are all that there is.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img") && page.contains("&lt;img src=x"), "{}", body(&page));
    let data = page.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    assert!(!data.contains(['<', '>', '&']));
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["runs"][0]["phases"][0]["name"], hostile);
}
