//! The headline of a summary: who owns the memory, what the peak was, what growth cost, what stayed, what leaked,
//! and how many look-ups hit.

use super::fullest_phase::fullest;
use crate::output::number_format::{self, full::digits};
use crate::record::{
    CaseRecord, LEAKED_BYTES, Memory, PassKind, PassRecord, STEPS, SettleStep, Waterfall, leaked_bytes,
};

/// The least share of the live bytes that an owner is named for.
const WORTH_NAMING: f64 = 0.05;

/// The sentences; empty if no memory pass went well.
pub fn of(record: &CaseRecord) -> String {
    let Some(pass) = record.passes.get(&PassKind::Memory) else { return String::new() };
    let memory = pass.memory.as_ref();
    let sentences = [
        fullest(record).and_then(|full| owners(record, full)),
        peak(record, pass),
        memory.and_then(growth),
        memory.and_then(|memory| stayed(memory, pass)),
        leaked(record),
        hits(record),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn bytes(bytes: u64) -> String {
    number_format::bytes(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// What was live while the map was full, and the shares of what owned it.
fn owners(record: &CaseRecord, full: &Waterfall) -> Option<String> {
    let requested = STEPS.iter().take_while(|step| step.name != "rounding");
    let mut owners: Vec<(&str, i64)> = requested
        .filter_map(|step| Some((step.label, full.bytes(step.name).filter(|bytes| *bytes > 0)?)))
        .collect();
    let live = owners.iter().fold(0i64, |sum, (_, bytes)| sum.saturating_add(*bytes));
    if live == 0 {
        return None;
    }
    let metric = |name: &str| record.metrics.get(name).map(|metric| metric.value);
    let each = metric("bytes_per_entry").map(|bytes| format!(", {} B per entry", digits(bytes)));
    let times = metric("overhead_ratio").map(|ratio| format!(" ({ratio:.2}x the payload)"));
    let mut text = format!("{} live after {}", number_format::bytes(live), full.at);
    each.into_iter().chain(times).for_each(|part| text.push_str(&part));
    owners.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let share = |bytes: i64| bytes as f64 / live as f64;
    let named: Vec<String> = owners
        .iter()
        .filter(|(_, bytes)| share(*bytes) >= WORTH_NAMING)
        .map(|(label, bytes)| format!("{label} {:.0} %", share(*bytes) * 100.0))
        .collect();
    // That all of it is structure says no more than that nothing is known of it.
    if full.bytes("payload").is_some() || named.len() > 1 {
        text.push_str(&format!(": {}", named.join(", ")));
    }
    Some(text + ".")
}

/// The highest live bytes, and when they were reached.
fn peak(record: &CaseRecord, pass: &PassRecord) -> Option<String> {
    let highest = pass.total.peak_live_bytes;
    if highest == 0 {
        return None;
    }
    let grew = pass.memory.iter().flat_map(|memory| &memory.growth).any(|growth| growth.highest == highest);
    let when = if grew { " while the map grew" } else { "" };
    let above = record.metrics.get("peak_ratio").filter(|ratio| ratio.value >= 1.005);
    let ratio = above.zip(pass.phases.first());
    let ratio =
        ratio.map(|(ratio, first)| format!(", {:.2}x what was live after {}", ratio.value, first.name));
    let phase = &pass.total.peak_phase;
    let phase = if phase.is_empty() { String::new() } else { format!(" in {phase}") };
    Some(format!("The peak was {}{phase}{when}{}.", bytes(highest), ratio.unwrap_or_default()))
}

/// How long the operations took that grew the map.
fn growth(memory: &Memory) -> Option<String> {
    let slowest = memory.growth.iter().map(|growth| growth.duration_ns).max()?;
    let all = memory.growth.iter().fold(0u64, |sum, growth| sum.saturating_add(growth.duration_ns));
    let time = |ns: u64| number_format::nanoseconds(i64::try_from(ns).unwrap_or(i64::MAX));
    let known = memory.growth.len() as u64;
    let operations = match memory.growth_events {
        1 => "1 operation".to_owned(),
        all if all <= known => format!("{} operations", number_format::count(known as i64)),
        all => format!(
            "the {} largest of {} operations",
            number_format::count(known as i64),
            number_format::count(all as i64)
        ),
    };
    let slowest = if known > 1 { format!(", at most {} in one", time(slowest)) } else { String::new() };
    Some(format!("Growth took {} in {operations}{slowest}.", time(all)))
}

/// What is left after the last phase, and of that once the map is shrunk.
fn stayed(memory: &Memory, pass: &PassRecord) -> Option<String> {
    let live = |step| {
        memory.settling.iter().find(|settled| settled.step == step).map(|settled| settled.reading.live_bytes)
    };
    let (end, last) = (live(SettleStep::End)?, pass.phases.last()?);
    let highest = pass.total.peak_live_bytes;
    if end == 0 || highest == 0 {
        return (end == 0 && highest > 0).then(|| format!("Nothing stayed after {}.", last.name));
    }
    let garbage = live(SettleStep::Quiesced).map_or(0, |quiesced| end.saturating_sub(quiesced));
    let garbage = if garbage > 0 { format!(", {} of it garbage", bytes(garbage)) } else { String::new() };
    let shrunk = live(SettleStep::Shrunk).filter(|shrunk| *shrunk < end);
    let shrunk = shrunk.map(|shrunk| format!("; {} once shrunk", bytes(shrunk)));
    Some(format!(
        "{} ({:.0} % of the peak) stayed after {}{garbage}{}.",
        bytes(end),
        end as f64 / highest as f64 * 100.0,
        last.name,
        shrunk.unwrap_or_default()
    ))
}

/// The share of the look-ups that hit, where a program counted them.
fn hits(record: &CaseRecord) -> Option<String> {
    let ratio = record.metrics.get("hit_ratio")?.value;
    Some(format!("{:.1} % of the look-ups hit.", ratio * 100.0))
}

/// What leaked, if it is known.
fn leaked(record: &CaseRecord) -> Option<String> {
    record.metrics.get(LEAKED_BYTES)?;
    match leaked_bytes(&record.metrics) {
        0 => Some("Nothing leaked.".to_owned()),
        leaked => Some(format!("{} leaked.", bytes(leaked))),
    }
}
