//! Overrides: numbers of a workload that are changed on the command line, before anything is checked.
//!
//! They are written into the parsed TOML, so that the reader checks them like any other value; its complaints then
//! name the flag.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::payload::{KeyInfo, ValueInfo};
use super::step::STEPS;
use super::toml_reader::Source;
use super::type_registry;
use crate::error::{Result, unknown};
use crate::number_parse;

/// Nothing, or a message without its place.
type Outcome = std::result::Result<(), String>;

/// What the command line changes of a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    /// `--entries`: replaces `entries`.
    pub entries: Option<u64>,
    /// `--ops`: replaces the operations of each phase that gives them as a number.
    pub ops: Option<u64>,
    /// `--set`: `path.to.key=value` each, applied in order. A phase's fields are at `phase.<its name>`; the value is
    /// TOML, a number with a unit, or a bare word for a string.
    pub set: Vec<String>,
}

/// Fields that change no answer: an override of these keeps the promises of the file.
pub(super) const HARMLESS: [&str; 5] = ["about", "capacity", "expect", "hasher", "shards"];

/// Fields that stand for one another: setting one drops the other.
const EITHER: [(&str, &str); 4] =
    [("ops", "ops_per_entry"), ("mix", "each"), ("mix", "step"), ("each", "step")];

/// Fields of a phase that only a phase of calls has, and that only a step has: what is set in its place drops them.
const OF_CALLS: [&str; 3] = ["ops", "ops_per_entry", "hand_over"];
const OF_STEPS: [&str; 3] = ["capacity", "additional", "readers"];

/// A type or distribution, and its parameters.
type Kind = (&'static str, &'static [&'static str]);

/// The parameters that the types and distributions of a table have, each its own. Setting another one drops those of the
/// file that it does not have.
const PARAMETERS: [(&str, &[Kind]); 3] = [
    ("length", &[("uniform", &["min", "max"]), ("gev", &["min", "max", "location", "scale", "shape"])]),
    (
        "size",
        &[
            ("fixed", &["size"]),
            ("uniform", &["min", "max"]),
            ("pareto", &["min", "max", "alpha"]),
            ("generalised-pareto", &["max", "location", "scale", "shape", "head"]),
        ],
    ),
    (
        "access",
        &[
            ("uniform", &[]),
            ("sequential", &[]),
            ("zipf", &["theta"]),
            ("scrambled-zipf", &["theta"]),
            ("latest", &["theta"]),
            ("hotspot", &["operations", "keys"]),
        ],
    ),
];

/// The types or distributions of the table called `name`, with their parameters: those of keys and values follow from the tables of
/// types, where one of several sizes under one name is chosen by its size.
fn kinds_of(name: &str) -> Vec<Kind> {
    let sized = |rows: Vec<(Kind, bool)>| {
        let several = |name: &str| rows.iter().filter(|((other, _), _)| *other == name).count() > 1;
        let parameters = |((name, parameters), fixed): &(Kind, bool)| {
            (*name, if *fixed && !several(name) { &[][..] } else { *parameters })
        };
        rows.iter().map(parameters).collect()
    };
    match name {
        "key" => {
            let row = |info: &KeyInfo| ((info.name, &["length"][..]), info.bytes.is_some());
            sized(type_registry::keys().iter().map(row).collect())
        }
        "value" => {
            let parameters = |info: &ValueInfo| match info.layout.parts {
                0 => &["size"][..],
                _ => &["inline", "heap"][..],
            };
            let row = |info: &ValueInfo| ((info.name, parameters(info)), info.bytes.is_some());
            sized(type_registry::values().iter().map(row).collect())
        }
        "phase" => STEPS.iter().map(|info| (info.name, info.fields)).collect(),
        _ => PARAMETERS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Vec::new(), |(_, kinds)| kinds.to_vec()),
    }
}

impl Overrides {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_none() && self.ops.is_none() && self.set.is_empty()
    }

    /// Whether the workload's answers may no longer be those that its file promises.
    pub fn change_answers(&self) -> bool {
        let harmless =
            |set: &String| HARMLESS.contains(&set.split(['.', '=']).next().unwrap_or_default().trim());
        self.entries.is_some() || self.ops.is_some() || !self.set.iter().all(harmless)
    }

    /// The overrides as flags, in the order in which they apply.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let entries = self.entries.iter().map(|entries| Flag {
            shown: format!("--entries {entries}"),
            target: Target::Entries,
            text: entries.to_string(),
        });
        let ops = self.ops.iter().map(|ops| Flag {
            shown: format!("--ops {ops}"),
            target: Target::Ops,
            text: ops.to_string(),
        });
        let set = self.set.iter().map(|set| Flag {
            shown: format!("--set {set}"),
            target: Target::Path,
            text: set.clone(),
        });
        entries.chain(ops).chain(set).collect()
    }
}

