//! `mapprof describe`.

use super::{print, print_json};
use crate::cli::DescribeArgs;
use crate::error::Result;
use crate::output::grid;
use crate::run::registry::Registry;
use crate::workload::{Catalog, Overrides, describe as text_of};

/// Prints a workload with all that is in force.
pub fn describe(registry: &Registry, args: &DescribeArgs) -> Result<()> {
    if let Some(program) = registry.program(&args.workload) {
        return if args.json {
            print_json(&serde_json::json!({ "name": program.name, "about": program.about }))
        } else {
            print(&format!("{}\n\n{}\n", program.name, program.about))
        };
    }
    let catalog = Catalog::load(args.of.workloads.as_deref())?;
    let overrides = Overrides { entries: args.of.entries, ops: args.of.ops, set: args.of.set.clone() };
    let workload = super::plan::get_workload(&catalog, registry, &args.workload, &overrides)?;
    if args.json {
        return print_json(&workload);
    }
    let mut text = text_of(&workload);
    let variants: Vec<[String; 2]> = catalog
        .variants(&args.workload)?
        .into_iter()
        .flatten()
        .map(|variant| [format!("  @{}", variant.name), variant.about.clone()])
        .collect();
    if !variants.is_empty() {
        text.push_str(&format!("\nVariants\n{}", grid::two_columns(&variants, super::width())));
    }
    print(&text)
}
