//! What the samples of a profile add up to, group by group. Groups go by numbers; names are looked up for the rows that
//! are shown.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use foldhash::fast::RandomState;

use super::super::attribute::{Classes, Kind, Role, caller, has_operation_loop, role, site};
use super::super::build::LIFETIME_LABEL;
use super::super::class::Class;
use super::super::interval::{Estimate, Sampling};
use super::super::lifetime::Lifetimes;
use super::super::{Line, Profile, Sample, Text, Walker};
use super::table::{By, Part, TopOptions, share};

/// What a group, or a part of one, is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// Text of the profile.
    Text(Text),
    /// A role that the profile has no text for.
    Role(Role),
    /// It has no frames.
    NoStack,
    /// It has no such label.
    None,
}

impl Name {
    /// The name for the eye.
    pub fn of(self, profile: &Profile) -> &str {
        match self {
            Name::Text(text) => profile.strings.get(text),
            Name::Role(role) => role.name(),
            Name::NoStack => "(no stack)",
            Name::None => "(none)",
        }
    }
}

/// Sums per key.
#[derive(Debug)]
pub struct Sums<K>(HashMap<K, i64, RandomState>);

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Sums(HashMap::default())
    }
}

impl<K: Hash + Eq + Copy> Sums<K> {
    fn add(&mut self, key: K, value: i64) {
        let sum = self.0.entry(key).or_default();
        *sum = sum.saturating_add(value);
    }

    /// The biggest part with its share of all. Of equal ones it is the first by what `order` makes of them.
    pub fn biggest<O: Ord>(&self, order: impl Fn(K) -> O) -> Option<(K, f64)> {
        let total: i64 = self.0.values().fold(0, |a, b| a.saturating_add(*b));
        let (key, value) = self.0.iter().max_by_key(|(key, value)| (**value, Reverse(order(**key))))?;
        Some((*key, share(*value, total)))
    }
}

impl Sums<Name> {
    /// The biggest part by its name.
    pub fn part(&self, profile: &Profile) -> Option<Part> {
        let (name, share) = self.biggest(|name| name.of(profile))?;
        Some(Part { name: name.of(profile).to_string(), share })
    }
}

/// What a row is made of.
#[derive(Debug, Default)]
pub struct Group {
    /// Whether any of its samples has a value.
    pub seen: bool,
    pub value: i64,
    pub count: i64,
    pub estimate: Estimate,
    pub temporary: i64,
    pub lifetimes: Lifetimes,
    pub roles: Sums<Name>,
    pub phases: Sums<Name>,
    /// By source file and line.
    pub places: Sums<(Text, i64)>,
    pub callers: Sums<Name>,
}

/// Which figures a profile has beside the one that is added up: the places of their sample types.
#[derive(Debug, Default)]
pub struct TypePlaces {
    pub counted: Option<usize>,
    pub sampling: Option<Sampling>,
    pub temporary: Option<usize>,
    /// `alloc_objects`, if lifetimes are known.
    pub allocated: Option<usize>,
}

/// What a group is told by: its name and, for a site, its role.
pub type Key = (Name, Name);

/// The groups, each by its key.
#[derive(Debug, Default)]
pub struct Tally {
    /// Those that are wanted.
    pub groups: HashMap<Key, Group, RandomState>,
    /// How many others have a value.
    pub others: usize,
    /// The sum of all values.
    pub total: i64,
    /// The sum of the harness's own, where they are left out.
    pub hidden: i64,
    /// The same as an estimate, if it is known how the values were sampled.
    pub estimate: Estimate,
}

/// The most groups of which all is added up at once. Of more, the biggest are chosen by their sums first: a group takes
/// some hundred bytes, and a file of a few bytes for each may have any number of them.
const MOST_GROUPS: usize = 1 << 15;

/// The groups of which more than their sum is wanted.
enum Chosen {
    /// All, if they are no more than that many.
    UpTo(usize),
    /// These.
    These(HashSet<Key, RandomState>),
}

impl Chosen {
    fn has(&self, key: &Key) -> bool {
        match self {
            Chosen::UpTo(_) => true,
            Chosen::These(keys) => keys.contains(key),
        }
    }
}

