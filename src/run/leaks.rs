//! What was left when the map was dropped, from recorded allocations to sites with names.

use std::collections::BTreeMap;

use super::event_reader::PassOutput;
use crate::capture::raw_samples::RawHeap;
use crate::profile::build::Context;
use crate::profile::sites::{Site, name_sites, roles};
use crate::profile::symbolize::Symbolizer;
use crate::record::{Leak, Memory};

/// Sites that a record has, those with the most bytes.
const SITES: usize = 20;

/// The sites of what was left, most bytes first, but for those of a package that keeps some of it for the process, as `memory`
/// says. None of a pass that did not record every allocation.
pub fn leaks(
    output: &PassOutput,
    memory: &Memory,
    context: &Context,
    symbolizer: &mut Symbolizer,
) -> Vec<Leak> {
    let Some(heap) = &output.heap else { return Vec::new() };
    let left: Vec<_> = heap.sums.iter().filter(|sum| sum.leaked.0 > 0).collect();
    let stacks: Vec<Vec<u64>> = left.iter().map(|sum| stack(heap, sum.stack)).collect();
    let borrowed: Vec<&[u64]> = stacks.iter().map(Vec::as_slice).collect();
    let sites = name_sites(&borrowed, &output.mappings, symbolizer);
    let roles = roles(&stacks, &output.mappings, symbolizer);
    let mut sums: BTreeMap<(Site, &str, u16), (u64, u64)> = BTreeMap::new();
    let kept_by = memory.process_wide.as_ref().map(|kept| format!("{}::", kept.package.replace('-', "_")));
    for ((sum, site), role) in left.iter().zip(sites).zip(roles) {
        if kept_by.as_ref().is_some_and(|package| site.name.contains(package)) {
            continue;
        }
        let of_site = sums.entry((site, role.name(), sum.phase)).or_default();
        of_site.0 += sum.leaked.0;
        of_site.1 += sum.leaked.1;
    }
    let leak = |((site, role, phase), (blocks, bytes)): ((Site, &str, u16), (u64, u64))| Leak {
        site: site.name,
        file: site.file,
        line: site.line,
        role: String::from(role),
        phase: context.phase(phase),
        blocks,
        bytes,
    };
    let mut leaks: Vec<Leak> = sums.into_iter().map(leak).collect();
    leaks.sort_by_key(|leak| std::cmp::Reverse(leak.bytes));
    leaks.truncate(SITES);
    leaks
}

fn stack(heap: &RawHeap, number: u32) -> Vec<u64> {
    heap.stacks.get(number as usize).cloned().unwrap_or_default()
}
