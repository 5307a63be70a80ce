//! The stacks of a profile as frames, each with what the caller knows of it, for whoever looks at all of them: each frame is
//! looked at once, and a stack is put together by copying.

use crate::{Line, Location, Profile};

/// Puts stacks together. `T` is what is known of a frame: a class, a name, or nothing (`()`).
///
/// ```
/// use mapprof_profile::{Limit, Walker, folded};
///
/// let profile = folded::read(b"main;read 3\nmain;write 4\n", "count", Limit::default())?;
/// let mut walker = Walker::new(&profile, |_, line| profile.function_name(line));
/// let sample = profile.samples.get(1).expect("it has two");
/// assert_eq!(walker.stack(sample.locations).1, ["write", "main"]);
/// # Ok::<(), folded::FoldedError>(())
/// ```
#[derive(Debug)]
pub struct Walker<T> {
    /// Frames of all locations, one location behind the other.
    frames: Vec<(Line, T)>,
    /// Where the frames of each location end.
    ends: Vec<usize>,
    /// The stack last asked for.
    stack: Vec<Line>,
    known: Vec<T>,
}

impl<T: Copy> Walker<T> {
    /// A walker over the stacks of `profile`. `know` is asked for each frame of each location, once.
    pub fn new(profile: &Profile, mut know: impl FnMut(&Location, Line) -> T) -> Walker<T> {
        let lines = profile
            .locations
            .iter()
            .flat_map(|location| location.lines.iter().map(move |line| (location, *line)));
        let mut frames =
            Vec::with_capacity(profile.locations.iter().map(|location| location.lines.len()).sum());
        frames.extend(lines.map(|(location, line)| (line, know(location, line))));
        let mut end = 0;
        let ends = profile.locations.iter().map(|location| {
            end += location.lines.len();
            end
        });
        Walker { ends: ends.collect(), frames, stack: Vec::new(), known: Vec::new() }
    }

    /// The frames of a stack of locations, innermost first, and what is known of each. A location that the profile does not
    /// have is skipped.
    pub fn stack(&mut self, locations: &[u32]) -> (&[Line], &[T]) {
        self.stack.clear();
        self.known.clear();
        for location in locations {
            let place = *location as usize;
            let Some(end) = self.ends.get(place) else { continue };
            let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            // Most locations have one frame: a loop costs less than a call that copies.
            for (line, known) in self.frames.get(start..*end).unwrap_or(&[]) {
                self.stack.push(*line);
                self.known.push(*known);
            }
        }
        (&self.stack, &self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn a_stack_is_that_of_its_locations() {
        for profile in [fixtures::heap(), fixtures::cpu(), fixtures::foreign()] {
            let mut walker = Walker::new(&profile, |location, line| (location.address, line.line));
            for sample in &profile.samples {
                let lines: Vec<Line> = profile.frames(sample.locations).collect();
                let (found, known) = walker.stack(sample.locations);
                assert_eq!(found, lines);
                assert_eq!(known.last().map(|known| known.1), lines.last().map(|line| line.line));
                let address = profile.locations[*sample.locations.last().unwrap() as usize].address;
                assert_eq!(known.last().map(|known| known.0), Some(address));
            }
            assert_eq!(walker.stack(&[]), (&[][..], &[][..]));
            assert_eq!(walker.stack(&[u32::MAX]), (&[][..], &[][..]));
        }
    }
}
