//! The site that changed most in each case of a check: what `diff` would show first.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::site_changes::{Mark, SiteRow, site_changes};
use crate::compare::sites::{MOST_PLACES, Sites};
use crate::compare::{FirstSite, FirstSites, Judgement, Verdict};
use crate::output::{CPU_PROFILE, HEAP_PROFILE};
use crate::profile::{Limit, Profile};
use crate::record::run_store::StoredRun;
use crate::record::{CaseId, PassKind, pass_of};
use crate::run::stored_profile::read_profile;

/// The largest profile that is read, unpacked, MiB.
const MOST_MIB: u64 = 1024;

/// The first sites of the cases in which `judgements` are worse or better, as far as both sides have profiles that can be
/// read.
pub fn first_sites(
    base: &BTreeMap<CaseId, StoredRun>,
    new: &BTreeMap<CaseId, StoredRun>,
    judgements: &[Judgement],
) -> FirstSites {
    let mut wanted: BTreeSet<(CaseId, PassKind)> = BTreeSet::new();
    for judgement in judgements.iter().filter(|j| matches!(j.verdict, Verdict::Worse | Verdict::Better)) {
        wanted.extend(pass_of(&judgement.metric).map(|pass| (judgement.case.clone(), pass)));
    }
    let mut found = FirstSites::new();
    for (case, pass) in wanted {
        let Some((base, new)) = base.get(&case).zip(new.get(&case)) else { continue };
        let changes = changed(base, new, pass);
        for worse in [true, false] {
            let first = changes.iter().find(|(site, _)| (site.delta > 0) == worse);
            let place = (case.clone(), pass, worse);
            found.extend(first.map(|(site, _)| (place, site.clone())));
        }
    }
    found
}

/// The sites that changed for sure, in the order of `diff`.
fn changed(base: &StoredRun, new: &StoredRun, pass: PassKind) -> Vec<(FirstSite, Mark)> {
    let name = match pass {
        PassKind::Memory => HEAP_PROFILE,
        _ => CPU_PROFILE,
    };
    let read = |run: &StoredRun| read_profile(&run.path.join(name), Limit::mib(MOST_MIB)).ok();
    let Some((base, new)) = read(base).zip(read(new)) else { return Vec::new() };
    let index = new.default_type();
    let kind = new.kinds().get(index).map(|kind| (*kind).to_owned()).unwrap_or_default();
    let Some(left) = base.sample_type(&kind) else { return Vec::new() };
    let sites = |profile: &Profile, index| Sites::of(profile, index, false, MOST_PLACES).ok();
    let Some((was, is)) = sites(&base, left).zip(sites(&new, index)) else { return Vec::new() };
    let changes = site_changes(&was, &is, None, usize::MAX);
    let site = |row: SiteRow| {
        let mark = row.change.mark;
        let (sample_type, unit) = (changes.sample_type.clone(), changes.unit.clone());
        (FirstSite { name: row.name, role: row.role, sample_type, unit, delta: row.change.delta }, mark)
    };
    changes.rows.iter().cloned().map(site).filter(|(_, mark)| *mark != Mark::Unsure).collect()
}
