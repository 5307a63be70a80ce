//! What each site of a profile holds: the sums that two profiles are compared by.
//!
//! A site is a function in a role, under a name that does not change from build to build ([`steady`]). Lines are not
//! part of it, so that code that moved is still the same site.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::profile::attribute::{Classes, Kind, Role, has_operation_loop, role, site};
use crate::profile::class::Class;
use crate::profile::{Line, Profile, Text, Walker};

use super::sampled_sum::{SampledSum, Weighing};
use super::symbol_normalize::steady;

/// What tells sites apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteKey {
    /// The function's steady name.
    pub name: Arc<str>,
    /// The role; empty in a profile of another program.
    pub role: Arc<str>,
}

/// One site of one profile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Site {
    /// What it holds.
    pub held: SampledSum,
    /// Source file of most of it; empty if unknown.
    pub file: Arc<str>,
    /// Line of most of it; 0 if unknown.
    pub line: i64,
}

/// The sites of a profile, of one sample type.
#[derive(Debug, Clone)]
pub struct Sites {
    /// The sample type.
    pub sample_type: String,
    /// Its unit.
    pub unit: String,
    /// How values become sums.
    pub weighing: Weighing,
    /// All sites, those without a value too.
    pub sites: BTreeMap<SiteKey, Site>,
    /// The sum over `sites`.
    pub total: SampledSum,
    /// The harness's own, where that is no site.
    pub harness: SampledSum,
}

/// The most places of a profile, if not said otherwise: lines of sites, each in a role. A place takes some hundred bytes,
/// and a file of a few bytes for each may have any number of them.
pub const MOST_PLACES: usize = 48 << 10;

/// A profile has more places than it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has sites on more than {0} lines, the limit; --max-sites raises it")]
pub struct TooManyPlaces(pub usize);

/// Stands for the site of a sample without frames.
const NO_STACK: &str = "(no stack)";

/// A role while samples are sorted: roles that mapprof knows are the same by label and by stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Nobody,
    Known(Role),
    Other(Text),
}

impl Sites {
    /// The sites of `profile` for the sample type at `index`. The harness's own are left out unless `harness`.
    ///
    /// # Errors
    /// When they are on more than `most` lines.
    pub fn of(profile: &Profile, index: usize, harness: bool, most: usize) -> Result<Sites, TooManyPlaces> {
        let weighing = Weighing::of(profile, index);
        let mut found = Sites {
            sample_type: profile.kinds().get(index).copied().unwrap_or("").to_owned(),
            unit: profile.unit(index).to_owned(),
            weighing,
            sites: BTreeMap::new(),
            total: SampledSum::default(),
            harness: SampledSum::default(),
        };
        let mut places = places(profile, weighing, most)?;
        let named = Named::of(profile, &places);
        // Most first; ties in the order of what the user sees.
        places.sort_by(|(a, one), (b, other)| {
            let most = other.value.unsigned_abs().cmp(&one.value.unsigned_abs());
            most.then_with(|| named.place(profile, *a).cmp(&named.place(profile, *b)))
        });
        for (place, held) in places {
            let (key, file, line) = named.place(profile, place);
            if &*key.role == Role::Harness.name() && !harness {
                found.harness.add(&held);
                continue;
            }
            found.total.add(&held);
            let site = found.sites.entry(key);
            site.or_insert_with(|| Site { held: SampledSum::default(), file, line }).held.add(&held);
        }
        Ok(found)
    }
}

/// A line in a role.
type PlaceKey = (Option<Line>, Owner);

/// What each line in each role holds.
fn places(
    profile: &Profile,
    weighing: Weighing,
    most: usize,
) -> Result<Vec<(PlaceKey, SampledSum)>, TooManyPlaces> {
    let mut places: Vec<(PlaceKey, SampledSum)> = Vec::new();
    let (hasher, mut numbers) = (RandomState::default(), HashTable::<u32>::new());
    let (kind, role_key) = (Kind::of(profile), profile.strings.find("role"));
    let mut walker = Classes::walker(profile);
    // Samples that differ in labels alone often stand side by side.
    let mut last: (Option<&[u32]>, Place) = (None, Place { line: None, owner: Owner::Nobody });
    for sample in &profile.samples {
        if last.0 != Some(sample.locations) {
            last = (Some(sample.locations), Place::of(&mut walker, sample.locations, kind));
        }
        let Place { line, owner } = last.1;
        let owner = match role_key.and_then(|key| sample.text(key)) {
            Some(text) => Role::named(profile.strings.get(text)).map_or(Owner::Other(text), Owner::Known),
            None => owner,
        };
        let (key, held) = ((line, owner), weighing.held(sample));
        let hash = hasher.hash_one(key);
        let known = numbers.find(hash, |number| places.get(*number as usize).is_some_and(|p| p.0 == key));
        if let Some((_, sum)) = known.and_then(|number| places.get_mut(*number as usize)) {
            sum.add(&held);
            continue;
        }
        if places.len() >= most {
            return Err(TooManyPlaces(most));
        }
        let number = places.len() as u32;
        places.push((key, held));
        let rehash = |number: &u32| places.get(*number as usize).map_or(0, |place| hasher.hash_one(place.0));
        numbers.insert_unique(hash, number, rehash);
    }
    Ok(places)
}