/// What a stack says.
#[derive(Debug, Clone, Copy, Default)]
struct StackSummary {
    /// The frame that it is filed under.
    at: Option<Line>,
    /// The frame that led there.
    caller: Option<Line>,
    /// Its role, if mapprof's operation loop is on it.
    role: Option<Role>,
}

fn look(walker: &mut Walker<Class>, locations: &[u32], by: By, kind: Kind) -> StackSummary {
    let (lines, stack) = walker.stack(locations);
    let at = match by {
        By::Function => (!lines.is_empty()).then_some(0),
        _ => site(stack, kind),
    };
    let line = |place: usize| lines.get(place).copied();
    StackSummary {
        at: at.and_then(line),
        caller: at.and_then(|at| caller(stack, at)).and_then(line),
        role: has_operation_loop(stack).then(|| role(stack, kind)),
    }
}

/// Texts that labels are known by, looked up once.
struct Keys {
    role: Option<Text>,
    phase: Option<Text>,
    lifetime: Option<Text>,
    /// The names of the roles.
    roles: [Name; Role::ALL.len()],
}

impl Keys {
    fn of(profile: &Profile) -> Keys {
        let find = |key| profile.strings.find(key);
        Keys {
            role: find("role"),
            phase: find("phase"),
            lifetime: find(LIFETIME_LABEL.0),
            roles: Role::ALL.map(|role| find(role.name()).map_or(Name::Role(role), Name::Text)),
        }
    }

    fn text(key: Option<Text>, sample: Sample<'_>) -> Option<Name> {
        sample.text(key?).map(Name::Text)
    }

    /// The role of a sample: its label, or what its stack says.
    fn role(&self, sample: Sample<'_>, found: StackSummary) -> Option<Name> {
        let of_stack = || {
            let position = Role::ALL.iter().position(|role| Some(*role) == found.role)?;
            self.roles.get(position).copied()
        };
        Keys::text(self.role, sample).or_else(of_stack)
    }
}

/// Adds up the values at `index` of all samples of `profile`: of all groups, or of those that `options` lets be shown.
pub fn tally(profile: &Profile, index: usize, options: &TopOptions, known: &TypePlaces) -> Tally {
    let most = options.limit.map_or(usize::MAX, |limit| limit.max(MOST_GROUPS));
    if let Some(all) = add_up(profile, index, options, known, &Chosen::UpTo(most)) {
        return all;
    }
    let sums = sums(profile, index, options, known);
    let mut keys: Vec<(&Key, &i64)> = sums.iter().collect();
    let order = |(key, sum): &(&Key, &i64)| (Reverse(**sum), key.0.of(profile), key.1.of(profile));
    keys.sort_by(|a, b| order(a).cmp(&order(b)));
    keys.truncate(options.limit.unwrap_or(keys.len()));
    let chosen = keys.iter().map(|(key, _)| **key).collect();
    let found = add_up(profile, index, options, known, &Chosen::These(chosen)).unwrap_or_default();
    Tally { others: sums.len().saturating_sub(found.groups.len()), ..found }
}

/// The sums alone, of the groups that have a value.
fn sums(
    profile: &Profile,
    index: usize,
    options: &TopOptions,
    known: &TypePlaces,
) -> HashMap<Key, i64, RandomState> {
    let mut sums: HashMap<Key, i64, RandomState> = HashMap::default();
    sort(profile, index, options, known, |sorted| {
        if sorted.value != 0 {
            let sum = sums.entry(sorted.key).or_default();
            *sum = sum.saturating_add(sorted.value);
        }
        true
    });
    sums
}

/// A sample with where it belongs.
pub struct Sorted<'a> {
    pub sample: Sample<'a>,
    pub key: Key,
    /// What led to the site.
    pub caller: Option<Name>,
    /// Source file and line of the site.
    pub place: Option<(Text, i64)>,
    pub role: Option<Name>,
    pub phase: Option<Name>,
    /// Calls that its blocks lived.
    pub lifetime: Option<u64>,
    pub value: i64,
    pub temporary: i64,
    pub allocated: i64,
}

