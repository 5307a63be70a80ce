//! A profile's stacks as the writers show them: outermost frame first, the harness hidden, names shortened.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::compare::symbol_normalize::steady;
use crate::profile::attribute::{Classes, Kind, Role, has_operation_loop, role, visible};
use crate::profile::rust_symbol::short;
use crate::profile::{Line, Profile, Sample, Strings, Text};

use super::display_options::DisplayOptions;

/// Stands for all frames of a stack that is the harness's own.
pub const HARNESS: &str = "[harness]";

/// Stands for the frames of another program's stack that has none.
const NO_STACK: &str = "(no stack)";

/// One stack as it is shown.
#[derive(Clone, Copy)]
pub struct Stack<'a, 'b> {
    /// Its sample in the profile.
    pub sample: Sample<'a>,
    /// The phase it comes from; none if the profile knows no phases.
    pub phase: Option<Frame<'a>>,
    /// Who owns it; none in another program's profile.
    pub role: Option<Role>,
    stacks: &'a Stacks<'a>,
    /// The lines that are shown, innermost first, and which of the sample's they are, counted from there.
    lines: &'b [Line],
    shown: (u32, u32),
    /// What stands for them if they are none.
    instead: Text,
}

impl<'a> Stack<'a, '_> {
    /// Its frames, outermost first. Never empty.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'a>> {
        let stacks = self.stacks;
        self.names().map(move |(name, line)| stacks.frame(name, line))
    }

    /// The names of its frames, outermost first, each with the frame of the profile: none for one that stands for hidden
    /// frames. Never empty.
    pub fn names(&self) -> impl Iterator<Item = (Text, Option<Line>)> {
        let stacks = self.stacks;
        let frames = self.lines.iter().rev().map(move |line| (stacks.name_of(*line), Some(*line)));
        frames.chain(self.lines.is_empty().then_some((self.instead, None)))
    }
}

/// A frame as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its name, shortened.
    pub name: &'a str,
    /// The same in the table of names: see [`Stacks::into_names`].
    pub text: Text,
    /// The frame of the profile; none for a phase and for one that stands for hidden frames.
    pub line: Option<Line>,
}

/// The stacks of a profile, shown one at a time: all at once they would take many times the profile's memory.
pub struct Stacks<'a> {
    profile: &'a Profile,
    show_harness: bool,
    /// Every name that is shown.
    names: Strings,
    /// The shortened name of each function.
    of_functions: Vec<Text>,
    /// The key of the label that has the phase, and the name of each phase.
    phase_key: Option<Text>,
    of_phases: HashMap<Text, Text, RandomState>,
    /// What stands for the harness's own frames, and for those that another program's stack does not have.
    harness: Text,
    no_stack: Text,
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
    pub phase: Option<Frame<'a>>,
    /// Which of its frames are shown, counted from the innermost one.
    first: u32,
    end: u32,
    /// What stands for its frames if none is shown.
    instead: Text,
}

