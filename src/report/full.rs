//! The full report of a run: its figures, where its bytes are, the hottest sites, and what the samples are worth.

use super::sections::{
    cpu, failures, growth, heading, heap, jemalloc_dump, latency, phases, settling, waterfall,
};
use super::{Block, Run};
use crate::record::{CaseRecord, PassKind};

/// Growth events that are shown.
const LARGEST: usize = 3;

/// All that there is to tell of one case.
pub fn of_run(run: &Run<'_>) -> Vec<Block> {
    let record = run.record;
    let mut blocks: Vec<Block> = failures(run.failures).into_iter().map(Block::Paragraph).collect();
    blocks.extend(phases::table(record, usize::MAX).map(Block::Table));
    blocks.extend(phases::readers(record).into_iter().map(Block::Paragraph));
    let figures = phases::figures(record);
    if !figures.is_empty() {
        blocks.push(Block::Items(figures));
    }
    blocks.extend(of_memory(record));
    if let Some(heap) = run.heap {
        blocks.extend([Block::Gap, heap::sites(record, heap)]);
    }
    if let Some(heap) = &record.heap {
        blocks.extend(heap::against_counters(record, heap).into_iter().map(Block::Paragraph));
    }
    if let Some(dump) = &record.dump {
        blocks.extend(jemalloc_dump::lines(dump).into_iter().map(Block::Paragraph));
    }
    if let Some(cpu) = run.cpu {
        blocks.extend([Block::Gap, cpu::sites(cpu)]);
    }
    if let Some((cpu, profile)) = record.cpu.as_ref().zip(run.cpu) {
        blocks.extend(cpu::samples(cpu, profile).into_iter().map(Block::Paragraph));
    }
    blocks
}

/// The first line: what was run.
pub fn heading(record: &CaseRecord) -> String {
    heading::heading(record)
}

/// Memory and latencies of a case; empty if no pass reported them.
fn of_memory(record: &CaseRecord) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut add = |group: Vec<Block>| {
        if !group.is_empty() {
            blocks.push(Block::Gap);
            blocks.extend(group);
        }
    };
    add(waterfall::of(&record.waterfalls));
    if let Some(pass) = record.passes.get(&PassKind::Memory)
        && let Some(memory) = &pass.memory
    {
        add(settling::table(memory, pass.total.peak_live_bytes).map(Block::Table).into_iter().collect());
        add(growth::table(memory, LARGEST).map(Block::Table).into_iter().collect());
    }
    if let Some(pass) = record.passes.get(&PassKind::Latency)
        && let Some(latency) = &pass.latency
    {
        add(latency::of_phases(latency, &pass.phases));
    }
    blocks
}
