//! Names of sites and roles for stacks that are in no profile: those of single allocations, such as the growth of a table.

use crate::capture::raw_samples::RawMapping;

use super::Profile;
use super::attribute::{Classes, Kind, Role, role, site};
use super::symbolize::{Addresses, Symbolizer};

/// Where memory was allocated.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The function; empty if nothing is known.
    pub name: String,
    /// Its source file; empty if unknown.
    pub file: String,
    /// The line; 0 if unknown.
    pub line: i64,
}

/// The roles of heap stacks (look-up addresses, innermost first), in the same order.
pub fn roles(stacks: &[Vec<u64>], mappings: &[RawMapping], symbolizer: &mut Symbolizer) -> Vec<Role> {
    let mut profile = Profile::default();
    let mut addresses = Addresses::new(symbolizer, mappings, &mut profile);
    let mut classes = Classes::default();
    let mut of = |stack: &Vec<u64>| {
        let locations: Vec<u32> = stack.iter().map(|a| addresses.locate(&mut profile, *a)).collect();
        role(&classes.stack(&profile, &locations).1, Kind::Heap)
    };
    stacks.iter().map(&mut of).collect()
}

/// The sites of heap stacks (look-up addresses, innermost first), by the rule of heap profiles, in the same order.
pub fn name_sites(stacks: &[&[u64]], mappings: &[RawMapping], symbolizer: &mut Symbolizer) -> Vec<Site> {
    let mut profile = Profile::default();
    let mut addresses = Addresses::new(symbolizer, mappings, &mut profile);
    let mut classes = Classes::default();
    let mut named = Vec::with_capacity(stacks.len());
    for stack in stacks {
        let locations: Vec<u32> = stack.iter().map(|a| addresses.locate(&mut profile, *a)).collect();
        let (lines, of_stack) = classes.stack(&profile, &locations);
        // A frame outside of all mappings shows its address, which is no name.
        let mut mapped = locations
            .iter()
            .filter_map(|l| profile.locations.get(*l as usize))
            .flat_map(|location| location.lines.iter().map(|_| location.mapping.is_some()));
        let found = site(&of_stack, Kind::Heap);
        let line = found.filter(|at| mapped.nth(*at) == Some(true)).and_then(|at| lines.get(at));
        named.push(line.map_or_else(Site::default, |line| Site {
            name: profile.function_name(*line).to_string(),
            file: profile.function_file(*line).to_string(),
            line: line.line,
        }));
    }
    named
}
