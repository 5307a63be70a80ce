//! The profile format of Valgrind's callgrind, which `callgrind_annotate` and KCachegrind read: what each line of each
//! function holds by itself, and what each of its calls holds with all that is below it.
//!
//! Format: Callgrind Format Specification, version 1, in Valgrind's manual. A profile of samples knows no number of calls:
//! all are 0, as in the files of `go tool pprof -callgrind`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::display_options::DisplayOptions;
use super::stacks::{Frame, Stacks};
use crate::printable::printable;
use crate::profile::Profile;

/// A function by its shortened name and its file, and a line of it. Lines that are not known are 0.
type Position<'a> = (&'a str, &'a str, u64);

/// What a line of a function holds, one value for each sample type.
#[derive(Default)]
struct Costs<'a> {
    own: Vec<u64>,
    /// By the function that is called; what the call holds with all that is below it.
    calls: BTreeMap<Position<'a>, Vec<u64>>,
}

/// Writes the profile with every sample type.
///
/// # Errors
/// When a value is negative, as in a difference of two profiles, or when `out` cannot be written to.
pub fn write(profile: &Profile, view: &DisplayOptions, out: &mut dyn Write) -> io::Result<()> {
    if profile.samples.iter().any(|sample| sample.values.iter().any(|value| *value < 0)) {
        return Err(io::Error::other("a callgrind file has no negative values, and this profile has some"));
    }
    let types = profile.sample_types.len();
    let stacks = Stacks::new(profile, view);
    let mut costs: BTreeMap<Position<'_>, Costs<'_>> = BTreeMap::new();
    let mut totals = vec![0; types];
    stacks.each(|stack| {
        let values: Vec<u64> = stack.sample.values.iter().map(|value| value.unsigned_abs()).collect();
        add(&mut totals, &values);
        // A function that calls itself does so once: what is below the second call is below the first.
        let mut calls = BTreeSet::new();
        for (caller, callee) in stack.frames().zip(stack.frames().skip(1)) {
            let (caller, called) = (position(profile, caller), start_of(profile, callee));
            if calls.insert((caller, called)) {
                add(costs.entry(caller).or_default().calls.entry(called).or_default(), &values);
            }
        }
        if let Some(innermost) = stack.frames().last() {
            add(&mut costs.entry(position(profile, innermost)).or_default().own, &values);
        }
    });
    let kinds: Vec<&str> = profile.kinds();
    writeln!(out, "# callgrind format\nversion: 1\ncreator: mapprof {}", env!("CARGO_PKG_VERSION"))?;
    if !view.title.is_empty() {
        writeln!(out, "cmd: {}", printable(&view.title))?;
    }
    writeln!(out, "positions: line")?;
    let mut events: Vec<String> = Vec::new();
    for (kind, of) in kinds.iter().zip(&profile.sample_types) {
        let event = event(kind, &events);
        let unit = printable(profile.strings.get(of.unit));
        writeln!(out, "event: {event} : {} ({unit})", printable(kind))?;
        events.push(event);
    }
    writeln!(out, "events: {}\nsummary: {}", events.join(" "), numbers(&totals, types))?;
    let (mut files, mut functions) = (Numbered::default(), Numbered::default());
    let mut last = None;
    for ((name, file, line), costs) in &costs {
        if last != Some((name, file)) {
            last = Some((name, file));
            writeln!(out, "\nfl={}\nfn={}", files.of((file, "")), functions.of((name, file)))?;
        }
        if !costs.own.is_empty() {
            writeln!(out, "{line} {}", numbers(&costs.own, types))?;
        }
        for ((name, file, target), values) in &costs.calls {
            writeln!(out, "cfi={}\ncfn={}", files.of((file, "")), functions.of((name, file)))?;
            writeln!(out, "calls=0 {target}")?;
            writeln!(out, "{line} {}", numbers(values, types))?;
        }
    }
    Ok(())
}

