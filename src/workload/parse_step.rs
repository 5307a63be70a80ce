//! The wire form of a step of the life cycle: a phase of a workload's file that is no calls.

use super::spec::{MAX_ENTRIES, Phase, Step, StepKind};
use super::step::{READERS, STEPS};
use super::toml_reader::{Item, Table};
use crate::error::Result;

/// The most threads that look keys up meanwhile.
const MAX_READERS: u64 = 64;

/// The phase that dropped the map, if there is none after the phases `before`.
pub(super) fn dropped_by(before: &[Phase]) -> Option<&str> {
    let leaves_a_map = |phase: &&Phase| phase.work.step().map(|step| step.kind.info().leaves_a_map);
    let last = before.iter().rev().find(|phase| leaves_a_map(phase) == Some(false))?;
    let made_again = before
        .iter()
        .rev()
        .take_while(|phase| *phase != last)
        .any(|phase| leaves_a_map(&phase) == Some(true));
    (!made_again).then_some(&last.name)
}

/// A step of the life cycle, with the numbers that it may have, of a workload with so many entries in so many maps.
pub(super) fn step(
    item: &Item<'_>,
    table: &mut Table<'_>,
    entries: u64,
    instances: u64,
    before: &[Phase],
) -> Result<Step> {
    let names = STEPS.map(|info| (info.name, info));
    let info = item.one_of("step", &names)?;
    for field in ["ops", "ops_per_entry"] {
        if let Some(item) = table.optional(field) {
            return Err(item.error("and step exclude each other: a step is done once"));
        }
    }
    for field in ["mix", "each", "access", "hand_over"] {
        if let Some(item) = table.optional(field) {
            return Err(item.error("and step exclude each other: a phase is calls or a step"));
        }
    }
    if let Some(dropped) = dropped_by(before)
        && info.kind != StepKind::New
    {
        return Err(item.error(format!(
            "is \"{}\", and phase \"{dropped}\" has dropped the map: only \"new\" can follow",
            info.name
        )));
    }
    if info.kind == StepKind::Swap && instances > 1 {
        return Err(item.error(format!(
            "is \"swap\", which is of a single map, and instances is {instances}: leave instances out, or take \"rebuild\""
        )));
    }
    let mut number = |field: Option<&'static str>, range| {
        let item = field.and_then(|field| table.optional(field));
        item.map(|item| item.integer(range)).transpose()
    };
    let given = number(info.entries, 0..=MAX_ENTRIES)?;
    // Room for as many again, unless the file says for how many.
    let room = (info.kind == StepKind::Reserve).then(|| entries.div_ceil(instances));
    let readers = number(info.has_readers.then_some(READERS), 1..=MAX_READERS)?;
    refuse_fields(table, Some(info.name))?;
    Ok(Step { kind: info.kind, entries: given.or(room), readers: readers.or(info.has_readers.then_some(1)) })
}

/// Refuses the fields of steps that are left of a phase, which is the step with this name or none.
pub(super) fn refuse_fields(table: &mut Table<'_>, step: Option<&str>) -> Result<()> {
    for info in STEPS.iter().filter(|info| step != Some(info.name)) {
        for field in info.fields {
            if let Some(item) = table.optional(field) {
                return Err(item.error(format!("is for a phase with step = \"{}\" alone", info.name)));
            }
        }
    }
    Ok(())
}
