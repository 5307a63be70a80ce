//! The stacks of two profiles in one tree: what each frame holds on both sides, with all that is below it.
//!
//! Frames are matched by name, so lines that shifted do not matter. Each side is put into a tree of its own first, on a
//! thread of its own, and the two are then laid over each other.

use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;

use crate::compare::sampled_sum::{Periods, SampledSum, Weighing, periods};
use crate::compare::symbol_normalize::steady;
use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::profile::attribute::{Classes, Kind, Role, has_operation_loop, visible};
use crate::profile::rust_symbol::short;

use super::flame_marks::DEEPEST;
use super::stacks::HARNESS;

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

/// The most frames of the tree of one side, and how many more for each location that its stacks name.
const MOST_FRAMES: usize = 400_000;
const LOCATIONS_PER_FRAME: usize = 8;

/// The stacks of one profile.
struct ProfileStacks {
    names: Names,
    tree: Tree,
    /// What ends at a frame, for each at which something does.
    ends: HashMap<u32, SampledSum, RandomState>,
}

impl ProfileStacks {
    fn of(profile: &Profile, weighing: &Weighing, show_harness: bool) -> Result<ProfileStacks> {
        let kind = Kind::of(profile);
        let most = MOST_FRAMES + profile.samples.locations() / LOCATIONS_PER_FRAME;
        let [role_key, phase_key] = ["role", "phase"].map(|key| profile.strings.find(key));
        let mut walker = Classes::walker(profile);
        let mut side = ProfileStacks { names: Names::default(), tree: Tree::new(), ends: HashMap::default() };
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
            let role = text(role_key).and_then(Role::named);
            let ours = role.is_some() || has_operation_loop(stack);
            let range = match visible(stack, kind) {
                _ if !ours || show_harness => 0..lines.len(),
                // Of a binary without names the loop is not known, and its stacks end there in any case.
                range if range.is_empty() && role.is_some_and(|role| role != Role::Harness) => 0..lines.len(),
                range => range,
            };
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
            side.ends.entry(place).or_default().add(&held);
            if side.tree.frames.len() > most {
                return Err(Error::input(
                    "flame graph: the stacks have too many different frames to be drawn",
                ));
            }
        }
        Ok(side)
    }
}

/// A frame that is drawn. The one around all has no name, and is its own outer one.
#[derive(Debug, Clone)]
pub(super) struct PairFrame {
    /// Its name.
    pub(super) name: String,
    /// The place of the frame around it.
    pub(super) outer: usize,
    /// What it holds with all that is below it: in the base, and in the new profile.
    pub(super) held: [SampledSum; 2],
    /// The room that it takes: for each stack, what it holds on the side on which it holds more.
    pub(super) width: u128,
}

/// The stacks of two profiles.
pub(super) struct StackPair {
    /// The frames that are wide enough; the first is the one around all, and outer ones come before inner ones.
    pub(super) frames: Vec<PairFrame>,
    /// The periods of the two sides.
    pub(super) periods: Periods,
}

impl StackPair {
    /// The stacks of `base` and `new` for the sample types at these places: the frames that take at least `share` of all
    /// room, the widest `most` of them.
    ///
    /// # Errors
    /// When there are too many different frames.
    pub(super) fn of(
        (base, base_index): (&Profile, usize),
        (new, new_index): (&Profile, usize),
        show_harness: bool,
        (share, most): (f64, usize),
    ) -> Result<StackPair> {
        let weighings = [Weighing::of(base, base_index), Weighing::of(new, new_index)];
        let (left, right) = std::thread::scope(|scope| {
            let left = scope.spawn(|| ProfileStacks::of(base, &weighings[0], show_harness));
            let right = ProfileStacks::of(new, &weighings[1], show_harness);
            (left.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), right)
        });
        let both = Both::of(left?, right?);
        Ok(StackPair { frames: both.widest(share, most), periods: periods(&weighings[0], &weighings[1]) })
    }
}

