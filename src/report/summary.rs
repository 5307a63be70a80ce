//! What `run` prints of one case: a headline, the phases, and a line or two for each of the rest, so that all of it fits one
//! screen.

use super::sections::{
    cautions, failures, growth, heading::heading, headline, huge_pages, latency, phases, summary_sites,
    waterfall_line,
};
use super::{Block, Run};

/// Rows of the table of phases at most.
const PHASES: usize = 6;

/// The summary.
pub fn of_run(run: &Run<'_>) -> Vec<Block> {
    let record = run.record;
    let mut blocks = vec![Block::Paragraph(heading(record))];
    blocks.extend(failures(run.failures).into_iter().map(Block::Paragraph));
    blocks.extend(Block::paragraph(headline::of(record)));
    if let Some(table) = phases::table(record, PHASES) {
        blocks.extend([Block::Gap, Block::Table(table)]);
        blocks.extend(phases::readers(record).into_iter().map(Block::Paragraph));
    }
    let lines =
        [waterfall_line::of(record), growth::worst(record), latency::of(record), huge_pages::of(record)];
    let lines: Vec<Block> = lines.into_iter().filter_map(Block::paragraph).collect();
    if !lines.is_empty() {
        blocks.push(Block::Gap);
        blocks.extend(lines);
    }
    for sites in [summary_sites::of_heap(run), summary_sites::of_cpu(run)].into_iter().flatten() {
        blocks.extend([Block::Gap, sites]);
    }
    blocks.extend(cautions::of(record).into_iter().map(Block::Paragraph));
    blocks
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
