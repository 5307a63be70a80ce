//! The stacks of two profiles in one tree: what each frame holds on both sides, with all that is below it.
//!
//! Frames are matched by name, so lines that shifted do not matter. Each side is put into a tree of its own first, on a
//! thread of its own, and the two are then laid over each other.

use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;

use crate::compare::held::{Held, Periods, Weighing, periods};
use crate::compare::steady::steady;
use crate::profile::Profile;
use crate::profile::attribute::{Kind, Role, visible};
use crate::profile::name::short;
use crate::profile::rules::Class;
use crate::profile::walk::Walker;

use super::stacks::HARNESS;

/// Frames of a stack that are shown. What a deeper one holds is that of its last frame: a picture of so many rows shows
/// nothing, and a file of a few bytes may have stacks without end.
const DEEPEST: usize = 1000;

/// Names by number.
#[derive(Debug, Default)]
struct Names {
    list: Vec<String>,
    numbers: HashMap<String, u32, RandomState>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let number = self.list.len() as u32;
        self.list.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// A frame: its name, and the frame that called it (0 is the frame around all).
type Frame = (u32, u32);

/// The tree of frames; each has a number, and outer ones have lower ones.
#[derive(Debug)]
struct Tree {
    frames: Vec<Frame>,
    places: HashMap<Frame, u32, RandomState>,
}

impl Tree {
    fn new() -> Tree {
        Tree { frames: vec![(0, 0)], places: HashMap::default() }
    }

    fn enter(&mut self, outer: u32, name: u32) -> u32 {
        match self.places.entry((outer, name)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                self.frames.push((outer, name));
                *free.insert(self.frames.len() as u32 - 1)
            }
        }
    }
}

/// The stacks of one profile.
struct Side {
    names: Names,
    tree: Tree,
    /// What ends at each frame.
    own: Vec<Held>,
}

impl Side {
    fn of(profile: &Profile, weighing: &Weighing, show_harness: bool) -> Side {
        let kind = Kind::of(profile);
        let [role_key, phase_key] = ["role", "phase"].map(|key| profile.strings.find(key));
        let mut walker = Walker::new(profile);
        let mut side = Side { names: Names::default(), tree: Tree::new(), own: vec![Held::default()] };
        // The number of each function's name, once it is known.
        let mut numbers: Vec<Option<u32>> = vec![None; profile.functions.len()];
        for sample in &profile.samples {
            let held = weighing.held(sample);
            if held.value == 0 {
                continue;
            }
            let (lines, stack) = walker.stack(sample.locations);
            let text =
                |key: Option<_>| key.and_then(|key| sample.text(key)).map(|text| profile.strings.get(text));
            let ours =
                text(role_key).and_then(Role::named).is_some() || stack.contains(&Class::OperationLoop);
            let range = if ours && !show_harness { visible(stack, kind) } else { 0..lines.len() };
            let mut place = 0;
            if let Some(phase) = text(phase_key) {
                place = side.tree.enter(place, side.names.number(phase));
            }
            let shown = lines.get(range).unwrap_or(&[]);
            for line in shown.iter().rev().take(DEEPEST) {
                let names = &mut side.names;
                let mut named = || names.number(&short(&steady(profile.function_name(*line))));
                let number = match numbers.get_mut(line.function as usize) {
                    Some(known) => *known.get_or_insert_with(named),
                    None => named(),
                };
                place = side.tree.enter(place, number);
            }
            if shown.is_empty() {
                let name = if ours { HARNESS } else { "(no stack)" };
                place = side.tree.enter(place, side.names.number(name));
            }
            side.own.resize(side.tree.frames.len(), Held::default());
            if let Some(own) = side.own.get_mut(place as usize) {
                own.add(&held);
            }
        }
        side
    }
}

