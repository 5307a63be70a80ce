//! `mapprof describe`.

use super::describe_program::describe_program;
use super::terminal::{print, print_json};
use super::titled_rows::titled_rows;
use crate::cli::DescribeArgs;
use crate::error::{Error, Result};
use crate::output::text_columns;
use crate::worker::registry::Registry;
use crate::workload::catalog::parts;
use crate::workload::stream_check::{DRAWS, Figure, measure};
use crate::workload::{Catalog, Overrides, Variant, describe as text_of};

/// The seed that the stream is checked with, which is that of a run.
const SEED: u64 = 1;

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
    let variants = catalog.summaries().filter(|summary| summary.name == name).flat_map(|s| s.variants);
    let is_meant = |v: &&Variant| variant.is_none_or(|variant| v.name == variant);
    text.push_str(&titled_rows(
        "Variants",
        variants.filter(is_meant).map(|v| [format!("@{}", v.name), v.about.clone()]),
    ));
    if !args.check {
        return print(&text);
    }
    let figures = measure(&workload, SEED);
    if figures.is_empty() {
        return Err(Error::input(format!(
            "--check: the keys of workload \"{}\" are of a type of your own, whose stream mapprof cannot draw",
            workload.name
        )));
    }
    text.push_str(&table(&figures));
    print(&text)?;
    match figures.iter().find(|figure| !figure.holds()) {
        None => Ok(()),
        Some(figure) => Err(Error::case(format!(
            "workload \"{}\": {} is {}, and its definition says {}",
            workload.name,
            figure.what,
            number(figure.measured),
            number(figure.defined)
        ))),
    }
}

/// What was drawn beside what is defined.
fn table(figures: &[Figure]) -> String {
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|figure| {
            let Figure { what, defined, measured, .. } = figure;
            let off = if *defined == 0.0 { 0.0 } else { (measured / defined - 1.0) * 100.0 };
            let verdict = if figure.holds() { "" } else { "  DIFFERS" };
            vec![what.clone(), number(*defined), number(*measured), format!("{off:+.2} %{verdict}")]
        })
        .collect();
    let title =
        format!("Drawn, up to {} operations of each phase, seed {SEED}", crate::number_parse::grouped(DRAWS));
    format!("\n{title}\n{}", text_columns::numbers(&["", "defined", "drawn", "difference"], &rows))
}

/// Four digits behind the point, for shares and bytes alike.
fn number(figure: f64) -> String {
    format!("{figure:.4}")
}
