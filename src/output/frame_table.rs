//! The frames of a profile's stacks in one table, each once, for formats in which a stack is a list of places in it.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::stacks::{Distinct, Distincts, Frame, Stacks};
use crate::profile::Line;

/// The table. A frame of the profile is known by its line, one that stands for others by its name.
#[derive(Default)]
pub(super) struct FrameTable<'a> {
    lines: HashMap<Line, u32, RandomState>,
    names: HashMap<&'a str, u32, RandomState>,
    frames: Vec<Frame<'a>>,
}

impl<'a> FrameTable<'a> {
    /// The frames of the stacks, in the order in which they first appear.
    pub(super) fn new(stacks: &'a Stacks<'a>, distinct: &Distincts<'a>) -> FrameTable<'a> {
        let mut table = FrameTable::default();
        for stack in &distinct.stacks {
            whole(stacks, stack).for_each(|frame| table.add(frame));
        }
        table
    }

    /// The frames by their places.
    pub(super) fn frames(&self) -> &[Frame<'a>] {
        &self.frames
    }

    /// The places of a stack's frames, outermost first.
    pub(super) fn places<'s>(
        &self,
        stacks: &'s Stacks<'_>,
        stack: &Distinct<'s>,
    ) -> impl Iterator<Item = u32> {
        whole(stacks, stack).map(|frame| self.place(frame).unwrap_or(0))
    }

    fn place(&self, frame: Frame<'_>) -> Option<u32> {
        match frame.line {
            Some(line) => self.lines.get(&line).copied(),
            None => self.names.get(frame.name).copied(),
        }
    }

    fn add(&mut self, frame: Frame<'a>) {
        let new = self.frames.len() as u32;
        let place = match frame.line {
            Some(line) => *self.lines.entry(line).or_insert(new),
            None => *self.names.entry(frame.name).or_insert(new),
        };
        if place == new {
            self.frames.push(frame);
        }
    }
}

/// The frames of a stack, outermost first. The phase is the outermost one, as in the pictures.
fn whole<'s>(stacks: &'s Stacks<'_>, stack: &Distinct<'s>) -> impl Iterator<Item = Frame<'s>> {
    stack.phase.into_iter().chain(stacks.frames(stack))
}
