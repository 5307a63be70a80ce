//! What a summary must not leave out: without it, sites and figures would be taken for what they are not.

use super::heap;
use crate::record::CaseRecord;
use crate::run::reconcile::NO_LINE_TABLES;

/// Totals that should agree and do not, and what the build lacks, a sentence each.
pub fn of(record: &CaseRecord) -> Vec<String> {
    let mut sentences = record.heap.as_ref().map(heap::cautions).unwrap_or_default();
    let told = record.heap.as_ref().is_some_and(|heap| !heap.line_tables);
    let of_cpu = record.cpu.iter().flat_map(|cpu| &cpu.notes).any(|note| note == NO_LINE_TABLES);
    if of_cpu && !told {
        sentences.push(format!("{NO_LINE_TABLES}."));
    }
    sentences
}
