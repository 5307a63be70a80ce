//! `mapprof describe` of a program: what can be set of it, and what it would run with.

use serde_json::{Value, json};

use super::terminal::{print, print_json};
use super::titled_rows::titled_rows;
use crate::cli::DescribeArgs;
use crate::error::{Error, Result};
use crate::number_parse::grouped;
use crate::record::Settings;
use crate::worker::program_info::{Program, ProgramVariant};

/// Prints the program with the settings that are in force: those of its variant `variant`, and what the flags set.
///
/// # Errors
/// When it has no such variant, or does not take what the flags set.
pub fn describe_program(program: &Program, variant: Option<&str>, args: &DescribeArgs) -> Result<()> {
    if let Some(error) = &program.unknown {
        return Err(error.clone());
    }
    if args.check {
        return Err(Error::input(format!(
            "--check: workload \"{}\" is a program, which draws its own data: there is no stream to check",
            program.name
        )));
    }
    if let Some(ops) = args.of.ops {
        return Err(Error::input(format!(
            "--ops {ops}: workload \"{}\" is a program: --ops does not reach into it",
            program.name
        )));
    }
    let variant = match variant {
        Some(name) => program.chosen(Some(name))?.into_iter().next().flatten(),
        None => None,
    };
    let (settings, _) = program.settings_of(variant, args.of.entries, &args.of.set)?;
    match args.json {
        true => print_json(&as_json(program, &settings)),
        false => print(&as_text(program, &settings)),
    }
}

fn as_json(program: &Program, settings: &Settings) -> Value {
    let mut described = json!({
        "name": program.name,
        "about": program.about,
        "settings": settings,
        "variants": program.variants,
    });
    if let (Some(fields), Some(entries)) = (described.as_object_mut(), program.entries) {
        fields.insert("entries".to_owned(), json!(entries));
        fields.insert("parameters".to_owned(), json!(program.parameters));
    }
    described
}

fn as_text(program: &Program, settings: &Settings) -> String {
    let named = settings.program.iter().map(|name| ["program".to_owned(), name.clone()]);
    let entries = settings.entries.map(|number| {
        let about = program
            .entries
            .map(|entries| format!("{number}: {} (from 1 to {})", entries.about, grouped(entries.most)));
        ["entries".to_owned(), about.unwrap_or_else(|| number.to_string())]
    });
    let parameter = |(name, value): (&String, &String)| {
        let known = program.parameters.iter().find(|one| one.name == name);
        let about = known.map(|one| format!("{value}: {} ({})", one.about, one.takes));
        [name.clone(), about.unwrap_or_else(|| value.clone())]
    };
    let variant = |variant: &ProgramVariant| {
        let entries = variant.entries.iter().map(|entries| format!("entries={entries}"));
        let parameters = variant.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let set: Vec<String> = entries.chain(parameters).collect();
        let about = match set.as_slice() {
            [] => variant.about.clone(),
            set => format!("{} ({})", variant.about, set.join(", ")),
        };
        [format!("@{}", variant.name), about]
    };
    format!(
        "{}\n\n{}\n{}{}",
        program.name,
        program.about,
        titled_rows("Settings", named.chain(entries).chain(settings.parameters.iter().map(parameter))),
        titled_rows("Variants", program.variants.iter().map(variant))
    )
}
