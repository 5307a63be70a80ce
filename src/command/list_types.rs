//! The types of keys and values, and the hashers, as `mapprof list types` shows them.

use serde::Serialize;

use crate::worker::registry::Registry;
use crate::workload::hashers::HASHERS;
use crate::workload::payload::Block;
use crate::workload::type_registry;

/// A type of keys or values.
#[derive(Serialize)]
pub struct TypeRow {
    /// The name in workload files.
    pub name: &'static str,
    rust: &'static str,
    about: &'static str,
    /// `size_of` and `align_of` the type.
    size: usize,
    align: usize,
    /// Bytes of contents, if all have the same.
    bytes: Option<u64>,
    /// The block that it has beside the map's slot.
    block: Option<Block>,
    /// The most parts that it can own, if the workload says which.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    /// The maps that are compiled for it.
    maps: Vec<&'static str>,
}

/// A hasher.
#[derive(Serialize)]
pub struct HasherRow {
    /// The name in workload files.
    pub name: &'static str,
    about: &'static str,
    /// The maps that are compiled for it.
    maps: Vec<&'static str>,
}

/// The types of keys.
pub fn keys(registry: &Registry) -> Vec<TypeRow> {
    let row = |info: &crate::workload::payload::KeyInfo| TypeRow {
        name: info.name,
        rust: info.rust,
        about: info.about,
        size: info.layout.size,
        align: info.layout.align,
        bytes: info.bytes.map(|bytes| bytes as u64),
        block: info.layout.block,
        parts: None,
        maps: maps(registry, |pair| pair.key == *info),
    };
    type_registry::keys().iter().map(row).collect()
}

/// The types of values.
pub fn values(registry: &Registry) -> Vec<TypeRow> {
    let row = |info: &crate::workload::payload::ValueInfo| TypeRow {
        name: info.name,
        rust: info.rust,
        about: info.about,
        size: info.layout.size,
        align: info.layout.align,
        bytes: info.bytes,
        block: info.layout.block,
        parts: Some(info.layout.parts).filter(|parts| *parts > 0),
        maps: maps(registry, |pair| pair.value == *info),
    };
    type_registry::values().iter().map(row).collect()
}

/// The hashers.
pub fn hashers(registry: &Registry) -> Vec<HasherRow> {
    let row = |info: &crate::workload::hashers::HasherInfo| HasherRow {
        name: info.name,
        about: info.about,
        maps: maps(registry, |pair| pair.hasher == Some(*info)),
    };
    HASHERS.iter().map(row).collect()
}

fn maps(registry: &Registry, has: impl Fn(&crate::worker::registry::Pair) -> bool) -> Vec<&'static str> {
    let with = registry.maps.iter().filter(|entry| entry.pairs.iter().any(&has));
    with.map(|entry| entry.info.name).collect()
}

impl TypeRow {
    /// What it is, how large, and what it allocates, in a line.
    pub fn line(&self, maps: usize) -> String {
        let block = match self.block {
            None => match self.parts {
                None => "no block".to_owned(),
                Some(1) => "room for 1 part of its own".to_owned(),
                Some(parts) => format!("room for {parts} parts of its own"),
            },
            Some(Block { above: Some(above), .. }) if above > 0 => format!("a block above {above} bytes"),
            Some(Block { header: 0, .. }) => "a block as long as its contents".to_owned(),
            Some(Block { header, .. }) => format!("a block of {header} bytes and its contents"),
        };
        let (about, on) = (self.about, on(&self.maps, maps));
        format!("{}: {about} [{} bytes, aligned to {}; {block}; {on}]", self.rust, self.size, self.align)
    }
}

impl HasherRow {
    /// What it is, and which maps take it, in a line.
    pub fn line(&self, maps: usize) -> String {
        format!("{} [{}]", self.about, on(&self.maps, maps))
    }
}

fn on(names: &[&str], maps: usize) -> String {
    match names.len() {
        0 => "on no map".to_owned(),
        all if all == maps => "on every map".to_owned(),
        _ => format!("on {}", names.join(", ")),
    }
}