/// Names that were met, each kept once: a file may have a long one that many lines share.
#[derive(Default)]
struct Named {
    /// Of functions, without what changes from build to build.
    names: HashMap<Text, Arc<str>, RandomState>,
    /// Of files and roles.
    texts: HashMap<Text, Arc<str>, RandomState>,
}

impl Named {
    fn of(profile: &Profile, places: &[(PlaceKey, SampledSum)]) -> Named {
        let mut named = Named::default();
        for ((line, owner), _) in places {
            let function = line.and_then(|line| profile.functions.get(line.function as usize));
            if let Some(function) = function {
                let name = profile.strings.get(function.name);
                named.names.entry(function.name).or_insert_with(|| steady(name).into());
                named.text(profile, function.file);
            }
            if let Owner::Other(role) = owner {
                named.text(profile, *role);
            }
        }
        named
    }

    fn text(&mut self, profile: &Profile, text: Text) {
        self.texts.entry(text).or_insert_with(|| profile.strings.get(text).into());
    }

    /// The site, and the file and line, of a line in a role.
    fn place(&self, profile: &Profile, (line, owner): PlaceKey) -> (SiteKey, Arc<str>, i64) {
        let known = |known: Option<&Arc<str>>| known.cloned().unwrap_or_default();
        let function = line.and_then(|line| profile.functions.get(line.function as usize));
        let name = match (line, function) {
            (None, _) => NO_STACK.into(),
            (_, function) => known(function.and_then(|function| self.names.get(&function.name))),
        };
        let role = match owner {
            Owner::Nobody => Arc::default(),
            Owner::Known(role) => role.name().into(),
            Owner::Other(role) => known(self.texts.get(&role)),
        };
        let file = known(function.and_then(|function| self.texts.get(&function.file)));
        (SiteKey { name, role }, file, line.map_or(0, |line| line.line))
    }
}

/// What a stack says by itself.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The frame that it is filed under.
    line: Option<Line>,
    /// Who owns it, if mapprof's operation loop is on it.
    owner: Owner,
}

impl Place {
    fn of(walker: &mut Walker<Class>, locations: &[u32], kind: Kind) -> Place {
        let (lines, stack) = walker.stack(locations);
        let ours = has_operation_loop(stack);
        Place {
            line: site(stack, kind).and_then(|place| lines.get(place)).copied(),
            owner: if ours { Owner::Known(role(stack, kind)) } else { Owner::Nobody },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures;

    fn inuse(profile: &Profile, harness: bool) -> Sites {
        Sites::of(profile, profile.sample_type("inuse_space").unwrap(), harness, MOST_PLACES).unwrap()
    }

    #[test]
    fn sites_add_up_to_the_profile() {
        let profile = fixtures::heap();
        let all = profile.total("inuse_space").map(i128::from);
        let found = inuse(&profile, false);
        assert_eq!(Some(found.total.value + found.harness.value), all);
        assert_eq!(found.harness.value, 4096);
        let shown = inuse(&profile, true);
        assert_eq!((Some(shown.total.value), shown.harness.value), (all, 0));
        assert_eq!(shown.sites.values().map(|site| site.held.value).sum::<i128>(), shown.total.value);
    }

    #[test]
    fn a_site_is_a_function_in_a_role_wherever_its_lines_are() {
        let mut plan =
            fixtures::Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        let main: &[&str] = &["main.main@main.go:5"];
        plan.sample(&[&["main.serve@a.go:17"], main], &[], &[1, 100]);
        plan.sample(&[&["main.serve@a.go:40"], main], &[], &[1, 300]);
        plan.sample(&[&["main.serve.func2@a.go:60"], main], &[], &[1, 7]);
        plan.sample(&[&["main.serve.func1@a.go:50"], main], &[], &[1, 7]);
        plan.sample(&[], &[], &[1, 1]);
        let found = inuse(&plan.profile, false);
        let rows: Vec<_> =
            found.sites.iter().map(|(key, site)| (&*key.name, site.held.value, site.line)).collect();
        assert_eq!(rows, [("(no stack)", 1, 0), ("main.serve", 400, 40), ("main.serve.func", 14, 50)]);
    }

    #[test]
    fn sites_on_too_many_lines_are_refused() {
        let mut plan =
            fixtures::Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        for frame in ["f@f.c:1", "f@f.c:2", "f@f.c:1", "g@f.c:1"] {
            plan.sample(&[&[frame]], &[], &[1, 1]);
        }
        let of = |most| Sites::of(&plan.profile, 1, false, most).map(|found| found.sites.len());
        assert_eq!((of(3), of(2)), (Ok(2), Err(TooManyPlaces(2))));
    }

    #[test]
    fn a_site_without_a_value_is_still_there() {
        let profile = fixtures::heap();
        let index = profile.sample_type("temporary_space").unwrap();
        let found = Sites::of(&profile, index, false, MOST_PLACES).unwrap();
        let keys = found.sites.iter().find(|(key, _)| &*key.role == "key").map(|(_, site)| site.held.value);
        assert_eq!(keys, Some(0));
    }

    #[test]
    fn extremes_neither_wrap_nor_panic() {
        let mut plan =
            fixtures::Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        for value in [i64::MAX, i64::MAX, i64::MIN, i64::MAX] {
            plan.sample(&[&["f@f.c:1"]], &[], &[value, value]);
        }
        assert_eq!(inuse(&plan.profile, false).total.value, 2 * i128::from(i64::MAX) - 1);
    }
}
