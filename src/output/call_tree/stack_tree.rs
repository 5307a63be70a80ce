//! The tree of the stacks of one profile, as it grows.
//!
//! A stack is entered frame by frame from its outermost one, and what it holds is added where it ends: what a frame holds
//! with all that is below it is worked out once, when the tree is whole.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::super::stacks::{Stack, Stacks};
use super::held::{Held, Roles};
use super::source_lines::{SourceLine, Vote};
use crate::compare::sampled_sum::Weighing;
use crate::error::{Error, Result};
use crate::profile::Text;

/// Frames of a stack that are shown. What a deeper one holds is that of its last frame: a picture of so many rows shows
/// nothing, and a file of a few bytes may have stacks without end.
pub(super) const DEEPEST: usize = 1000;

/// The share of all below which a frame is not shown. inferno draws none of twice that.
pub(super) const NARROWEST: f64 = 0.000_05;

/// What a tree is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// One profile. A value below zero, as in the difference of two profiles, has no width and is left out. So sums only
    /// grow, and of a tree with too many frames those that cannot be wide are taken out.
    Profile,
    /// One side of a difference. All values count, and all frames stay: the other side may have much in them.
    Side,
}

impl Of {
    fn counts(self, value: i64) -> bool {
        match self {
            Of::Profile => value > 0,
            Of::Side => value != 0,
        }
    }

    /// The most frames of the tree of a profile whose stacks name so many locations. What one of a side takes is less.
    fn most(self, locations: usize, columns: usize) -> usize {
        match self {
            Of::Profile => (100_000 + locations / 32) / columns.div_ceil(FREE_COLUMNS).max(1),
            Of::Side => (400_000 + locations / 8) / columns.max(1),
        }
    }
}

/// Values that a frame may have at no cost. Of more, a tree may have as many fewer frames.
pub(super) const FREE_COLUMNS: usize = 4;

/// Stands for the end of stacks at a frame at which none ends.
const NO_END: u32 = u32::MAX;

/// A frame. The first one is around all, has no name, and is its own outer one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// The place of the frame around it, which is lower than its own.
    pub(super) outer: u32,
    pub(super) name: Text,
    /// How often the tree had been thinned when it was entered.
    born: u32,
    /// Where its stacks' ends begin.
    end: u32,
}

impl Node {
    /// Where what ends at this frame begins among the ends; none if nothing ends here.
    pub(super) fn end(&self) -> Option<usize> {
        (self.end != NO_END).then_some(self.end as usize)
    }

    /// Its end is to be made anew.
    pub(super) fn forget_end(&mut self) {
        self.end = NO_END;
    }
}

/// The tree of the stacks of one profile.
pub(super) struct StackTree {
    /// Values of each end.
    columns: usize,
    pub(super) nodes: Vec<Node>,
    places: HashMap<(u32, Text), u32, RandomState>,
    /// What ends at a frame, a value for each column, for each frame at which something does.
    ends: Vec<Held>,
    /// The line of each frame, if lines are wanted.
    lines: Option<Vec<Vote>>,
    /// What a frame may have missed that was entered after so many thinnings, for each column.
    missed: Vec<Vec<u128>>,
}

impl StackTree {
    fn new(columns: usize, with_lines: bool) -> StackTree {
        StackTree {
            columns,
            nodes: vec![Node { outer: 0, name: Text::default(), born: 0, end: NO_END }],
            places: HashMap::default(),
            ends: Vec::new(),
            lines: with_lines.then(|| vec![Vote::default()]),
            missed: vec![vec![0; columns]],
        }
    }

    /// The tree of all `stacks`, with a column for each of `weighings`. If it has too many frames, those that cannot be wide
    /// enough are taken out on the way, and what the others hold is added up once more.
    ///
    /// # Errors
    /// When there are still too many.
    pub(super) fn of(
        stacks: &Stacks<'_>,
        weighings: &[Weighing],
        of: Of,
        with_lines: bool,
    ) -> Result<StackTree> {
        let most = of.most(stacks.locations(), weighings.len());
        StackTree::grown(stacks, weighings, of, with_lines, most)
    }

    /// The same with `most` frames at most.
    pub(super) fn grown(
        stacks: &Stacks<'_>,
        weighings: &[Weighing],
        of: Of,
        with_lines: bool,
        most: usize,
    ) -> Result<StackTree> {
        let mut tree = StackTree::new(weighings.len(), with_lines);
        let mut too_many = false;
        for again in [false, true] {
            stacks.each_of(
                |sample| weighings.iter().any(|weighing| of.counts(weighing.value(sample))),
                |stack| {
                    if too_many {
                        return;
                    }
                    let place = tree.enter(stacks, &stack, weighings, again);
                    tree.add(place, &stack, weighings, of);
                    if tree.nodes.len() > most + 1 {
                        if of == Of::Profile {
                            tree.thin();
                        }
                        too_many = of == Of::Side || tree.nodes.len() > most / 2 + 1;
                    }
                },
            );
            if too_many {
                return Err(Error::input(
                    "flame graph: the stacks have too many different frames to be drawn",
                ));
            }
            if again || tree.missed.len() == 1 {
                break;
            }
            tree.ends.fill(Held::default());
            tree.lines.iter_mut().for_each(|lines| lines.fill(Vote::default()));
        }
        Ok(tree)
    }

