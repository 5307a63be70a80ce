//! What must hold within every record, whatever was run: sums, ranges, shares, orders, and figures that follow from others.
//! [`Scratch`](super::Scratch) holds every record to it that a test leaves behind.

use mapprof::record::{
    CaseRecord, CpuReconciliation, DumpComparison, HeapReconciliation, Latency, Memory, Pages, PassKind,
    PassRecord, Reading, Reconciled, SettleStep, Waterfall, metrics_of, middle, waterfalls,
};

/// What was found wrong, a line each.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    /// Two figures that must be the same.
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, one: T, other: T) {
        self.unless(one == other, || format!("{what}: {one:?} and {other:?}"));
    }

    /// Figures that must not fall from one to the next.
    fn rise<T: PartialOrd + std::fmt::Debug>(&mut self, what: &str, figures: &[T]) {
        self.unless(figures.is_sorted(), || format!("{what}: {figures:?} falls"));
    }
}

/// Everything in `record` that cannot be, a line each. `files` are the names of the files beside it.
pub fn faults(record: &CaseRecord, files: &[String]) -> Vec<String> {
    let mut faults = Faults::default();
    let named: Vec<&String> = record.files.iter().filter(|file| !files.contains(file)).collect();
    faults.unless(named.is_empty(), || format!("files that are not there: {named:?}"));
    passes(record, &mut faults);
    metrics(record, &mut faults);
    for waterfall in &record.waterfalls {
        steps(waterfall, &mut faults);
    }
    if let Some(heap) = &record.heap {
        reconciled(heap, record.definition.is_some(), &mut faults);
    }
    if let Some(dump) = &record.dump {
        dumped(dump, &mut faults);
    }
    if let Some(cpu) = &record.cpu {
        sampled(cpu, &mut faults);
    }
    leaked(record, &mut faults);
    faults.0
}

fn passes(record: &CaseRecord, faults: &mut Faults) {
    let first = record.passes.values().next();
    for (kind, pass) in &record.passes {
        let name = kind.name();
        if let Some(first) = first.filter(|_| record.definition.is_some()) {
            let work = |pass: &PassRecord| {
                let phases: Vec<_> = pass
                    .phases
                    .iter()
                    .map(|phase| {
                        (phase.name.clone(), phase.ops, phase.calls, phase.entries, phase.payload_bytes)
                    })
                    .collect();
                (pass.total.checksum.clone(), pass.total.hits, phases)
            };
            faults.equal(&format!("the work of {name} and of the first pass"), work(pass), work(first));
        }
        counts(name, pass, faults);
        for phase in &pass.phases {
            let at = format!("{name}, {}", phase.name);
            faults.unless(phase.calls >= phase.ops, || format!("{at}: fewer calls than operations"));
            faults
                .unless(phase.span_ns <= phase.wall_ns, || format!("{at}: one thread took longer than all"));
            let threads = u64::from(record.case.threads);
            faults.unless(phase.span_ns.saturating_mul(threads) >= phase.wall_ns, || {
                format!("{at}: {} ns of {threads} threads, the busiest has {}", phase.wall_ns, phase.span_ns)
            });
        }
    }
    if let Some(pass) = record.passes.get(&PassKind::Memory)
        && let Some(memory) = &pass.memory
    {
        memory_pass(pass, memory, faults);
        // What a heap profile told of a program's own blocks follows from the profile.
        let of_readings: Vec<Waterfall> = record.waterfalls.iter().map(Waterfall::without_owners).collect();
        faults.equal("the waterfalls", of_readings, waterfalls(memory, &pass.phases));
    }
    if let Some(pass) = record.passes.get(&PassKind::Latency)
        && let Some(latency) = &pass.latency
    {
        latencies(pass, latency, record.case.threads, faults);
    }
}

