//! A reader of TOML files for people: every complaint names the file, the line, the field and, for a wrong name, the
//! right one. It knows TOML and ranges, and nothing of what the files are about.
//!
//! A value may also come from a flag of the command line ([`Source::flag`]); a complaint about it then names the flag
//! in place of file and line.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::error::{Error, Result, nearest, unknown};
use crate::number_parse::{self, Unit};
use crate::printable::{PrintablePath, printable};

/// The largest file that is read, bytes. What TOML takes in memory may be some hundred times its length.
const LARGEST: u64 = 256 << 10;

/// The text of the file at `path`.
///
/// # Errors
/// When it cannot be read, or is larger than such a file is.
pub fn text_of(path: &Path) -> Result<String> {
    let wrong = |what: String| Error::input(format!("{}: {what}", path.shown()));
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if text.len() as u64 > LARGEST {
        return Err(wrong(format!("larger than {} KiB, which no such file is", LARGEST >> 10)));
    }
    Ok(text)
}

/// Where a document came from: what its places are named by.
#[derive(Debug)]
pub struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// Flags that gave values; flag i has the span that starts i + 1 bytes behind the text.
    flags: Vec<String>,
}

impl<'a> Source<'a> {
    /// The text of a file, under the name that messages give it.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Source { file, text, flags: Vec::new() }
    }

    /// The document as a table. A syntax error names its line.
    pub fn parse(&self) -> Result<DeTable<'a>> {
        DeTable::parse(self.text)
            .map(Spanned::into_inner)
            .map_err(|error| self.error(&error.span().unwrap_or(0..0), error.message()))
    }

    /// A span for values that the flag `flag` gives: `--set key.length=16`.
    pub fn flag(&mut self, flag: String) -> Range<usize> {
        self.flags.push(flag);
        let start = self.text.len() + self.flags.len();
        start..start
    }

    /// Whether a value with this span came from a flag.
    pub fn is_flag(&self, span: &Range<usize>) -> bool {
        span.start > self.text.len()
    }

    /// The place of a span: `workloads/churn.toml:12`, or a flag.
    pub fn place(&self, span: &Range<usize>) -> String {
        if let Some(index) = span.start.checked_sub(self.text.len() + 1) {
            return self.flags.get(index).cloned().unwrap_or_default();
        }
        let before = self.text.as_bytes().iter().take(span.start);
        let line = 1 + before.filter(|&&byte| byte == b'\n').count();
        format!("{}:{line}", self.file)
    }

    /// An [`Error::Input`] at the place of a span.
    pub fn error(&self, span: &Range<usize>, message: impl Display) -> Error {
        Error::input(format!("{}: {message}", self.place(span)))
    }
}

/// A table whose fields are taken out one by one; what is left at the end should not have been there.
#[derive(Debug)]
pub struct Table<'s> {
    source: &'s Source<'s>,
    /// The names that lead to it, with dots; empty for the document.
    path: String,
    span: Range<usize>,
    entries: DeTable<'s>,
    /// Every key that was asked for.
    known: Vec<&'static str>,
}

impl<'s> Table<'s> {
    /// The whole document.
    pub fn document(source: &'s Source<'s>, entries: DeTable<'s>) -> Self {
        Table { source, path: String::new(), span: 0..0, entries, known: Vec::new() }
    }

