//! What huge pages make of the times, in a line.

use crate::output::number_format;
use crate::record::CaseRecord;

/// The time of an operation in huge pages, beside that of the time pass; empty if there was no such pass.
pub fn of(record: &CaseRecord) -> String {
    let value = |name: &str| record.metrics.get(name).map(|metric| metric.value);
    let Some(huge) = value("huge_pages_ns_per_op") else { return String::new() };
    let shown = number_format::mean_time(huge);
    match value("ns_per_op").filter(|plain| *plain > 0.0) {
        Some(plain) => {
            let instead = number_format::mean_time(plain);
            format!("In huge pages an operation takes {shown} instead of {instead} ({:.2}x).", huge / plain)
        }
        None => format!("In huge pages an operation takes {shown}."),
    }
}
