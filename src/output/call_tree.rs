//! The call tree: the stacks of a profile, or of two, by their frames. Flame graphs, the picture of a difference and reports
//! are made of it, and of nothing else.
//!
//! A tree is made in one of four ways:
//!
//! | of | measures | sides |
//! |---|---|---|
//! | [`CallTree::of`] | all sample types of a profile | 1 |
//! | [`CallTree::of_type`] | one sample type | 1 |
//! | [`CallTree::of_difference`] | all sample types that two profiles have in common | 2: base and new |
//! | [`CallTree::of_difference_in`] | one sample type of each | 2 |
//!
//! What it shows is what the other writers show ([`Stacks`]): a phase is the outermost frame where the profile knows phases,
//! the harness and the allocator are hidden unless they are asked for, names are shortened. Frames are matched by name, inside
//! of frames that match, so lines that shifted do not matter; of a difference names are also without what changes from build
//! to build.
//!
//! A node has, for each measure and side, what it holds by itself and with all that is below it, as a sum that knows how far
//! it may be off, with the roles of the samples behind it. What is too narrow to be seen, or deeper than a thousand frames,
//! is held by the frame around it. So a frame and those in it add up: `total` of a node is its `own` and the `total` of each
//! node inside.
//!
//! However large the file, a tree has some ten thousand nodes at most, and takes some ten megabytes while it grows; of a file
//! made to be hard up to a hundred. One with more different frames than that is refused.
//!
//! ```
//! use mapprof::output::DisplayOptions;
//! use mapprof::output::call_tree::CallTree;
//! use mapprof::profile::{Limit, folded};
//!
//! let profile = folded::read(b"main;read 30\nmain;write;flush 60\nmain 10\n", "count", Limit::default())?;
//! let tree = CallTree::of(&profile, &DisplayOptions::default())?;
//! let told = tree.nodes().map(|node| {
//!     let (total, own) = (node.total(0, 0), node.own(0, 0));
//!     (node.outer, node.name, total.sum.value, own.sum.value)
//! });
//! let nodes = [(0, "", 100, 0), (0, "main", 100, 10), (1, "read", 30, 30), (1, "write", 60, 0), (3, "flush", 60, 60)];
//! assert_eq!(told.collect::<Vec<_>>(), nodes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod held;
mod overlay;
mod selection;
mod source_lines;
mod stack_tree;

use crate::compare::sampled_sum::{Periods, SampledSum, Weighing, gap, periods};
use crate::error::Result;
use crate::profile::interval::Interval;
use crate::profile::{Profile, Strings, Text};

use super::display_options::DisplayOptions;
use super::stacks::Stacks;
use overlay::Overlay;
use selection::{MOST_SHOWN, Selection};
use stack_tree::{FREE_COLUMNS, NARROWEST, Of, StackTree};

pub use held::{Held, Roles};

/// The stacks of one profile, or of two, by their frames.
pub struct CallTree {
    measures: Vec<Measure>,
    sides: usize,
    /// Names of functions and files.
    strings: Strings,
    nodes: Vec<Node>,
    /// For each node and measure its width.
    widths: Vec<u128>,
    /// For each node, measure and side what it holds by itself, and with all that is below it.
    own: Vec<Held>,
    totals: Vec<Held>,
}

/// A sample type that a tree shows.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The sample type.
    pub sample_type: String,
    /// Unit of its values.
    pub unit: String,
    /// How the values of each side become sums.
    weighings: Vec<Weighing>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    outer: usize,
    name: Text,
    file: Text,
    line: i64,
}

/// A frame of a tree.
#[derive(Clone, Copy)]
pub struct CallNode<'t> {
    /// Its place in the tree. The first node, at place 0, is the frame around all.
    pub place: usize,
    /// The place of the frame around it, which is lower than its own. That of the first node is 0.
    pub outer: usize,
    /// Its function, or its phase; empty for the frame around all.
    pub name: &'t str,
    /// The source file of most of it; empty if unknown, and in trees of one sample type.
    pub file: &'t str,
    /// The line in that file; 0 if unknown, and in trees of one sample type.
    pub line: i64,
    tree: &'t CallTree,
}

