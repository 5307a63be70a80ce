//! The forms of an intern table. All hash alike, so that only where names lie differs.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use hashbrown::HashTable;

use crate::worker::program::{key, value};

/// std's own hasher with fixed keys.
type Hashing = BuildHasherDefault<DefaultHasher>;

/// A table of names and their numbers, from 0 in the order of their first time.
pub trait InternTable {
    /// The number of a name.
    fn intern(&mut self, name: &str) -> u32;

    /// The name of a number; empty if no name has it.
    fn resolve(&self, number: u32) -> &str;
}

/// Each name twice: in the map and in the vector.
#[derive(Default)]
pub struct TwoCopies {
    numbers: HashMap<String, u32, Hashing>,
    names: Vec<String>,
}

impl InternTable for TwoCopies {
    fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(value(|| name.to_owned()));
        self.numbers.insert(key(|| name.to_owned()), number);
        number
    }

    fn resolve(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
}

/// Each name once, with two owners.
#[derive(Default)]
pub struct Shared {
    numbers: HashMap<Arc<str>, u32, Hashing>,
    names: Vec<Arc<str>>,
}

impl InternTable for Shared {
    fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        let name: Arc<str> = key(|| Arc::from(name));
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    fn resolve(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", AsRef::as_ref)
    }
}

/// All names in one buffer, with their ends; the map has numbers alone.
#[derive(Default)]
pub struct Arena {
    text: Text,
    numbers: HashTable<u32>,
    hashing: Hashing,
}

/// Names one after another, and where each ends.
#[derive(Default)]
struct Text {
    bytes: String,
    ends: Vec<u32>,
}

impl Text {
    fn name(&self, number: u32) -> &str {
        let end = |number: usize| self.ends.get(number).map(|end| *end as usize);
        let start = (number as usize).checked_sub(1).map_or(Some(0), end);
        let place = start.zip(end(number as usize));
        place.and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default()
    }
}

impl InternTable for Arena {
    fn intern(&mut self, name: &str) -> u32 {
        let (text, hashing) = (&mut self.text, &self.hashing);
        let hash = hashing.hash_one(name);
        if let Some(number) = self.numbers.find(hash, |number| text.name(*number) == name) {
            return *number;
        }
        let number = text.ends.len() as u32;
        key(|| text.bytes.push_str(name));
        value(|| text.ends.push(text.bytes.len() as u32));
        self.numbers.insert_unique(hash, number, |number| hashing.hash_one(text.name(*number)));
        number
    }

    fn resolve(&self, number: u32) -> &str {
        self.text.name(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_give_the_same_numbers_and_names() {
        let forms: [Box<dyn InternTable>; 3] =
            [Box::new(TwoCopies::default()), Box::new(Shared::default()), Box::new(Arena::default())];
        for mut form in forms {
            let numbers = ["one", "two", "one", "three", "two"].map(|name| form.intern(name));
            assert_eq!(numbers, [0, 1, 0, 2, 1]);
            for number in 0..1_000 {
                assert_eq!(form.intern(&format!("name {number}")), 3 + number);
            }
            assert_eq!(
                [0, 1, 2, 1_002].map(|number| form.resolve(number)),
                ["one", "two", "three", "name 999"]
            );
            assert_eq!(form.resolve(1_003), "");
        }
    }
}
