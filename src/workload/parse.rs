//! The wire form of workloads: TOML to [`Workload`], with every number checked and every override applied.
//!
//! docs/FORMAT.md describes the format. Nothing half-checked leaves this file.

use super::claim::{self, Claim};
use super::cross_checks;
use super::hashers::bad::DISTINCT;
use super::hashers::{HASHERS, HasherInfo};
use super::name::check_name;
use super::overrides::Overrides;
use super::parse_payload;
use super::parse_step;
use super::spec::{
    Access, Expect, HasherSpec, MAX_ENTRIES, Op, Phase, Removals, Work, Workload, scan_entries,
};
use super::toml_reader::{Item, Source, Table};
use super::type_registry;
use super::variant::{self, Variant};
use crate::error::Result;

/// The most maps that a workload is dealt over.
const MAX_INSTANCES: u64 = 1_000_000;

/// The most shards of a map.
const MAX_SHARDS: u64 = 1 << 16;

/// The most entries that a scan visits.
const MAX_SCAN: u64 = 1_000_000;

/// The most operations that an entry lives.
const MAX_TIME_TO_LIVE: u64 = 2_000_000_000;

/// The most operations of one phase.
const MAX_OPS: u64 = 1_000_000_000_000;

/// The most calls that one operation lists in `each`.
const MAX_EACH: usize = 64;

/// The workload that `text` describes, as it stands, with the overrides in force. `file` is what messages call the text.
///
/// Fails with [`crate::error::Error::Input`] for anything that is not as the format has it; the message names file
/// and line, or the flag.
pub fn parse(text: &str, file: &str, overrides: &Overrides) -> Result<Workload> {
    parse_variant(text, file, None, overrides)
}

/// The variants of the workload that `text` describes, in the order of the file.
///
/// # Errors
/// When one is not as the format has it.
pub fn variants(text: &str, file: &str) -> Result<Vec<Variant>> {
    let source = Source::new(file, text);
    let read = variant::take(&source, &mut source.parse()?)?;
    Ok(read.into_iter().map(|read| read.variant).collect())
}

/// The claims in the file of a workload, in its order.
///
/// # Errors
/// When one is not as the format has it.
pub fn claims(text: &str, file: &str) -> Result<Vec<Claim>> {
    let source = Source::new(file, text);
    let mut document = Table::document(&source, source.parse()?);
    claim::read(document.optional("claim"))
}

/// The same as [`parse`], of the variant with that name.
///
/// # Errors
/// As of [`parse`], or when there is no such variant.
pub fn parse_variant(
    text: &str,
    file: &str,
    chosen: Option<&str>,
    overrides: &Overrides,
) -> Result<Workload> {
    let flags = overrides.flags();
    let mut source = Source::new(file, text);
    let mut document = source.parse()?;
    let read = variant::take(&source, &mut document)?;
    if let Some(name) = chosen {
        let all: Vec<Variant> = read.iter().map(|read| read.variant.clone()).collect();
        let known = variant::find(&all, file, name)?;
        let chosen = read.into_iter().find(|read| read.variant.name == known.name);
        chosen.map_or(Ok(()), |read| read.apply(&source, &mut document))?;
    }
    for flag in &flags {
        flag.apply(&mut source, &mut document)?;
    }
    let mut document = Table::document(&source, document);

    let name = name(&document.required("name")?)?;
    let about = document.required("about")?.prose()?.trim().to_owned();
    let entries = document.required("entries")?.integer(1..=MAX_ENTRIES)?;
    let (keys, values) = (type_registry::keys(), type_registry::values());
    let key = document.required("key")?.table().and_then(|table| parse_payload::key(table, &keys))?;
    let value = document.required("value")?.table().and_then(|table| parse_payload::value(table, &values))?;
    let access = match document.optional("access") {
        Some(item) => access(item)?,
        None => Access::Uniform,
    };
    let hasher = document.optional("hasher").map(hasher).transpose()?;
    let capacity = match document.optional("capacity") {
        Some(item) => Some(item.integer(0..=MAX_ENTRIES)?).filter(|&capacity| capacity > 0),
        None => None,
    };
    let shards = document.optional("shards").map(shards).transpose()?;
    let instances = match document.optional("instances") {
        Some(item) => item.integer(1..=MAX_INSTANCES)?,
        None => 1,
    };
    let scan_entries = match document.optional("scan_entries") {
        Some(item) => item.integer(1..=MAX_SCAN)?,
        None => scan_entries(),
    };
    let one_hit_wonders = match document.optional("one_hit_wonders") {
        Some(item) => item.number("from 0 to 1", |share| (0.0..=1.0).contains(&share))?,
        None => 0.0,
    };
    let time_to_live = match document.optional("time_to_live") {
        Some(item) => Some(item.integer(1..=MAX_TIME_TO_LIVE)?),
        None => None,
    };
    let removals = match (document.optional("removals"), time_to_live) {
        (Some(item), Some(_)) => {
            return Err(item
                .error("and time_to_live exclude each other: entries are removed when their time is over"));
        }
        (Some(item), None) => {
            item.one_of("way to remove", &[("picked", Removals::Picked), ("oldest", Removals::Oldest)])?
        }
        (None, Some(_)) => Removals::Oldest,
        (None, None) => Removals::Picked,
    };
    let mut phases: Vec<Phase> = Vec::new();
    for item in document.required("phase")?.array()? {
        let phase = phase(item.table()?, entries, instances, access, &phases)?;
        phases.push(phase);
    }
    if phases.is_empty() {
        return Err(document.error("there are no phases: a workload needs at least one [[phase]]"));
    }
    let expect = match document.optional("expect") {
        Some(item) => expect(item.table()?, overrides.change_answers())?,
        None => Expect::default(),
    };
    // They are no part of what runs, and are read apart.
    let _ = document.optional("claim");
    document.finish()?;

    let workload = Workload {
        name,
        about,
        entries,
        key,
        value,
        hasher,
        capacity,
        shards,
        instances,
        scan_entries,
        one_hit_wonders,
        time_to_live,
        removals,
        access,
        phases,
        expect,
    };
    cross_checks::time_to_live(&workload)?;
    cross_checks::keys(&workload, 1)?;
    Ok(workload)
}

