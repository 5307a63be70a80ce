//! Symbolizing and writing every file after the children ended.

use std::path::PathBuf;

use mapprof::capture::cpu::CpuSampling;
use mapprof::capture::heap_recording::HeapRecording;
use mapprof::record::{CaseId, MapRecord};
use mapprof::run::case;
use mapprof::run::passes::MeasuredProgram;
use mapprof::run::passes::Watcher;
use mapprof::run::plan::CasePlan;
use mapprof::worker::protocol::Subject;

use super::passes::{launcher, workload};
use super::row;

struct Nobody;

impl Watcher for Nobody {
    fn pass(&mut self, _: &str, _: &str, _: u32, _: u32) {}
    fn at(&mut self, _: &str, _: u64, _: u64) {}
}

pub fn section() {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-runs");
    for map in ["hashbrown", "btree", "scc"] {
        let plan = CasePlan {
            run_by: mapprof::worker::registry::RunBy::This,
            case: CaseId::new("skewed-keys", map),
            subject: Subject::Workload(Box::new(workload("skewed-keys", &[]))),
            map: MapRecord::default(),
            closed_form: Err("it is not asked for"),
            seed: 1,
            heap: Some(HeapRecording::Sampled { sample_bytes: None }),
            also: Vec::new(),
            skip: Vec::new(),
            cpu: Some(CpuSampling { hertz: 1000, backend: None }),
            harness_frames: false,
            repeats: 1,
            environment: Default::default(),
            arguments: Vec::new(),
            settings: Default::default(),
            rerun: Default::default(),
        };
        let launcher = launcher();
        let side = MeasuredProgram { name: "", launcher: &launcher, root: &root, rerun_with: "" };
        let outcome = case::run(&plan, &[side], "", &mut Nobody).unwrap().remove(0);
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        let seconds = outcome.writing_seconds;
        row(
            &format!("symbolizing and writing, {map}"),
            format!("{seconds:.2} s"),
            "under 1 s",
            seconds < 1.0,
        );
        if let Some(heap) = outcome.record.heap {
            let off = heap.total("alloc_space").map_or(0.0, |total| total.difference_percent);
            row(
                &format!("sampled total beside the exact one, {map}"),
                format!("{off:+.2} %"),
                "within 2 %",
                off.abs() <= 2.0,
            );
        }
    }
    std::fs::remove_dir_all(&root).unwrap();
}