/// What the operations allocated and freed adds up to what lives.
fn counts(name: &str, pass: &PassRecord, faults: &mut Faults) {
    let (mut live, mut peak) = (0i128, 0);
    for phase in &pass.phases {
        let Some(counts) = phase.counts else { continue };
        let at = format!("{name}, {}", phase.name);
        live += i128::from(counts.alloc_bytes) - i128::from(counts.freed_bytes);
        faults.equal(&format!("{at}: live bytes and their sum"), i128::from(counts.live_bytes), live);
        let peaks = [peak, counts.peak_live_bytes, pass.total.peak_live_bytes];
        faults.rise(&format!("{at}: peaks"), &peaks);
        faults.rise(&format!("{at}: live bytes and the peak"), &[counts.live_bytes, counts.peak_live_bytes]);
        peak = counts.peak_live_bytes;
    }
    if pass.phases.iter().all(|phase| phase.counts.is_some()) && !pass.phases.is_empty() {
        faults.equal(&format!("{name}: the last peak and the total's"), peak, pass.total.peak_live_bytes);
        let by_size: u64 = pass.total.allocs_by_size.iter().sum();
        let allocs: u64 = pass.phases.iter().map(|phase| phase.counted().allocs).sum();
        faults.unless(by_size == 0 || by_size == allocs, || {
            format!("{name}: {allocs} allocations, {by_size} by size")
        });
    }
}

fn memory_pass(pass: &PassRecord, memory: &Memory, faults: &mut Faults) {
    faults.equal("phases and their readings", pass.phases.len(), memory.phases.len());
    for (phase, reading) in pass.phases.iter().zip(&memory.phases) {
        let counts = phase.counted();
        // A runtime with a collector counts what the phases leave, and the map's own blocks are added up beside it.
        let counted = reading.runtime.map_or(reading.live_bytes, |runtime| runtime.counted_bytes);
        faults.equal(&format!("{}: live bytes", phase.name), counts.live_bytes, counted);
        if reading.runtime.is_some() {
            read(&phase.name, reading, faults);
            continue;
        }
        let resident = memory.baseline.as_ref().zip(reading.pages.as_ref());
        let held = resident.map(|(before, pages)| pages.held_since(before));
        faults.equal(&format!("{}: resident bytes", phase.name), counts.resident_bytes, held);
        faults.unless(held.is_none_or(|held| held >= reading.usable_bytes), || {
            format!("{}: {held:?} bytes resident, {} usable", phase.name, reading.usable_bytes)
        });
        read(&phase.name, reading, faults);
    }
    if let Some(peak) = &memory.peak {
        read("peak", &peak.reading, faults);
        faults.equal("peak", pass.total.peak_live_bytes, peak.reading.live_bytes);
        let name = pass.phases.get(usize::from(peak.phase)).map(|phase| phase.name.as_str());
        faults.equal("phase of the peak", name, Some(pass.total.peak_phase.as_str()));
    }
    for settled in &memory.settling {
        let name = format!("settled: {}", settled.step.name());
        read(&name, &settled.reading, faults);
        if matches!(settled.step, SettleStep::Dropped | SettleStep::Purged) {
            faults.equal(&format!("{name}: entries"), settled.reading.entries, 0);
        }
    }
    let live = |of: SettleStep| {
        let settled = memory.settling.iter().find(|settled| settled.step == of);
        settled.map(|settled| settled.reading.live_bytes)
    };
    faults.equal(
        "live bytes before and after free pages are returned",
        live(SettleStep::Shrunk),
        live(SettleStep::ShrunkPurged),
    );
    let timeline = &memory.timeline;
    faults.rise("phases of the timeline", &timeline.iter().map(|point| point.phase).collect::<Vec<_>>());
    faults.rise("calls of the timeline", &timeline.iter().map(|point| point.calls).collect::<Vec<_>>());
    faults.rise("times of the timeline", &timeline.iter().map(|point| point.ns).collect::<Vec<_>>());
    for point in timeline {
        faults.rise("a point: live bytes and the peak", &[point.live_bytes, pass.total.peak_live_bytes]);
    }
    faults
        .unless(memory.growth.len() as u64 <= memory.growth_events, || "more growth events than all".into());
    for growth in &memory.growth {
        let at = format!("growth at call {}", growth.call);
        faults.rise(&format!("{at}: before and highest"), &[growth.before, growth.highest]);
        faults.rise(&format!("{at}: highest and the peak"), &[growth.highest, pass.total.peak_live_bytes]);
        faults.unless(growth.allocated > growth.before / 8, || format!("{at}: {growth:?} is none"));
        faults.unless(usize::from(growth.phase) < pass.phases.len(), || format!("{at}: of no phase"));
    }
}