/// The stacks of two profiles.
pub(super) struct StackPair {
    names: Vec<String>,
    frames: Vec<Frame>,
    /// What each frame holds with all that is below it: in the base, and in the new profile.
    held: Vec<[Held; 2]>,
    /// The room that each frame takes: for each stack, what it holds on the side on which it holds more.
    widths: Vec<u128>,
    /// The periods of the two sides.
    pub(super) periods: Periods,
}

impl StackPair {
    /// The stacks of `base` and `new` for the sample types at these places.
    pub(super) fn of(
        (base, base_index): (&Profile, usize),
        (new, new_index): (&Profile, usize),
        show_harness: bool,
    ) -> StackPair {
        let weighings = [Weighing::of(base, base_index), Weighing::of(new, new_index)];
        let sides = std::thread::scope(|scope| {
            let left = scope.spawn(|| Side::of(base, &weighings[0], show_harness));
            let right = Side::of(new, &weighings[1], show_harness);
            [left.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), right]
        });
        let (mut names, mut tree) = (Names::default(), Tree::new());
        let mut held: Vec<[Held; 2]> = vec![[Held::default(); 2]];
        for (which, side) in sides.into_iter().enumerate() {
            // Where each frame of the side is in the tree of both.
            let mut places: Vec<u32> = vec![0];
            for (outer, name) in side.tree.frames.iter().skip(1) {
                let outer = places.get(*outer as usize).copied().unwrap_or(0);
                let name = side.names.list.get(*name as usize).map_or("", String::as_str);
                places.push(tree.enter(outer, names.number(name)));
            }
            held.resize(tree.frames.len(), [Held::default(); 2]);
            for (place, own) in places.iter().zip(&side.own) {
                if let Some(both) = held.get_mut(*place as usize) {
                    both[which].add(own);
                }
            }
        }
        // A sum below zero, as in the difference of two profiles, takes no room.
        let room = |[base, new]: &[Held; 2]| base.value.max(new.value).max(0).unsigned_abs();
        let mut widths: Vec<u128> = held.iter().map(room).collect();
        // Outer frames have lower numbers: from the end, each is complete when it is added to its outer one.
        for place in (1..tree.frames.len()).rev() {
            let outer = tree.frames[place].0 as usize;
            let (both, width) = (held[place], widths[place]);
            for (sum, own) in held[outer].iter_mut().zip(&both) {
                sum.add(own);
            }
            widths[outer] = widths[outer].saturating_add(width);
        }
        StackPair {
            names: names.list,
            frames: tree.frames,
            held,
            widths,
            periods: periods(&weighings[0], &weighings[1]),
        }
    }

    /// What a frame holds in the base and in the new profile.
    pub(super) fn held(&self, place: usize) -> [Held; 2] {
        self.held.get(place).copied().unwrap_or_default()
    }

    /// The room that a frame takes; the frame around all has number 0.
    pub(super) fn width(&self, place: usize) -> u128 {
        self.widths.get(place).copied().unwrap_or(0)
    }

    /// The name of a frame.
    pub(super) fn name(&self, place: usize) -> &str {
        let name = self.frames.get(place).map_or(0, |(_, name)| *name as usize);
        self.names.get(name).map_or("", String::as_str)
    }

    /// The frame around a frame.
    pub(super) fn outer(&self, place: usize) -> usize {
        self.frames.get(place).map_or(0, |(outer, _)| *outer as usize)
    }

    /// The frames that take at least `share` of all room, outer ones first: `most` of them at the most, the widest.
    pub(super) fn widest(&self, share: f64, most: usize) -> Vec<usize> {
        let least = (self.width(0) as f64 * share) as u128;
        let mut places: Vec<usize> = (1..self.frames.len())
            .filter(|place| self.width(*place) > 0 && self.width(*place) >= least)
            .collect();
        // An outer frame is as wide as what it called or wider, and has a lower number: it stays if that one does.
        places.sort_by(|a, b| self.width(*b).cmp(&self.width(*a)).then(a.cmp(b)));
        places.truncate(most);
        places.sort_unstable();
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::planted::{self, Plan};

    fn of(stacks: &[(&[&str], i64)]) -> Profile {
        let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        for (frames, bytes) in stacks {
            let stack: Vec<&[&str]> = frames.chunks(1).collect();
            plan.sample(&stack, &[], &[1, *bytes]);
        }
        plan.profile
    }

    /// Each frame with its path, its two sums and its width.
    fn told(base: &Profile, new: &Profile) -> Vec<(String, i128, i128, u128)> {
        let pair = StackPair::of((base, 1), (new, 1), false);
        let path = |mut place: usize| {
            let mut names = Vec::new();
            while place != 0 {
                names.push(pair.name(place));
                place = pair.outer(place);
            }
            names.reverse();
            names.join(";")
        };
        let places = (0..pair.frames.len()).map(|place| {
            let [base, new] = pair.held(place);
            (path(place), base.value, new.value, pair.width(place))
        });
        places.collect()
    }

    fn row(path: &str, base: i128, new: i128, width: u128) -> (String, i128, i128, u128) {
        (path.to_owned(), base, new, width)
    }

    #[test]
    fn sums_go_up_and_room_is_that_of_the_larger_side() {
        let base = of(&[(&["f@a:1", "main@m:1"], 300), (&["g@a:2", "main@m:2"], 100), (&["main@m:3"], 7)]);
        let new = of(&[(&["f@a:9", "main@m:9"], 200), (&["g@a:9", "main@m:9"], 200)]);
        assert_eq!(
            told(&base, &new),
            [
                row("", 407, 400, 507),
                row("main", 407, 400, 507),
                row("main;f", 300, 200, 300),
                row("main;g", 100, 200, 200),
            ]
        );
    }

    #[test]
    fn the_same_frames_are_shown_as_in_a_flame_graph_of_one_profile() {
        let profile = planted::heap();
        let index = profile.sample_type("inuse_space").unwrap();
        let pair = StackPair::of((&profile, index), (&profile, index), false);
        assert_eq!(Some(pair.width(0) as i64), crate::profile::totals(&profile, "inuse_space"));
        let names: Vec<&str> = (1..pair.frames.len()).map(|place| pair.name(place)).collect();
        assert!(names.contains(&"fill") && names.contains(&HARNESS), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("lang_start") || name.contains("__rust_alloc")));
        let all = StackPair::of((&profile, index), (&profile, index), true);
        assert!((1..all.frames.len()).any(|place| all.name(place).contains("lang_start")));
    }

    #[test]
    fn negative_sums_take_no_room_and_extremes_do_not_wrap() {
        let base = of(&[(&["f@a:1"], i64::MIN), (&["f@a:1"], i64::MIN), (&["g@a:1"], i64::MAX)]);
        let new = of(&[(&["f@a:1"], -5), (&["g@a:1"], i64::MAX), (&["g@a:1"], i64::MAX)]);
        let found = told(&base, &new);
        assert_eq!((found[1].3, found[2].3), (0, 2 * i64::MAX as u128));
    }

    #[test]
    fn the_widest_frames_keep_what_called_them() {
        let base = of(&[(&["thin@a:1", "wide@a:2"], 1), (&["wide@a:2"], 900), (&["other@a:3"], 50)]);
        let pair = StackPair::of((&base, 1), (&base, 1), false);
        let names = |share, most| {
            pair.widest(share, most).into_iter().map(|place| pair.name(place)).collect::<Vec<_>>()
        };
        assert_eq!(names(0.0, 10), ["wide", "thin", "other"]);
        assert_eq!(names(0.01, 10), ["wide", "other"]);
        assert_eq!(names(0.0, 1), ["wide"]);
    }

    #[test]
    fn a_stack_without_end_is_cut() {
        let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        let frames: &[&str] = &["f@a:1"; 5000];
        plan.sample(&[frames], &[], &[1, 8]);
        let pair = StackPair::of((&plan.profile, 1), (&plan.profile, 1), false);
        assert_eq!((pair.frames.len(), pair.width(DEEPEST)), (DEEPEST + 1, 8));
    }
}
