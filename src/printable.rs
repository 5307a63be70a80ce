//! The gate for text from outside: what a file, a path or a child says is cleaned where it comes in, and once more where
//! it is printed. Which characters are shown is decided in `mapprof_profile`, whose profiles have the same gate; here is
//! what becomes of paths, of lines on their way to a terminal, and of JSON.

use std::borrow::Cow;
use std::path::Path;

pub use mapprof_profile::{is_shown, printable};

/// A path for the eye. Not one to open a file by.
pub trait PrintablePath {
    /// The path as text of one line.
    fn shown(&self) -> String;
}

impl PrintablePath for Path {
    fn shown(&self) -> String {
        printable(&self.to_string_lossy()).into_owned()
    }
}

/// Text of several lines on its way to a terminal or the log of a CI service: [`printable`] but for the ends of its
/// lines, and without what such a service would obey (`::error::` as the first word of a line, `##[error]` and
/// `##vso[…]` anywhere): a blank parts its signs.
pub fn lines(text: &str) -> Cow<'_, str> {
    let shown = |c: char| c == '\n' || is_shown(c);
    let clean = match text.chars().all(shown) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().map(|c| if shown(c) { c } else { ' ' }).collect()),
    };
    if !clean.contains("##") && !clean.lines().any(is_command) {
        return clean;
    }
    let mut out = String::with_capacity(clean.len() + 16);
    for line in clean.split_inclusive('\n') {
        let first = is_command(line).then(|| line.len() - line.trim_start().len());
        for (place, c) in line.char_indices() {
            out.push(c);
            let bracket = || {
                let word = line.get(place + 1..)?.strip_prefix('#')?;
                word.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).strip_prefix('[')
            };
            if first == Some(place) || c == '#' && bracket().is_some() {
                out.push(' ');
            }
        }
    }
    Cow::Owned(out)
}

/// Whether a CI service obeys the line.
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::")
}

/// Cleans every string of a JSON document, names of fields among them, as [`printable`] does. What is no JSON stays so.
pub fn clean_json(document: &mut Vec<u8>) {
    if may_hide(document)
        && let Ok(text) = std::str::from_utf8(document)
    {
        *document = cleaned_json(text).into_bytes();
    }
}

/// Whether a JSON document may have characters that are not shown: most have neither an escape nor anything beyond ASCII.
pub fn may_hide(document: &[u8]) -> bool {
    !document.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'[' | b']'..=b'~'))
}

fn cleaned_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside = false;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\\' if inside => {
                let (length, stands_for) = escape(rest);
                match stands_for {
                    Some(c) if !is_shown(c) => out.push(' '),
                    _ => out.push_str(&rest[..length]),
                }
                length
            }
            _ => {
                inside ^= c == '"';
                out.push(if inside && !is_shown(c) { ' ' } else { c });
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// The length of the escape at the start of `text`, and the character that it stands for, if it may be one that is not
/// shown. One that is cut off or broken is left to the reader of the document.
fn escape(text: &str) -> (usize, Option<char>) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    match (text.chars().nth(1), unit(0)) {
        (Some('n' | 'r' | 't' | 'b' | 'f'), _) => (2, Some('\n')),
        (Some('u'), Some(high @ 0xd800..=0xdbff)) => match unit(6) {
            Some(low @ 0xdc00..=0xdfff) => {
                (12, char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))
            }
            _ => (6, None),
        },
        (Some('u'), Some(code)) => (6, char::from_u32(code)),
        (next, _) => (1 + next.map_or(0, char::len_utf8), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_on_one_line() {
        assert_eq!(Path::new("a\nb\u{202e}").shown(), "a b ");
    }

    #[test]
    fn a_line_is_no_command_of_a_ci_service() {
        assert_eq!(lines("a\n  ::error::x\nb ::c\n"), "a\n  : :error::x\nb ::c\n");
        assert_eq!(lines("\u{1b}::error::x"), " : :error::x");
        assert_eq!(lines("a ##[error]b ##vso[c]\n### d [e]\n"), "a # #[error]b # #vso[c]\n### d [e]\n");
        assert_eq!(lines("###[error]"), "## #[error]");
        let kept = "## Title\n\n| a::b | c |\n";
        assert_eq!(lines(kept), kept);
    }

    #[test]
    fn strings_of_json_are_cleaned_and_nothing_else() {
        let cleaned = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            clean_json(&mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        let json =
            "{\n\t\"a\\u001b\\n\": [1, \"\u{202e}\\\"\\\\n\\u0041é\\ud83e\\udd80\\udb40\\udc41\"]\r\n}";
        let clean = "{\n\t\"a  \": [1, \" \\\"\\\\n\\u0041é\\ud83e\\udd80 \"]\r\n}";
        assert_eq!(cleaned(json), clean);
        for broken in ["\"\\", "\"\\u12", "\"\\ud800\\u0041\"", "\"\\ud83e", "\"é\\é", "\u{1b}"] {
            assert_eq!(cleaned(broken), broken, "left to the reader");
        }
        let mut bytes = vec![b'"', 0xff, b'"'];
        clean_json(&mut bytes);
        assert_eq!(bytes, [b'"', 0xff, b'"']);
    }
}
