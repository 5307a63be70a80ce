//! What went wrong with a case, as it is told on standard error: failures, and what leaked.

use crate::output::number_format;
use crate::record::{CaseRecord, Failure, leaked_bytes};

/// What the map leaked, in one line, if it did.
pub fn leak(record: &CaseRecord) -> Option<String> {
    let bytes = leaked_bytes(&record.metrics);
    if bytes == 0 {
        return None;
    }
    let from = match record.leaks.first() {
        Some(most) if record.leaks.len() == 1 => format!(": from {most}"),
        Some(most) => {
            format!(": {} from {most}, and the rest from elsewhere", number_format::bytes(most.bytes as i64))
        }
        None => match &record.leaks_unknown {
            Some(why) => format!("; from where is not known, since the leaks pass failed: {why}"),
            None => "; no pass told from where".to_owned(),
        },
    };
    Some(format!(
        "{} leaks {}, live after the map was dropped{from}",
        record.case,
        number_format::bytes(bytes as i64)
    ))
}

/// A failure, as text: a line, and the child's last words below.
pub fn failure(failure: &Failure) -> String {
    let mut text = format!("{}: {} pass: {}: {}", failure.case, failure.pass, failure.kind, failure.message);
    for line in &failure.last_words {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}
