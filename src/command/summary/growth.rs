//! The growth event that needed the most memory, in a line.

use crate::command::full_report::memory::{phase_name, site};
use crate::output::number_format;
use crate::record::{CaseRecord, PassKind};

/// Letters of the site's name.
const SITE: usize = 36;

/// The worst growth event; empty if there is none.
pub fn worst(record: &CaseRecord) -> String {
    let pass = record.passes.get(&PassKind::Memory);
    let growth =
        pass.and_then(|pass| pass.memory.as_ref()?.growth.iter().max_by_key(|growth| growth.highest));
    let Some((growth, pass)) = growth.zip(pass) else { return String::new() };
    format!(
        "Worst growth: {} at call {} in {}: {} before, {} during, {} after, {}.",
        site(&growth.site, SITE),
        number_format::count(growth.call as i64),
        phase_name(&pass.phases, growth.phase),
        number_format::bytes(growth.before as i64),
        number_format::bytes(growth.highest as i64),
        number_format::bytes(growth.after as i64),
        number_format::nanoseconds(growth.duration_ns as i64),
    )
}
