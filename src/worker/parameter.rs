//! The parameters of a built-in program: what each is for, its default, and which values it takes.

use std::fmt;

use serde::Serialize;

use crate::number_parse::{self, Wrong, grouped};

/// A parameter of a built-in program.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name, in workload files and in `--set`.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Its default, in the form that [`Takes::read`] gives.
    pub default: &'static str,
    /// Which values it takes.
    pub takes: Takes,
}

/// Which values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// A whole number, which may have a unit of counts, as in `100k`.
    Count {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A whole number of bytes, which may have a unit of bytes, as in `64K`.
    Bytes {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A number, which may have a fraction.
    Number {
        /// The least.
        least: f64,
        /// The most.
        most: f64,
    },
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
}

impl Takes {
    /// The value that `text` is, always written in the same way: a number without its unit.
    ///
    /// # Errors
    /// What would be right: the end of a sentence that begins with the parameter's name.
    pub fn read(self, text: &str) -> Result<String, String> {
        let number = |units, least, most| {
            number_parse::whole(text, units, least..=most).map(|number| number.to_string())
        };
        match self {
            Takes::Count { least, most } => number(number_parse::COUNTS, least, most),
            Takes::Bytes { least, most } => number(number_parse::BYTES, least, most),
            Takes::Number { least, most } => match number_parse::parse(text, &[]).and_then(|it| it.real()) {
                // Adding 0 takes the sign off a zero that has one.
                Ok(number) if (least..=most).contains(&number) => Ok((number + 0.0).to_string()),
                Ok(_) | Err(Wrong::TooLarge) => Err(format!("must be {self}")),
                Err(_) => Err("must be a number, such as 2 or 0.75".to_owned()),
            },
            Takes::OneOf(names) if names.contains(&text) => Ok(text.to_owned()),
            Takes::Bool if ["true", "false"].contains(&text) => Ok(text.to_owned()),
            Takes::OneOf(_) | Takes::Bool => Err(format!("must be {self}")),
        }
    }
}

impl fmt::Display for Takes {
    /// The end of a sentence: `from 1 to 1_000`, `true or false`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Takes::Count { least, most } => write!(f, "from {} to {}", grouped(*least), grouped(*most)),
            Takes::Bytes { least, most } => write!(f, "from {} to {} bytes", grouped(*least), grouped(*most)),
            Takes::Number { least, most } => write!(f, "from {least} to {most}"),
            Takes::OneOf([first @ .., last]) if !first.is_empty() => {
                write!(f, "{} or {last}", first.join(", "))
            }
            Takes::OneOf(names) => f.write_str(&names.concat()),
            Takes::Bool => f.write_str("true or false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_form_and_wrong_ones_are_told_what_is_right() {
        let read = |takes: Takes, text: &str| takes.read(text);
        let count = Takes::Count { least: 1, most: 2_000_000 };
        for text in ["100000", "100_000", "100k", "1e5"] {
            assert_eq!(read(count, text).as_deref(), Ok("100000"), "{text}");
        }
        for text in ["0", "-1", "3M", "99999999999999999999999"] {
            assert_eq!(read(count, text).unwrap_err(), "must be from 1 to 2_000_000", "{text}");
        }
        assert!(read(count, "many").unwrap_err().starts_with("must be a whole number"));
        let bytes = Takes::Bytes { least: 1, most: 1 << 20 };
        assert_eq!(read(bytes, "64K").as_deref(), Ok("65536"));
        assert_eq!(read(bytes, "2M").unwrap_err(), "must be from 1 to 1_048_576");
        let share = Takes::Number { least: 0.0, most: 1.5 };
        for (text, value) in [("0.99", "0.99"), ("1", "1"), (" 1.50 ", "1.5"), ("5e-1", "0.5"), ("-0", "0")] {
            assert_eq!(read(share, text).as_deref(), Ok(value), "{text}");
        }
        for text in ["1.51", "-0.1", "1e999"] {
            assert_eq!(read(share, text).unwrap_err(), "must be from 0 to 1.5", "{text}");
        }
        for text in ["", "x", "nan", "1k"] {
            assert_eq!(read(share, text).unwrap_err(), "must be a number, such as 2 or 0.75", "{text}");
        }
        let names = Takes::OneOf(&["a", "b", "c"]);
        assert_eq!(read(names, "b").as_deref(), Ok("b"));
        assert_eq!(read(names, "d").unwrap_err(), "must be a, b or c");
        assert_eq!(read(Takes::OneOf(&["a"]), "d").unwrap_err(), "must be a");
        assert_eq!(read(Takes::Bool, "true").as_deref(), Ok("true"));
        assert_eq!(read(Takes::Bool, "yes").unwrap_err(), "must be true or false");
    }
}
