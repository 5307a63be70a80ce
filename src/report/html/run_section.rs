//! What a page has of one run.

use maud::{Markup, html};

use super::{blocks, flame_picture, picture};
use crate::error::Result;
use crate::output::{number_format, timeline};
use crate::profile::Profile;
use crate::profile::top::{By, TopOptions, TopTable, top};
use crate::record::{CaseRecord, PassKind, PassRecord};
use crate::report::sections::{
    cautions, cpu, failures, growth, headline, heap, jemalloc_dump, latency, measured, phases, settling,
    waterfall, waterfall_line,
};
use crate::report::{Block, ReportedRun, Run};

/// Sites of a profile at most.
const SITES: usize = 40;

/// The section of a run; `number` is its place in the page.
///
/// # Errors
/// When a picture cannot be drawn.
pub(super) fn render(number: usize, reported: &ReportedRun<'_>) -> Result<Markup> {
    let run = &reported.run;
    let record = run.record;
    let memory = record.passes.get(&PassKind::Memory);
    let timeline = memory.map(|pass| timeline_of(number, &reported.label, pass)).transpose()?.flatten();
    let lines: Vec<Block> = [headline::of(record), waterfall_line::of(record), growth::worst(record)]
        .into_iter()
        .filter_map(Block::paragraph)
        .collect();
    Ok(html! {
        section id={ "run-" (number) } {
            h2 { (reported.label) @if !run.failures.is_empty() { ": failed" } }
            @for failure in failures(run.failures) { p.failed { (failure) } }
            @for why in &reported.left_out { p.failed { (why) } }
            @for caution in cautions::of(record) { p.failed { (caution) } }
            (blocks::render(&lines))
            @if let Some(timeline) = timeline { (timeline) }
            (heap_of(number, run))
            (cpu_of(number, run))
            (latency_of(number, record))
            (tables(record, memory))
            details { summary { "How it was measured" } (blocks::labelled(&measured::of(record))) }
        }
    })
}

/// The timeline: a picture that the script replaces with a chart.
fn timeline_of(number: usize, label: &str, pass: &PassRecord) -> Result<Option<Markup>> {
    let Some(memory) = pass.memory.as_ref().filter(|memory| !memory.timeline.is_empty()) else {
        return Ok(None);
    };
    let svg = timeline::render(label, &pass.phases, memory)?;
    Ok(Some(html! {
        h3 { "Memory over the run" }
        div.panel {
            div.controls.scripted id={ "range-" (number) } {
                button type="button" data-do="peak" { "Jump to the peak" }
                button type="button" data-do="whole" { "Whole run" }
                label { "From call " input type="number" min="0" inputmode="numeric"; }
                label { "to " input type="number" min="0" inputmode="numeric"; }
                span.note { "Drag to select a range, or click a growth event." }
            }
            figure.picture.chart data-draw="timeline" data-run=(number) {
                (picture::inline(&svg))
            }
        }
    }))
}

/// The heap profile: its sites by each sample type.
fn heap_of(number: usize, run: &Run<'_>) -> Markup {
    let Some(profile) = run.heap else { return html! {} };
    let types: &[(&str, &str)] = match run.record.dump {
        Some(_) => &[("inuse_space", "in use when it was dumped")],
        None => &[
            ("peak_space", "in use at the peak"),
            ("inuse_space", "in use at the end"),
            ("alloc_space", "allocated"),
            ("temporary_space", "freed in the phase that allocated it"),
        ],
    };
    let mut sentences = run.record.heap.iter().flat_map(|heap| heap::against_counters(run.record, heap));
    let mut dump = run.record.dump.iter().flat_map(jemalloc_dump::lines);
    html! {
        h3 { "Who owns the memory" }
        div.panel { (sites(number, "heap", profile, types)) }
        @for sentence in sentences.by_ref() { p.note { (sentence) } }
        @for sentence in dump.by_ref() { p.note { (sentence) } }
    }
}

/// The CPU profile.
fn cpu_of(number: usize, run: &Run<'_>) -> Markup {
    let Some(profile) = run.cpu else { return html! {} };
    let sentences = run.record.cpu.iter().flat_map(|counted| cpu::samples(counted, profile));
    html! {
        h3 { "Where the CPU time goes" }
        div.panel { (sites(number, "cpu", profile, &[("cpu", "CPU time in operations")])) }
        @for sentence in sentences { p.note { (sentence) } }
    }
}

/// The sites of a profile, a table for each sample type; the first one is open.
fn sites(number: usize, which: &str, profile: &Profile, types: &[(&str, &str)]) -> Markup {
    let tables = types.iter().filter_map(|(kind, what)| {
        let sample_type = Some((*kind).to_owned());
        let options = TopOptions { by: By::Site, sample_type, limit: Some(SITES), harness: false };
        let table = top(profile, &options).ok().filter(|table| !table.rows.is_empty())?;
        Some((*what, table))
    });
    let tables: Vec<(&str, TopTable)> = tables.collect();
    let first =
        types.iter().map(|(kind, _)| *kind).find(|kind| profile.total(kind).is_some_and(|total| total > 0));
    html! {
        div.flame data-draw="profile" data-run=(number) data-profile=(which) {
            @if let Some(kind) = first { (flame_picture::render(profile, kind)) }
        }
        div.sites-of id={ "sites-" (which) "-" (number) } {
            @for (n, (what, table)) in tables.iter().enumerate() {
                details open[n == 0] {
                    summary { (number_format::value(table.total, &table.unit)) " " (what) }
                    (blocks::site_table(table))
                }
            }
        }
    }
}

fn latency_of(number: usize, record: &CaseRecord) -> Markup {
    let pass = record.passes.get(&PassKind::Latency);
    let Some((pass, found)) = pass.and_then(|pass| Some((pass, pass.latency.as_ref()?))) else {
        return html! {};
    };
    html! {
        @if !found.kinds.is_empty() {
            h3 { "How long single operations took" }
            div.panel {
                figure.chart.low.scripted data-draw="latency" data-run=(number) {}
                (blocks::table(&latency::table(found, &pass.phases, usize::MAX)))
            }
            @for sentence in latency::clock(found) { p.note { (sentence) } }
        }
    }
}

/// The tables that have all of it.
fn tables(record: &CaseRecord, memory: Option<&PassRecord>) -> Markup {
    let read = memory.and_then(|pass| Some((pass, pass.memory.as_ref()?)));
    let settled = read.and_then(|(pass, memory)| settling::table(memory, pass.total.peak_live_bytes));
    let grown = read.and_then(|(_, memory)| growth::table(memory, usize::MAX));
    let one = |table: Option<crate::report::Table>| table.map(Block::Table).into_iter().collect::<Vec<_>>();
    let readers = phases::readers(record).into_iter().map(Block::Paragraph);
    let groups = [
        ("Phases", one(phases::table(record, usize::MAX)).into_iter().chain(readers).collect()),
        ("From payload to resident memory, at the end of each phase", waterfall::of(&record.waterfalls)),
        ("What is left after the last phase", one(settled)),
        ("Operations that grew the map", one(grown)),
    ];
    let known: Vec<_> = groups.into_iter().filter(|(_, blocks)| !blocks.is_empty()).collect();
    html! {
        @if !known.is_empty() { h3 { "In figures" } }
        @for (summary, blocks) in &known { details { summary { (summary) } (blocks::render(blocks)) } }
    }
}