fn read(at: &str, reading: &Reading, faults: &mut Faults) {
    faults.rise(&format!("{at}: live and usable bytes"), &[reading.live_bytes, reading.usable_bytes]);
    // What has no block lies in the slots; of a program of one's own it is not known how large these are.
    let room = reading.entries.saturating_mul(reading.entry_bytes).saturating_add(reading.out_of_line_bytes);
    faults.rise(&format!("{at}: payload and room for it"), &[reading.payload_bytes, room]);
    faults.unless(reading.entries > 0 || reading.payload_bytes == 0, || format!("{at}: payload of no entry"));
    if let Some(Pages {
        allocated, cached, active, in_use, untouched, rss, rss_allocator, rss_harness, ..
    }) = reading.pages
    {
        faults.rise(&format!("{at}: cached, allocated, active"), &[cached, allocated, active]);
        faults.rise(&format!("{at}: usable bytes and pages in use"), &[reading.usable_bytes, in_use]);
        faults.rise(&format!("{at}: untouched pages and pages in use"), &[untouched, in_use]);
        faults.rise(&format!("{at}: parts of the resident set"), &[rss_allocator + rss_harness, rss]);
    }
}

/// Steps add up, and none is below 0 but those that say so.
fn steps(waterfall: &Waterfall, faults: &mut Faults) {
    let at = &waterfall.at;
    let sum: i64 = waterfall.steps.iter().map(|step| step.bytes).sum();
    faults.equal(&format!("waterfall of {at}: sum and total"), sum, waterfall.total as i64);
    for step in &waterfall.steps {
        let signed = matches!(step.name.as_str(), "untouched" | "unexplained");
        faults
            .unless(signed || step.bytes >= 0, || format!("waterfall of {at}: {} {}", step.name, step.bytes));
    }
    faults.unless(waterfall.bytes("untouched").unwrap_or(0) <= 0, || format!("{at}: untouched is added"));
    let parts = waterfall.unexplained_count + waterfall.unexplained_pages;
    faults.equal(&format!("waterfall of {at}: what is unexplained"), waterfall.unexplained, parts);
}

/// Figures are numbers in their ranges, and what the passes give.
fn metrics(record: &CaseRecord, faults: &mut Faults) {
    for (name, metric) in &record.metrics {
        let all = || metric.runs.iter().chain([&metric.value]);
        faults
            .unless(all().all(|value| value.is_finite() && *value >= 0.0), || format!("{name}: {metric:?}"));
        let share = name == "fragmentation" || name.starts_with("retained_") || name == "settled_ratio";
        faults
            .unless(!share || all().all(|value| *value <= 1.0), || format!("{name} is a share: {metric:?}"));
        if !metric.runs.is_empty() {
            faults.equal(&format!("{name}: runs"), metric.runs.len(), record.repeats as usize);
            faults.equal(&format!("{name}: median"), metric.value, middle(&metric.runs));
        }
    }
    if record.repeats > 1 {
        return;
    }
    let again = metrics_of(|kind| record.passes.get(&kind), true);
    for (name, metric) in &record.metrics {
        faults.equal(name, Some(metric.value), again.get(name).map(|metric| metric.value));
    }
    faults.equal("number of figures", record.metrics.len(), again.len());
}

/// A program may free in its operations what it allocated outside of them: its counters know, and its profile does not.
fn reconciled(heap: &HeapReconciliation, workload: bool, faults: &mut Faults) {
    for total in &heap.totals {
        let ends = [total.low.unwrap_or(total.profile), total.profile, total.high.unwrap_or(total.profile)];
        faults.rise(&format!("{}: its interval", total.sample_type), &ends);
        if heap.unwinder == "go" {
            by_go(total, faults);
        } else if total.low.is_none() && heap.peak_gap_bytes == 0 && workload {
            faults.equal(&total.sample_type, total.profile, total.counted);
        }
        let percent = (total.profile as f64 - total.counted as f64) / total.counted as f64 * 100.0;
        faults.unless(total.counted == 0 || (percent - total.difference_percent).abs() < 1e-6, || {
            format!("{}: {percent} %, and not {} %", total.sample_type, total.difference_percent)
        });
    }
}

/// Go's profiler has blocks that share one once, and the counters have bytes of the runtime's own, at most one in a thousand. Of
/// the peak only looks at the heap are known.
fn by_go(total: &Reconciled, faults: &mut Faults) {
    let name = &total.sample_type;
    let own = total.counted / 1000;
    match name.as_str() {
        "alloc_objects" => faults.rise(&format!("{name} of Go"), &[total.profile, total.counted]),
        _ if total.low.is_none() && name != "peak_space" => {
            faults.rise(&format!("{name} of Go: off by"), &[total.profile.abs_diff(total.counted), own]);
        }
        _ => {}
    }
}

