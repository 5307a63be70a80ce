//! The cumulative values of a table's rows: what all samples are worth that have a row's function anywhere on their stack,
//! whatever their role. Each sample counts once, however often the function is on it, as in pprof.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::super::{Profile, Text};
use super::table::{By, TopOptions, TopTable, type_index};
use super::tally::{TypePlaces, sort};
use crate::error::Result;

/// No row is of this function.
const NO_SLOT: u32 = u32::MAX;

/// A sum, and the last sample that is in it.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// The number of the sample, from 1.
    last: usize,
    value: i64,
}

/// Fills in the cumulative value of each row of `table`, which is [`super::top`]'s of the same profile and options. Rows
/// that are roles or phases have none.
///
/// # Errors
/// When the profile does not have the sample type that is asked for.
pub fn add_cumulative(table: &mut TopTable, profile: &Profile, options: &TopOptions) -> Result<()> {
    if !matches!(options.by, By::Site | By::Function) {
        return Ok(());
    }
    // Rows of one function and several roles have one sum.
    let mut slots: HashMap<Text, u32, RandomState> = HashMap::default();
    let slot_of_row: Vec<Option<u32>> = (table.rows.iter())
        .map(|row| {
            let next = slots.len() as u32;
            profile.strings.find(&row.name).map(|name| *slots.entry(name).or_insert(next))
        })
        .collect();
    let slot_of_function: Vec<u32> =
        profile.functions.iter().map(|f| slots.get(&f.name).copied().unwrap_or(NO_SLOT)).collect();
    let mut sums = vec![Sum::default(); slots.len()];
    let mut number = 0;
    sort(profile, type_index(profile, options)?, options, &TypePlaces::default(), |sorted| {
        number += 1;
        for line in profile.frames(sorted.sample.locations) {
            let slot = slot_of_function.get(line.function as usize).copied().unwrap_or(NO_SLOT);
            if let Some(sum) = sums.get_mut(slot as usize).filter(|sum| sum.last != number) {
                *sum = Sum { last: number, value: sum.value.saturating_add(sorted.value) };
            }
        }
        true
    });
    for (row, slot) in table.rows.iter_mut().zip(slot_of_row) {
        // What has no stack has nothing below it.
        let sum = slot.and_then(|slot| sums.get(slot as usize)).filter(|sum| sum.last > 0);
        row.cumulative = Some(sum.map_or(row.value, |sum| sum.value));
    }
    Ok(())
}
