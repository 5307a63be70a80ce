//! Folded stacks: `phase;outermost;…;innermost value`, a line each, sorted. What flamegraph.pl, inferno and many others
//! read.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::profile::Profile;

use super::View;
use super::stacks::stacks;

/// The folded stacks of the sample type at `index`. Stacks whose value is zero are left out; a profile without any
/// other gives no lines.
pub fn render(profile: &Profile, index: usize, view: &View) -> Vec<u8> {
    let mut lines: BTreeMap<String, i64> = BTreeMap::new();
    for stack in stacks(profile, view) {
        let value = profile.samples.value(stack.sample, index);
        if value == 0 {
            continue;
        }
        let mut line = stack.phase.clone().unwrap_or_default().replace([';', '\n'], " ");
        for frame in &stack.frames {
            if !line.is_empty() {
                line.push(';');
            }
            line.push_str(&frame.name);
        }
        let sum = lines.entry(line).or_default();
        *sum = sum.saturating_add(value);
    }
    let mut out = String::new();
    for (line, value) in lines {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{line} {value}");
    }
    out.into_bytes()
}