/// Where a frame is.
fn position<'a>(profile: &'a Profile, frame: Frame<'a>) -> Position<'a> {
    let line = frame.line.map_or(0, |line| u64::try_from(line.line).unwrap_or(0));
    (frame.name, start_of(profile, frame).1, line)
}

/// Where the function of a frame begins.
fn start_of<'a>(profile: &'a Profile, frame: Frame<'a>) -> Position<'a> {
    match frame.line.and_then(|line| profile.functions.get(line.function as usize)) {
        Some(of) => (frame.name, profile.strings.get(of.file), u64::try_from(of.start_line).unwrap_or(0)),
        None => (frame.name, "", 0),
    }
}

/// Names that are written once, with a number, and from then on as their number.
#[derive(Default)]
struct Numbered<'a>(BTreeMap<(&'a str, &'a str), usize>);

impl<'a> Numbered<'a> {
    /// The first part of `key` is the name, the second one tells apart what has one name.
    fn of(&mut self, key: (&'a str, &'a str)) -> String {
        let next = self.0.len() + 1;
        match self.0.get(&key) {
            Some(number) => format!("({number})"),
            None => {
                self.0.insert(key, next);
                // What is not known is called so in the files of callgrind.
                let name = if key.0.is_empty() { "???".into() } else { printable(key.0) };
                format!("({next}) {name}")
            }
        }
    }
}

fn add(sum: &mut Vec<u64>, values: &[u64]) {
    sum.resize(sum.len().max(values.len()), 0);
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum = sum.saturating_add(*value);
    }
}

/// The values of so many sample types, in a line.
fn numbers(values: &[u64], types: usize) -> String {
    let all = values.iter().chain(std::iter::repeat(&0)).take(types);
    all.map(u64::to_string).collect::<Vec<_>>().join(" ")
}

/// The name of a sample type as an event may be called: of letters, digits and `_`, unlike all in `taken`.
fn event(kind: &str, taken: &[String]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = kind.chars().map(plain).collect();
    let name =
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("type_{name}") };
    if taken.contains(&name) { format!("{name}_{}", taken.len() + 1) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures::Plan;

    fn written(profile: &Profile) -> String {
        let mut out = Vec::new();
        write(profile, &DisplayOptions { show_harness: true, ..DisplayOptions::default() }, &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_call_holds_what_is_below_it_once() {
        let mut plan = Plan::new(&[("space", "bytes"), ("space", "count")], "space");
        plan.sample(
            &[&["leaf@a.rs:3"], &["again@b.rs:2"], &["again@b.rs:2"], &["main@a.rs:1"]],
            &[],
            &[10, 1],
        );
        plan.sample(&[&["main@a.rs:1"]], &[], &[5, 1]);
        let text = written(&plan.profile);
        let (head, body) = text.split_at(text.find("positions").unwrap());
        assert!(head.starts_with("# callgrind format\nversion: 1\ncreator: mapprof "), "{head}");
        let types = "positions: line\nevent: space : space (bytes)\nevent: space_2 : space (count)\n";
        let totals = "events: space space_2\nsummary: 15 2\n";
        let again = "\nfl=(1) b.rs\nfn=(1) again\ncfi=(1)\ncfn=(1)\ncalls=0 0\n2 10 1\n\
                     cfi=(2) a.rs\ncfn=(2) leaf\ncalls=0 0\n2 10 1\n";
        let leaf = "\nfl=(2)\nfn=(2)\n3 10 1\n";
        let main = "\nfl=(2)\nfn=(3) main\n1 5 1\ncfi=(1)\ncfn=(1)\ncalls=0 0\n1 10 1\n";
        assert_eq!(body, [types, totals, again, leaf, main].concat());
    }

    #[test]
    fn a_difference_is_refused() {
        let mut plan = Plan::new(&[("space", "bytes")], "space");
        plan.sample(&[&["leaf@a.rs:3"]], &[], &[-1]);
        let refused = write(&plan.profile, &DisplayOptions::default(), &mut Vec::new()).unwrap_err();
        assert!(refused.to_string().contains("negative"), "{refused}");
    }
}