    /// The place at which a stack ends; if only what is `known` is to be found, that of its last frame that is.
    fn enter(&mut self, stacks: &Stacks<'_>, stack: &Stack<'_, '_>, of: &[Weighing], known: bool) -> usize {
        let weight = || of.iter().map(|weighing| weighing.value(stack.sample).unsigned_abs()).max();
        let weight = if self.lines.is_some() { weight().unwrap_or(0) } else { 0 };
        let phase = stack.phase.map(|phase| (phase.text, None));
        let mut place = 0;
        for (name, line) in phase.into_iter().chain(stack.names().take(DEEPEST)) {
            place = match known {
                false => self.inner(place, name),
                true => match self.places.get(&(place, name)) {
                    Some(inner) => *inner,
                    None => break,
                },
            };
            if let Some(lines) = &mut self.lines
                && let Some(line) = line
                && let Some(vote) = lines.get_mut(place as usize)
            {
                vote.add(SourceLine { file: stacks.file_of(line), line: line.line }, weight);
            }
        }
        place as usize
    }

    /// The place of the frame with this name inside of the one at `outer`. It is entered if it is new.
    pub(super) fn inner(&mut self, outer: u32, name: Text) -> u32 {
        let new = self.nodes.len() as u32;
        let place = *self.places.entry((outer, name)).or_insert(new);
        if place == new {
            let born = self.missed.len() as u32 - 1;
            self.nodes.push(Node { outer, name, born, end: NO_END });
            self.lines.iter_mut().for_each(|lines| lines.push(Vote::default()));
        }
        place
    }

    fn add(&mut self, place: usize, stack: &Stack<'_, '_>, weighings: &[Weighing], of: Of) {
        let Some(node) = self.nodes.get_mut(place) else { return };
        for (held, weighing) in ends_of(node, &mut self.ends, self.columns).iter_mut().zip(weighings) {
            if of.counts(weighing.value(stack.sample)) {
                held.add(&Held { sum: weighing.held(stack.sample), roles: Roles::of(stack.role) });
            }
        }
    }

    /// Takes out what cannot be wide enough to be shown in any column, whatever comes: what a frame holds, with what it may
    /// have missed, is no less than what it held in truth. So none that is wide enough is ever taken out.
    fn thin(&mut self) {
        let columns = self.columns;
        let widths = widths(&self.nodes, &self.ends, columns, 1);
        let least: Vec<u128> =
            widths.iter().take(columns).map(|all| (*all as f64 * NARROWEST / 2.0) as u128).collect();
        // Where each frame is now, or else the nearest one around it that is left, and whether it is left.
        let mut moved: Vec<(u32, bool)> = Vec::with_capacity(self.nodes.len());
        let (ends, lines) = (std::mem::take(&mut self.ends), self.lines.take());
        let mut kept_lines = Vec::new();
        self.places.clear();
        for (place, node) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            let (outer, outer_stays) = moved.get(node.outer as usize).copied().unwrap_or((0, true));
            let missed = self.missed.get(node.born as usize).map_or(&[][..], Vec::as_slice);
            let held = widths.iter().skip(place * columns).zip(missed);
            let mut most = held.map(|(width, missed)| width.saturating_add(*missed)).zip(&least);
            let stays = outer_stays && (node.outer == 0 || most.any(|(most, least)| most >= (*least).max(1)));
            let new = if stays { self.nodes.len() as u32 } else { outer };
            moved.push((new, stays));
            if stays {
                if place > 0 {
                    self.places.insert((outer, node.name), new);
                }
                kept_lines.extend(lines.as_ref().and_then(|lines| lines.get(place)));
                self.nodes.push(Node { outer, end: NO_END, ..node });
            }
            let of_node = node.end().and_then(|end| ends.get(end..end + columns)).unwrap_or(&[]);
            if let Some(node) = self.nodes.get_mut(new as usize).filter(|_| !of_node.is_empty()) {
                let kept = ends_of(node, &mut self.ends, columns);
                kept.iter_mut().zip(of_node).for_each(|(kept, held)| kept.add(held));
            }
        }
        self.lines = lines.map(|_| kept_lines);
        self.missed.push(least);
    }

    /// Takes the ends out.
    pub(super) fn take_ends(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.ends)
    }

    /// The source line of each frame; empty if lines are not wanted.
    pub(super) fn lines(&self) -> impl Iterator<Item = Option<SourceLine>> {
        self.lines.iter().flatten().map(Vote::winner)
    }
}

/// What ends at `node`, of so many columns; made if nothing did so far.
pub(super) fn ends_of<'e>(node: &mut Node, ends: &'e mut Vec<Held>, columns: usize) -> &'e mut [Held] {
    if node.end == NO_END {
        node.end = ends.len() as u32;
        ends.resize(ends.len() + columns, Held::default());
    }
    let start = node.end as usize;
    ends.get_mut(start..start + columns).unwrap_or_default()
}

/// The room that each frame takes with all that is below it, for each of `measures`: for each stack, what it holds on the
/// side on which it holds more. The ends have `sides` columns for each measure.
pub(super) fn widths(nodes: &[Node], ends: &[Held], measures: usize, sides: usize) -> Vec<u128> {
    let mut widths: Vec<u128> = vec![0; nodes.len() * measures];
    for (place, node) in nodes.iter().enumerate() {
        let held = node.end().and_then(|end| ends.get(end..end + measures * sides)).unwrap_or(&[]);
        let own = widths.iter_mut().skip(place * measures);
        for (width, sides) in own.zip(held.chunks(sides.max(1))) {
            // A sum below zero, as in the difference of two profiles, takes no room.
            *width = sides.iter().map(|held| held.sum.value.max(0).unsigned_abs()).max().unwrap_or(0);
        }
    }
    // Outer frames have lower places: from the end, each is complete when it is added to its outer one.
    for (place, node) in nodes.iter().enumerate().skip(1).rev() {
        let (outer, inner) = widths.split_at_mut(place * measures);
        let outer = outer.iter_mut().skip(node.outer as usize * measures).take(measures);
        outer.zip(inner).for_each(|(outer, inner)| *outer = outer.saturating_add(*inner));
    }
    widths
}
