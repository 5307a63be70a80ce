//! Folded stacks: `phase;outermost;…;innermost value`, a line each, sorted. What flamegraph.pl, inferno and many others
//! read.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::profile::Profile;

use super::View;
use super::stacks::Stacks;

/// The folded stacks of the sample type at `index`. Stacks whose value is zero are left out; a profile without any
/// other gives no lines.
pub fn render(profile: &Profile, index: usize, view: &View) -> Vec<u8> {
    let mut lines: BTreeMap<String, i64> = BTreeMap::new();
    let mut line = String::new();
    Stacks::new(profile, view).each(|stack| {
        let value = stack.sample.values.get(index).copied().unwrap_or(0);
        if value == 0 {
            return;
        }
        line.clear();
        line.push_str(&stack.phase.unwrap_or("").replace(';', " "));
        for frame in stack.frames {
            if !line.is_empty() {
                line.push(';');
            }
            line.push_str(frame.name);
        }
        match lines.get_mut(&line) {
            Some(sum) => *sum = sum.saturating_add(value),
            None => {
                lines.insert(line.clone(), value);
            }
        }
    });
    let mut out = String::new();
    for (line, value) in lines {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{line} {value}");
    }
    out.into_bytes()
}
