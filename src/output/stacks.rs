//! A profile's stacks as the writers show them: outermost frame first, the harness hidden, names shortened.

use crate::profile::attribute::{Kind, Role, has_operation_loop, role, visible};
use crate::profile::name::short;
use crate::profile::walk::Walker;
use crate::profile::{Line, Profile, Sample};

use super::View;

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
}

/// A frame as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its name, shortened.
    pub name: &'a str,
    /// The frame of the profile; none for one that stands for hidden frames.
    pub line: Option<Line>,
}

impl<'a> Frame<'a> {
    fn named(name: &'a str) -> Frame<'a> {
        Frame { name, line: None }
    }
}

/// The stacks of a profile, shown one at a time: all at once they would take many times the profile's memory.
pub struct Stacks<'a> {
    profile: &'a Profile,
    show_harness: bool,
    /// The shortened name of each function.
    names: Vec<String>,
}

impl<'a> Stacks<'a> {
    /// The stacks of `profile`.
    pub fn new(profile: &'a Profile, view: &View) -> Stacks<'a> {
        let name = |function: &crate::profile::Function| short(profile.strings.get(function.name));
        Stacks {
            profile,
            show_harness: view.show_harness,
            names: profile.functions.iter().map(name).collect(),
        }
    }

    /// Shows the stacks of all samples, in their order.
    pub fn each<'s>(&'s self, mut show: impl FnMut(Stack<'s, '_>)) {
        let profile = self.profile;
        let kind = Kind::of(profile);
        let mut walker = Walker::new(profile);
        let mut frames: Vec<Frame<'s>> = Vec::new();
        for sample in &profile.samples {
            let (lines, stack) = walker.stack(sample.locations);
            let label = profile.label(sample, "role").and_then(Role::named);
            let ours = label.is_some() || has_operation_loop(stack);
            let visible = match visible(stack, kind) {
                _ if self.show_harness || !ours => lines,
                // Of a binary without names the loop is not known, and its stacks end there in any case.
                range if range.is_empty() && label.is_some_and(|role| role != Role::Harness) => lines,
                range => lines.get(range).unwrap_or(&[]),
            };
            frames.clear();
            frames.extend(visible.iter().rev().map(|line| Frame {
                name: self.names.get(line.function as usize).map_or("", String::as_str),
                line: Some(*line),
            }));
            if frames.is_empty() {
                frames.push(Frame::named(if ours { HARNESS } else { "(no stack)" }));
            }
            show(Stack {
                sample,
                phase: profile.label(sample, "phase"),
                role: label.or_else(|| ours.then(|| role(stack))),
                frames: &frames,
            });
        }
    }
}