    /// Gives the table the path that messages and `--set` know it by.
    pub fn named(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    /// The field `key`, if it is there.
    pub fn optional(&mut self, key: &'static str) -> Option<Item<'s>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let value = self.entries.remove(key)?;
        Some(Item {
            source: self.source,
            path: self.path_of(key),
            span: value.span(),
            value: value.into_inner(),
        })
    }

    /// The field `key`. If it is missing but one much like it is there, the complaint is about that one.
    pub fn required(&mut self, key: &'static str) -> Result<Item<'s>> {
        match self.optional(key) {
            Some(item) => Ok(item),
            None => {
                let typo = self.entries.keys().find(|have| is_near(have.get_ref(), key));
                match typo {
                    Some(typo) => Err(self.unknown_key(typo)),
                    None if self.path.is_empty() => Err(self.error(format!("\"{key}\" is missing"))),
                    None => Err(self.error(format!("\"{key}\" is missing in [{}]", self.path))),
                }
            }
        }
    }

    /// All fields that were not taken yet, in the order of the file: for tables whose keys are data.
    pub fn rest(&mut self) -> Vec<(String, Item<'s>)> {
        let mut rest: Vec<(String, Range<usize>, Item<'s>)> = Vec::new();
        for (key, value) in std::mem::take(&mut self.entries) {
            let item = Item {
                source: self.source,
                path: self.path_of(key.get_ref()),
                span: value.span(),
                value: value.into_inner(),
            };
            rest.push((key.get_ref().to_string(), key.span(), item));
        }
        rest.sort_by_key(|(_, span, _)| span.start);
        rest.into_iter().map(|(key, _, item)| (key, item)).collect()
    }

    /// Refuses the fields `keys`, which a table of another kind has. `why` says of each what would do.
    pub fn refuse(&self, keys: &[&str], why: impl Fn(&str) -> String) -> Result<()> {
        let refused = self.entries.keys().filter(|key| keys.contains(&&**key.get_ref()));
        let first = refused.min_by_key(|key| key.span().start);
        first.map_or(Ok(()), |key| Err(self.source.error(&key.span(), why(key.get_ref()))))
    }

    /// Refuses fields that nothing asked for.
    pub fn finish(self) -> Result<()> {
        let first = self.entries.keys().min_by_key(|key| key.span().start);
        first.map_or(Ok(()), |key| Err(self.unknown_key(key)))
    }

    /// An [`Error::Input`] at the table's place.
    pub fn error(&self, message: impl Display) -> Error {
        self.source.error(&self.span, message)
    }

    /// The names that lead to the table, with dots.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn unknown_key(&self, key: &Spanned<DeString<'s>>) -> Error {
        let name = key.get_ref();
        let message = unknown("key", name, self.known.iter().copied());
        let plain = format!("unknown key \"{name}\"");
        let message = match message.strip_prefix(&plain) {
            Some(hint) if !self.path.is_empty() => format!("{plain} in [{}]{hint}", self.path),
            _ => message,
        };
        self.source.error(&key.span(), message)
    }
}

/// One value of a file, not yet looked at.
#[derive(Debug)]
pub struct Item<'s> {
    source: &'s Source<'s>,
    path: String,
    span: Range<usize>,
    value: DeValue<'s>,
}

impl<'s> Item<'s> {
    /// An [`Error::Input`] at the value's place, about its path.
    pub fn error(&self, message: impl Display) -> Error {
        self.source.error(&self.span, format!("{} {message}", self.path))
    }

    /// Where it was given: file and line, or a flag.
    pub fn place(&self) -> String {
        self.source.place(&self.span)
    }