/// The trees of both sides, one laid over the other.
struct Both {
    names: Vec<String>,
    frames: Vec<Frame>,
    /// What ends at a frame, in the order of the frames.
    ends: Vec<(u32, [SampledSum; 2])>,
    /// The room of each frame.
    widths: Vec<u128>,
}

impl Both {
    fn of(base: ProfileStacks, new: ProfileStacks) -> Both {
        let (mut names, mut tree) = (base.names, base.tree);
        let numbers: Vec<u32> = new.names.list.iter().map(|name| names.number(name)).collect();
        let at = |list: &[u32], index: u32| list.get(index as usize).copied().unwrap_or(0);
        // Where each frame of the new side is in the tree of both.
        let mut places: Vec<u32> = vec![0];
        for (outer, name) in new.tree.frames.iter().skip(1) {
            places.push(tree.enter(at(&places, *outer), at(&numbers, *name)));
        }
        let mut ends: Vec<(u32, [SampledSum; 2])> = Vec::with_capacity(base.ends.len() + new.ends.len());
        ends.extend(base.ends.into_iter().map(|(place, held)| (place, [held, SampledSum::default()])));
        ends.extend(
            new.ends.into_iter().map(|(place, held)| (at(&places, place), [SampledSum::default(), held])),
        );
        // Sums with fractions depend on their order.
        ends.sort_unstable_by_key(|(place, _)| *place);
        ends.dedup_by(|(place, held), (before, kept)| {
            let same = place == before;
            if same {
                kept.iter_mut().zip(held).for_each(|(kept, held)| kept.add(held));
            }
            same
        });
        let mut widths: Vec<u128> = vec![0; tree.frames.len()];
        for (place, [base, new]) in &ends {
            if let Some(width) = widths.get_mut(*place as usize) {
                // A sum below zero, as in the difference of two profiles, takes no room.
                *width = base.value.max(new.value).max(0).unsigned_abs();
            }
        }
        // Outer frames have lower numbers: from the end, each is complete when it is added to its outer one.
        for (place, (outer, _)) in tree.frames.iter().enumerate().skip(1).rev() {
            let width = widths.get(place).copied().unwrap_or(0);
            if let Some(sum) = widths.get_mut(*outer as usize) {
                *sum = sum.saturating_add(width);
            }
        }
        Both { names: names.list, frames: tree.frames, ends, widths }
    }

    fn width(&self, place: usize) -> u128 {
        self.widths.get(place).copied().unwrap_or(0)
    }

    fn outer(&self, place: usize) -> usize {
        self.frames.get(place).map_or(0, |(outer, _)| *outer as usize)
    }