fn dumped(dump: &DumpComparison, faults: &mut Faults) {
    for (end, role) in dump.ends.iter().flat_map(|end| end.roles.iter().map(move |role| (end, role))) {
        let at = format!("dump of {}, {}", end.phase, role.role);
        let ends = [role.low.unwrap_or(role.dump), role.dump, role.high.unwrap_or(role.dump)];
        faults.rise(&format!("{at}: its interval"), &ends);
        if let (Some(requested), Some(usable)) = (role.exact_requested, role.exact) {
            faults.rise(&format!("{at}: requested and usable bytes"), &[requested, usable]);
        }
    }
}

fn sampled(cpu: &CpuReconciliation, faults: &mut Faults) {
    let sum =
        |of: fn(&mapprof::capture::raw_samples::RawCpuThread) -> u64| cpu.threads.iter().map(of).sum::<u64>();
    // Go's profiler does not tell threads apart.
    let is_told_apart = cpu.backend != "go" || !cpu.threads.is_empty();
    faults.unless(!is_told_apart || sum(|thread| thread.cpu_ns) == cpu.cpu_ns, || {
        format!("CPU time of all threads is not {}: {:?}", cpu.cpu_ns, cpu.threads)
    });
    faults.unless(cpu.truncated <= cpu.delivered, || "more samples truncated than delivered".into());
    faults.unless(cpu.unsampled_ns <= cpu.cpu_ns, || "more time unsampled than there is".into());
    let ratio = if cpu.cpu_ns == 0 { 0.0 } else { cpu.sampled_ns as f64 / cpu.cpu_ns as f64 };
    faults.unless((ratio - cpu.ratio).abs() < 1e-9, || format!("ratio {ratio}, and not {}", cpu.ratio));
    for thread in cpu.threads.iter().filter(|thread| !thread.phases_ns.is_empty()) {
        let phases: u64 = thread.phases_ns.iter().sum();
        faults.equal(&format!("CPU time of thread {} by phase", thread.thread), phases, thread.cpu_ns);
    }
}

fn latencies(pass: &PassRecord, latency: &Latency, threads: u16, faults: &mut Faults) {
    for kind in &latency.kinds {
        let at = format!("{} of phase {}", kind.op, kind.phase);
        // A percentile is the upper end of its bucket, which has three significant digits.
        let top = kind.max_ns + kind.max_ns / 500 + 1;
        faults.rise(&at, &[kind.p50_ns, kind.p90_ns, kind.p99_ns, kind.p999_ns, top]);
        faults
            .unless(kind.mean_ns >= 0.0 && kind.mean_ns <= kind.max_ns as f64, || format!("{at}: {kind:?}"));
    }
    let slowest = latency.kinds.iter().map(|kind| kind.max_ns).max();
    faults.equal("the slowest call", latency.slowest.first().map(|slow| slow.ns), slowest);
    let growth = latency.slowest.iter().filter(|slow| slow.growth).map(|slow| slow.ns).max();
    let slowest_growth = latency.slowest_growth.as_ref().map(|slow| slow.ns);
    faults.unless(growth.is_none() || growth == slowest_growth, || {
        format!("the slowest growth event took {growth:?}, and not {slowest_growth:?}")
    });
    faults.unless(latency.slowest.is_sorted_by(|a, b| a.ns >= b.ns), || "slowest calls out of order".into());
    let timed: u64 = latency.kinds.iter().map(|kind| kind.count).sum::<u64>() + latency.backwards;
    let calls: u64 = pass.phases.iter().map(|phase| phase.calls).sum();
    faults.equal(&format!("calls timed on {threads} threads"), timed, calls);
}

fn leaked(record: &CaseRecord, faults: &mut Faults) {
    let known: u64 = record.leaks.iter().map(|leak| leak.bytes).sum();
    let dropped = record
        .passes
        .get(&PassKind::Memory)
        .and_then(|pass| pass.memory.as_ref())
        .and_then(|memory| memory.settling.iter().find(|settled| settled.step == SettleStep::Dropped));
    if let Some(dropped) = dropped.filter(|_| record.case.threads == 1) {
        faults.rise("leaked bytes by site, and live ones", &[known, dropped.reading.live_bytes]);
    }
    faults.unless(record.leaks.is_sorted_by(|a, b| a.bytes >= b.bytes), || "leaks out of order".into());
}