    /// Whether a flag of the command line gave it.
    pub fn is_flag(&self) -> bool {
        self.source.is_flag(&self.span)
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// Whether it is an array.
    pub fn is_array(&self) -> bool {
        self.value.is_array()
    }

    /// A string of one line, cleaned.
    pub fn string(&self) -> Result<String> {
        self.prose().map(|text| printable(&text).into_owned())
    }

    /// A string that may have several lines; each is cleaned.
    pub fn prose(&self) -> Result<String> {
        match &self.value {
            DeValue::String(text) => Ok(text.split('\n').map(printable).collect::<Vec<_>>().join("\n")),
            other => Err(self.error(format!("must be a string, got {}", shown(other)))),
        }
    }

    /// A number, a truth value or a string of one line, as a text.
    pub fn scalar(&self) -> Result<String> {
        match &self.value {
            DeValue::String(_) => self.string(),
            // A number of any size is a text.
            DeValue::Integer(text) => Ok(match i128::from_str_radix(text.as_str(), text.radix()) {
                Ok(number) => number.to_string(),
                Err(_) => text.as_str().to_owned(),
            }),
            DeValue::Float(text) => Ok(text.as_str().to_owned()),
            DeValue::Boolean(truth) => Ok(truth.to_string()),
            other => {
                Err(self.error(format!("must be a number, true or false, or a string, got {}", shown(other))))
            }
        }
    }

    /// `true` or `false`.
    pub fn truth(&self) -> Result<bool> {
        match &self.value {
            DeValue::Boolean(truth) => Ok(*truth),
            other => Err(self.error(format!("must be true or false, got {}", shown(other)))),
        }
    }

    /// One of the named choices.
    pub fn one_of<T: Copy>(&self, what: &str, choices: &[(&'static str, T)]) -> Result<T> {
        let name = self.string()?;
        match choices.iter().find(|(choice, _)| *choice == name) {
            Some((_, chosen)) => Ok(*chosen),
            None => {
                let names = choices.iter().map(|(choice, _)| *choice);
                Err(self.source.error(&self.span, unknown(what, &name, names)))
            }
        }
    }

    /// A whole number within `range`; one of a count if it has a unit, as in "100k".
    pub fn integer(&self, range: RangeInclusive<u64>) -> Result<u64> {
        self.whole(number_parse::COUNTS, range)
    }

    /// A whole number of bytes within `range`, with a unit of them if it has one, as in "64K".
    pub fn bytes(&self, range: RangeInclusive<u64>) -> Result<u64> {
        self.whole(number_parse::BYTES, range)
    }

    fn whole(&self, units: &[Unit], range: RangeInclusive<u64>) -> Result<u64> {
        let wrong = |what: &str| self.error(format!("{what}, got {}", shown(&self.value)));
        let text = match &self.value {
            // Larger than any range is still a whole number, only too large.
            DeValue::Integer(text) => {
                i128::from_str_radix(text.as_str(), text.radix()).unwrap_or(i128::MAX).to_string()
            }
            // TOML takes 1e6 for one with a fraction.
            DeValue::Float(text) => text.as_str().to_owned(),
            DeValue::String(text) => text.to_string(),
            _ => return Err(wrong("must be a whole number")),
        };
        number_parse::whole(&text, units, range).map_err(|what| wrong(&what))
    }

    /// A number for which `holds`; `condition` says when that is: "more than 0 and less than 1".
    pub fn number(&self, condition: &str, holds: impl FnOnce(f64) -> bool) -> Result<f64> {
        let number = match &self.value {
            DeValue::Float(text) => text.as_str().parse::<f64>().ok(),
            DeValue::Integer(text) => {
                i128::from_str_radix(text.as_str(), text.radix()).ok().map(|whole| whole as f64)
            }
            DeValue::String(text) => {
                number_parse::parse(text, number_parse::COUNTS).and_then(|number| number.real()).ok()
            }
            _ => None,
        };
        match number {
            Some(number) if holds(number) => Ok(number),
            Some(_) => Err(self.error(format!("must be {condition}, got {}", shown(&self.value)))),
            None => Err(self.error(format!("must be a number, got {}", shown(&self.value)))),
        }
    }

    /// A table; its path is the item's.
    pub fn table(self) -> Result<Table<'s>> {
        match self.value {
            DeValue::Table(entries) => Ok(Table {
                source: self.source,
                path: self.path,
                span: self.span,
                entries,
                known: Vec::new(),
            }),
            other => Err(self
                .source
                .error(&self.span, format!("{} must be a table, got {}", self.path, shown(&other)))),
        }
    }

    /// The members of an array. Each has the path of the array and its own place, counted from 1.
    pub fn array(self) -> Result<Vec<Item<'s>>> {
        match self.value {
            DeValue::Array(members) => Ok(members
                .into_iter()
                .enumerate()
                .map(|(index, member)| Item {
                    source: self.source,
                    path: format!("{}[{}]", self.path, index + 1),
                    span: member.span(),
                    value: member.into_inner(),
                })
                .collect()),
            other => Err(self
                .source
                .error(&self.span, format!("{} must be an array, got {}", self.path, shown(&other)))),
        }
    }
}

/// A value as a message quotes it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn is_near(have: &str, wanted: &str) -> bool {
    !nearest(have, [wanted]).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "entries = 0\n[serve.access]\nthta = 0.9\nkind = \"zpif\"\n";

