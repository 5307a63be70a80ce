//! What a workload file says of keys and values: the tables `[key]` and `[value]`.

use std::ops::RangeInclusive;

use super::key_length::{Gev, KeyLength, Share, Varied};
use super::payload::heap_parts::{Part, Parts};
use super::payload::{KeyInfo, ValueInfo};
use super::spec::{GeneralisedPareto, Head, KeyOrder, KeySpec, MAX_HEAD, Size, ValueSpec};
use super::toml_reader::{Item, Table};
use crate::error::{Error, Result};
use crate::number_parse::grouped;

/// The longest key, in bytes: a batch holds 4096 of them.
const MAX_KEY: u64 = 4096;

/// The most shares of keys of different lengths.
const MAX_SHARES: usize = 64;

/// The largest value, in bytes.
const MAX_VALUE: u64 = 1 << 30;

/// The table `[key]`.
pub(super) fn key(mut table: Table<'_>, types: &[KeyInfo]) -> Result<KeySpec> {
    let kinds = distinct(types.iter().map(|info| (info.name, info)));
    let first = table.required("type")?.one_of("key type", &kinds)?;
    let same = || types.iter().filter(|info| info.name == first.name);
    let fixed: Vec<u64> = same().filter_map(|info| info.bytes).map(|bytes| bytes as u64).collect();
    let what = format!("{} keys", first.name);
    let length = match bytes_of("length", &mut table, &fixed, &what)? {
        Some(bytes) => KeyLength::Fixed(bytes as usize),
        None => length(table.required("length")?)?,
    };
    let orders = [("random", KeyOrder::Random), ("ascending", KeyOrder::Ascending)];
    let order = match table.optional("order") {
        Some(item) => item.one_of("key order", &orders)?,
        None => KeyOrder::Random,
    };
    table.finish()?;
    let info = same().find(|info| info.is_of(first.name, length.least())).unwrap_or(first);
    Ok(KeySpec::of(info, length, order))
}

/// A number, a table with a `distribution`, or a list of shares.
fn length(item: Item<'_>) -> Result<KeyLength> {
    let bytes = |item: &Item<'_>| item.bytes(1..=MAX_KEY).map(|bytes| bytes as usize);
    if item.is_table() {
        let mut table = item.table()?;
        let names = [("uniform", false), ("gev", true)];
        let is_gev = table.required("distribution")?.one_of("length distribution", &names)?;
        let (min, max) = bounds(&mut table, 1..=MAX_KEY)?;
        let (min, max) = (min as usize, max as usize);
        let varied = match is_gev {
            false => Varied::Uniform { min, max },
            true => {
                let location = number(&mut table, "location", "from 0 to 1e9", |x| (0.0..=1e9).contains(&x))?;
                let (scale, shape) = (scale(&mut table)?, shape(&mut table)?);
                Varied::Gev(Gev { location, scale, shape, min, max })
            }
        };
        table.finish()?;
        return Ok(KeyLength::Varied(varied));
    }
    if !item.is_array() {
        return bytes(&item).map(KeyLength::Fixed);
    }
    let wrong = item.error(format!("must list from 1 to {MAX_SHARES} lengths with their shares"));
    let place = item.place();
    let mut shares: Vec<Share> = Vec::new();
    for member in item.array()? {
        let mut table = member.table()?;
        let length = table.required("bytes")?;
        let (length, place) = (bytes(&length)?, length);
        if shares.iter().any(|share| share.bytes == length) {
            return Err(place.error(format!("is {length}, which is the length of an earlier share too")));
        }
        let share = table.required("share")?;
        let share = share.number("more than 0 and at most 1", |share| share > 0.0 && share <= 1.0)?;
        shares.push(Share { bytes: length, share });
        table.finish()?;
    }
    if shares.is_empty() || shares.len() > MAX_SHARES {
        return Err(wrong);
    }
    let sum: f64 = shares.iter().map(|share| share.share).sum();
    if (sum - 1.0).abs() > 1e-6 {
        return Err(Error::input(format!("{place}: the shares of key.length add up to {sum}, not to 1")));
    }
    Ok(KeyLength::Varied(Varied::Shares(shares)))
}

/// The first type of each name.
fn distinct<'i, I>(types: impl Iterator<Item = (&'static str, &'i I)>) -> Vec<(&'static str, &'i I)> {
    let mut all: Vec<(&str, &I)> = types.collect();
    all.dedup_by_key(|(name, _)| *name);
    all
}

