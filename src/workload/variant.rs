//! Variants: named changes of a workload, in its own file, for comparing strategies under the same stream.
//!
//! They are written into the parsed TOML before the flags are, so that the reader checks them like any other value; its
//! complaints name their lines.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::name::check_name;
use super::overrides::{HARMLESS, drop_alternatives, drop_parameters, find_phase};
use super::toml_reader::Source;
use crate::error::{Result, unknown};

/// The most worker threads, as of `--threads`.
pub(super) const MOST_THREADS: i64 = 1024;

/// What a list shows of a variant, and what it says of how it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name, which users type behind that of the workload: `churn@boxed`.
    pub name: String,
    /// Prose: what it is for.
    pub about: String,
    /// The maps that it is for; empty if it runs on any.
    pub maps: Vec<String>,
    /// Its worker threads, if it says so.
    pub threads: Option<u16>,
    /// Whether it is run only where it is named itself, and not with the others of its workload.
    pub by_name: bool,
}

/// A variant of a document that is being read.
pub(super) struct Read<'a> {
    pub(super) variant: Variant,
    /// What it changes, by the names of the document; phases by their names.
    changes: DeTable<'a>,
}

/// Takes the `[[variant]]` tables out of a document.
pub(super) fn take<'a>(source: &Source<'a>, document: &mut DeTable<'a>) -> Result<Vec<Read<'a>>> {
    let Some(value) = document.remove("variant") else { return Ok(Vec::new()) };
    let span = value.span();
    let DeValue::Array(tables) = value.into_inner() else {
        return Err(source.error(&span, "variants are tables: write [[variant]]"));
    };
    let mut variants: Vec<Read<'a>> = Vec::new();
    for table in tables {
        let span = table.span();
        let DeValue::Table(changes) = table.into_inner() else {
            return Err(source.error(&span, "variants are tables: write [[variant]]"));
        };
        let read = one(source, &span, changes)?;
        if variants.iter().any(|before| before.variant.name == read.variant.name) {
            let name = &read.variant.name;
            return Err(source.error(&span, format!("\"{name}\" is the name of an earlier variant too")));
        }
        variants.push(read);
    }
    Ok(variants)
}

fn one<'a>(source: &Source<'a>, span: &Range<usize>, mut changes: DeTable<'a>) -> Result<Read<'a>> {
    let mut text = |key: &str| match changes.remove(key) {
        None => Ok(None),
        Some(value) => match value.get_ref().as_str() {
            Some(text) => Ok(Some((text.to_owned(), value.span()))),
            None => Err(source.error(&value.span(), format!("variant.{key} must be a string"))),
        },
    };
    let (name, about) = (text("name")?, text("about")?);
    let Some((name, place)) = name else {
        return Err(source.error(span, "a variant needs a name: write name = \"...\""));
    };
    check_name(&name).map_err(|why| source.error(&place, format!("variant.name {why}")))?;
    let Some((about, _)) = about else {
        return Err(source.error(span, format!("variant \"{name}\" needs an about: say what it is for")));
    };
    let maps = match changes.remove("map") {
        None => Vec::new(),
        Some(value) => {
            let names = |value: &DeValue<'_>| match value {
                DeValue::String(map) => Some(vec![map.to_string()]),
                DeValue::Array(maps) => {
                    maps.iter().map(|map| map.get_ref().as_str().map(str::to_owned)).collect()
                }
                _ => None,
            };
            names(value.get_ref()).filter(|maps| !maps.is_empty()).ok_or_else(|| {
                source.error(&value.span(), "variant.map must be the name of a map, or a list of names")
            })?
        }
    };
    let threads = match changes.remove("threads") {
        None => None,
        Some(value) => {
            let number = value.get_ref().as_integer();
            let number = number.and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
            let threads = number.filter(|n| (1..=MOST_THREADS).contains(n)).and_then(|n| n.try_into().ok());
            let wrong =
                || source.error(&value.span(), format!("variant.threads must be from 1 to {MOST_THREADS}"));
            Some(threads.ok_or_else(wrong)?)
        }
    };
    let by_name = match changes.remove("by_name") {
        None => false,
        Some(value) => match value.get_ref() {
            DeValue::Boolean(truth) => *truth,
            _ => return Err(source.error(&value.span(), "variant.by_name must be true or false")),
        },
    };
    let variant = Variant { name, about: about.trim().to_owned(), maps, threads, by_name };
    Ok(Read { variant, changes })
}

impl<'a> Read<'a> {
    /// Writes what the variant changes into the document. Answers that the file promises are dropped with the first change
    /// that may make others of them; those that the variant promises itself stay.
    pub(super) fn apply(self, source: &Source<'a>, document: &mut DeTable<'a>) -> Result<()> {
        if self.changes.keys().any(|key| !HARMLESS.contains(&&**key.get_ref())) {
            document.remove("expect");
        }
        for (key, value) in self.changes {
            if *key.get_ref() != "phase" {
                put(document, key, value);
                continue;
            }
            let span = value.span();
            let DeValue::Table(phases) = value.into_inner() else {
                let how = "write the fields of a variant's phases as phase.<name>.<key> = ...";
                return Err(source.error(&span, how));
            };
            for (name, fields) in phases {
                let span = name.span();
                let phase =
                    find_phase(document, name.get_ref()).map_err(|error| source.error(&span, error))?;
                let DeValue::Table(fields) = fields.into_inner() else {
                    return Err(source.error(&span, format!("phase.{} must be a table", name.get_ref())));
                };
                merge(phase, "phase", fields);
            }
        }
        Ok(())
    }
}

/// Puts a value into a table; of a table that is there already, its fields.
fn put<'a>(table: &mut DeTable<'a>, key: Spanned<toml::de::DeString<'a>>, value: Spanned<DeValue<'a>>) {
    drop_alternatives(table, key.get_ref());
    let span = value.span();
    match (table.get_mut(&**key.get_ref()).map(Spanned::get_mut), value.into_inner()) {
        (Some(DeValue::Table(there)), DeValue::Table(fields)) => {
            let name = key.get_ref().to_string();
            merge(there, &name, fields);
        }
        (_, value) => {
            // Without the old key, whose place would stay.
            table.remove(&**key.get_ref());
            table.insert(key, Spanned::new(span, value));
        }
    }
}

/// Puts fields into the table `name`. Where its kind changes, the parameters of other kinds go.
fn merge<'a>(table: &mut DeTable<'a>, name: &str, fields: DeTable<'a>) {
    let given: Vec<Range<usize>> = fields.values().map(Spanned::span).collect();
    let kinds: Vec<&str> =
        ["type", "distribution", "step"].into_iter().filter(|field| fields.contains_key(*field)).collect();
    for (key, value) in fields {
        put(table, key, value);
    }
    for kind in kinds {
        drop_parameters(table, name, kind, &|span| given.contains(span));
    }
}

/// The variant called `name`, or an error that knows the others.
pub(super) fn find<'v>(variants: &'v [Variant], workload: &str, name: &str) -> Result<&'v Variant> {
    variants.iter().find(|variant| variant.name == name).ok_or_else(|| {
        let names = variants.iter().map(|variant| variant.name.as_str());
        match variants.is_empty() {
            true => crate::error::Error::input(format!("workload \"{workload}\" has no variants")),
            false => crate::error::Error::input(unknown("variant", name, names)),
        }
    })
}
