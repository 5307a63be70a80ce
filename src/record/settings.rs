//! What a program was run with: sizes and parameters, all that are in force.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The program that the workload file names; none of a program that was run by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The entries that it is asked to put in; none if it does not say that it has such a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Its parameters by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

impl Settings {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }

    /// The first thing that differs, in words: `100 and 200 entries`, `tags 3 and 5`. None if nothing does.
    pub fn difference(&self, other: &Settings) -> Option<String> {
        // A program that was run by itself may be the one that a file names.
        if let (Some(one), Some(two)) = (&self.program, &other.program)
            && one != two
        {
            return Some(format!("programs {one} and {two}"));
        }
        let number = |entries: Option<u64>| entries.map_or("no".to_owned(), |entries| entries.to_string());
        if self.entries != other.entries {
            return Some(format!("{} and {} entries", number(self.entries), number(other.entries)));
        }
        let names = self.parameters.keys().chain(other.parameters.keys());
        let of = |settings: &Settings, name: &str| {
            settings.parameters.get(name).map_or("none".to_owned(), Clone::clone)
        };
        names
            .map(|name| (name, of(self, name), of(other, name)))
            .find(|(_, a, b)| a != b)
            .map(|(name, a, b)| format!("{name} {a} and {b}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_told_with_both_sides() {
        let of = |entries, tags: &[(&str, &str)]| Settings {
            program: None,
            entries,
            parameters: tags.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        };
        let base = of(Some(100), &[("tags", "3")]);
        assert_eq!(base.difference(&base), None);
        let said = |other: &Settings| base.difference(other).unwrap();
        assert_eq!(said(&of(Some(200), &[("tags", "3")])), "100 and 200 entries");
        assert_eq!(said(&of(Some(100), &[("tags", "5")])), "tags 3 and 5");
        assert_eq!(said(&of(Some(100), &[])), "tags 3 and none");
        assert_eq!(said(&of(None, &[])), "100 and no entries");
        let other = Settings { program: Some("pool".into()), ..base.clone() };
        assert_eq!(base.difference(&other), None, "it may be the same one");
        let another = Settings { program: Some("pond".into()), ..base.clone() };
        assert_eq!(another.difference(&other).as_deref(), Some("programs pond and pool"));
    }
}