    fn failure<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn complaints_name_file_line_field_and_the_right_name() {
        let source = Source::new("workloads/foo.toml", TEXT);
        let mut document = Table::document(&source, source.parse().unwrap());
        let entries = document.required("entries").unwrap();
        assert_eq!(
            failure(entries.integer(1..=4_000_000_000)),
            "workloads/foo.toml:1: entries must be from 1 to 4_000_000_000, got 0"
        );
        assert_eq!(failure(entries.string()), "workloads/foo.toml:1: entries must be a string, got 0");
        let mut serve = document.required("serve").unwrap().table().unwrap();
        let mut access = serve.required("access").unwrap().table().unwrap();
        let kind = access.required("kind").unwrap();
        assert_eq!(
            failure(kind.one_of("distribution", &[("zipf", 1), ("uniform", 2)])),
            "workloads/foo.toml:4: unknown distribution \"zpif\": did you mean \"zipf\"?"
        );
        let typo = "workloads/foo.toml:3: unknown key \"thta\" in [serve.access]: did you mean \"theta\"?";
        assert_eq!(failure(access.required("theta")), typo);
        assert_eq!(failure(access.finish()), typo);
        assert!(serve.finish().is_ok());
        assert_eq!(failure(document.required("phase")), "workloads/foo.toml:1: \"phase\" is missing");
    }

    #[test]
    fn numbers_keep_their_kind_and_range() {
        let source = Source::new("a", "x = 1_000\ny = 0.5\nz = 99999999999999999999999\nn = -1\nf = inf");
        let mut document = Table::document(&source, source.parse().unwrap());
        let mut take = |key| document.required(key).unwrap();
        let (x, y, z, n, f) = (take("x"), take("y"), take("z"), take("n"), take("f"));
        assert_eq!(x.integer(0..=1000), Ok(1000));
        assert_eq!(x.number("any", |_| true), Ok(1000.0));
        assert_eq!(
            failure(y.integer(0..=9)),
            "a:2: y must be a whole number (1.5k is one, 1.5 is not), got 0.5"
        );
        assert!(failure(z.integer(0..=u64::MAX)).contains("got 99999999999999999999999"));
        assert!(failure(n.integer(0..=9)).contains("from 0 to 9, got -1"));
        assert_eq!(failure(f.number("less than 1", |n| n < 1.0)), "a:5: f must be less than 1, got inf");
    }

    #[test]
    fn numbers_may_have_the_units_that_people_type() {
        let source = Source::new("a", "x = \"100k\"\ny = 1e6\nz = \"64K\"\nw = \"many\"\nt = true");
        let mut document = Table::document(&source, source.parse().unwrap());
        let mut take = |key| document.required(key).unwrap();
        let (x, y, z, w, t) = (take("x"), take("y"), take("z"), take("w"), take("t"));
        assert_eq!(x.integer(0..=1_000_000), Ok(100_000));
        assert_eq!(x.number("any", |_| true), Ok(100_000.0));
        assert_eq!(y.integer(0..=1_000_000), Ok(1_000_000));
        assert_eq!((z.bytes(0..=1 << 20), z.integer(0..=1 << 20)), (Ok(65_536), Ok(64_000)));
        assert_eq!(failure(x.integer(0..=9)), "a:1: x must be from 0 to 9, got \"100k\"");
        assert!(failure(w.integer(0..=9)).contains("w must be a whole number, such as 100000"));
        assert_eq!(failure(w.number("any", |_| true)), "a:4: w must be a number, got \"many\"");
        assert_eq!(failure(t.integer(0..=9)), "a:5: t must be a whole number, got true");
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let source = Source::new("a.toml", "x = 1\ny = = 2\n");
        assert!(failure(source.parse()).starts_with("a.toml:2: "));
    }

    #[test]
    fn a_flag_takes_the_place_of_file_and_line() {
        let mut source = Source::new("a.toml", "x = 1\n");
        let span = source.flag("--set x=2".into());
        assert!(source.is_flag(&span) && !source.is_flag(&(0..1)));
        assert_eq!(source.error(&span, "no").to_string(), "--set x=2: no");
    }
}
