//! What the bytes of two runs are divided by: the entries that were live when they were counted, or the operations.

use crate::record::{CaseRecord, PassKind, PassRecord};

use super::site_changes::Per;

/// A moment or a stretch of a run, with the count that belongs to it.
struct Counted {
    what: &'static str,
    when: &'static str,
    of: fn(&PassRecord) -> Option<u64>,
}

/// By the first letters of the sample type: what is in use at the end, what was in use at the peak, all else.
const COUNTED: &[(&str, Counted)] = &[
    (
        "inuse_",
        Counted {
            what: "entry",
            when: "at the end of the last phase",
            of: |pass| pass.phases.last().map(|phase| phase.entries),
        },
    ),
    (
        "peak_",
        Counted {
            what: "entry",
            when: "at the peak",
            of: |pass| Some(pass.memory.as_ref()?.peak.as_ref()?.reading.entries),
        },
    ),
    (
        "",
        Counted {
            what: "operation",
            when: "over all phases",
            of: |pass| Some(pass.phases.iter().fold(0u64, |sum, phase| sum.saturating_add(phase.ops))),
        },
    ),
];

/// What the values of `sample_type` are told per. None if a side did not count it, or had none.
pub fn per(sample_type: &str, base: &CaseRecord, new: &CaseRecord) -> Option<Per> {
    let (_, counted) = COUNTED.iter().find(|(head, _)| sample_type.starts_with(head))?;
    let of = |record: &CaseRecord| {
        record.passes.get(&PassKind::Memory).and_then(counted.of).filter(|count| *count > 0)
    };
    Some(Per { what: counted.what.into(), when: counted.when.into(), base: of(base)?, new: of(new)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    #[test]
    fn entries_are_those_of_the_moment_and_allocations_are_per_operation() {
        let mut new = fixtures::case();
        new.passes.get_mut(&PassKind::Memory).unwrap().phases[2].entries = 50_000;
        let of = |kind| per(kind, &fixtures::case(), &new).map(|per| (per.what, per.base, per.new));
        assert_eq!(of("inuse_space"), Some(("entry".into(), 100_000, 50_000)));
        assert_eq!(of("peak_objects"), Some(("entry".into(), 917_504, 917_504)));
        assert_eq!(of("alloc_space"), Some(("operation".into(), 3_400_000, 3_400_000)));
        assert_eq!(of("cpu"), Some(("operation".into(), 3_400_000, 3_400_000)));
        new.passes.get_mut(&PassKind::Memory).unwrap().phases[2].entries = 0;
        assert_eq!(per("inuse_space", &fixtures::case(), &new), None);
        new.passes.clear();
        assert_eq!(per("peak_space", &fixtures::case(), &new), None);
    }
}
