//! A memory pass with known figures, for tests of everything that reads one: std, `u64` to `u64`, a million entries.
//!
//! The table's size is that of hashbrown: 2^21 buckets of 16 bytes, a control byte each, and 16 more.

use std::collections::BTreeMap;

use super::memory::{Growth, Memory, Pages, Peak, Point, Reading, SettleStep, Settled, Shape};
use super::{
    CaseId, CaseRecord, FORMAT, KindLatency, Latency, Machine, MapRecord, PassKind, PassRecord, PassTotal,
    PhaseCounts, PhaseRecord, Slow, metrics_of, waterfalls,
};

pub(crate) const ENTRIES: u64 = 1_000_000;
pub(crate) const LIVE: u64 = 35_651_600;
pub(crate) const USABLE: u64 = 41_943_040;

pub(crate) const BASELINE: Pages = Pages {
    allocated: 60_000,
    cached: 10_000,
    active: 120_000,
    dirty: 40_000,
    metadata: 3_000_000,
    in_use: 0,
    free: 90_000,
    untouched: 0,
    rss: 9_000_000,
    rss_allocator: 3_150_000,
    rss_harness: 1_000_000,
};

/// Pages in which 7 bytes are unexplained between the counts and the allocator, and 4096 between it and the kernel.
pub(crate) fn pages(usable: u64) -> Pages {
    let allocator = usable + 5_000 + 7 + 45_000 + 700_000 - usable / 4 + 4_096;
    Pages {
        allocated: BASELINE.allocated + usable + 5_000 + 7,
        cached: BASELINE.cached + 5_000,
        active: BASELINE.active + usable + 5_000 + 7 + 45_000,
        dirty: BASELINE.dirty + 600_000,
        metadata: BASELINE.metadata + 100_000,
        in_use: usable + 5_000 + 7 + 45_000,
        free: BASELINE.free + 600_000,
        untouched: usable / 4,
        rss: BASELINE.rss + allocator + 2_000_000 + 300_000,
        rss_allocator: BASELINE.rss_allocator + allocator,
        rss_harness: BASELINE.rss_harness + 2_000_000,
    }
}

/// The same once the free pages were returned.
pub(crate) fn purged(usable: u64) -> Pages {
    let before = pages(usable);
    let free = before.free - BASELINE.free;
    Pages {
        dirty: BASELINE.dirty,
        free: BASELINE.free,
        rss: before.rss - free,
        rss_allocator: before.rss_allocator - free,
        ..before
    }
}

pub(crate) fn reading(entries: u64) -> Reading {
    Reading {
        live_bytes: LIVE,
        usable_bytes: USABLE,
        entries,
        payload_bytes: entries * 16,
        out_of_line_bytes: 0,
        held_elsewhere_bytes: 0,
        requested_bytes: None,
        payload_unknown: false,
        entry_bytes: 16,
        shape: Some(Shape {
            capacity: Some(1_835_008),
            slots: Some(1 << 21),
            slot_bytes: 16,
            own_bytes: Some(LIVE),
        }),
        pages: Some(pages(USABLE)),
        runtime: None,
    }
}

fn empty() -> Reading {
    Reading { entry_bytes: 16, pages: Some(pages(0)), ..Reading::default() }
}

pub(crate) fn memory() -> Memory {
    let settled = |step, reading| Settled { step, reading };
    let shrunk = |pages| Reading {
        live_bytes: (1 << 17) * 17 + 16,
        usable_bytes: 2_621_440,
        entries: 100_000,
        payload_bytes: 1_600_000,
        entry_bytes: 16,
        pages: Some(pages),
        ..Reading::default()
    };
    let growth = |power: u32| {
        let bytes = |power: u32| (1u64 << power) * 17 + 16;
        Growth {
            phase: 0,
            call: (1 << (power - 1)) / 8 * 7,
            ns: (1 << (power - 1)) / 8 * 7 / 10_000 * 10_000 * 80,
            before: bytes(power - 1),
            highest: bytes(power) + bytes(power - 1),
            after: bytes(power),
            allocated: bytes(power),
            duration_ns: 9 << power,
            site: "hashbrown::raw::RawTable<T,A>::reserve_rehash".into(),
            file: "hashbrown-0.17.1/src/raw.rs".into(),
            line: 1210,
            ..Growth::default()
        }
    };
    let point = |n: u64| {
        let calls = n * 10_000;
        let (phase, entries) = match calls {
            0..=1_000_000 => (0, calls),
            1_000_001..=2_500_000 => (1, ENTRIES),
            _ => (2, ENTRIES - (calls - 2_500_000)),
        };
        let buckets = (calls.min(ENTRIES) * 8 / 7 + 1).next_power_of_two();
        let live = buckets * 17 + 16;
        Point {
            phase,
            calls,
            ns: calls * 80,
            live_bytes: live,
            allocated: live.next_multiple_of(1 << 21),
            active: live.next_multiple_of(1 << 21) + 400_000,
            resident: live.next_multiple_of(1 << 21) + 1_900_000,
            entries,
            capacity: Some(buckets / 8 * 7),
        }
    };
    Memory {
        instances: None,
        page_bytes: 4096,
        baseline: Some(BASELINE),
        phases: vec![reading(ENTRIES), reading(ENTRIES), reading(100_000)],
        peak: Some(Peak {
            phase: 0,
            call: 917_504,
            reading: Reading {
                live_bytes: 53_477_408,
                usable_bytes: 62_914_560,
                entries: 917_504,
                payload_bytes: 917_504 * 16,
                entry_bytes: 16,
                ..Reading::default()
            },
            nearest: Some(pages(USABLE)),
            nearest_calls: 3,
        }),
        settling: vec![
            settled(SettleStep::End, reading(100_000)),
            settled(SettleStep::Quiesced, reading(100_000)),
            settled(SettleStep::Shrunk, shrunk(pages(2_621_440))),
            settled(SettleStep::ShrunkPurged, shrunk(purged(2_621_440))),
            settled(SettleStep::Dropped, empty()),
            settled(SettleStep::Purged, empty()),
        ],
        empty_map_bytes: Some(0),
        process_wide: None,
        timeline: (0..=340).map(point).collect(),
        growth: (8..=21).map(growth).collect(),
        growth_events: 19,
    }
}