impl CallTree {
    /// The tree of `profile` with all of its sample types, in their order: measure `i` is that of
    /// [`Profile::sample_types`] `[i]`. Samples whose values are all zero or less are left out, and so is each value that is
    /// below zero.
    ///
    /// Shown is what has 0.005 % of all by any measure.
    ///
    /// # Errors
    /// When the stacks have too many different frames.
    pub fn of(profile: &Profile, view: &DisplayOptions) -> Result<CallTree> {
        let all: Vec<usize> = (0..profile.sample_types.len()).collect();
        CallTree::of_profile(profile, &all, view, true)
    }

    /// The tree of `profile` with the sample type at `index` alone. Its nodes have no source lines. Each outermost frame is
    /// shown, however narrow, so that these add up to all.
    ///
    /// # Errors
    /// When the stacks have too many different frames.
    pub fn of_type(profile: &Profile, index: usize, view: &DisplayOptions) -> Result<CallTree> {
        CallTree::of_profile(profile, &[index], view, false)
    }

    fn of_profile(
        profile: &Profile,
        indexes: &[usize],
        view: &DisplayOptions,
        with_lines: bool,
    ) -> Result<CallTree> {
        let weighings: Vec<Weighing> = indexes.iter().map(|index| Weighing::of(profile, *index)).collect();
        let (names, tree) = grown(Stacks::new(profile, view), &weighings, Of::Profile, with_lines)?;
        let overlay = Overlay::of_one(names, tree, weighings.len());
        let measure = |(index, weighing): (&usize, Weighing)| Measure::of(profile, *index, vec![weighing]);
        let measures = indexes.iter().zip(weighings).map(measure).collect();
        // inferno takes the sum of the outermost frames for the total; a report has that of the tree.
        let outermost = !with_lines;
        let selection = Selection { share: NARROWEST, most: most_shown(indexes.len()), outermost };
        Ok(CallTree::shown(overlay, measures, &[profile], selection))
    }

    /// The tree of what changed from `base` to `new`, with all sample types that both have in one unit, in the order of the
    /// new profile. Side 0 is the base, and side 1 the new profile. All values count, those below zero too.
    ///
    /// The width of a stack is what it holds on the side on which it holds more. Shown is what has 0.01 % of all width by any
    /// measure.
    ///
    /// # Errors
    /// When the stacks have too many different frames.
    pub fn of_difference(base: &Profile, new: &Profile, view: &DisplayOptions) -> Result<CallTree> {
        let pair = |(new_index, kind): (usize, &str)| {
            let base_index = base.sample_type(kind)?;
            (base.unit(base_index) == new.unit(new_index)).then_some((base_index, new_index))
        };
        let common: Vec<(usize, usize)> = new.kinds().into_iter().enumerate().filter_map(pair).collect();
        CallTree::of_pair((base, new), &common, view, true, of_difference(common.len()))
    }

    /// The same of one sample type of each profile. Its nodes have no source lines.
    ///
    /// # Errors
    /// When the stacks have too many different frames.
    pub fn of_difference_in(
        (base, base_index): (&Profile, usize),
        (new, new_index): (&Profile, usize),
        view: &DisplayOptions,
    ) -> Result<CallTree> {
        CallTree::of_pair((base, new), &[(base_index, new_index)], view, false, of_difference(1))
    }

