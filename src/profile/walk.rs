//! The stacks of a profile as frames with their classes, for whoever looks at all of them: each function is classified
//! once, and a stack is put together by copying.

use super::attribute::Classes;
use super::rules::Class;
use super::{Line, Profile};

/// Puts stacks together.
#[derive(Debug)]
pub struct Walker {
    /// Frames of all locations, one location behind the other, with their classes.
    frames: Vec<(Line, Class)>,
    /// Where the frames of each location end.
    ends: Vec<usize>,
    /// The stack last asked for.
    stack: Vec<Line>,
    stack_classes: Vec<Class>,
}

impl Walker {
    /// A walker over the stacks of `profile`.
    pub fn new(profile: &Profile) -> Walker {
        let mut classes = Classes::default();
        let lines = profile
            .locations
            .iter()
            .flat_map(|location| location.lines.iter().map(move |line| (location, *line)));
        let mut frames =
            Vec::with_capacity(profile.locations.iter().map(|location| location.lines.len()).sum());
        frames.extend(lines.map(|(location, line)| (line, classes.of(profile, location, line))));
        let mut end = 0;
        let ends = profile.locations.iter().map(|location| {
            end += location.lines.len();
            end
        });
        Walker { ends: ends.collect(), frames, stack: Vec::new(), stack_classes: Vec::new() }
    }

    /// The frames of a stack of locations with their classes, innermost first.
    pub fn stack(&mut self, locations: &[u32]) -> (&[Line], &[Class]) {
        self.stack.clear();
        self.stack_classes.clear();
        for location in locations {
            let place = *location as usize;
            let Some(end) = self.ends.get(place) else { continue };
            let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            // Most locations have one frame: a loop costs less than a call that copies.
            for (line, class) in self.frames.get(start..*end).unwrap_or(&[]) {
                self.stack.push(*line);
                self.stack_classes.push(*class);
            }
        }
        (&self.stack, &self.stack_classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::planted;

    #[test]
    fn a_stack_is_that_of_its_locations() {
        for profile in [planted::heap(), planted::cpu(), planted::foreign()] {
            let mut walker = Walker::new(&profile);
            let mut classes = Classes::default();
            for sample in &profile.samples {
                let (lines, of_stack) = classes.stack(&profile, sample.locations);
                assert_eq!(walker.stack(sample.locations), (&lines[..], &of_stack[..]));
            }
            assert_eq!(walker.stack(&[]), (&[][..], &[][..]));
            assert_eq!(walker.stack(&[u32::MAX]), (&[][..], &[][..]));
        }
    }
}
