//! The source line of each frame. The frames of several lines of a function are one frame, and the line that most of it
//! comes from stands for all.

use crate::profile::Text;

/// A line of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SourceLine {
    /// The file, in the strings of the profile.
    pub(super) file: Text,
    /// The line; 0 if unknown.
    pub(super) line: i64,
}

/// The line that is ahead of all others. It is the one with more than half of the weight if there is such a line (Boyer and
/// Moore's vote), and costs the same however many lines there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Vote {
    ahead: SourceLine,
    by: u64,
    /// Whether any line was added.
    any: bool,
}

impl Vote {
    pub(super) fn add(&mut self, line: SourceLine, weight: u64) {
        if !self.any || (self.ahead != line && self.by < weight) {
            *self = Vote { ahead: line, by: weight - self.by, any: true };
        } else if self.ahead == line {
            self.by = self.by.saturating_add(weight);
        } else {
            self.by -= weight;
        }
    }

    /// None if no line was added.
    pub(super) fn winner(&self) -> Option<SourceLine> {
        self.any.then_some(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_most_wins_in_any_order() {
        let line = |line| SourceLine { file: Text(1), line };
        let of = |votes: &[(i64, u64)]| {
            let mut vote = Vote::default();
            votes.iter().for_each(|(at, weight)| vote.add(line(*at), *weight));
            vote.winner().map(|found| found.line)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(7, 0)]), Some(7), "a line without weight is better than none");
        let votes = [(1, 30), (2, 51), (3, 19), (2, 5)];
        for turn in 0..votes.len() {
            let mut turned = votes;
            turned.rotate_left(turn);
            assert_eq!(of(&turned), Some(2), "{turned:?}");
            turned.reverse();
            assert_eq!(of(&turned), Some(2), "{turned:?}");
        }
        assert_eq!(of(&[(1, u64::MAX), (1, u64::MAX), (2, 5)]), Some(1));
    }
}
