//! The row of a program: what it can be asked for, and its variants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parameter::Parameter;
use super::program::Bench;
use crate::error::{Error, Result, unknown};
use crate::number_parse::grouped;
use crate::record::Settings;

/// What a built-in program says of its number of entries, of which there is one at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entries {
    /// What they are, in one line.
    pub about: &'static str,
    /// How many there are if nothing else is said.
    pub default: u64,
    /// The most that there may be.
    pub most: u64,
}

/// A closure that does a workload, with what can be set of it.
pub struct Program {
    /// The name users type.
    pub name: String,
    /// The name by which a child knows it: that of the program that a workload file names, or its own.
    pub runs: String,
    /// The workload file that it stands for; none for a program that is run by itself.
    pub file: Option<String>,
    /// Prose: what it shows and how to read it.
    pub about: String,
    /// Its default settings.
    pub settings: Settings,
    /// What a built-in program says of its entries; none if they may be any number.
    pub entries: Option<Entries>,
    /// What the parameters of a built-in program take. One that is in the settings alone takes any text.
    pub parameters: &'static [Parameter],
    /// Its variants, in order.
    pub variants: Vec<ProgramVariant>,
    /// Whether another program runs it: the one that handed its command line over.
    pub is_elsewhere: bool,
    /// Why it cannot be run, of a file that names a program which is not known here.
    pub unknown: Option<Error>,
    pub(super) body: Box<dyn Fn(&mut Bench) + Send + Sync>,
}

/// A variant of a program: what differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramVariant {
    /// Its name, which users type behind that of the program: `sessions@boxed`.
    pub name: String,
    /// Prose: what it is for.
    pub about: String,
    /// Its entries; none if they are those of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// The parameters that differ, by their names.
    pub parameters: BTreeMap<String, String>,
}

impl Program {
    /// A program called `name`; `body` is called once in every pass and must do the same each time.
    pub fn new(name: &str, about: &str, body: impl Fn(&mut Bench) + Send + Sync + 'static) -> Self {
        Program {
            name: name.to_owned(),
            runs: name.to_owned(),
            file: None,
            about: about.to_owned(),
            settings: Settings::default(),
            entries: None,
            parameters: &[],
            variants: Vec::new(),
            is_elsewhere: false,
            unknown: None,
            body: Box::new(body),
        }
    }

    /// A built-in program, with the defaults of its entries and parameters.
    pub fn built_in(
        name: &str,
        about: &str,
        entries: Entries,
        parameters: &'static [Parameter],
        body: fn(&mut Bench),
    ) -> Self {
        let defaults = parameters.iter().map(|one| (one.name.to_owned(), one.default.to_owned()));
        let settings = Settings {
            entries: Some(entries.default),
            parameters: defaults.collect(),
            ..Settings::default()
        };
        Program { settings, entries: Some(entries), parameters, ..Program::new(name, about, body) }
    }

    /// What `variant` of it runs with, and, of that, what the user set: `entries` in place of its own, and `set`, a
    /// `name=value` each.
    ///
    /// # Errors
    /// When it has no such variant or parameter, or no number of entries, or when one does not take its value.
    pub fn settings_of(
        &self,
        variant: Option<&ProgramVariant>,
        entries: Option<u64>,
        set: &[String],
    ) -> Result<(Settings, BTreeMap<String, String>)> {
        let mut settings = self.settings.clone();
        if let Some(variant) = variant {
            let wrong = |why: String| Error::input(format!("variant {}@{}: {why}", self.name, variant.name));
            settings.entries = variant.entries.or(settings.entries);
            for (name, value) in &variant.parameters {
                let value = self.value_of(name, value).map_err(wrong)?;
                settings.parameters.insert(name.clone(), value);
            }
        }
        if let Some(entries) = entries {
            self.check_entries(entries).map_err(|why| Error::input(format!("--entries {entries}: {why}")))?;
            settings.entries = Some(entries);
        }
        let mut changed = BTreeMap::new();
        for text in set {
            let wrong = |why: &str| Error::input(format!("--set {text}: {why}"));
            let (name, value) = text.split_once('=').ok_or_else(|| wrong("write it as name=value"))?;
            let name = name.trim();
            let value = self.value_of(name, value.trim()).map_err(|why| wrong(&why))?;
            if settings.parameters.get(name).is_some_and(|own| *own != value) {
                changed.insert(name.to_owned(), value.clone());
            }
            settings.parameters.insert(name.to_owned(), value);
        }
        Ok((settings, changed))
    }

