//! Workload files that name a program in place of keys, values and phases: what they say, with the line of each thing.
//!
//! Which programs there are, and what their parameters take, is not known here.

use super::claim::{self, Claim};
use super::name::check_name;
use super::toml_reader::{Item, Source, Table};
use crate::error::Result;

/// A workload file that names a program.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramFile {
    /// The name users type.
    pub name: String,
    /// Prose: what it shows and how to read it.
    pub about: String,
    /// What messages call the file.
    pub file: String,
    /// Whether it comes from the user's directory and not from the binary.
    pub own: bool,
    /// The program that it names.
    pub program: Given<String>,
    /// What it sets.
    pub settings: GivenSettings,
    /// Its variants, in order.
    pub variants: Vec<GivenVariant>,
    /// The claims that it tests, in order.
    pub claims: Vec<Claim>,
}

/// Something that a file gives, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// What it gives.
    pub value: T,
    /// File and line.
    pub place: String,
}

/// Entries and parameters as a file gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenSettings {
    /// The number of entries.
    pub entries: Option<Given<u64>>,
    /// Parameters by name, in the order of the file, as texts.
    pub parameters: Vec<(String, Given<String>)>,
}

/// A variant as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenVariant {
    /// Its name.
    pub name: String,
    /// Prose: what it is for.
    pub about: String,
    /// What differs.
    pub settings: GivenSettings,
}

/// Fields of workloads on maps and of their variants that a program has no use for.
const OF_MAPS: [&str; 15] = [
    "key",
    "value",
    "access",
    "hasher",
    "capacity",
    "shards",
    "instances",
    "scan_entries",
    "one_hit_wonders",
    "time_to_live",
    "removals",
    "phase",
    "expect",
    "map",
    "threads",
];

/// Whether `text` is the file of a program. Parameters say so too, in case `program` is misspelt.
///
/// # Errors
/// When it is no TOML.
pub fn names_program(text: &str, file: &str) -> Result<bool> {
    let document = Source::new(file, text).parse()?;
    Ok(["program", "parameters"].iter().any(|key| document.contains_key(*key)))
}

/// What the file of a program says.
///
/// # Errors
/// When something is not as the format has it; the message names file and line.
pub fn parse(text: &str, file: &str, own: bool) -> Result<ProgramFile> {
    let source = Source::new(file, text);
    let mut document = Table::document(&source, source.parse()?);
    let program = document.required("program")?;
    let program = Given { value: program.string()?, place: program.place() };
    refuse_fields_of_maps(&document, &program.value)?;
    let name = checked_name(&document.required("name")?)?;
    let about = document.required("about")?.prose()?.trim().to_owned();
    let settings = settings(&mut document)?;
    let mut variants: Vec<GivenVariant> = Vec::new();
    for item in document.optional("variant").map_or(Ok(Vec::new()), Item::array)? {
        let variant = variant(item.table()?, &program.value, &variants)?;
        variants.push(variant);
    }
    let claims = claim::read(document.optional("claim"))?;
    document.finish()?;
    let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
    claims.iter().try_for_each(|claim| claim.check_variants(&name, &names))?;
    Ok(ProgramFile { name, about, file: file.to_owned(), own, program, settings, variants, claims })
}

fn variant(mut table: Table<'_>, program: &str, before: &[GivenVariant]) -> Result<GivenVariant> {
    refuse_fields_of_maps(&table, program)?;
    table.refuse(&["program"], |_| {
        "a variant has the program of its file: write a file for another program".to_owned()
    })?;
    let item = table.required("name")?;
    let name = checked_name(&item)?;
    if before.iter().any(|variant| variant.name == name) {
        return Err(item.error(format!("\"{name}\" is the name of an earlier variant too")));
    }
    let about = table.required("about")?.prose()?.trim().to_owned();
    let settings = settings(&mut table)?;
    table.finish()?;
    Ok(GivenVariant { name, about, settings })
}

fn refuse_fields_of_maps(table: &Table<'_>, program: &str) -> Result<()> {
    table.refuse(&OF_MAPS, |key| {
        format!(
            "{key} is for workloads on maps, and program \"{program}\" brings its own data: a program is given entries and \
             [parameters]"
        )
    })
}

fn checked_name(item: &Item<'_>) -> Result<String> {
    let name = item.string()?;
    check_name(&name).map_err(|why| item.error(why))?;
    Ok(name)
}

