//! The string table of a profile: each string once, named by its number.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::printable;

/// A string of a profile: an index into its [`Strings`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(pub u32);

/// The string table. Entry 0 is the empty string. All text lies in one piece, and the index has numbers alone.
#[derive(Debug, Clone)]
pub struct Strings {
    text: String,
    /// Where each string ends.
    ends: Vec<usize>,
    index: HashTable<Text>,
    hasher: RandomState,
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Strings {
            text: String::new(),
            ends: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
        };
        strings.add("");
        strings
    }
}

impl Strings {
    /// The text of `string`, added if it is new. All text of a profile comes in here, so here it is cleaned: it is
    /// [`printable()`] in whatever is made of the profile. A table of 2^32 - 1 strings takes no more: the text is empty.
    pub fn add(&mut self, string: &str) -> Text {
        let string = &*printable(string);
        let hash = self.hasher.hash_one(string);
        let Strings { text, ends, index, hasher } = self;
        if let Some(known) = index.find(hash, |known| at(text, ends, *known) == string) {
            return *known;
        }
        // The greatest number is left to those who need one that no string has.
        let Some(new) = u32::try_from(ends.len()).ok().filter(|new| *new < u32::MAX).map(Text) else {
            return Text(0);
        };
        text.push_str(string);
        ends.push(text.len());
        index.insert_unique(hash, new, |known| hasher.hash_one(at(text, ends, *known)));
        new
    }

    /// The string of a text; empty when the text is not of this table.
    #[inline]
    pub fn get(&self, text: Text) -> &str {
        at(&self.text, &self.ends, text)
    }

    /// The text of `string`, if the table has it.
    pub fn find(&self, string: &str) -> Option<Text> {
        let hash = self.hasher.hash_one(string);
        self.index.find(hash, |known| self.get(*known) == string).copied()
    }

    /// How long all strings are together, bytes.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// How many strings there are, the empty one included.
    pub fn count(&self) -> usize {
        self.ends.len()
    }
}

/// The string `wanted` of those that lie in `text`.
#[inline]
fn at<'a>(text: &'a str, ends: &[usize], wanted: Text) -> &'a str {
    let place = wanted.0 as usize;
    let first = place.checked_sub(1).and_then(|before| ends.get(before).copied()).unwrap_or(0);
    ends.get(place).and_then(|end| text.get(first..*end)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_kept_once_and_found_by_its_number() {
        let mut strings = Strings::default();
        let names = ["a", "", "bc", "a", "déjà", "bc"];
        let texts: Vec<Text> = names.iter().map(|name| strings.add(name)).collect();
        assert_eq!(texts, [1, 0, 2, 1, 3, 2].map(Text));
        for (name, text) in names.iter().zip(texts) {
            assert_eq!((strings.get(text), strings.find(name)), (*name, Some(text)));
        }
        assert_eq!((strings.count(), strings.find("b"), strings.get(Text(9))), (4, None, ""));
    }

    #[test]
    fn text_is_cleaned_where_it_comes_in() {
        let mut strings = Strings::default();
        let text = strings.add("a\u{1b}[1m\u{202e}\n::error::b");
        assert_eq!(strings.get(text), "a [1m  ::error::b");
    }

    #[test]
    fn many_strings_stay_apart() {
        let mut strings = Strings::default();
        let texts: Vec<Text> = (0..5000).map(|i| strings.add(&format!("f{i}"))).collect();
        assert!((0..5000).all(|i| strings.get(texts[i]) == format!("f{i}")));
    }
}