    /// What a child runs it with that was asked for `given`: a built-in program has its defaults for what is left out.
    ///
    /// # Errors
    /// When a built-in program does not take what was given.
    pub(super) fn completed(&self, given: &Settings) -> Result<Settings> {
        if !self.is_built_in() {
            return Ok(given.clone());
        }
        let wrong = |what: &str, why: String| Error::input(format!("{what}: {why}"));
        let mut settings = self.settings.clone();
        if let Some(entries) = given.entries {
            self.check_entries(entries).map_err(|why| wrong("entries", why))?;
            settings.entries = Some(entries);
        }
        for (name, value) in &given.parameters {
            let value = self.value_of(name, value).map_err(|why| wrong(name, why))?;
            settings.parameters.insert(name.clone(), value);
        }
        Ok(settings)
    }

    /// Whether it is built in, or is the workload file of one that is.
    pub fn is_built_in(&self) -> bool {
        self.entries.is_some()
    }

    /// Its name, and behind it those of its variants as they are typed.
    pub fn names_with_variants(&self) -> impl Iterator<Item = String> {
        let variants = self.variants.iter().map(|variant| format!("{}@{}", self.name, variant.name));
        std::iter::once(self.name.clone()).chain(variants)
    }

    /// Whether it has a parameter of that name.
    ///
    /// # Errors
    /// A message without its place, when it has not.
    pub fn check_parameter(&self, name: &str) -> std::result::Result<(), String> {
        if self.settings.parameters.contains_key(name) {
            return Ok(());
        }
        let known = self.settings.parameters.keys().map(String::as_str);
        Err(match self.settings.parameters.is_empty() {
            true => format!("program \"{}\" has no parameters", self.name),
            false => unknown("parameter", name, known),
        })
    }

    /// The value of parameter `name` that `text` is.
    ///
    /// # Errors
    /// A message without its place, when it has no such parameter, or when that does not take such a value.
    pub fn value_of(&self, name: &str, text: &str) -> std::result::Result<String, String> {
        self.check_parameter(name)?;
        match self.parameters.iter().find(|parameter| parameter.name == name) {
            Some(parameter) => parameter.takes.read(text),
            None => Ok(text.to_owned()),
        }
    }

    /// Whether it can be asked for so many entries.
    ///
    /// # Errors
    /// A message without its place, when it cannot.
    pub fn check_entries(&self, entries: u64) -> std::result::Result<(), String> {
        match self.entries {
            Some(Entries { most, .. }) if !(1..=most).contains(&entries) => {
                Err(format!("must be from 1 to {}", grouped(most)))
            }
            None if self.settings.entries.is_none() => {
                Err(format!("cannot be set: program \"{}\" has no number of entries", self.name))
            }
            _ => Ok(()),
        }
    }