fn settings(table: &mut Table<'_>) -> Result<GivenSettings> {
    let entries = match table.optional("entries") {
        Some(item) => Some(Given { value: item.integer(0..=u64::MAX)?, place: item.place() }),
        None => None,
    };
    let mut parameters = Vec::new();
    if let Some(item) = table.optional("parameters") {
        for (name, item) in item.table()?.rest() {
            parameters.push((name, Given { value: item.scalar()?, place: item.place() }));
        }
    }
    Ok(GivenSettings { entries, parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Overrides;

    const GOOD: &str = r#"name = "pool"
about = "A pool."
program = "buffer-pool"
entries = "2k"

[parameters]
held = 0x10
share = 0.5
reuse = true
form = "arena"

[[variant]]
name = "small"
about = "A small one."
entries = 10
parameters = { held = 1 }
"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        parse(&GOOD.replacen(from, to, 1), "own/pool.toml", true).unwrap_err().to_string()
    }

    #[test]
    fn values_are_texts_and_have_their_lines() {
        let file = parse(GOOD, "own/pool.toml", true).unwrap();
        assert_eq!(
            (file.program.value.as_str(), file.program.place.as_str()),
            ("buffer-pool", "own/pool.toml:3")
        );
        assert_eq!(file.settings.entries, Some(Given { value: 2_000, place: "own/pool.toml:4".into() }));
        let parameters: Vec<(&str, &str)> = file
            .settings
            .parameters
            .iter()
            .map(|(name, given)| (name.as_str(), given.value.as_str()))
            .collect();
        assert_eq!(parameters, [("held", "16"), ("share", "0.5"), ("reuse", "true"), ("form", "arena")]);
        assert_eq!(file.settings.parameters[1].1.place, "own/pool.toml:8");
        let variant = &file.variants[0];
        assert_eq!(variant.settings.entries.as_ref().map(|given| given.value), Some(10));
        assert_eq!(
            variant.settings.parameters[0].1,
            Given { value: "1".into(), place: "own/pool.toml:16".into() }
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (from, to, said) in [
            ("entries = \"2k\"", "entries = -1", "own/pool.toml:4: entries must be"),
            ("entries", "entires", "own/pool.toml:4: unknown key \"entires\": did you mean \"entries\"?"),
            ("program", "progam", "own/pool.toml:3: unknown key \"progam\": did you mean \"program\"?"),
            ("name = \"pool\"\n", "", "own/pool.toml:1: \"name\" is missing"),
            ("\"A pool.\"", "7", "own/pool.toml:2: about must be a string, got 7"),
            ("held = 0x10", "held = [1]", "own/pool.toml:7: parameters.held must be a number"),
            (
                "[parameters]\nheld = 0x10",
                "[key]\ntype = \"u64\"",
                "own/pool.toml:6: key is for workloads on maps",
            ),
            ("entries = 10", "phase.fill = { ops = 3 }", "own/pool.toml:15: phase is for workloads on maps"),
            ("entries = 10", "threads = 2", "own/pool.toml:15: threads is for workloads on maps"),
            ("entries = 10", "program = \"x\"", "own/pool.toml:15: a variant has the program of its file"),
            ("entries = 10", "size = 3", "own/pool.toml:15: unknown key \"size\" in [variant[1]]"),
            ("\"small\"", "\"Small\"", "own/pool.toml:13: variant[1].name must be lower-case letters"),
        ] {
            let message = refused(from, to);
            assert!(message.starts_with(said), "{from} -> {to}: {message}");
        }
        let twice = format!("{GOOD}\n[[variant]]\nname = \"small\"\nabout = \"Again.\"\n");
        let message = parse(&twice, "p.toml", true).unwrap_err().to_string();
        assert!(message.contains("is the name of an earlier variant too"), "{message}");
    }

    #[test]
    fn every_field_of_a_workload_on_maps_is_known_here() {
        let text = "name = \"x\"\nabout = \"A.\"\nentries = 1\nkey.type = \"u64\"\nvalue.type = \"u64\"\n\
                    qqqqqqqqqq = 1\n[[phase]]\nname = \"fill\"\nops = 1\nmix.insert = 100\n";
        let message =
            crate::workload::parse::parse(text, "x.toml", &Overrides::default()).unwrap_err().to_string();
        let (_, known) = message.split_once("known are ").expect("it lists all keys");
        for key in known.split(", ").filter(|key| !["name", "about", "entries", "claim"].contains(key)) {
            assert!(OF_MAPS.contains(&key), "{key} is not refused in the file of a program");
        }
    }
}
