//! What a built-in program says of itself.

use crate::worker::parameter::Parameter;
use crate::worker::program::Bench;
use crate::worker::program_info::Entries;

/// A row of the table of built-in programs.
pub struct BuiltIn {
    /// The name that workload files give in `program`.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// What its entries are.
    pub entries: Entries,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Does its phases. It is called once in every pass and must do the same each time.
    pub run: fn(&mut Bench),
}
