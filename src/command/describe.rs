//! `mapprof describe`.

use super::describe_program::describe_program;
use super::terminal::{print, print_json};
use super::titled_rows::titled_rows;
use crate::cli::DescribeArgs;
use crate::error::Result;
use crate::worker::registry::Registry;
use crate::workload::catalog::parts;
use crate::workload::{Catalog, Overrides, describe as text_of};

/// Prints a workload with all that is in force.
pub fn describe(registry: &Registry, args: &DescribeArgs) -> Result<()> {
    let (name, variant) = parts(&args.workload);
    if let Some(program) = registry.program(name) {
        return describe_program(program, variant, args);
    }
    let catalog = Catalog::load(args.of.workloads.as_deref())?;
    let overrides = Overrides { entries: args.of.entries, ops: args.of.ops, set: args.of.set.clone() };
    let workload = super::planned_cases::get_workload(&catalog, registry, &args.workload, &overrides)?;
    if args.json {
        return print_json(&workload);
    }
    let mut text = text_of(&workload);
    let variants = catalog.variants(&args.workload)?;
    text.push_str(&titled_rows(
        "Variants",
        variants.into_iter().flatten().map(|v| [format!("@{}", v.name), v.about.clone()]),
    ));
    print(&text)
}