/// A number of shards.
fn shards(item: Item<'_>) -> Result<u64> {
    let shards = item.integer(2..=MAX_SHARDS)?;
    if shards.is_power_of_two() {
        return Ok(shards);
    }
    let above = shards.next_power_of_two();
    Err(item
        .error(format!("must be a power of two, got {shards}; the next ones are {} and {above}", above / 2)))
}

/// A name that can be a file's and a directory's.
fn name(item: &Item<'_>) -> Result<String> {
    let name = item.string()?;
    check_name(&name).map_err(|why| item.error(why))?;
    Ok(name)
}

/// The name of a hasher, or a table of a name and the number of its values.
fn hasher(item: Item<'_>) -> Result<HasherSpec> {
    let names: Vec<(&str, &HasherInfo)> = HASHERS.iter().map(|info| (info.name, info)).collect();
    if !item.is_table() {
        let info = item.one_of("hasher", &names)?;
        let distinct = info.counts_values.then_some(DISTINCT);
        return Ok(HasherSpec { kind: info.name.to_owned(), distinct });
    }
    let mut table = item.table()?;
    let info = table.required("type")?.one_of("hasher", &names)?;
    let distinct = match table.optional("distinct") {
        Some(item) if !info.counts_values => {
            return Err(item.error(format!("is for the hasher \"bad\" alone; {} has all values", info.name)));
        }
        Some(item) => Some(item.integer(1..=u64::MAX)?),
        None => info.counts_values.then_some(DISTINCT),
    };
    table.finish()?;
    Ok(HasherSpec { kind: info.name.to_owned(), distinct })
}

/// The names of access distributions.
#[derive(Clone, Copy)]
enum AccessName {
    Uniform,
    Sequential,
    Zipf,
    ScrambledZipf,
    Latest,
    Hotspot,
}

/// A table with a `distribution` and its numbers, or the bare name of one that has none.
fn access(item: Item<'_>) -> Result<Access> {
    let names = [
        ("uniform", AccessName::Uniform),
        ("sequential", AccessName::Sequential),
        ("zipf", AccessName::Zipf),
        ("scrambled-zipf", AccessName::ScrambledZipf),
        ("latest", AccessName::Latest),
        ("hotspot", AccessName::Hotspot),
    ];
    if !item.is_table() {
        return match item.one_of("access distribution", &names)? {
            AccessName::Uniform => Ok(Access::Uniform),
            AccessName::Sequential => Ok(Access::Sequential),
            AccessName::Zipf | AccessName::ScrambledZipf | AccessName::Latest => {
                Err(item.error("needs a theta: write { distribution = \"...\", theta = 0.99 }"))
            }
            AccessName::Hotspot => Err(item.error(
                "needs its shares: write { distribution = \"hotspot\", operations = 0.8, keys = 0.2 }",
            )),
        };
    }
    let mut table = item.table()?;
    let name = table.required("distribution")?.one_of("access distribution", &names)?;
    let access = match name {
        AccessName::Uniform => Access::Uniform,
        AccessName::Sequential => Access::Sequential,
        AccessName::Zipf => Access::Zipf { theta: theta(&mut table)? },
        AccessName::ScrambledZipf => Access::ScrambledZipf { theta: theta(&mut table)? },
        AccessName::Latest => Access::Latest { theta: theta(&mut table)? },
        AccessName::Hotspot => {
            let mut share = |key| {
                let share = table.required(key)?;
                share.number("from 0 to 1", |share| (0.0..=1.0).contains(&share))
            };
            Access::Hotspot { operations: share("operations")?, keys: share("keys")? }
        }
    };
    table.finish()?;
    Ok(access)
}

