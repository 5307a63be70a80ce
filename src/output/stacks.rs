//! A profile's stacks as the writers show them: outermost frame first, the harness hidden, names shortened.

use std::collections::HashMap;

use crate::profile::attribute::{Classes, Kind, Role, role, visible};
use crate::profile::name::short;
use crate::profile::rules::Class;
use crate::profile::{Line, Profile};

use super::View;

/// Stands for all frames of a stack that is the harness's own.
pub const HARNESS: &str = "[harness]";

/// One stack as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Index of its sample in the profile.
    pub sample: usize,
    /// The phase it comes from; none if the profile knows no phases.
    pub phase: Option<String>,
    /// Who owns it; none in another program's profile.
    pub role: Option<Role>,
    /// Frames, outermost first. Never empty.
    pub frames: Vec<Frame>,
}

/// A frame as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Its name, shortened.
    pub name: String,
    /// The frame of the profile; none for one that stands for hidden frames.
    pub line: Option<Line>,
}

impl Frame {
    fn named(name: &str) -> Frame {
        Frame { name: name.to_string(), line: None }
    }
}

/// The stacks of all samples of `profile`, in their order.
pub fn stacks(profile: &Profile, view: &View) -> Vec<Stack> {
    let kind = Kind::of(profile);
    let mut classes = Classes::default();
    let mut names: HashMap<u32, String> = HashMap::new();
    let mut shown = Vec::with_capacity(profile.samples.len());
    for (index, sample) in profile.samples.iter().enumerate() {
        let (lines, stack) = classes.stack(profile, sample.locations);
        let label = profile.label(sample, "role").and_then(Role::named);
        let ours = label.is_some() || stack.contains(&Class::OperationLoop);
        let frames = match visible(&stack, kind) {
            _ if view.show_harness || !ours => &lines[..],
            range => lines.get(range).unwrap_or(&[]),
        };
        let mut frames: Vec<Frame> = frames
            .iter()
            .rev()
            .map(|line| Frame {
                name: names
                    .entry(line.function)
                    .or_insert_with(|| short(profile.function_name(*line)))
                    .clone(),
                line: Some(*line),
            })
            .collect();
        if frames.is_empty() {
            frames.push(Frame::named(if ours { HARNESS } else { "(no stack)" }));
        }
        shown.push(Stack {
            sample: index,
            phase: profile.label(sample, "phase").map(str::to_string),
            role: label.or_else(|| ours.then(|| role(&stack))),
            frames,
        });
    }
    shown
}
