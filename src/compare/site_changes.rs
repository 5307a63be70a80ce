//! What changed between two profiles, site by site.

use std::cmp::Reverse;

use serde::Serialize;

use super::sampled_sum::{Periods, SampledSum, clamped, gap, periods};
use super::sites::{Site, SiteKey, Sites};

/// What became of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It is only in the new profile.
    New,
    /// It is only in the base.
    Gone,
    /// It grew.
    More,
    /// It shrank.
    Less,
    /// The interval of its difference includes zero: sampling alone may have made it.
    Unsure,
    /// There is no difference.
    Same,
}

impl Mark {
    /// How it is shown.
    pub fn sign(self) -> &'static str {
        match self {
            Mark::New => "new",
            Mark::Gone => "gone",
            Mark::More => "+",
            Mark::Less => "-",
            Mark::Unsure => "~",
            Mark::Same => "=",
        }
    }
}

/// What a value is told of, beside its sum: each live entry, or each operation, of its own side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Per {
    /// `entry` or `operation`.
    pub what: String,
    /// When these were counted, or over which time.
    pub when: String,
    /// How many the base had.
    pub base: u64,
    /// How many the new side had.
    pub new: u64,
}

/// Two sides of one sum. Values are in the unit of the sample type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The base's sum.
    pub base: i64,
    /// The new side's sum.
    pub new: i64,
    /// `new` less `base`.
    pub delta: i64,
    /// Lower end of the 95 % interval of `delta`; none if it is not known how both sides were sampled. Equal to `delta`
    /// if both recorded every allocation.
    pub low: Option<i64>,
    /// Upper end of the same interval.
    pub high: Option<i64>,
    /// The new value per entry or operation of the new side, less that of the base; none if either is not known.
    pub per: Option<f64>,
    /// What became of it.
    pub mark: Mark,
}

impl Change {
    fn of(base: &SampledSum, new: &SampledSum, periods: Periods, per: Option<&Per>) -> Change {
        let delta = new.value.saturating_sub(base.value);
        let interval = gap(base, new, periods);
        let mark = match interval {
            _ if delta == 0 => Mark::Same,
            Some((low, high)) if low <= 0.0 && high >= 0.0 => Mark::Unsure,
            _ if delta > 0 => Mark::More,
            _ => Mark::Less,
        };
        Change {
            base: clamped(base.value),
            new: clamped(new.value),
            delta: clamped(delta),
            low: interval.map(|(low, _)| low.round() as i64),
            high: interval.map(|(_, high)| high.round() as i64),
            per: per
                .filter(|per| per.base > 0 && per.new > 0)
                .map(|per| new.value as f64 / per.new as f64 - base.value as f64 / per.base as f64),
            mark,
        }
    }

    /// Half the width of the interval, in the unit of the value.
    pub fn half_width(&self) -> Option<i64> {
        Some(clamped((i128::from(self.high?) - i128::from(self.low?)) / 2))
    }

    /// `delta` over `base`; none if the base is zero.
    pub fn relative(&self) -> Option<f64> {
        (self.base != 0).then(|| self.delta as f64 / self.base as f64)
    }
}

/// A site that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteRow {
    /// The function.
    pub name: String,
    /// Its role; none in a profile of another program.
    pub role: Option<String>,
    /// Source file of most of it, in the new profile if it is there; empty if unknown.
    pub file: String,
    /// Line of most of it; 0 if unknown.
    pub line: i64,
    /// By how much.
    #[serde(flatten)]
    pub change: Change,
}

/// What changed between the sites of two profiles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteChanges {
    /// The sample type that was compared.
    pub sample_type: String,
    /// Unit of all values.
    pub unit: String,
    /// The base's mean distance between samples, bytes; 1 if every allocation was recorded, none if not known.
    pub base_period: Option<f64>,
    /// The same of the new side.
    pub new_period: Option<f64>,
    /// What `per` of each row is of; none if nothing is known to divide by.
    pub per: Option<Per>,
    /// The rows with the greatest differences first.
    pub rows: Vec<SiteRow>,
    /// Rows that the limit left out.
    pub left_out: usize,
    /// The sum over these.
    pub others: Change,
    /// Sites that are on both sides with the same value.
    pub unchanged: usize,
    /// The sum over all sites, shown or not.
    pub total: Change,
    /// The harness's own samples, which are in no row; with `total` they make up the sum over the profile.
    pub harness: Change,
}