    fn of_pair(
        (base, new): (&Profile, &Profile),
        indexes: &[(usize, usize)],
        view: &DisplayOptions,
        with_lines: bool,
        selection: Selection,
    ) -> Result<CallTree> {
        let [of_base, of_new]: [Vec<Weighing>; 2] = [
            indexes.iter().map(|(index, _)| Weighing::of(base, *index)).collect(),
            indexes.iter().map(|(_, index)| Weighing::of(new, *index)).collect(),
        ];
        // A thread for each side.
        let side = |profile, weighings| grown(Stacks::steady(profile, view), weighings, Of::Side, with_lines);
        let (left, right) = std::thread::scope(|scope| {
            let left = scope.spawn(|| side(base, &of_base));
            let right = side(new, &of_new);
            (left.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), right)
        });
        let overlay = Overlay::of_two(left?, right?, indexes.len());
        let sides = of_base.into_iter().zip(of_new).map(|(base, new)| vec![base, new]);
        let measure = |((_, index), sides): (&(usize, usize), Vec<Weighing>)| Measure::of(new, *index, sides);
        let measures = indexes.iter().zip(sides).map(measure).collect();
        Ok(CallTree::shown(overlay, measures, &[base, new], selection))
    }

    /// The selected frames of a tree of these `profiles`.
    fn shown(tree: Overlay, measures: Vec<Measure>, profiles: &[&Profile], selection: Selection) -> CallTree {
        let places = selection.of(&tree);
        // What is not shown belongs to the next frame around it that is.
        let mut nearest: Vec<usize> = Vec::with_capacity(tree.nodes.len());
        let mut ahead = places.iter().enumerate().peekable();
        for (place, node) in tree.nodes.iter().enumerate() {
            let own = ahead.next_if(|(_, shown)| **shown == place).map(|(number, _)| number);
            nearest.push(own.or_else(|| nearest.get(node.outer as usize).copied()).unwrap_or(0));
        }
        let columns = measures.len() * profiles.len();
        let mut own = vec![Held::default(); places.len() * columns];
        for (place, shown) in nearest.iter().enumerate() {
            let sums = own.iter_mut().skip(shown * columns);
            sums.zip(tree.ends(place)).for_each(|(sum, held)| sum.add(held));
        }
        let at = |shown: &usize| tree.nodes.get(*shown).map(|node| (node.outer as usize, node.name));
        let mut nodes: Vec<Node> = Vec::with_capacity(places.len());
        for (outer, name) in places.iter().filter_map(at) {
            let outer = nearest.get(outer).copied().unwrap_or(0);
            nodes.push(Node { outer, name, file: Text::default(), line: 0 });
        }
        let mut totals = own.clone();
        for (place, node) in nodes.iter().enumerate().skip(1).rev() {
            let (outer, inner) = totals.split_at_mut(place * columns);
            let outer = outer.iter_mut().skip(node.outer * columns).take(columns);
            outer.zip(inner).for_each(|(outer, inner)| outer.add(inner));
        }
        let widths = places.iter().flat_map(|place| tree.widths(*place)).copied().collect();
        let lines: Vec<_> = places.iter().map(|place| tree.line(*place)).collect();
        let mut strings = tree.names;
        for (node, line) in nodes.iter_mut().zip(lines) {
            if let Some((side, line)) = line {
                let file = profiles.get(side).map_or("", |profile| profile.strings.get(line.file));
                (node.file, node.line) = (strings.add(file), line.line);
            }
        }
        CallTree { measures, sides: profiles.len(), strings, nodes, widths, own, totals }
    }

    /// What the tree shows of each frame.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The place of a sample type among the measures.
    pub fn measure(&self, sample_type: &str) -> Option<usize> {
        self.measures.iter().position(|measure| measure.sample_type == sample_type)
    }

    /// How many profiles it is of: 1, or 2 for a difference.
    pub fn sides(&self) -> usize {
        self.sides
    }

    /// All frames, the one around all first, and each behind the one around it.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = CallNode<'_>> + DoubleEndedIterator {
        self.nodes.iter().enumerate().map(|(place, node)| self.call_node(place, node))
    }

    /// The frame at `place`.
    pub fn node(&self, place: usize) -> Option<CallNode<'_>> {
        self.nodes.get(place).map(|node| self.call_node(place, node))
    }

    fn call_node(&self, place: usize, node: &Node) -> CallNode<'_> {
        let [name, file] = [node.name, node.file].map(|text| self.strings.get(text));
        CallNode { place, outer: node.outer, name, file, line: node.line, tree: self }
    }

    /// What all stacks hold by a measure on a side.
    pub fn all(&self, measure: usize, side: usize) -> Held {
        self.held(&self.totals, 0, (measure, side))
    }

    /// Where the true value of `part` lies, which is a sum of this tree, with a confidence of 95 %. None where it is not known
    /// how values were sampled. The ends are equal where every allocation was recorded.
    pub fn interval(&self, measure: usize, side: usize, part: &SampledSum) -> Option<Interval> {
        let sampling = self.measures.get(measure)?.weighings.get(side)?.sampling?;
        sampling.interval(part.estimate(), self.all(measure, side).sum.estimate())
    }

    /// The 95 % interval of `new` less `base`, which are sums of the two sides. None where an error is not known, as of CPU
    /// time, and in a tree of one profile.
    pub fn interval_of_difference(
        &self,
        measure: usize,
        base: &SampledSum,
        new: &SampledSum,
    ) -> Option<(f64, f64)> {
        gap(base, new, self.periods(measure))
    }

    fn periods(&self, measure: usize) -> Periods {
        match self.measures.get(measure)?.weighings.as_slice() {
            [base, new] => periods(base, new),
            _ => None,
        }
    }

    fn held(&self, of: &[Held], place: usize, (measure, side): (usize, usize)) -> Held {
        if measure >= self.measures.len() || side >= self.sides {
            return Held::default();
        }
        of.get((place * self.measures.len() + measure) * self.sides + side).copied().unwrap_or_default()
    }
}