pub(crate) fn phases() -> Vec<PhaseRecord> {
    let phase = |name: &str, ops: u64, entries: u64| PhaseRecord {
        name: name.into(),
        ops,
        calls: ops,
        wall_ns: 80 * ops,
        span_ns: 80 * ops,
        entries,
        payload_bytes: entries * 16,
        counts: Some(PhaseCounts { live_bytes: LIVE, resident_bytes: Some(0), ..PhaseCounts::default() }),
        ..PhaseRecord::default()
    };
    vec![
        phase("fill", 1_000_000, ENTRIES),
        phase("serve", 1_500_000, ENTRIES),
        phase("drain", 900_000, 100_000),
    ]
}

pub(crate) fn time_pass() -> PassRecord {
    let phases = phases().into_iter().map(|phase| PhaseRecord { counts: None, ..phase }).collect();
    PassRecord { phases, ..PassRecord::default() }
}

pub(crate) fn memory_pass() -> PassRecord {
    PassRecord {
        phases: phases(),
        total: PassTotal { peak_live_bytes: 53_477_408, ..PassTotal::default() },
        memory: Some(memory()),
        ..PassRecord::default()
    }
}

pub(crate) fn latency() -> Latency {
    let kind = |phase, op: &str, count, scale| KindLatency {
        phase,
        op: op.into(),
        count,
        mean_ns: 1.5 * scale as f64,
        p50_ns: scale,
        p90_ns: 2 * scale,
        p99_ns: 4 * scale,
        p999_ns: 9 * scale,
        max_ns: 200_000 * scale,
        ..KindLatency::default()
    };
    let slowest_growth = Slow {
        call: 917_504,
        op: "insert".into(),
        ns: 18_874_368,
        allocated: LIVE,
        growth: true,
        ..Slow::default()
    };
    Latency {
        clock: "tsc".into(),
        overhead_ns: 11.25,
        resolution_ns: 10.0,
        backwards: 0,
        kinds: vec![
            kind(0, "insert", 1_000_000, 90),
            kind(1, "get", 1_400_000, 40),
            kind(1, "insert", 50_000, 95),
            kind(2, "remove", 900_000, 60),
        ],
        slowest_growth: Some(slowest_growth.clone()),
        slowest: vec![
            slowest_growth,
            Slow { phase: 1, call: 1_200_003, op: "get".into(), ns: 41_250, ..Slow::default() },
        ],
    }
}

/// The record of a whole case with these passes, of the workload `planted` on `std`.
pub(crate) fn case() -> CaseRecord {
    let memory = memory_pass();
    let waterfalls = memory.memory.as_ref().map(|m| waterfalls(m, &memory.phases)).unwrap_or_default();
    let latency = PassRecord { latency: Some(latency()), ..time_pass() };
    let passes = BTreeMap::from([
        (PassKind::Time, time_pass()),
        (PassKind::Memory, memory),
        (PassKind::Latency, latency),
    ]);
    CaseRecord {
        format: FORMAT,
        mapprof: "0.1.0".into(),
        case: CaseId::new("planted", "std"),
        definition: None,
        map: MapRecord { package: "std".into(), version: "1.95.0".into(), varies: None },
        seed: 1,
        session: "00000000000000a1".into(),
        repeats: 1,
        machine: Machine {
            arch: "x86_64".into(),
            os: "linux 6.1".into(),
            cpu: "Planted".into(),
            cores: 2,
            memory_bytes: 24 << 30,
        },
        started_unix_s: 1_700_000_000,
        environment: BTreeMap::new(),
        arguments: Vec::new(),
        settings: Default::default(),
        rerun: "mapprof run planted".into(),
        metrics: metrics_of(|kind| passes.get(&kind), true),
        waterfalls,
        passes,
        heap: None,
        dump: None,
        leaks: Vec::new(),
        leaks_unknown: None,
        cpu: None,
        files: vec!["run.json".into()],
    }
}
