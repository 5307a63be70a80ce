//! What fewer runs than an interval needs say of resident bytes: whether the pages differ that hold something.
//!
//! Resident bytes vary from run to run by the free pages among them, which the allocator returns in its own time. What is
//! left without these follows the blocks, and hardly varies. So where both, all resident bytes and those in pages that
//! hold something, are far apart in every run, a single one is enough.

use super::measurements::measurements;
use super::verdict::{Judgement, Verdict};
use crate::record::{CaseRecord, PassKind, free_bytes, metrics_of};

/// The figure that this is about.
const RESIDENT: &str = "resident_bytes";

/// What the same build's pages in use differ by from run to run at most, as a share: of several threads, where arenas fill
/// as these interleave.
const SPREAD: f64 = 0.10;

/// The judgement of so few runs, if they allow one. `limit`: how many times the baseline's bytes are fine.
pub(super) fn judged(
    blank: &Judgement,
    base: &CaseRecord,
    new: &CaseRecord,
    limit: f64,
) -> Option<Judgement> {
    if blank.metric != RESIDENT {
        return None;
    }
    let (was, is) = (Bytes::of(base)?, Bytes::of(new)?);
    let room = limit * (1.0 + SPREAD);
    let beyond = |low: &Bytes, high: &Bytes| high.least > low.most * room && high.held > low.held * room;
    let verdict = match (beyond(&was, &is), beyond(&is, &was)) {
        (true, _) => Verdict::Worse,
        (_, true) => Verdict::Better,
        _ => return None,
    };
    let change = |base: f64, new: f64| format!("{:.1} %", (new - base).abs() / base * 100.0);
    let words = format!(
        "{} by {}: in every run, and without free pages by {}",
        verdict.name(),
        change(blank.base?, blank.new?),
        change(was.held, is.held)
    );
    Some(Judgement { verdict, words, ..blank.clone() })
}

/// Resident bytes of a side.
struct Bytes {
    /// Those of the run that has fewest.
    least: f64,
    /// Those of the run that has most.
    most: f64,
    /// Without free pages, in the run whose memory pass the record has.
    held: f64,
}

impl Bytes {
    fn of(record: &CaseRecord) -> Option<Bytes> {
        let metric = record.metrics.get(RESIDENT)?;
        let runs = measurements(metric, record.repeats);
        // Of several measurements the record has one.
        let own = match metric.runs.is_empty() {
            true => metric.value,
            false => metrics_of(|kind| record.passes.get(&kind), true).get(RESIDENT)?.value,
        };
        let held = own - free_bytes(record.passes.get(&PassKind::Memory)?)?;
        (held > 0.0).then(|| Bytes {
            least: runs.iter().copied().fold(f64::INFINITY, f64::min),
            most: runs.iter().copied().fold(0.0, f64::max),
            held,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    /// A run with so many resident bytes, of which so many are free pages.
    fn with(resident: f64, free: u64) -> CaseRecord {
        let mut record = fixtures::case();
        record.metrics.get_mut(RESIDENT).unwrap().value = resident;
        let memory = record.passes.get_mut(&PassKind::Memory).unwrap().memory.as_mut().unwrap();
        for reading in &mut memory.phases {
            reading.pages.as_mut().unwrap().free = fixtures::BASELINE.free + free;
        }
        record
    }

    fn verdict(base: &CaseRecord, new: &CaseRecord) -> Option<(Verdict, String)> {
        let value = |record: &CaseRecord| Some(record.metrics[RESIDENT].value);
        let blank = Judgement {
            base: value(base),
            new: value(new),
            ..Judgement::of(&new.case, RESIDENT, Verdict::Fine, "")
        };
        judged(&blank, base, new, 1.05).map(|judgement| (judgement.verdict, judgement.words))
    }

    #[test]
    fn one_run_is_enough_where_pages_in_use_are_far_apart() {
        let (base, new) = (with(230e6, 10_000_000), with(331e6, 12_000_000));
        let (found, words) = verdict(&base, &new).unwrap();
        assert_eq!(found, Verdict::Worse);
        assert_eq!(words, "worse by 43.9 %: in every run, and without free pages by 45.0 %");
        assert_eq!(verdict(&new, &base).unwrap().0, Verdict::Better);
    }

    #[test]
    fn free_pages_and_small_differences_say_nothing() {
        assert_eq!(verdict(&with(230e6, 10_000_000), &with(331e6, 111_000_000)), None, "all of it is free");
        assert_eq!(verdict(&with(230e6, 0), &with(250e6, 0)), None, "within what runs differ by");
        let mut unread = with(331e6, 0);
        unread.passes.remove(&PassKind::Memory);
        assert_eq!(verdict(&with(230e6, 0), &unread), None);
    }
}
