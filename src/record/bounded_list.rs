//! Lists of texts in a record: short in the file, and some ten times as long in memory, so they have a limit.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, SeqAccess, Visitor};

/// The most texts of one list. A record of mapprof has some tens.
const MOST: usize = 10_000;

/// A list of texts that is not too long.
///
/// # Errors
/// When it is.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_seq(Texts)
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "at most {MOST} strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<Vec<String>, A::Error> {
        let mut all = Vec::new();
        while let Some(text) = texts.next_element()? {
            if all.len() == MOST {
                return Err(A::Error::invalid_length(MOST + 1, &self));
            }
            all.push(text);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_limit() {
        let read = |number: usize| {
            let json = serde_json::to_string(&vec!["a"; number]).unwrap();
            texts(&mut serde_json::Deserializer::from_str(&json)).map_err(|error| error.to_string())
        };
        assert_eq!(read(MOST), Ok(vec!["a".to_owned(); MOST]));
        assert!(read(MOST + 1).unwrap_err().contains("at most 10000 strings"));
    }
}
