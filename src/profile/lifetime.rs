//! How long allocated objects lived, counted in calls of the map: the median of a group, and which profiles tell.

use std::collections::BTreeMap;

use super::Profile;
use super::build::LIFETIME_LABEL;

/// The place of `alloc_objects` in a profile that knows lifetimes. None if it does not.
pub fn counted_by_lifetime(profile: &Profile) -> Option<usize> {
    let labelled = || {
        let key = profile.strings.find(LIFETIME_LABEL.0);
        key.is_some_and(|key| profile.samples.iter().any(|s| s.number(key).is_some_and(|calls| calls >= 0)))
    };
    // Where nothing was freed no sample has a lifetime, and that is known too.
    let all_stays = || {
        profile.sample_type("temporary_objects").is_some()
            && profile.total("alloc_objects") == profile.total("inuse_objects")
    };
    profile.sample_type("alloc_objects").filter(|_| labelled() || all_stays())
}

/// Allocated objects by how long they lived.
#[derive(Debug, Default)]
pub struct Lifetimes {
    /// Freed ones by lifetime class, calls.
    freed: BTreeMap<u64, i64>,
    /// Those that were never freed.
    stays: i64,
}

impl Lifetimes {
    /// Adds objects that lived for `lifetime` calls, by its class, or were never freed.
    pub fn add(&mut self, lifetime: Option<u64>, objects: i64) {
        let sum = match lifetime {
            Some(calls) => self.freed.entry(calls).or_default(),
            None => &mut self.stays,
        };
        *sum = sum.saturating_add(objects);
    }

    /// The share of the objects that was freed, 0 to 1.
    pub fn freed_share(&self) -> f64 {
        let freed = self.freed.values().fold(0i64, |a, b| a.saturating_add(*b));
        match freed.saturating_add(self.stays) {
            0 => 0.0,
            all => freed as f64 / all as f64,
        }
    }

    /// The median, calls: the least class that holds half of all objects together with the shorter ones. Objects that
    /// were never freed count as the longest; none if the median is one of them.
    pub fn median(&self) -> Option<u64> {
        let all = self.freed.values().fold(i128::from(self.stays), |a, b| a + i128::from(*b));
        let mut so_far = 0;
        self.freed.iter().find_map(|(calls, objects)| {
            so_far += i128::from(*objects);
            (so_far * 2 >= all && so_far > 0).then_some(*calls)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures::{self, with_labels};

    #[test]
    fn the_median_counts_objects_and_takes_the_shorter_half() {
        let mut lifetimes = Lifetimes::default();
        assert_eq!((lifetimes.median(), lifetimes.freed_share()), (None, 0.0));
        lifetimes.add(Some(10), 3);
        lifetimes.add(Some(40), 2);
        lifetimes.add(Some(0), 1);
        assert_eq!((lifetimes.median(), lifetimes.freed_share()), (Some(10), 1.0));
        lifetimes.add(None, 3);
        assert_eq!(lifetimes.median(), Some(40), "the fifth of nine");
        lifetimes.add(None, 4);
        assert_eq!(lifetimes.median(), None, "more than half of 13 stay");
        assert_eq!(lifetimes.freed_share(), 6.0 / 13.0);
    }

    #[test]
    fn a_profile_without_frees_knows_that_too() {
        let mut profile = fixtures::heap();
        assert_eq!(counted_by_lifetime(&profile), Some(0));
        profile.samples =
            with_labels(&profile.samples, |label| profile.strings.get(label.key) != LIFETIME_LABEL.0);
        assert_eq!(counted_by_lifetime(&profile), None, "blocks were freed, and nothing says when");
        for index in 0..profile.samples.len() {
            let values = profile.samples.values_mut(index);
            values[2] = values[0];
        }
        assert_eq!(counted_by_lifetime(&profile), Some(0));
        assert_eq!(counted_by_lifetime(&fixtures::foreign()), None);
    }
}
