//! The row of a program of the user's own: what it can be asked for, and its variants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::program::Bench;
use crate::error::{Error, Result, unknown};
use crate::record::Settings;

/// A closure that does a workload, with what can be set of it.
pub struct Program {
    /// The name users type.
    pub name: String,
    /// Prose: what it shows and how to read it.
    pub about: String,
    /// Its default settings.
    pub settings: Settings,
    /// Its variants, in order.
    pub variants: Vec<ProgramVariant>,
    /// Whether another program runs it: the one that handed its command line over.
    pub is_elsewhere: bool,
    pub(super) body: Box<dyn Fn(&mut Bench) + Send + Sync>,
}

/// A variant of a program: parameters that differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramVariant {
    /// Its name, which users type behind that of the program: `sessions@boxed`.
    pub name: String,
    /// Prose: what it is for.
    pub about: String,
    /// What differs, by the names of parameters.
    pub parameters: BTreeMap<String, String>,
}

impl Program {
    /// A program called `name`; `body` is called once in every pass and must do the same each time.
    pub fn new(name: &str, about: &str, body: impl Fn(&mut Bench) + Send + Sync + 'static) -> Self {
        Program {
            name: name.to_owned(),
            about: about.to_owned(),
            settings: Settings::default(),
            variants: Vec::new(),
            is_elsewhere: false,
            body: Box::new(body),
        }
    }

    /// What `variant` of it runs with, and, of that, what the user set: `entries` in place of its own, and `set`, a
    /// `name=value` each.
    ///
    /// # Errors
    /// When it has no such variant or parameter, or no number of entries.
    pub fn settings_of(
        &self,
        variant: Option<&ProgramVariant>,
        entries: Option<u64>,
        set: &[String],
    ) -> Result<(Settings, BTreeMap<String, String>)> {
        let mut settings = self.settings.clone();
        for (name, value) in variant.iter().flat_map(|variant| &variant.parameters) {
            let what = || format!("variant {}@{}", self.name, variant.map_or("", |variant| &variant.name));
            self.check_parameter(name).map_err(|why| Error::input(format!("{}: {why}", what())))?;
            settings.parameters.insert(name.clone(), value.clone());
        }
        if let Some(entries) = entries {
            if settings.entries.is_none() {
                return Err(Error::input(format!(
                    "--entries {entries}: program \"{}\" has no number of entries that could be set: --entries does not \
                     reach into it",
                    self.name
                )));
            }
            settings.entries = Some(entries);
        }
        let mut changed = BTreeMap::new();
        for text in set {
            let wrong = |why: &str| Error::input(format!("--set {text}: {why}"));
            let (name, value) = text.split_once('=').ok_or_else(|| wrong("write it as name=value"))?;
            let (name, value) = (name.trim(), value.trim());
            self.check_parameter(name).map_err(|why| wrong(&why))?;
            if settings.parameters.get(name).is_some_and(|own| own != value) {
                changed.insert(name.to_owned(), value.to_owned());
            }
            settings.parameters.insert(name.to_owned(), value.to_owned());
        }
        Ok((settings, changed))
    }

    /// Its name, and behind it those of its variants as they are typed.
    pub fn names_with_variants(&self) -> impl Iterator<Item = String> {
        let variants = self.variants.iter().map(|variant| format!("{}@{}", self.name, variant.name));
        std::iter::once(self.name.clone()).chain(variants)
    }

    fn check_parameter(&self, name: &str) -> std::result::Result<(), String> {
        if self.settings.parameters.contains_key(name) {
            return Ok(());
        }
        let known = self.settings.parameters.keys().map(String::as_str);
        Err(match self.settings.parameters.is_empty() {
            true => format!("program \"{}\" has no parameters: --set does not reach into it", self.name),
            false => unknown("parameter", name, known),
        })
    }

    /// The variant that is named, all of them, or the program as it stands if it has none.
    ///
    /// # Errors
    /// When it has no such variant.
    pub fn chosen(&self, variant: Option<&str>) -> Result<Vec<Option<&ProgramVariant>>> {
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
        program.variants.push(ProgramVariant { name: "many".into(), about: "y".into(), parameters });
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
}