fn theta(table: &mut Table<'_>) -> Result<f64> {
    let theta = table.required("theta")?;
    theta.number("more than 0 and at most 4", |theta| theta > 0.0 && theta <= 4.0)
}

/// A phase that comes after those `before`, of a workload with so many entries in so many maps.
fn phase(
    mut table: Table<'_>,
    entries: u64,
    instances: u64,
    default: Access,
    before: &[Phase],
) -> Result<Phase> {
    let item = table.required("name")?;
    let name = name(&item)?;
    if before.iter().any(|phase| phase.name == name) {
        return Err(item.error(format!("\"{name}\" is the name of an earlier phase too")));
    }
    let mut table = table.named(format!("phase.{name}"));
    if let Some(item) = table.optional("step") {
        let step = parse_step::step(&item, &mut table, entries, instances, before)?;
        table.finish()?;
        return Ok(Phase { name, ops: 1, work: Work::Step(step), access: default, hand_over: false });
    }
    parse_step::refuse_fields(&mut table, None)?;
    if let Some(dropped) = parse_step::dropped_by(before) {
        return Err(table.error(format!(
            "[{}] has no map to call: phase \"{dropped}\" drops it; put a phase with step = \"new\" between them",
            table.path()
        )));
    }
    let ops = match (table.optional("ops"), table.optional("ops_per_entry")) {
        (Some(ops), None) => ops.integer(1..=MAX_OPS)?,
        (None, Some(item)) => {
            let factor = item.number("more than 0 and at most 1_000_000", |x| x > 0.0 && x <= 1e6)?;
            let ops = (entries as f64 * factor + 0.5) as u64;
            if !(1..=MAX_OPS).contains(&ops) {
                return Err(item.error(format!(
                    "makes {ops} operations of {entries} entries; a phase has from 1 to {MAX_OPS}"
                )));
            }
            ops
        }
        (Some(_), Some(item)) => return Err(item.error("and ops exclude each other: give one of them")),
        (None, None) => table.required("ops")?.integer(1..=MAX_OPS)?,
    };
    let work = match (table.optional("mix"), table.optional("each")) {
        (Some(item), None) => mix(item)?,
        (None, Some(item)) => each(item)?,
        (Some(_), Some(item)) => return Err(item.error("and mix exclude each other: give one of them")),
        (None, None) => {
            return Err(table.error(format!(
                "[{}] does nothing: give it a mix, such as mix = {{ get = 100 }}, or each, or a step",
                table.path()
            )));
        }
    };
    let access = match table.optional("access") {
        Some(item) => access(item)?,
        None => default,
    };
    let hand_over = match table.optional("hand_over") {
        Some(item) => item.truth()?,
        None => false,
    };
    table.finish()?;
    Ok(Phase { name, ops, work, access, hand_over })
}

fn mix(item: Item<'_>) -> Result<Work> {
    let mut table = item.table()?;
    let mut odds = Vec::new();
    let mut sum = 0.0;
    let mut spoilt_by = None;
    // In the order of the format, not of the file: two spellings of one mix are one stream.
    for op in Op::ALL {
        if let Some(item) = table.optional(op.name()) {
            let flag = item.is_flag().then(|| item.place());
            let percent = item.number("from 0 to 100", |percent| (0.0..=100.0).contains(&percent))?;
            spoilt_by = flag.or(spoilt_by);
            sum += percent;
            if percent > 0.0 {
                odds.push((op, percent));
            }
        }
    }
    if (sum - 100.0).abs() > 1e-6 {
        let message = format!("[{}] adds up to {sum} percent, not to 100", table.path());
        let complaint = match spoilt_by {
            Some(flag) => crate::error::Error::input(format!("{flag}: {message}")),
            None => table.error(message),
        };
        // A misspelt operation is the likelier cause.
        table.finish()?;
        return Err(complaint);
    }
    table.finish()?;
    Ok(Work::Mix(odds))
}

fn each(item: Item<'_>) -> Result<Work> {
    let names = Op::ALL.map(|op| (op.name(), op));
    let wrong = item.error(format!("must list from 1 to {MAX_EACH} operations"));
    let mut ops = Vec::new();
    for member in item.array()? {
        ops.push(member.one_of("operation", &names)?);
    }
    if ops.is_empty() || ops.len() > MAX_EACH {
        return Err(wrong);
    }
    Ok(Work::Each(ops))
}

/// The promises of the file. Once answers may have changed (`dropped`), those that a flag gives are all that is left.
fn expect(mut table: Table<'_>, dropped: bool) -> Result<Expect> {
    let mut number = |key| match table.optional(key) {
        Some(item) => {
            let number = item.integer(0..=u64::MAX)?;
            Ok(Some(number).filter(|_| !dropped || item.is_flag()))
        }
        None => Ok(None),
    };
    let expect = Expect { length: number("length")?, hits: number("hits")? };
    table.finish()?;
    Ok(expect)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