/// Gives each sample that has a value and is no harness's to `each`, which says whether it wants more. Returns the sum of
/// the values that are the harness's, as far as it came.
pub fn sort(
    profile: &Profile,
    index: usize,
    options: &TopOptions,
    known: &TypePlaces,
    mut each: impl FnMut(Sorted<'_>) -> bool,
) -> i64 {
    let mut hidden = 0i64;
    let kind = Kind::of(profile);
    let keys = Keys::of(profile);
    let harness = Name::Role(Role::Harness).of(profile);
    let mut walker = Classes::walker(profile);
    let function = |line: Line| profile.functions.get(line.function as usize).copied().unwrap_or_default();
    let name_of = |line: Option<Line>| line.map_or(Name::NoStack, |line| Name::Text(function(line).name));
    // Samples that differ in labels alone often stand side by side.
    let mut last: (Option<&[u32]>, StackSummary) = (None, StackSummary::default());
    for sample in &profile.samples {
        let at_index = |index: Option<usize>| index.and_then(|i| sample.values.get(i)).copied().unwrap_or(0);
        let value = at_index(Some(index));
        let (temporary, allocated) = (at_index(known.temporary), at_index(known.allocated));
        if value == 0 && temporary == 0 && allocated == 0 {
            continue;
        }
        if last.0 != Some(sample.locations) {
            last = (Some(sample.locations), look(&mut walker, sample.locations, options.by, kind));
        }
        let found = last.1;
        let role = keys.role(sample, found);
        if !options.harness && role.is_some_and(|role| role.of(profile) == harness) {
            hidden = hidden.saturating_add(value);
            continue;
        }
        let phase = Keys::text(keys.phase, sample);
        let key = match options.by {
            By::Site => (name_of(found.at), role.unwrap_or(Name::None)),
            By::Function => (name_of(found.at), Name::None),
            By::Role => (role.unwrap_or(Name::None), Name::None),
            By::Phase => (phase.unwrap_or(Name::None), Name::None),
        };
        let calls = keys.lifetime.and_then(|key| sample.number(key));
        let sorted = Sorted {
            sample,
            key,
            caller: found.caller.map(|line| name_of(Some(line))),
            place: found.at.map(|line| (function(line).file, line.line)),
            role,
            phase,
            lifetime: calls.and_then(|calls| u64::try_from(calls).ok()),
            value,
            temporary,
            allocated,
        };
        if !each(sorted) {
            break;
        }
    }
    hidden
}

/// Adds up the chosen groups; none if there are more than are wanted.
fn add_up(
    profile: &Profile,
    index: usize,
    options: &TopOptions,
    known: &TypePlaces,
    chosen: &Chosen,
) -> Option<Tally> {
    let mut tally = Tally::default();
    let mut too_many = false;
    let has_site = matches!(options.by, By::Site | By::Function);
    let hidden = sort(profile, index, options, known, |sorted| {
        let Sorted { sample, key, value, .. } = sorted;
        if value != 0 {
            tally.total = tally.total.saturating_add(value);
        }
        let estimate = known.sampling.filter(|_| value != 0).map(|sampling| sampling.estimate(sample));
        tally.estimate.add(estimate.unwrap_or_default());
        if !chosen.has(&key) {
            return true;
        }
        let group = tally.groups.entry(key).or_default();
        group.temporary = group.temporary.saturating_add(sorted.temporary);
        if known.allocated.is_some() {
            group.lifetimes.add(sorted.lifetime, sorted.allocated);
        }
        if value != 0 {
            group.seen = true;
            group.value = group.value.saturating_add(value);
            let count = known.counted.and_then(|place| sample.values.get(place)).copied().unwrap_or(0);
            group.count = group.count.saturating_add(count);
            group.estimate.add(estimate.unwrap_or_default());
            if let Some(role) = sorted.role {
                group.roles.add(role, value);
            }
            if let Some(phase) = sorted.phase {
                group.phases.add(phase, value);
            }
            if let Some(place) = sorted.place.filter(|_| has_site) {
                group.places.add(place, value);
            }
            if let Some(caller) = sorted.caller.filter(|_| has_site) {
                group.callers.add(caller, value);
            }
        }
        too_many = matches!(chosen, Chosen::UpTo(most) if tally.groups.len() > *most);
        !too_many
    });
    tally.hidden = hidden;
    (!too_many).then_some(tally)
}