impl CallNode<'_> {
    /// What it holds with all that is below it. Side 0 is the profile, or the base of a difference.
    pub fn total(&self, measure: usize, side: usize) -> Held {
        self.tree.held(&self.tree.totals, self.place, (measure, side))
    }

    /// What it holds by itself, with what is below it and not shown.
    pub fn own(&self, measure: usize, side: usize) -> Held {
        self.tree.held(&self.tree.own, self.place, (measure, side))
    }

    /// The room that it takes: for each stack, what it holds on the side on which it holds more. In a tree of one profile it is
    /// the total.
    pub fn width(&self, measure: usize) -> u128 {
        let measures = self.tree.measures.len();
        let width = self.tree.widths.get(self.place * measures + measure).filter(|_| measure < measures);
        width.copied().unwrap_or(0)
    }

    /// The roles of all samples below it, by any measure, on any side.
    pub fn roles(&self) -> Roles {
        let columns = self.tree.measures.len() * self.tree.sides;
        let mut roles = Roles::default();
        self.tree
            .totals
            .iter()
            .skip(self.place * columns)
            .take(columns)
            .for_each(|held| roles.add(held.roles));
        roles
    }
}

impl Measure {
    fn of(profile: &Profile, index: usize, weighings: Vec<Weighing>) -> Measure {
        let sample_type = profile.kinds().get(index).copied().unwrap_or("").to_owned();
        Measure { sample_type, unit: profile.unit(index).to_owned(), weighings }
    }
}

/// The tree of one profile, and its names.
fn grown(stacks: Stacks<'_>, of: &[Weighing], kind: Of, with_lines: bool) -> Result<(Strings, StackTree)> {
    let tree = StackTree::of(&stacks, of, kind, with_lines)?;
    Ok((stacks.into_names(), tree))
}

/// What is shown of a difference by so many measures: no frame that inferno would leave out.
fn of_difference(measures: usize) -> Selection {
    Selection { share: 2.0 * NARROWEST, most: most_shown(measures * 2), outermost: false }
}

/// The most frames that are shown with so many values each.
fn most_shown(columns: usize) -> usize {
    (MOST_SHOWN * FREE_COLUMNS / columns.max(FREE_COLUMNS)).max(1)
}

#[cfg(test)]
#[path = "call_tree/tests.rs"]
mod tests;