/// What changed from `base` to `new`: `limit` rows at the most.
pub fn site_changes(base: &Sites, new: &Sites, per: Option<Per>, limit: usize) -> SiteChanges {
    let periods = periods(&base.weighing, &new.weighing);
    let change = |base: &SampledSum, new: &SampledSum| Change::of(base, new, periods, per.as_ref());
    let mut keys: Vec<&SiteKey> = base.sites.keys().chain(new.sites.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut unchanged = 0;
    let sides = |key: &SiteKey| (base.sites.get(key), new.sites.get(key));
    let held = |key: &SiteKey| {
        let (was, is) = sides(key);
        [was, is].map(|site| site.map_or(SampledSum::default(), |site| site.held))
    };
    // Those that differ, each with by how much.
    let mut found: Vec<(u64, &SiteKey)> = Vec::new();
    for key in keys {
        let [was, is] = held(key);
        match clamped(is.value.saturating_sub(was.value)).unsigned_abs() {
            0 => unchanged += usize::from(was.value != 0),
            delta => found.push((delta, key)),
        }
    }
    // Keys are in order, and the sort keeps it for equal differences.
    found.sort_by_key(|(delta, _)| Reverse(*delta));
    let mut others = [SampledSum::default(); 2];
    for (_, key) in found.iter().skip(limit) {
        let [was, is] = held(key);
        others[0].add(&was);
        others[1].add(&is);
    }
    let left_out = found.len().saturating_sub(limit);
    found.truncate(limit);
    SiteChanges {
        sample_type: new.sample_type.clone(),
        unit: new.unit.clone(),
        base_period: base.weighing.period,
        new_period: new.weighing.period,
        rows: found
            .into_iter()
            .map(|(_, key)| {
                let ((was, is), [base, new]) = (sides(key), held(key));
                row(key, was, is, change(&base, &new))
            })
            .collect(),
        left_out,
        others: change(&others[0], &others[1]),
        unchanged,
        total: change(&base.total, &new.total),
        harness: change(&base.harness, &new.harness),
        per,
    }
}

fn row(key: &SiteKey, was: Option<&Site>, is: Option<&Site>, mut change: Change) -> SiteRow {
    // A difference that may be none says nothing of where the site is: it may have been missed.
    if change.mark != Mark::Unsure {
        change.mark = match (was, is) {
            (None, _) => Mark::New,
            (_, None) => Mark::Gone,
            _ => change.mark,
        };
    }
    let (file, line) = is.or(was).map_or((String::new(), 0), |site| (site.file.to_string(), site.line));
    let role = (!key.role.is_empty()).then(|| key.role.to_string());
    SiteRow { name: key.name.to_string(), role, file, line, change }
}

#[cfg(test)]
mod tests {
    use super::super::sites::MOST_PLACES;
    use super::*;
    use crate::profile::fixtures::Plan;
    use crate::profile::{Profile, fixtures};

    fn of(sites: &[(&str, i64)]) -> Profile {
        let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        for (frame, bytes) in sites {
            plan.sample(&[&[frame], &["main.main@main.go:5"]], &[], &[1, *bytes]);
        }
        plan.profile
    }

    fn exact(mut profile: Profile) -> Profile {
        profile.period_type.kind = profile.strings.add("space");
        profile.period_type.unit = profile.strings.add("bytes");
        profile.period = 1;
        profile
    }

    fn changes(base: &Profile, new: &Profile, per: Option<Per>, limit: usize) -> SiteChanges {
        let sites =
            |profile: &Profile| Sites::of(profile, profile.default_type(), false, MOST_PLACES).unwrap();
        site_changes(&sites(base), &sites(new), per, limit)
    }

    fn told(changes: &SiteChanges) -> Vec<(&str, &str, i64, i64)> {
        changes
            .rows
            .iter()
            .map(|row| (row.change.mark.sign(), row.name.as_str(), row.change.delta, row.line))
            .collect()
    }

    #[test]
    fn sites_are_matched_across_shifted_lines_and_a_new_name_is_a_new_site() {
        let base = of(&[("a@f.go:10", 100), ("b@f.go:20", 50), ("old@f.go:30", 70), ("same@f.go:40", 9)]);
        let new = of(&[("a@f.go:17", 130), ("b@f.go:27", 40), ("young@f.go:37", 70), ("same@f.go:47", 9)]);
        let found = changes(&base, &new, None, 10);
        assert_eq!(
            told(&found),
            [("gone", "old", -70, 30), ("new", "young", 70, 37), ("+", "a", 30, 17), ("-", "b", -10, 27)]
        );
        assert_eq!((found.unchanged, found.left_out, found.total.delta), (1, 0, 20));
        assert_eq!(found.rows[2].change.relative(), Some(0.3));
    }

    #[test]
    fn rows_and_the_rest_add_up_to_the_profile() {
        let (base, mut new) = (fixtures::heap(), fixtures::heap());
        for index in 0..new.samples.len() {
            new.samples.values_mut(index)[3] += 1000 * (index as i64 + 1);
        }
        for limit in 0..4 {
            let found = changes(&base, &new, None, limit);
            let rows: i64 = found.rows.iter().map(|row| row.change.delta).sum();
            assert_eq!(rows + found.others.delta, found.total.delta, "{limit}");
            let whole = |profile: &Profile| profile.total("inuse_space").unwrap();
            assert_eq!(found.total.base + found.harness.base, whole(&base));
            assert_eq!(found.total.new + found.harness.new, whole(&new));
        }
    }

    #[test]
    fn each_side_is_divided_by_its_own_entries() {
        let per = |base, new| Some(Per { what: "entry".into(), when: String::new(), base, new });
        let (base, new) = (of(&[("a@f.go:1", 1000)]), of(&[("a@f.go:1", 2400)]));
        let found = changes(&base, &new, per(100, 200), 10);
        assert_eq!(found.rows[0].change.per, Some(2.0));
        assert_eq!(found.total.per, Some(2.0));
        assert_eq!(changes(&base, &new, per(0, 200), 10).rows[0].change.per, None);
    }

    #[test]
    fn an_exact_difference_is_real_and_one_of_few_samples_is_not() {
        let (base, new) = (of(&[("a@f.go:1", 1000)]), of(&[("a@f.go:1", 1001), ("b@f.go:1", 1)]));
        let found = changes(&exact(base.clone()), &exact(new.clone()), None, 10);
        assert_eq!(told(&found), [("+", "a", 1, 1), ("new", "b", 1, 1)]);
        assert_eq!((found.rows[0].change.low, found.rows[0].change.half_width()), (Some(1), Some(0)));
        let sampled = |profile| {
            let mut profile = exact(profile);
            profile.period = 512;
            profile
        };
        let found = changes(&sampled(base), &sampled(new), None, 10);
        assert_eq!(told(&found), [("~", "a", 1, 1), ("~", "b", 1, 1)]);
        assert!(found.rows[0].change.low < Some(0) && found.rows[0].change.high > Some(0));
    }

    #[test]
    fn a_site_that_kept_nothing_before_is_not_new() {
        let found = changes(&of(&[("a@f.go:1", 0)]), &of(&[("a@f.go:1", 5)]), None, 10);
        assert_eq!(told(&found), [("+", "a", 5, 1)]);
    }

    #[test]
    fn extremes_stay_in_range() {
        let found = changes(&of(&[("a@f.go:1", i64::MIN)]), &of(&[("a@f.go:1", i64::MAX)]), None, 10);
        assert_eq!((found.rows[0].change.delta, found.total.delta), (i64::MAX, i64::MAX));
        let none = changes(&of(&[]), &of(&[]), None, 10);
        assert_eq!((none.rows.len(), none.total.mark), (0, Mark::Same));
    }
}
