//! Workload files that name programs, as rows of the registry: from there on they are programs like those of a user's own.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::Command;
use crate::error::{Error, Result, nearest, unknown};
use crate::record::Settings;
use crate::worker::program_info::{Program, ProgramVariant};
use crate::worker::registry::Registry;
use crate::workload::Catalog;
use crate::workload::program_file::{GivenSettings, ProgramFile};

/// Adds the rows of all files that `command` may name. Commands that read runs alone name none.
///
/// # Errors
/// When a workload file cannot be read, names a program that is not there, or gives it what it does not take.
pub fn add(registry: &mut Registry, command: &Command) -> Result<()> {
    let folder = match command {
        Command::List(args) => &args.workloads,
        Command::Describe(args) => &args.of.workloads,
        Command::Run(args) => &args.cases.of.workloads,
        Command::Compare(args) => &args.cases.of.workloads,
        Command::Check(args) => &args.cases.of.workloads,
        Command::Claims(args) => &args.workloads,
        Command::Pick(args) => &args.cases.of.workloads,
        _ => return Ok(()),
    };
    add_rows(registry, folder.as_deref())
}

/// A file takes the place of a program of the same name, but what is built in does not take that of a user's own.
fn add_rows(registry: &mut Registry, folder: Option<&Path>) -> Result<()> {
    let mut rows = Vec::new();
    for file in Catalog::load(folder)?.programs() {
        let is_own = |name: &str| registry.program(name).is_some();
        if file.own || !is_own(&file.name) && !is_own(&file.program.value) {
            rows.push(row(registry, file)?);
        }
    }
    registry.programs.retain(|program| rows.iter().all(|row| row.name != program.name));
    registry.programs.extend(rows);
    Ok(())
}

