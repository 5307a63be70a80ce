//! Folded stacks to a profile: `outermost;…;innermost value`, a line each, as flamegraph.pl, inferno, perf's and
//! bpftrace's scripts and mapprof itself write them.

use crate::alloc_budget::{Budget, Spent, taken};
use crate::{Function, Limit, Line, Location, Profile, Sample, Text, TooDeep, ValueType};

/// Units with what they count: the sample type that a profile gets.
pub const UNITS: [(&str, &str); 6] = [
    ("count", "samples"),
    ("bytes", "space"),
    ("nanoseconds", "time"),
    ("microseconds", "time"),
    ("milliseconds", "time"),
    ("seconds", "time"),
];

/// Stands for a frame without a name.
const NAMELESS: &str = "[unknown]";

/// Why bytes are not folded stacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldedError {
    /// A line that is none of a stack.
    #[error("line {0}: not a folded stack: a line is frames separated by \";\", a space and a whole number")]
    Line(usize),
    /// Two numbers in each line.
    #[error("its lines have two numbers each, the difference of two profiles: one number is needed")]
    Difference,
    /// Stacks with next to no content, which take memory and mean nothing.
    #[error("line {0}: the stacks up to here take more memory than a file of this size is worth")]
    Hollow(usize),
    /// A stack of too many frames.
    #[error("line {0}: the stack {1}")]
    TooDeep(usize, TooDeep),
    /// Not one stack.
    #[error("there is no stack in it")]
    Empty,
}

/// The profile of folded stacks; the values are in `unit`, one of [`UNITS`], or any other, which is then what is counted
/// too. Empty lines and those that begin with `#` are skipped. `bytes` are unpacked: of `limit` the frames matter.
///
/// # Errors
/// When a line is not of the form or has more frames than `limit` allows, or all are of the form of a difference.
pub fn read(bytes: &[u8], unit: &str, limit: Limit) -> Result<Profile, FoldedError> {
    let mut profile = Profile::default();
    let kind = UNITS.iter().find(|(name, _)| *name == unit).map_or(unit, |(_, kind)| kind);
    let kind = profile.strings.add(kind);
    profile.sample_types = vec![ValueType { kind, unit: profile.strings.add(unit) }];
    profile.default_sample_type = kind;
    let mut reader = Reader { profile, budget: Budget::of(bytes.len()), location_of: Vec::new() };
    let mut locations = Vec::new();
    let mut differences = 0;
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        // Names may be in any encoding.
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (stack, value) = split(line).ok_or(FoldedError::Line(number))?;
        differences += usize::from(split(stack).is_some());
        let frames = 1 + stack.bytes().filter(|byte| *byte == b';').count();
        limit.check_frames(frames).map_err(|wrong| FoldedError::TooDeep(number, wrong))?;
        locations.clear();
        for frame in stack.rsplit(';') {
            locations.push(reader.location(frame).map_err(|Spent| FoldedError::Hollow(number))?);
        }
        let takes = taken::SAMPLE + taken::VALUE + taken::LOCATION_OF_SAMPLE * locations.len();
        reader.budget.take(takes).map_err(|Spent| FoldedError::Hollow(number))?;
        reader.profile.samples.push(Sample { locations: &locations, values: &[value], labels: &[] });
    }
    match reader.profile.samples.len() {
        0 => Err(FoldedError::Empty),
        // One such line may be a name that ends in a number.
        all if all == differences => Err(FoldedError::Difference),
        _ => Ok(reader.profile),
    }
}

/// Whether a line looks like a folded stack.
pub(crate) fn looks_folded(line: &str) -> bool {
    split(line.trim()).is_some()
}

/// Stack and value of a line.
fn split(line: &str) -> Option<(&str, i64)> {
    let (stack, value) = line.rsplit_once([' ', '\t'])?;
    let stack = stack.trim_end();
    if stack.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((stack, value.parse().ok()?))
}

struct Reader {
    profile: Profile,
    budget: Budget,
    /// The location of each text that is a frame's name.
    location_of: Vec<Option<u32>>,
}

impl Reader {
    /// The location of a frame: one for each name.
    fn location(&mut self, frame: &str) -> Result<u32, Spent> {
        let name = match frame.trim() {
            "" => NAMELESS,
            name => name,
        };
        let profile = &mut self.profile;
        let text: Text = profile.strings.add(name);
        let place = text.0 as usize;
        if let Some(Some(location)) = self.location_of.get(place) {
            return Ok(*location);
        }
        self.budget.take(taken::STRING + name.len() + taken::FUNCTION + taken::LOCATION)?;
        let location = u32::try_from(profile.locations.len()).map_err(|_| Spent)?;
        profile.functions.push(Function { name: text, ..Function::default() });
        let lines = vec![Line { function: location, line: 0 }];
        profile.locations.push(Location { mapping: None, address: 0, lines });
        self.location_of.resize(profile.strings.count(), None);
        if let Some(known) = self.location_of.get_mut(place) {
            *known = Some(location);
        }
        Ok(location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stacks(profile: &Profile) -> Vec<(String, i64)> {
        let stack = |sample: Sample<'_>| {
            let frames: Vec<&str> =
                profile.frames(sample.locations).map(|line| profile.function_name(line)).collect();
            (frames.join("<"), sample.values[0])
        };
        profile.samples.iter().map(stack).collect()
    }

    #[test]
    fn lines_become_stacks_innermost_first() {
        let text = "# made by hand\n\nmain;read <a b>;malloc 12\r\nmain 7\n  main;;free\t 3  \nmain;read <a b>;malloc 1";
        let profile = read(text.as_bytes(), "bytes", Limit::default()).unwrap();
        assert_eq!(
            stacks(&profile),
            [
                ("malloc<read <a b><main".into(), 12),
                ("main".into(), 7),
                ("free<[unknown]<main".into(), 3),
                ("malloc<read <a b><main".into(), 1)
            ]
        );
        assert_eq!((profile.kinds(), profile.unit(0)), (vec!["space"], "bytes"));
        assert_eq!((profile.functions.len(), profile.locations.len()), (5, 5));
    }

    #[test]
    fn a_bad_line_is_told_by_its_number() {
        for bad in ["main", "main;f -3", "main;f 1.5", "main;f 99999999999999999999", "12", " 12"] {
            let error =
                read(format!("main;f 1\n# x\n{bad}\n").as_bytes(), "count", Limit::default()).unwrap_err();
            assert_eq!(error, FoldedError::Line(3), "{bad}");
        }
        assert_eq!(read(b"\n# nothing\n", "count", Limit::default()).unwrap_err(), FoldedError::Empty);
    }

    #[test]
    fn a_difference_is_refused_and_a_name_that_ends_in_a_number_is_not() {
        assert_eq!(
            read(b"main;f 1 2\nmain;g 3 4\n", "count", Limit::default()).unwrap_err(),
            FoldedError::Difference
        );
        let profile = read(b"main;worker 1 2\nmain 4\n", "count", Limit::default()).unwrap();
        assert_eq!(stacks(&profile)[0], ("worker 1<main".into(), 2));
    }

    #[test]
    fn names_without_number_are_refused_before_they_fill_the_memory() {
        let mut text = String::new();
        for name in 0..400_000 {
            text.push_str(&format!("{name:x} 1\n"));
        }
        assert!(matches!(read(text.as_bytes(), "count", Limit::default()), Err(FoldedError::Hollow(_))));
    }
}
