//! `mapprof describe`.

use super::terminal::{print, print_json};
use crate::cli::DescribeArgs;
use crate::error::Result;
use crate::output::text_columns;
use crate::worker::program_info::{Program, ProgramVariant};
use crate::worker::registry::Registry;
use crate::workload::catalog::parts;
use crate::workload::{Catalog, Overrides, describe as text_of};

/// Prints a workload with all that is in force.
pub fn describe(registry: &Registry, args: &DescribeArgs) -> Result<()> {
    if let Some(program) = registry.program(parts(&args.workload).0) {
        return if args.json { print_json(&program_json(program)) } else { print(&program_text(program)) };
    }
    let catalog = Catalog::load(args.of.workloads.as_deref())?;
    let overrides = Overrides { entries: args.of.entries, ops: args.of.ops, set: args.of.set.clone() };
    let workload = super::planned_cases::get_workload(&catalog, registry, &args.workload, &overrides)?;
    if args.json {
        return print_json(&workload);
    }
    let mut text = text_of(&workload);
    let variants = catalog.variants(&args.workload)?;
    text.push_str(&rows(
        "Variants",
        variants.into_iter().flatten().map(|v| [format!("@{}", v.name), v.about.clone()]),
    ));
    print(&text)
}

fn program_json(program: &Program) -> serde_json::Value {
    let variants: Vec<serde_json::Value> = program
        .variants
        .iter()
        .map(|v| serde_json::json!({ "name": v.name, "about": v.about, "parameters": v.parameters }))
        .collect();
    serde_json::json!({
        "name": program.name,
        "about": program.about,
        "settings": program.settings,
        "variants": variants,
    })
}

fn program_text(program: &Program) -> String {
    let entries = program.settings.entries.map(|entries| ["entries".to_owned(), entries.to_string()]);
    let parameters = program.settings.parameters.iter().map(|(name, value)| [name.clone(), value.clone()]);
    let variant = |v: &ProgramVariant| {
        let set: Vec<String> = v.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        [format!("@{}", v.name), format!("{} ({})", v.about, set.join(", "))]
    };
    format!(
        "{}\n\n{}\n{}{}",
        program.name,
        program.about,
        rows("Settings", entries.into_iter().chain(parameters)),
        rows("Variants", program.variants.iter().map(variant))
    )
}

/// Rows below a title, with a blank line before them; nothing of none.
fn rows(title: &str, rows: impl Iterator<Item = [String; 2]>) -> String {
    let rows: Vec<[String; 2]> = rows.map(|[name, text]| [format!("  {name}"), text]).collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("\n{title}\n{}", text_columns::two_columns(&rows, super::terminal::width())),
    }
}
