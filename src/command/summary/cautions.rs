//! What a summary must not leave out: without it, sites and figures would be taken for what they are not.

use crate::command::full_report::heap;
use crate::command::full_report::wrap_text::paragraph;
use crate::record::CaseRecord;
use crate::run::reconcile::NO_LINE_TABLES;

/// Totals that should agree and do not, and what the build lacks; empty if nothing.
pub fn of(record: &CaseRecord, width: usize) -> String {
    let mut text = record.heap.as_ref().map(|heap| heap::cautions(heap, width)).unwrap_or_default();
    let told = record.heap.as_ref().is_some_and(|heap| !heap.line_tables);
    let of_cpu = record.cpu.iter().flat_map(|cpu| &cpu.notes).any(|note| note == NO_LINE_TABLES);
    if of_cpu && !told {
        text.push_str(&paragraph(&format!("{NO_LINE_TABLES}."), width));
    }
    text
}