/// The bytes of a type whose keys or values have the same each, of which there may be several: `fixed`. The file need not say
/// them where there is one.
fn bytes_of(field: &'static str, table: &mut Table<'_>, fixed: &[u64], what: &str) -> Result<Option<u64>> {
    match fixed {
        [] => Ok(None),
        [bytes] => match table.optional(field) {
            Some(item) => only(&item, *bytes, what).map(Some),
            None => Ok(Some(*bytes)),
        },
        several => {
            let item = table.required(field)?;
            let bytes = item.bytes(0..=MAX_VALUE)?;
            if !several.contains(&bytes) {
                let all: Vec<String> = several.iter().map(u64::to_string).collect();
                return Err(item.error(format!("must be one of {} for {what}, got {bytes}", all.join(", "))));
            }
            Ok(Some(bytes))
        }
    }
}

/// The number of bytes that values of this type have, which the file need not say.
fn only(item: &Item<'_>, bytes: u64, what: &str) -> Result<u64> {
    if item.is_table() || item.is_array() {
        return Err(item.error(format!("describes several, and all {what} are {bytes} bytes: remove it")));
    }
    match item.bytes(0..=MAX_VALUE)? {
        given if given == bytes => Ok(bytes),
        given => {
            Err(item
                .error(format!("is {given}, and {what} are {bytes} bytes: remove it or set it to {bytes}")))
        }
    }
}

/// The table `[value]`.
pub(super) fn value(mut table: Table<'_>, types: &[ValueInfo]) -> Result<ValueSpec> {
    let kinds = distinct(types.iter().map(|info| (info.name, info)));
    let first = table.required("type")?.one_of("value type", &kinds)?;
    let same = || types.iter().filter(|info| info.name == first.name);
    let what = format!("{} values", first.name);
    let fixed: Vec<u64> = same().filter_map(|info| info.bytes).collect();
    // `bytes` of a type that owns parts is its size in the entry alone; the sizes of its values differ.
    let is_record = first.layout.parts > 0;
    let (field, others) = match is_record {
        true => ("inline", &["size"][..]),
        false => ("size", &["inline", "heap"][..]),
    };
    for other in others {
        if let Some(item) = table.optional(other) {
            return Err(item.error(match is_record {
                true => format!("is not for {what}: give inline, and the parts that are owned as heap"),
                false => format!("is for records alone: {what} have a size"),
            }));
        }
    }
    let fixed = bytes_of(field, &mut table, &fixed, &what)?;
    let size = match fixed {
        Some(bytes) => Size::Fixed(bytes),
        None => size(table.required("size")?)?,
    };
    let info = same().find(|info| info.bytes == fixed).unwrap_or(first);
    let mut spec = ValueSpec::of(info, size);
    if let (true, Some(item)) = (is_record, table.optional("heap")) {
        let rooms: Vec<(u64, usize)> =
            same().filter_map(|info| Some((info.bytes?, info.layout.parts))).collect();
        spec.heap = heap(item, fixed.unwrap_or_default(), &rooms)?;
    }
    if let Some(item) = table.optional("held") {
        if !info.can_be_held {
            let can: Vec<&str> = types.iter().filter(|info| info.can_be_held).map(|info| info.name).collect();
            let can = can.join(", ");
            return Err(item.error(format!("is for {can} alone: {what} have a single owner")));
        }
        spec.held_share = item.number("from 0 to 1", |share| (0.0..=1.0).contains(&share))?;
    }
    table.finish()?;
    Ok(spec)
}

/// The parts that a record of `inline` bytes owns. `rooms` are the bytes that records can have, and how many parts there is room for.
fn heap(item: Item<'_>, inline: u64, rooms: &[(u64, usize)]) -> Result<Parts> {
    let room = rooms.iter().find(|(bytes, _)| *bytes == inline).map_or(0, |(_, room)| *room);
    let most = rooms.iter().map(|(_, room)| *room).max().unwrap_or(0);
    let place = item.place();
    let mut list: Vec<Part> = Vec::new();
    for member in item.array()? {
        list.push(member.string()?.parse().map_err(|wrong: String| member.error(wrong))?);
    }
    let wrong = |what: String| Err(Error::input(format!("{place}: value.heap {what}")));
    let count = list.len();
    let parts = match Parts::of(&list).filter(|_| count <= room) {
        Some(parts) => parts,
        None => {
            let instead = match rooms.iter().find(|(_, room)| *room >= count) {
                Some((bytes, _)) => format!("set inline to {bytes} or more, or merge parts"),
                None => format!("merge parts until there are at most {most}"),
            };
            return wrong(format!(
                "lists {count} parts, and a record of {inline} bytes has room for {room}: {instead}"
            ));
        }
    };
    let largest = inline + parts.largest();
    if largest > MAX_VALUE {
        return wrong(format!(
            "makes values of up to {} bytes, with the slack of vectors; at most {} are possible",
            grouped(largest),
            grouped(MAX_VALUE)
        ));
    }
    Ok(parts)
}

