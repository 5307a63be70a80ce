//! What each site allocated and freed in each interval of a heap profile over time.

use std::collections::BTreeMap;

use super::super::Profile;
use super::super::build::{INTERVAL_LABEL, interval_calls};
use super::table::{By, TopOptions};
use super::tally::{TypePlaces, sort};

/// A site over time.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteIntervals {
    /// Its function.
    pub name: String,
    /// Who owns what it allocates.
    pub role: String,
    /// Source file and line of one of its samples; empty and 0 if unknown.
    pub file: String,
    /// See `file`.
    pub line: i64,
    /// By the number of the interval: bytes allocated and freed.
    pub bytes: BTreeMap<u64, [i64; 2]>,
}

/// The sites of a heap profile over time, those with the most allocated bytes first; empty if it is not such a profile. The
/// harness's own are left out.
pub fn site_intervals(timeline: &Profile) -> Vec<SiteIntervals> {
    let found = (timeline.sample_type("alloc_space"), timeline.sample_type("freed_space"));
    let (Some(allocated), Some(freed)) = found else { return Vec::new() };
    let Some(calls) = interval_calls(timeline).filter(|calls| *calls > 0) else { return Vec::new() };
    let Some(key) = timeline.strings.find(INTERVAL_LABEL.0) else { return Vec::new() };
    let options = TopOptions { by: By::Site, sample_type: None, limit: None, harness: false };
    let known = TypePlaces { allocated: Some(allocated), ..TypePlaces::default() };
    let mut sites: BTreeMap<(String, String), SiteIntervals> = BTreeMap::new();
    sort(timeline, freed, &options, &known, |sorted| {
        let (name, role) = sorted.key;
        let names = (name.of(timeline).to_owned(), role.of(timeline).to_owned());
        let first = sites.entry(names).or_insert_with_key(|(name, role)| {
            let (file, line) =
                sorted.place.map_or(("", 0), |(file, line)| (timeline.strings.get(file), line));
            let file = file.to_owned();
            SiteIntervals { name: name.clone(), role: role.clone(), file, line, bytes: BTreeMap::new() }
        });
        let interval =
            sorted.sample.number(key).and_then(|call| u64::try_from(call).ok()).unwrap_or(0) / calls;
        let bytes = first.bytes.entry(interval).or_default();
        bytes[0] = bytes[0].saturating_add(sorted.allocated);
        bytes[1] = bytes[1].saturating_add(sorted.value);
        true
    });
    let mut sites: Vec<SiteIntervals> = sites.into_values().collect();
    let all =
        |site: &SiteIntervals| site.bytes.values().fold(0i64, |sum, bytes| sum.saturating_add(bytes[0]));
    sites.sort_by_key(|site| std::cmp::Reverse(all(site)));
    sites
}
