//! The end of the phase that leaves the most payload, which the summary describes.

use crate::record::{CaseRecord, Moment, Waterfall};

/// The waterfall at the end of the last phase that leaves the most payload in the map.
pub(super) fn fullest(record: &CaseRecord) -> Option<&Waterfall> {
    let ends = record.waterfalls.iter().filter(|waterfall| waterfall.moment == Moment::PhaseEnd);
    ends.max_by_key(|waterfall| waterfall.bytes("payload"))
}
