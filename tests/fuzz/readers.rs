//! Everything that reads bytes from elsewhere, each as a function that must come back from any bytes: with a result or
//! with an error, and without a panic, a hang or a heap that grows beyond what the bytes are worth. The fuzz targets call
//! them with what libFuzzer thinks up, `tests/hostile.rs` with what was found so far.

use std::collections::BTreeMap;

use mapprof::capture::cpu::CpuSampling;
use mapprof::capture::heap_recording::HeapRecording;
use mapprof::compare::budget::Budgets;
use mapprof::output::{DisplayOptions, FORMATS, FormatInput};
use mapprof::profile::symbolize::Symbolizer;
use mapprof::profile::top::{By, TopOptions, add_cumulative, top};
use mapprof::profile::{Limit, Profile, pprof};
use mapprof::record::{CaseId, MapRecord, PassKind, metrics_of};
use mapprof::run::assemble::{When, assemble};
use mapprof::run::passes::PassResults;
use mapprof::run::plan::CasePlan;
use mapprof::run::{event_reader, write_files};
use mapprof::worker::protocol::{PROTOCOL, Pass, Request, Subject};
use mapprof::workload::{Overrides, Workload};

/// What a file may have, unpacked, bytes.
const LIMIT: Limit = Limit::mib(16);

/// A pprof file, gzipped or not, and all that is made of one.
pub fn pprof(bytes: &[u8]) {
    let Ok(profile) = pprof::decode(bytes, LIMIT) else { return };
    used(&profile);
}

/// Draws, lists and writes a profile; what is written must be what is read back.
fn used(profile: &Profile) {
    for by in By::ALL {
        let options = TopOptions { by, ..TopOptions::default() };
        if let Ok(mut table) = top(profile, &options) {
            add_cumulative(&mut table, profile, &options).expect("it was added up");
            mapprof::output::top_table::render(&table, 80);
        }
    }
    let view = DisplayOptions::default();
    for format in FORMATS {
        // An error is an answer too.
        let shown = FormatInput { index: profile.default_type(), what: "", view: &view };
        let _ = (format.write)(profile, &shown, &mut Vec::new());
    }
    let written = pprof::encode(profile);
    let again = pprof::decode(&written, LIMIT).expect("what was written can be read");
    assert_eq!(pprof::encode(&again), written, "and is the same");
}

/// jemalloc's own dump, with whatever programs its mappings name.
pub fn heap_v2(bytes: &[u8]) {
    if let Ok(converted) = mapprof::profile::heap_v2::read(bytes, &mut Symbolizer::new(), LIMIT) {
        used(&converted.profile);
    }
}

/// Folded stacks.
pub fn folded(bytes: &[u8]) {
    if let Ok(profile) = mapprof::profile::folded::read(bytes, "bytes", LIMIT) {
        used(&profile);
    }
}

/// A workload's TOML.
pub fn workload(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // It may name a program.
    let _ = mapprof::workload::program_file::parse(text, "fuzz.toml", true);
    let Ok(workload) = mapprof::workload::parse::parse(text, "fuzz.toml", &Overrides::default()) else {
        return;
    };
    // It travels to the child as JSON.
    let json = serde_json::to_vec(&workload).expect("a workload can be said in JSON");
    let again: Workload = serde_json::from_slice(&json).expect("and be read again");
    assert_eq!(again, workload);
}

/// A file of budgets.
pub fn budget(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Budgets::parse(text, "fuzz.toml");
}

/// The lines of a child, and the record, profiles and pictures that come of them. The first byte is the pass.
pub fn child(bytes: &[u8]) {
    let Some((kind, lines)) = bytes.split_first() else { return };
    let pass = match kind % 4 {
        0 => Pass::Memory,
        1 => Pass::Latency,
        2 if kind % 8 < 4 => Pass::Heap(HeapRecording::Exact),
        2 => Pass::Heap(HeapRecording::Sampled { sample_bytes: Some(4096) }),
        _ if kind % 8 > 4 => Pass::Heap(HeapRecording::Dump { sample_bytes: Some(4096) }),
        _ => Pass::Cpu(CpuSampling { hertz: 199, backend: None }),
    };
    let mut plan = plan();
    if let Pass::Heap(recording) = pass {
        plan.heap = Some(recording);
    }
    let request = Request {
        protocol: PROTOCOL,
        pass,
        subject: plan.subject.clone(),
        map: plan.case.map.clone(),
        seed: 1,
        threads: 1,
        arguments: Vec::new(),
        settings: Default::default(),
    };
    let Ok(output) = event_reader::pass(&request, lines) else { return };
    let metrics = metrics_of(|_| Some(&output.record), true);
    // The same lines stand for the memory pass.
    let memory = event_reader::pass(&Request { pass: Pass::Memory, ..request }, lines).ok();
    let mut outputs: BTreeMap<PassKind, _> =
        memory.map(|output| (PassKind::Memory, output)).into_iter().collect();
    outputs.insert(pass.kind(), output);
    let gathered = PassResults { outputs, metrics, repeats: 1, ..PassResults::default() };
    let assembled = assemble(&plan, plan.rerun.command(""), gathered, &When::default());
    let _ = write_files::render(&plan, &assembled, &mut |_, _| Ok(()));
    write_files::json(&assembled.record).expect("a record can be said in JSON");
}

fn plan() -> CasePlan {
    CasePlan {
        run_by: mapprof::worker::registry::RunBy::This,
        case: CaseId::new("fuzz", "own"),
        subject: Subject::Program("fuzz".into()),
        map: MapRecord::default(),
        closed_form: Err("it is not asked for"),
        seed: 1,
        heap: None,
        also: Vec::new(),
        skip: Vec::new(),
        cpu: None,
        harness_frames: false,
        repeats: 1,
        environment: Default::default(),
        arguments: Vec::new(),
        settings: Default::default(),
        rerun: Default::default(),
    }
}