/// One override. It outlives the document, which borrows the text.
#[derive(Debug)]
pub(super) struct Flag {
    /// As it was typed, for messages.
    shown: String,
    target: Target,
    text: String,
}

#[derive(Debug)]
enum Target {
    Entries,
    Ops,
    Path,
}

impl Flag {
    /// Writes the override into the document of `source`.
    pub(super) fn apply<'a>(&'a self, source: &mut Source<'a>, document: &mut DeTable<'a>) -> Result<()> {
        let span = source.flag(self.shown.clone());
        let done = match self.target {
            Target::Entries => set(document, "entries", &self.text, &span),
            Target::Ops => set_ops(document, &self.text, &span),
            Target::Path => set_path(document, &self.text, &span, source),
        };
        done.map_err(|message| source.error(&span, message))
    }
}

/// Puts the value that `text` is into `table`. Errors, here and below, are messages without their place.
fn set<'a>(table: &mut DeTable<'a>, key: &'a str, text: &'a str, span: &Range<usize>) -> Outcome {
    let value = value(text, span)?;
    // Without the old key, whose place would stay.
    table.remove(key);
    table.insert(named(key, span), value);
    Ok(())
}

fn set_ops<'a>(document: &mut DeTable<'a>, text: &'a str, span: &Range<usize>) -> Outcome {
    let mut applied = false;
    for phase in phases(document).filter(|phase| phase.contains_key("ops")) {
        set(phase, "ops", text, span)?;
        applied = true;
    }
    if applied {
        Ok(())
    } else {
        Err("no phase gives its operations as a number (`ops`): all of them follow --entries".to_owned())
    }
}

/// One `path.to.key=value`.
fn set_path<'a>(
    document: &mut DeTable<'a>,
    text: &'a str,
    span: &Range<usize>,
    source: &Source<'a>,
) -> Outcome {
    let (path, value) =
        text.split_once('=').ok_or("write it as path.to.key=value, for example key.length=16")?;
    let names: Vec<&str> = path.split('.').map(str::trim).collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err(format!("\"{path}\" has an empty name in it"));
    }
    let (mut table, names) = match names.as_slice() {
        ["phase", phase, rest @ ..] if !rest.is_empty() => (find_phase(document, phase)?, rest),
        ["phase", ..] => return Err("write the fields of phases as phase.<name>.<key>".to_owned()),
        names => (document, names),
    };
    let Some((last, parents)) = names.split_last() else {
        return Err("it names no key".to_owned());
    };
    if *last == "name" {
        return Err("a name cannot be set: results are filed under it".to_owned());
    }
    for parent in parents {
        // A table that is not there is made; if the format has none of that name, the reader says so.
        let next = table
            .entry(named(parent, span))
            .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
        match next.get_mut() {
            DeValue::Table(next) => table = next,
            _ => return Err(format!("\"{parent}\" is not a table here: set it as a whole")),
        }
    }
    drop_alternatives(table, last);
    set(table, last, value.trim(), span)?;
    if *last == "step" {
        drop_parameters(table, "phase", last, &|span| source.is_flag(span));
    } else if let ("type" | "distribution", Some(parent)) = (*last, parents.last()) {
        drop_parameters(table, parent, last, &|span| source.is_flag(span));
    }
    Ok(())
}