/// The row of a file.
fn row(registry: &Registry, file: &ProgramFile) -> Result<Program> {
    let named = &file.program;
    let Some(program) = registry.program_to_run(&named.value) else {
        let programs = registry.programs.iter().chain(&registry.built_in_programs);
        let mut names: Vec<&str> = programs.map(|program| program.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let hint = match nearest(&named.value, names.iter().copied()).is_empty() {
            true => "; --worker names an executable that has others",
            false => "",
        };
        let what = unknown("program", &named.value, names);
        let error = Error::input(format!("{}: {what}{hint}", named.place));
        if hint.is_empty() {
            return Err(error);
        }
        // Another executable may have it, which concerns those alone who name this workload.
        let mut row = Program::new(&file.name, &file.about, |_| {});
        row.file = Some(file.file.clone());
        row.unknown = Some(error);
        return Ok(row);
    };
    let mut settings = Settings { program: Some(program.name.clone()), ..program.settings.clone() };
    let given = checked(program, &file.settings)?;
    settings.entries = given.entries.or(settings.entries);
    settings.parameters.extend(given.parameters);
    let mut variants = Vec::new();
    for variant in &file.variants {
        let given = checked(program, &variant.settings)?;
        variants.push(ProgramVariant {
            name: variant.name.clone(),
            about: variant.about.clone(),
            entries: given.entries,
            parameters: given.parameters,
        });
    }
    let mut row = Program::new(&file.name, &file.about, |_| {});
    row.runs.clone_from(&program.runs);
    row.file = Some(file.file.clone());
    (row.settings, row.variants) = (settings, variants);
    (row.entries, row.parameters) = (program.entries, program.parameters);
    row.is_elsewhere = program.is_elsewhere;
    Ok(row)
}

/// What a file gives, as the program takes it.
fn checked(program: &Program, given: &GivenSettings) -> Result<Settings> {
    if let Some(entries) = &given.entries {
        let checked = program.check_entries(entries.value);
        let wrong = |why| format!("{}: entries {why} (the file says {})", entries.place, entries.value);
        checked.map_err(|why| Error::input(wrong(why)))?;
    }
    let mut parameters = BTreeMap::new();
    for (name, text) in &given.parameters {
        program.check_parameter(name).map_err(|why| Error::input(format!("{}: {why}", text.place)))?;
        let value = program.value_of(name, &text.value).map_err(|why| {
            Error::input(format!("{}: parameters.{name} {why}, got {}", text.place, text.value))
        })?;
        parameters.insert(name.clone(), value);
    }
    let entries = given.entries.as_ref().map(|entries| entries.value);
    Ok(Settings { program: None, entries, parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs;

    fn registry() -> Registry {
        let mut sessions = Program::new("sessions", "Logs users in", |_| {});
        sessions.settings.entries = Some(100);
        sessions.settings.parameters.insert("visits".into(), "5".into());
        let quiet = Program::new("quiet", "Takes nothing", |_| {});
        Registry {
            programs: vec![sessions, quiet],
            built_in_programs: programs::built_in(),
            ..Registry::default()
        }
    }

    /// The registry with the file `name` of that text.
    fn with(name: &str, text: &str) -> Result<Registry> {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("name = \"{name}\"\nabout = \"A. B.\"\n{text}");
        std::fs::write(dir.path().join(format!("{name}.toml")), text).unwrap();
        let mut registry = registry();
        add_rows(&mut registry, Some(dir.path()))?;
        Ok(registry)
    }

    #[test]
    fn a_file_is_a_program_with_settings_and_variants_of_its_own() {
        let text = "program = \"buffer-pool\"\nentries = 7\nparameters.keep = \"1k\"\n\
                    [[variant]]\nname = \"none\"\nabout = \"C.\"\nentries = 8\nparameters = { reuse = false }\n";
        let registry = with("pool", text).unwrap();
        let pool = registry.program("pool").unwrap();
        assert_eq!((pool.runs.as_str(), pool.settings.entries), ("buffer-pool", Some(7)));
        assert_eq!(pool.settings.parameters["keep"], "1000");
        assert_eq!(pool.settings.parameters["buffer_bytes"], "16384", "the program's own default");
        let (settings, changed) = pool.settings_of(pool.variants.first(), None, &[]).unwrap();
        assert_eq!((settings.entries, settings.parameters["reuse"].as_str()), (Some(8), "false"));
        assert!(changed.is_empty() && settings.program.as_deref() == Some("buffer-pool"));
        // The built-in files are there, and those of the user's own.
        for name in ["buffer-pool", "intern-table", "sessions", "quiet"] {
            assert!(registry.program(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_file_may_name_a_program_of_the_users_own_and_take_its_place() {
        let registry = with("sessions", "program = \"sessions\"\nparameters.visits = 9\n").unwrap();
        let rows: Vec<_> = registry.programs.iter().filter(|program| program.name == "sessions").collect();
        assert_eq!((rows.len(), rows[0].settings.parameters["visits"].as_str()), (1, "9"));
        assert_eq!(rows[0].settings.entries, Some(100));
    }

    #[test]
    fn a_built_in_file_does_not_take_the_place_of_a_users_own_program() {
        let mut registry = registry();
        registry.programs.push(Program::new("intern-table", "Mine", |_| {}));
        add_rows(&mut registry, None).unwrap();
        assert_eq!(registry.program("intern-table").unwrap().about, "Mine");
        assert!(registry.program("buffer-pool").unwrap().file.is_some());
    }

    #[test]
    fn a_file_for_a_program_of_another_executable_is_refused_only_when_it_is_named() {
        let registry = with("own", "program = \"zzz\"\n").unwrap();
        let message = registry.program("own").unwrap().chosen(None).err().unwrap().to_string();
        // Which others there are is the table's matter.
        assert!(
            message.contains("own.toml:3: unknown program \"zzz\": known are adversarial-order, "),
            "{message}"
        );
        assert!(message.contains(", sessions, static-map; --worker"), "{message}");
    }

    #[test]
    fn what_a_program_does_not_take_is_refused_with_its_line() {
        let pool = "program = \"buffer-pool\"\n";
        for (text, said) in [
            (
                "program = \"bufer-pool\"\n",
                ":3: unknown program \"bufer-pool\": did you mean \"buffer-pool\"?",
            ),
            (
                &format!("{pool}parameters.keap = 1\n"),
                ":4: unknown parameter \"keap\": did you mean \"keep\"?",
            ),
            (
                &format!("{pool}parameters.xyz = 1\n"),
                ":4: unknown parameter \"xyz\": known are buffer_bytes, burst, in_",
            ),
            (
                &format!("{pool}parameters.in_flight = 0\n"),
                ":4: parameters.in_flight must be from 1 to 1_000_000, got 0",
            ),
            (&format!("{pool}parameters.reuse = 1\n"), ":4: parameters.reuse must be true or false, got 1"),
            (&format!("{pool}entries = 2_000_000_000\n"), ":4: entries must be from 1 to 1_000_000_000"),
            (
                &format!("{pool}[[variant]]\nname = \"v\"\nabout = \"C.\"\nparameters.keep = -1\n"),
                ":7: parameters.keep must be from 0 to 1_000_000, got -1",
            ),
            (
                "program = \"intern-table\"\nparameters.form = \"aren\"\n",
                ":4: parameters.form must be two-copies, shared or arena, got aren",
            ),
            (
                "program = \"quiet\"\nentries = 1\n",
                ":4: entries cannot be set: program \"quiet\" has no number",
            ),
            ("program = \"quiet\"\nparameters.x = 1\n", ":4: program \"quiet\" has no parameters"),
            (
                "program = \"sessions\"\nparameters.visit = 1\n",
                ":4: unknown parameter \"visit\": did you mean \"visits\"?",
            ),
        ] {
            let message = with("own", text).err().expect(said).to_string();
            assert!(message.contains(&format!("own.toml{said}")), "{text}: {message}");
        }
    }
}