    /// The variant that is named, all of them, or the program as it stands if it has none.
    ///
    /// # Errors
    /// When it has no such variant, or is not known here.
    pub fn chosen(&self, variant: Option<&str>) -> Result<Vec<Option<&ProgramVariant>>> {
        if let Some(error) = &self.unknown {
            return Err(error.clone());
        }
        let Some(name) = variant else {
            let all: Vec<_> = self.variants.iter().map(Some).collect();
            return Ok(if all.is_empty() { vec![None] } else { all });
        };
        match self.variants.iter().find(|variant| variant.name == name) {
            Some(variant) => Ok(vec![Some(variant)]),
            None if self.variants.is_empty() => {
                Err(Error::input(format!("program \"{}\" has no variants", self.name)))
            }
            None => {
                let names = self.variants.iter().map(|variant| variant.name.as_str());
                Err(Error::input(unknown("variant", name, names)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Program {
        let mut program = Program::new("sessions", "x", |_| {});
        program.settings.entries = Some(100);
        program.settings.parameters.insert("tags".into(), "3".into());
        let parameters = BTreeMap::from([("tags".to_owned(), "9".to_owned())]);
        program.variants.push(ProgramVariant {
            name: "many".into(),
            about: "y".into(),
            entries: None,
            parameters,
        });
        program
    }

    #[test]
    fn flags_come_after_variants_and_only_they_are_told_apart() {
        let program = program();
        let many = program.chosen(Some("many")).unwrap()[0];
        let of = |variant, set: &[&str]| {
            let set: Vec<String> = set.iter().map(|&set| set.to_owned()).collect();
            program.settings_of(variant, None, &set)
        };
        let (settings, changed) = of(many, &[]).unwrap();
        assert_eq!((settings.parameters["tags"].as_str(), changed.len()), ("9", 0));
        let (settings, changed) = of(many, &["tags=5"]).unwrap();
        assert_eq!((settings.parameters["tags"].as_str(), changed["tags"].as_str()), ("5", "5"));
        assert!(of(None, &["tags=3"]).unwrap().1.is_empty(), "it is the default");
        assert!(of(None, &["tag=3"]).unwrap_err().to_string().contains("\"tags\""));
        assert!(of(None, &["tags"]).unwrap_err().to_string().contains("name=value"));
        assert_eq!(program.settings_of(None, Some(7), &[]).unwrap().0.entries, Some(7));
        assert!(program.chosen(Some("mny")).unwrap_err().to_string().contains("\"many\""));
    }
    #[test]
    fn a_built_in_program_takes_what_its_table_says() {
        use crate::worker::parameter::Takes;
        const PARAMETERS: &[Parameter] = &[
            Parameter {
                name: "held",
                about: "x",
                default: "4",
                takes: Takes::Count { least: 1, most: 9_000 },
            },
            Parameter { name: "reuse", about: "y", default: "true", takes: Takes::Bool },
        ];
        let entries = Entries { about: "z", default: 100, most: 1_000 };
        let program = Program::built_in("pool", "x", entries, PARAMETERS, |_| {});
        let of = |entries, set: &str| program.settings_of(None, entries, &[set.to_owned()]);
        let (settings, changed) = of(None, "held=2k").unwrap();
        assert_eq!((settings.parameters["held"].as_str(), changed["held"].as_str()), ("2000", "2000"));
        assert_eq!((settings.entries, settings.parameters["reuse"].as_str()), (Some(100), "true"));
        let said = |result: Result<(Settings, BTreeMap<String, String>)>| result.unwrap_err().to_string();
        assert_eq!(said(of(None, "held=0")), "--set held=0: must be from 1 to 9_000");
        assert_eq!(said(of(None, "reuse=1")), "--set reuse=1: must be true or false");
        assert_eq!(
            said(of(None, "hold=1")),
            "--set hold=1: unknown parameter \"hold\": did you mean \"held\"?"
        );
        assert_eq!(said(of(Some(1_001), "held=1")), "--entries 1001: must be from 1 to 1_000");

        // A child is as strict, whoever asks.
        let asked = |name: &str, value: &str| Settings {
            parameters: BTreeMap::from([(name.to_owned(), value.to_owned())]),
            ..Settings::default()
        };
        let completed = program.completed(&asked("held", "7")).unwrap();
        assert_eq!((completed.entries, completed.parameters["reuse"].as_str()), (Some(100), "true"));
        for (name, value) in [("held", "0"), ("hold", "1")] {
            assert!(program.completed(&asked(name, value)).is_err(), "{name}={value}");
        }
    }
}