/// Drops what cannot stand beside the field `key`, which is about to be set.
pub(super) fn drop_alternatives(table: &mut DeTable<'_>, key: &str) {
    for (a, b) in EITHER {
        if key == a {
            table.remove(b);
        } else if key == b {
            table.remove(a);
        }
    }
    let gone = match key {
        "step" => &OF_CALLS[..],
        "mix" | "each" => &OF_STEPS,
        _ => return,
    };
    gone.iter().for_each(|field| _ = table.remove(*field));
}

/// Drops the parameters of the other kinds from the table `name`, whose kind was set as its field `field`. What was given
/// with it stays: it was asked for.
pub(super) fn drop_parameters(
    table: &mut DeTable<'_>,
    name: &str,
    field: &str,
    given: &dyn Fn(&Range<usize>) -> bool,
) {
    let kind = table.get(field).and_then(|kind| kind.get_ref().as_str()).unwrap_or_default().to_owned();
    let kinds = kinds_of(name);
    let Some((_, own)) = kinds.iter().find(|(known, _)| *known == kind) else { return };
    for parameter in kinds.iter().flat_map(|(_, parameters)| *parameters) {
        let is_given = table.get(*parameter).is_some_and(|value| given(&value.span()));
        if !own.contains(parameter) && !is_given {
            table.remove(*parameter);
        }
    }
}

/// The tables of all phases; none if the document has no proper ones, which the reader will complain about.
fn phases<'t, 'a>(document: &'t mut DeTable<'a>) -> impl Iterator<Item = &'t mut DeTable<'a>> {
    let phases = match document.get_mut("phase").map(Spanned::get_mut) {
        Some(DeValue::Array(phases)) => phases.iter_mut(),
        _ => [].iter_mut(),
    };
    phases.filter_map(|phase| match phase.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    })
}

pub(super) fn find_phase<'t, 'a>(
    document: &'t mut DeTable<'a>,
    wanted: &str,
) -> std::result::Result<&'t mut DeTable<'a>, String> {
    let name_of =
        |phase: &DeTable<'a>| phase.get("name").and_then(|name| name.get_ref().as_str().map(str::to_owned));
    let names: Vec<String> = phases(document).filter_map(|phase| name_of(phase)).collect();
    phases(document)
        .find(|phase| name_of(phase).as_deref() == Some(wanted))
        .ok_or_else(|| unknown("phase", wanted, names.iter().map(String::as_str)))
}

/// The value of a `--set`: TOML, or a bare word.
fn value<'a>(text: &'a str, span: &Range<usize>) -> std::result::Result<Spanned<DeValue<'a>>, String> {
    match DeValue::parse(text) {
        Ok(value) => Ok(placed(value, span)),
        // A number with a unit, such as 1.5k, is a string that the reader takes for a number.
        Err(_) if is_word(text) || number_parse::parse(text, number_parse::BYTES).is_ok() => {
            Ok(Spanned::new(span.clone(), DeValue::String(text.into())))
        }
        Err(error) => Err(format!(
            "\"{text}\" is no TOML value ({}); strings of more than one word need quotes",
            error.message().lines().next().unwrap_or_default()
        )),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// The same value with the flag for its place, and for that of everything in it.
fn placed<'a>(value: Spanned<DeValue<'a>>, span: &Range<usize>) -> Spanned<DeValue<'a>> {
    let value = match value.into_inner() {
        DeValue::Array(members) => {
            DeValue::Array(members.into_iter().map(|member| placed(member, span)).collect())
        }
        DeValue::Table(entries) => DeValue::Table(
            entries
                .into_iter()
                .map(|(key, value)| (Spanned::new(span.clone(), key.into_inner()), placed(value, span)))
                .collect(),
        ),
        plain => plain,
    };
    Spanned::new(span.clone(), value)
}

fn named<'a>(name: &'a str, span: &Range<usize>) -> Spanned<DeString<'a>> {
    Spanned::new(span.clone(), name.into())
}