/// The names of size distributions.
#[derive(Clone, Copy)]
enum SizeName {
    Fixed,
    Uniform,
    Pareto,
    GeneralisedPareto,
}

fn size(item: Item<'_>) -> Result<Size> {
    if !item.is_table() {
        return item.bytes(0..=MAX_VALUE).map(Size::Fixed);
    }
    let mut table = item.table()?;
    let names = [
        ("fixed", SizeName::Fixed),
        ("uniform", SizeName::Uniform),
        ("pareto", SizeName::Pareto),
        ("generalised-pareto", SizeName::GeneralisedPareto),
    ];
    let size = match table.required("distribution")?.one_of("size distribution", &names)? {
        SizeName::Fixed => Size::Fixed(table.required("size")?.bytes(0..=MAX_VALUE)?),
        SizeName::Uniform => {
            let (min, max) = bounds(&mut table, 0..=MAX_VALUE)?;
            Size::Uniform { min, max }
        }
        SizeName::Pareto => {
            let (min, max) = bounds(&mut table, 1..=MAX_VALUE)?;
            let alpha = table.required("alpha")?;
            let alpha = alpha.number("more than 0 and at most 100", |a| a > 0.0 && a <= 100.0)?;
            Size::Pareto { min, max, alpha }
        }
        SizeName::GeneralisedPareto => {
            let max_item = table.required("max")?;
            let max = max_item.bytes(0..=MAX_VALUE)?;
            let location = number(&mut table, "location", "from 0 to max", |x| x >= 0.0 && x <= max as f64)?;
            let (scale, shape) = (scale(&mut table)?, shape(&mut table)?);
            let head = table.optional("head").map_or(Ok(Head::default()), head)?;
            if head.shares().len() as u64 > max + 1 {
                return Err(max_item.error("is less than a size that has a share in head"));
            }
            Size::GeneralisedPareto(GeneralisedPareto { location, scale, shape, max, head })
        }
    };
    table.finish()?;
    Ok(size)
}

/// The shares of the smallest sizes.
fn head(item: Item<'_>) -> Result<Head> {
    let wrong = item.error(format!("must list from 1 to {MAX_HEAD} shares that add up to less than 1"));
    let mut shares = Vec::new();
    for member in item.array()? {
        shares.push(member.number("from 0 to 1", |share| (0.0..=1.0).contains(&share))?);
    }
    match (1..=MAX_HEAD).contains(&shares.len()) && shares.iter().sum::<f64>() < 1.0 {
        true => Ok(shares.into()),
        false => Err(wrong),
    }
}

fn scale(table: &mut Table<'_>) -> Result<f64> {
    number(table, "scale", "more than 0 and at most 1e9", |x| x > 0.0 && x <= 1e9)
}

fn shape(table: &mut Table<'_>) -> Result<f64> {
    number(table, "shape", "from 0.001 to 10", |x| (0.001..=10.0).contains(&x))
}

/// A number that a table has to have.
fn number(
    table: &mut Table<'_>,
    field: &'static str,
    range: &'static str,
    fits: impl Fn(f64) -> bool,
) -> Result<f64> {
    table.required(field)?.number(range, fits)
}

/// `min` and `max`, the one not above the other.
fn bounds(table: &mut Table<'_>, range: RangeInclusive<u64>) -> Result<(u64, u64)> {
    let min = table.required("min")?;
    let max = table.required("max")?.bytes(range.clone())?;
    let low = min.bytes(range)?;
    if low > max {
        return Err(min.error(format!("must not be more than max, which is {max}; got {low}")));
    }
    Ok((low, max))
}

#[cfg(test)]
#[path = "parse_payload_tests.rs"]
mod tests;
