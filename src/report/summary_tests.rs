use super::*;
use crate::profile::fixtures as profiles;
use crate::record::CaseRecord;
use crate::record::{CpuReconciliation, LEAKED_BYTES, PassKind, fixtures};
use crate::report::terminal::render;

fn run<'a>(record: &'a CaseRecord) -> Run<'a> {
    Run { record, failures: &[], heap: None, heap_timeline: None, cpu: None, place: None }
}

#[test]
fn a_plain_case_is_a_dozen_lines() {
    let mut record = fixtures::case();
    record.passes.remove(&PassKind::Latency);
    record.passes.get_mut(&PassKind::Memory).unwrap().total.peak_phase = "fill".into();
    let text = render(&super::of_run(&run(&record)), 80);
    let expected = "\
planted on std (std 1.95.0), seed 1
35.7 MB live after serve, 35.65 B per entry (2.23x the payload): empty slots
49 %, payload 45 %, control 6 %. The peak was 53.5 MB in fill while the map
grew, 1.50x what was live after fill. Growth took 37.7 ms in the 14 largest of
19 operations, at most 18.9 ms in one. 35.7 MB (67 % of the peak) stayed after
drain; 2.23 MB once shrunk. Nothing leaked.

phase  operations  time/op  bytes/op    entries     live  peak  resident
fill    1,000,000  80.0 ns     0.0 B  1,000,000  35.7 MB   0 B       0 B
serve   1,500,000  80.0 ns     0.0 B  1,000,000  35.7 MB   0 B       0 B
drain     900,000  80.0 ns     0.0 B    100,000  35.7 MB   0 B       0 B

After serve: payload 16.0 MB + empty slots 17.6 MB + control 2.10 MB + rounding
6.29 MB + allocator 700 kB - untouched 10.5 MB + harness 3.00 MB + process
8.30 MB + others 54.1 kB = 43.5 MB resident.
Worst growth: …::RawTable<…>::reserve_rehash at call 917,504 in fill: 17.8 MB
before, 53.5 MB during, 35.7 MB after, 18.9 ms.
";
    assert_eq!(text, expected, "{text}");
}

/// Everything at once, with as many phases as a workload can have.
#[test]
fn the_longest_summary_fits_one_screen() {
    let mut record = fixtures::case();
    for pass in record.passes.values_mut() {
        let phase = pass.phases[0].clone();
        pass.phases = (0..64)
            .map(|n| crate::record::PhaseRecord { name: format!("a-rather-long-name-{n}"), ..phase.clone() })
            .collect();
    }
    record.cpu = Some(CpuReconciliation {
        backend: "perf".into(),
        hertz: 1000,
        delivered_hertz: 999.0,
        asked: 1000,
        delivered: 999,
        lost: 1,
        truncated: 0,
        cpu_ns: 1_000_000_000,
        sampled_ns: 999_000_000,
        ratio: 0.999,
        unsampled_ns: 0,
        threads: Vec::new(),
        notes: vec!["timers took the CPU samples".into()],
    });
    let (heap, cpu) = (profiles::heap(), profiles::cpu());
    let all = Run { heap: Some(&heap), cpu: Some(&cpu), ..run(&record) };
    let text = render(&super::of_run(&all), 80);
    // A blank line and the one that names `show` come after it.
    assert!(text.lines().count() <= 38, "{} lines:\n{text}", text.lines().count());
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for part in ["and 59 more phases", "\nHeap, ", "\nCPU, ", "Latency (p50", "Worst growth: "] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn a_leak_is_in_the_headline() {
    let mut record = fixtures::case();
    assert!(headline::of(&record).ends_with(" Nothing leaked."), "{}", headline::of(&record));
    record.metrics.get_mut(LEAKED_BYTES).unwrap().value = 56.0;
    assert!(headline::of(&record).ends_with(" 56 B leaked."), "{}", headline::of(&record));
    record.metrics.remove(LEAKED_BYTES);
    assert!(!headline::of(&record).contains("leaked"), "it is not known");
}

#[test]
fn without_a_memory_pass_there_are_times_alone() {
    let mut record = fixtures::case();
    record.passes.remove(&PassKind::Memory);
    record.passes.remove(&PassKind::Latency);
    record.waterfalls.clear();
    let text = render(&super::of_run(&run(&record)), 80);
    let first: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(first, ["planted", "phase", "fill", "serve", "drain"], "{text}");
}

#[test]
fn a_program_whose_payload_is_not_known_owns_no_structure() {
    let mut record = fixtures::case();
    for waterfall in &mut record.waterfalls {
        waterfall.steps.retain(|step| matches!(step.name.as_str(), "empty-slots" | "rounding"));
        waterfall
            .steps
            .iter_mut()
            .filter(|step| step.name == "empty-slots")
            .for_each(|step| step.name = "structure".into());
    }
    let text = headline::of(&record);
    assert!(text.starts_with("32.0 MB live after drain, ") && !text.contains("structure"), "{text}");
}

/// `show` reads files of anyone: whatever the numbers are, no sum overflows.
#[test]
fn the_largest_numbers_do_no_harm() {
    let mut record = fixtures::case();
    for waterfall in &mut record.waterfalls {
        waterfall.steps.iter_mut().for_each(|step| step.bytes = i64::MIN);
        waterfall.total = u64::MAX;
    }
    let memory = record.passes.get_mut(&PassKind::Memory).unwrap();
    memory.total.peak_live_bytes = u64::MAX;
    for growth in &mut memory.memory.as_mut().unwrap().growth {
        (growth.duration_ns, growth.highest, growth.phase) = (u64::MAX, u64::MAX, u16::MAX);
    }
    assert!(!render(&super::of_run(&run(&record)), 80).is_empty());
}
