//! Folded stacks: `phase;outermost;…;innermost value`, a line each, sorted. What flamegraph.pl, inferno and many others
//! read.

use std::cmp::Ordering;
use std::io::{self, Write};

use crate::profile::Profile;

use super::display_options::DisplayOptions;
use super::stacks::{Distinct, Same, Stacks};

/// The folded stacks of the sample type at `index`. Stacks whose value is zero are left out; a profile without any
/// other gives no lines.
pub fn render(profile: &Profile, index: usize, view: &DisplayOptions) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing into a vector cannot fail.
    let _ = write(profile, index, view, &mut out);
    out
}

/// The same, written piece by piece: folded stacks are many times as long as the profile.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(profile: &Profile, index: usize, view: &DisplayOptions, out: &mut dyn Write) -> io::Result<()> {
    let stacks = Stacks::new(profile, view);
    let distinct = stacks.distinct(Same::Names);
    let sums = stacks.sums(&distinct, index);
    let mut lines: Vec<(&Distinct<'_>, i64)> = sums
        .into_iter()
        .filter_map(|(place, sum)| Some((distinct.stacks.get(place as usize)?, sum)))
        .collect();
    lines.sort_by(|(a, _), (b, _)| order(names(&stacks, a), names(&stacks, b)));
    let mut piece = String::new();
    for (line, value) in lines {
        let phase = line.phase.map(|phase| phase.name.replace(';', " "));
        piece.clear();
        for name in phase.as_deref().into_iter().chain(stacks.frames(line).map(|frame| frame.name)) {
            piece.push_str(name);
            out.write_all(piece.as_bytes())?;
            // What parts two names is of one piece with the second: only the first begins a line.
            piece.clear();
            piece.push(';');
        }
        writeln!(out, " {value}")?;
    }
    Ok(())
}

/// The phase and the names of a stack, as they stand in its line.
fn names<'s>(stacks: &'s Stacks<'_>, line: &Distinct<'s>) -> impl Iterator<Item = &'s str> {
    line.phase.into_iter().chain(stacks.frames(line)).map(|frame| frame.name)
}

/// The order of two lines, byte by byte, without putting them together.
fn order<'a>(a: impl Iterator<Item = &'a str>, b: impl Iterator<Item = &'a str>) -> Ordering {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    loop {
        let (Some(one), Some(other)) = (a.next(), b.next()) else {
            return Ordering::Equal;
        };
        if one == other {
            match (a.peek(), b.peek()) {
                (Some(_), Some(_)) => continue,
                (one, other) => return one.is_some().cmp(&other.is_some()),
            }
        }
        // Behind a name that is the beginning of the other one stands what parts names, or nothing.
        let end = |last: bool| if last { None } else { Some(b';') };
        let (one_ends, other_ends) = (end(a.peek().is_none()), end(b.peek().is_none()));
        let rest = one.len().min(other.len());
        return one.as_bytes()[..rest].cmp(&other.as_bytes()[..rest]).then_with(|| {
            let next = |name: &str, ends| name.as_bytes().get(rest).copied().or(ends);
            next(one, one_ends).cmp(&next(other, other_ends))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_in_the_order_of_their_bytes() {
        let lines = ["a", "a;b", "a b", "a b;c", "a;b;c", "a;bc", "a<;b", "b", "a;a", ""];
        for one in lines {
            for other in lines {
                assert_eq!(order(one.split(';'), other.split(';')), one.cmp(other), "{one} and {other}");
            }
        }
    }
}