impl<'a> Stacks<'a> {
    /// The stacks of `profile`.
    pub fn new(profile: &'a Profile, view: &DisplayOptions) -> Stacks<'a> {
        Stacks::named(profile, view, short)
    }

    /// The same under names that do not change from build to build, for a comparison.
    pub fn steady(profile: &'a Profile, view: &DisplayOptions) -> Stacks<'a> {
        Stacks::named(profile, view, |name| short(&steady(name)))
    }

    fn named(profile: &'a Profile, view: &DisplayOptions, shown: impl Fn(&str) -> String) -> Stacks<'a> {
        let mut names = Strings::default();
        let (harness, no_stack) = (names.add(HARNESS), names.add(NO_STACK));
        let mut of_functions = Vec::with_capacity(profile.functions.len());
        let functions = profile.functions.iter().map(|function| profile.strings.get(function.name));
        of_functions.extend(functions.map(|name| names.add(&shown(name))));
        let phase_key = profile.strings.find("phase");
        let mut of_phases: HashMap<Text, Text, RandomState> = HashMap::default();
        for phase in phase_key.into_iter().flat_map(|key| profile.samples.iter().map(move |s| s.text(key))) {
            let Some(phase) = phase else { continue };
            of_phases.entry(phase).or_insert_with(|| names.add(profile.strings.get(phase)));
        }
        let show_harness = view.show_harness;
        Stacks { profile, show_harness, names, of_functions, phase_key, of_phases, harness, no_stack }
    }

    /// The table of all names.
    pub fn into_names(self) -> Strings {
        self.names
    }

    /// How many locations the stacks name.
    pub fn locations(&self) -> usize {
        self.profile.samples.locations()
    }

    /// The source file of a frame, in the strings of the profile.
    pub fn file_of(&self, line: Line) -> Text {
        self.profile.functions.get(line.function as usize).map_or_else(Text::default, |of| of.file)
    }

    /// The stacks that differ, and which of them each sample has.
    pub fn distinct<'s>(&'s self, same: Same) -> Distincts<'s> {
        // Hashes of 128 bits stand for stacks: they are alike by chance in no file that anybody has.
        let hashers = [RandomState::default(), RandomState::default()];
        let mut places: HashMap<[u64; 2], u32, RandomState> = HashMap::default();
        let mut found =
            Distincts { stacks: Vec::new(), of_sample: Vec::with_capacity(self.profile.samples.len()) };
        self.each(|stack| {
            let key = hashers.each_ref().map(|hasher| {
                let mut hasher = hasher.build_hasher();
                stack.phase.map(|phase| phase.text).hash(&mut hasher);
                for (name, line) in stack.names() {
                    match (line, same) {
                        (Some(line), Same::Lines) => line.hash(&mut hasher),
                        _ => name.hash(&mut hasher),
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

    /// The sample types to write where a file has all of them: those that are not zero everywhere, but always one.
    pub fn types(&self) -> Vec<usize> {
        let samples = &self.profile.samples;
        let has_value = |index: &usize| samples.iter().any(|s| s.values.get(*index).is_some_and(|v| *v != 0));
        let mut types: Vec<usize> = (0..self.profile.sample_types.len()).filter(has_value).collect();
        if types.is_empty() {
            types.push(self.profile.default_type());
        }
        types
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
        let frames = lines.skip(all - stack.end as usize).take(shown);
        let frames = frames.map(|line| self.frame(self.name_of(*line), Some(*line)));
        frames.chain((shown == 0).then(|| self.frame(stack.instead, None)))
    }

    fn frame(&self, text: Text, line: Option<Line>) -> Frame<'_> {
        Frame { name: self.names.get(text), text, line }
    }

    fn name_of(&self, line: Line) -> Text {
        self.of_functions.get(line.function as usize).copied().unwrap_or_default()
    }

    /// Shows the stacks of all samples, in their order.
    pub fn each<'s>(&'s self, show: impl FnMut(Stack<'s, '_>)) {
        self.each_of(|_| true, show);
    }

    /// Shows the stacks of the samples that are wanted, in their order.
    pub fn each_of<'s>(&'s self, wanted: impl Fn(Sample<'s>) -> bool, mut show: impl FnMut(Stack<'s, '_>)) {
        let profile = self.profile;
        let kind = Kind::of(profile);
        let role_key = profile.strings.find("role");
        let mut walker = Classes::walker(profile);
        for sample in profile.samples.iter().filter(|sample| wanted(*sample)) {
            let (lines, stack) = walker.stack(sample.locations);
            let label = role_key.and_then(|key| sample.text(key));
            let label = label.and_then(|role| Role::named(profile.strings.get(role)));
            let ours = label.is_some() || has_operation_loop(stack);
            let range = match visible(stack, kind) {
                _ if self.show_harness || !ours => 0..lines.len(),
                // Of a binary without names the loop is not known, and its stacks end there in any case.
                range if range.is_empty() && label.is_some_and(|role| role != Role::Harness) => {
                    0..lines.len()
                }
                range => range,
            };
            let phase = self.phase_key.and_then(|key| self.of_phases.get(&sample.text(key)?));
            show(Stack {
                sample,
                phase: phase.map(|phase| self.frame(*phase, None)),
                role: label.or_else(|| ours.then(|| role(stack, kind))),
                stacks: self,
                lines: lines.get(range.clone()).unwrap_or(&[]),
                shown: if range.is_empty() { (0, 0) } else { (range.start as u32, range.end as u32) },
                instead: if ours { self.harness } else { self.no_stack },
            });
        }
    }
}