    fn widest(&self, share: f64, most: usize) -> Vec<PairFrame> {
        let least = (self.width(0) as f64 * share) as u128;
        let from = |least: u128| -> Vec<usize> {
            (1..self.frames.len()).filter(|place| self.width(*place) >= least).collect()
        };
        let mut places = from(least.max(1));
        if places.is_empty() {
            // All are narrow, and the picture is one of the frame around them.
            places = from(1);
        }
        // An outer frame is as wide as what it called or wider, and has a lower number: it stays if that one does.
        places.sort_unstable_by(|a, b| self.width(*b).cmp(&self.width(*a)).then(a.cmp(b)));
        places.truncate(most);
        places.push(0);
        places.sort_unstable();
        // What is not shown belongs to the next frame around it that is.
        let nearest = |mut place: usize| loop {
            match places.binary_search(&place) {
                Ok(shown) => break shown,
                Err(_) => place = self.outer(place),
            }
        };
        let name = |place: usize| {
            let number = self.frames.get(place).map_or(0, |(_, name)| *name as usize);
            if place == 0 { String::new() } else { self.names.get(number).cloned().unwrap_or_default() }
        };
        let mut shown: Vec<PairFrame> = places
            .iter()
            .map(|place| PairFrame {
                name: name(*place),
                outer: nearest(self.outer(*place)),
                held: [SampledSum::default(); 2],
                width: self.width(*place),
            })
            .collect();
        let add = |shown: &mut [PairFrame], place: usize, held: &[SampledSum; 2]| {
            if let Some(frame) = shown.get_mut(place) {
                frame.held.iter_mut().zip(held).for_each(|(sum, held)| sum.add(held));
            }
        };
        for (place, held) in &self.ends {
            add(&mut shown, nearest(*place as usize), held);
        }
        for place in (1..shown.len()).rev() {
            let Some((outer, held)) = shown.get(place).map(|frame| (frame.outer, frame.held)) else {
                continue;
            };
            add(&mut shown, outer, &held);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures::{self, Plan, of_stacks as of};

    fn pair(base: &Profile, new: &Profile, limits: (f64, usize)) -> StackPair {
        StackPair::of((base, 1), (new, 1), false, limits).unwrap()
    }

    /// Each frame with its path, its two sums and its width.
    fn told(base: &Profile, new: &Profile) -> Vec<(String, i128, i128, u128)> {
        let pair = pair(base, new, (0.0, 100));
        let path = |mut place: usize| {
            let mut names = Vec::new();
            while place != 0 {
                names.push(pair.frames[place].name.clone());
                place = pair.frames[place].outer;
            }
            names.reverse();
            names.join(";")
        };
        let frames = pair.frames.iter().enumerate();
        frames
            .map(|(place, frame)| {
                let [base, new] = frame.held;
                (path(place), base.value, new.value, frame.width)
            })
            .collect()
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
        let profile = fixtures::heap();
        let index = profile.sample_type("inuse_space").unwrap();
        let names = |show_harness| {
            let side = (&profile, index);
            let pair = StackPair::of(side, side, show_harness, (0.0, 100)).unwrap();
            assert_eq!(Some(pair.frames[0].width as i64), profile.total("inuse_space"));
            pair.frames.into_iter().map(|frame| frame.name).collect::<Vec<_>>()
        };
        let found = names(false);
        assert!(["fill", HARNESS].iter().all(|name| found.iter().any(|own| own == name)), "{found:?}");
        assert!(!found.iter().any(|name| name.contains("lang_start") || name.contains("__rust_alloc")));
        assert!(names(true).iter().any(|name| name.contains("lang_start")));
    }

    #[test]
    fn negative_sums_take_no_room_and_extremes_do_not_wrap() {
        let base = of(&[(&["f@a:1"], i64::MIN), (&["f@a:1"], i64::MIN), (&["g@a:1"], i64::MAX)]);
        let new = of(&[(&["f@a:1"], -5), (&["g@a:1"], i64::MAX), (&["g@a:1"], i64::MAX)]);
        let most = 2 * i128::from(i64::MAX);
        assert_eq!(
            told(&base, &new),
            [
                row("", i128::from(i64::MAX) + 2 * i128::from(i64::MIN), most - 5, most as u128),
                row("g", i64::MAX.into(), most, most as u128),
            ]
        );
    }

    #[test]
    fn the_widest_frames_keep_what_called_them_and_what_they_called() {
        let base = of(&[(&["thin@a:1", "wide@a:2"], 1), (&["wide@a:2"], 900), (&["other@a:3"], 50)]);
        let found = |limits| {
            let frames = pair(&base, &base, limits).frames.into_iter().skip(1);
            frames.map(|frame| (frame.name, frame.held[0].value)).collect::<Vec<_>>()
        };
        let named = |list: &[(&str, i128)]| -> Vec<(String, i128)> {
            list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
        };
        assert_eq!(found((0.0, 10)), named(&[("wide", 901), ("thin", 1), ("other", 50)]));
        assert_eq!(found((0.01, 10)), named(&[("wide", 901), ("other", 50)]));
        assert_eq!(found((0.0, 1)), named(&[("wide", 901)]));
    }

    #[test]
    fn a_stack_without_end_is_cut() {
        let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        let frames: &[&str] = &["f@a:1"; 5000];
        plan.sample(&[frames], &[], &[1, 8]);
        let frames = pair(&plan.profile, &plan.profile, (0.0, 9999)).frames;
        assert_eq!((frames.len(), frames[DEEPEST].held[0].value), (DEEPEST + 1, 8));
    }
}
