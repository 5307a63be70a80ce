//! The built-in programs: workloads that are no map, written in Rust and run through workload files that name them.
//!
//! A program is one file and one row of [`BUILT_IN`].

mod adversarial_order;
#[cfg(feature = "maps")]
mod bounded_cache;
mod buffer_pool;
mod built_in;
#[cfg(feature = "maps")]
mod held_guard;
mod intern_table;
mod map_reuse;
mod published_map;
mod repeated_names;
#[cfg(feature = "maps")]
mod static_map;

use crate::worker::program_info::Program;
use built_in::BuiltIn;

/// The table.
const BUILT_IN: &[BuiltIn] = &[
    adversarial_order::PROGRAM,
    #[cfg(feature = "maps")]
    bounded_cache::PROGRAM,
    buffer_pool::PROGRAM,
    #[cfg(feature = "maps")]
    held_guard::PROGRAM,
    intern_table::PROGRAM,
    map_reuse::PROGRAM,
    published_map::PROGRAM,
    repeated_names::PROGRAM,
    #[cfg(feature = "maps")]
    static_map::PROGRAM,
];

/// The built-in programs.
pub fn built_in() -> Vec<Program> {
    let program =
        |row: &BuiltIn| Program::built_in(row.name, row.about, row.entries, row.parameters, row.run);
    BUILT_IN.iter().map(program).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_that_the_parameter_takes() {
        for row in BUILT_IN {
            assert!((1..=row.entries.most).contains(&row.entries.default), "{}", row.name);
            for one in row.parameters {
                assert_eq!(
                    one.takes.read(one.default).as_deref(),
                    Ok(one.default),
                    "{}.{}",
                    row.name,
                    one.name
                );
            }
        }
    }
}
