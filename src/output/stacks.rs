//! A profile's stacks as the writers show them: outermost frame first, the harness hidden, names shortened.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::profile::attribute::{Classes, Kind, Role, has_operation_loop, role, visible};
use crate::profile::rust_symbol::short;
use crate::profile::{Line, Profile, Sample};

use super::display_options::DisplayOptions;

/// Stands for all frames of a stack that is the harness's own.
pub const HARNESS: &str = "[harness]";

/// One stack as it is shown. The frames lie in a place that the next one is put into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack<'a, 'b> {
    /// Its sample in the profile.
    pub sample: Sample<'a>,
    /// The phase it comes from; none if the profile knows no phases.
    pub phase: Option<&'a str>,
    /// Who owns it; none in another program's profile.
    pub role: Option<Role>,
    /// Frames, outermost first. Never empty.
    pub frames: &'b [Frame<'a>],
    /// Which frames of the sample they are, counted from the innermost one, and what stands for them if they are none.
    shown: (u32, u32),
    instead: &'static str,
}

/// A frame as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its name, shortened.
    pub name: &'a str,
    /// The frame of the profile; none for one that stands for hidden frames.
    pub line: Option<Line>,
}

/// The stacks of a profile, shown one at a time: all at once they would take many times the profile's memory.
pub struct Stacks<'a> {
    profile: &'a Profile,
    show_harness: bool,
    /// The shortened name of each function.
    names: Vec<String>,
}

/// What makes stacks one and the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// Their phase and the names of their frames.
    Names,
    /// Their phase and the lines of their frames.
    Lines,
}

/// The stacks of a profile that differ.
#[derive(Debug)]
pub struct Distincts<'a> {
    /// Each once, in the order in which they first appear.
    pub stacks: Vec<Distinct<'a>>,
    /// The place of each sample's stack among them.
    of_sample: Vec<u32>,
}

/// One of the stacks that are the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distinct<'a> {
    /// The sample.
    pub sample: Sample<'a>,
    /// The phase it comes from; none if the profile knows no phases.
    pub phase: Option<&'a str>,
    /// Which of its frames are shown, counted from the innermost one.
    first: u32,
    end: u32,
    /// What stands for its frames if none is shown.
    instead: &'static str,
}

impl<'a> Stacks<'a> {
    /// The stacks of `profile`.
    pub fn new(profile: &'a Profile, view: &DisplayOptions) -> Stacks<'a> {
        let name = |function: &crate::profile::Function| short(profile.strings.get(function.name));
        Stacks {
            profile,
            show_harness: view.show_harness,
            names: profile.functions.iter().map(name).collect(),
        }
    }

    /// The stacks that differ, and which of them each sample has.
    pub fn distinct<'s>(&'s self, same: Same) -> Distincts<'s> {
        // The first function of each name.
        let mut first_of: HashMap<&str, u32, RandomState> = HashMap::default();
        let firsts: Vec<u32> =
            (0..).zip(&self.names).map(|(place, name)| *first_of.entry(name).or_insert(place)).collect();
        // Hashes of 128 bits stand for stacks: they are alike by chance in no file that anybody has.
        let hashers = [RandomState::default(), RandomState::default()];
        let mut places: HashMap<[u64; 2], u32, RandomState> = HashMap::default();
        let mut found =
            Distincts { stacks: Vec::new(), of_sample: Vec::with_capacity(self.profile.samples.len()) };
        self.each(|stack| {
            let key = hashers.each_ref().map(|hasher| {
                let mut hasher = hasher.build_hasher();
                stack.phase.hash(&mut hasher);
                for frame in stack.frames {
                    match (frame.line, same) {
                        (None, _) => frame.name.hash(&mut hasher),
                        (Some(line), Same::Lines) => line.hash(&mut hasher),
                        (Some(line), Same::Names) => {
                            firsts.get(line.function as usize).hash(&mut hasher);
                        }
                    }
                }
                hasher.finish()
            });
            let new = found.stacks.len() as u32;
            let place = *places.entry(key).or_insert(new);
            if place == new {
                found.stacks.push(Distinct {
                    sample: stack.sample,
                    phase: stack.phase,
                    first: stack.shown.0,
                    end: stack.shown.1,
                    instead: stack.instead,
                });
            }
            found.of_sample.push(place);
        });
        found
    }

    /// The sums of `stacks` for the sample type at `index`, each with the place of its stack, in the order in which the
    /// stacks first have a value. A stack whose values are all zero has none.
    pub fn sums(&self, stacks: &Distincts<'_>, index: usize) -> Vec<(u32, i64)> {
        let mut places: Vec<u32> = vec![u32::MAX; stacks.stacks.len()];
        let mut sums: Vec<(u32, i64)> = Vec::new();
        for (sample, stack) in self.profile.samples.iter().zip(&stacks.of_sample) {
            let value = sample.values.get(index).copied().unwrap_or(0);
            let Some(place) = places.get_mut(*stack as usize).filter(|_| value != 0) else { continue };
            match sums.get_mut(*place as usize) {
                Some((_, sum)) => *sum = sum.saturating_add(value),
                None => {
                    *place = sums.len() as u32;
                    sums.push((*stack, value));
                }
            }
        }
        sums
    }

    /// The frames of a stack that are shown, outermost first.
    pub fn frames<'s>(&'s self, stack: &Distinct<'s>) -> impl Iterator<Item = Frame<'s>> {
        let locations = stack.sample.locations.iter().rev();
        let lines = locations.filter_map(|place| self.profile.locations.get(*place as usize));
        let lines = lines.flat_map(|location| location.lines.iter().rev());
        let all: usize = match stack.end {
            0 => 0,
            _ => self.profile.frames(stack.sample.locations).count(),
        };
        let shown = (stack.end - stack.first) as usize;
        let frames = lines.skip(all - stack.end as usize).take(shown).map(|line| self.frame(*line));
        frames.chain((shown == 0).then_some(Frame { name: stack.instead, line: None }))
    }

    fn frame(&self, line: Line) -> Frame<'_> {
        Frame { name: self.names.get(line.function as usize).map_or("", String::as_str), line: Some(line) }
    }

    /// Shows the stacks of all samples, in their order.
    pub fn each<'s>(&'s self, mut show: impl FnMut(Stack<'s, '_>)) {
        let profile = self.profile;
        let kind = Kind::of(profile);
        let mut walker = Classes::walker(profile);
        let mut frames: Vec<Frame<'s>> = Vec::new();
        for sample in &profile.samples {
            let (lines, stack) = walker.stack(sample.locations);
            let label = profile.label(sample, "role").and_then(Role::named);
            let ours = label.is_some() || has_operation_loop(stack);
            let range = match visible(stack, kind) {
                _ if self.show_harness || !ours => 0..lines.len(),
                // Of a binary without names the loop is not known, and its stacks end there in any case.
                range if range.is_empty() && label.is_some_and(|role| role != Role::Harness) => {
                    0..lines.len()
                }
                range => range,
            };
            let instead = if ours { HARNESS } else { "(no stack)" };
            frames.clear();
            frames.extend(lines.get(range.clone()).unwrap_or(&[]).iter().rev().map(|line| self.frame(*line)));
            if frames.is_empty() {
                frames.push(Frame { name: instead, line: None });
            }
            show(Stack {
                sample,
                phase: profile.label(sample, "phase"),
                role: label.or_else(|| ours.then(|| role(stack, kind))),
                frames: &frames,
                shown: if range.is_empty() { (0, 0) } else { (range.start as u32, range.end as u32) },
                instead,
            });
        }
    }
}
