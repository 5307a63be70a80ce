//! The gate for text from outside: what a file says is cleaned where it comes into a profile.
//!
//! Names may hold characters that are not seen and are obeyed all the same: escape sequences of a terminal, line breaks
//! before a command of a CI service (`::error::`), marks that turn the direction of writing, characters without a width.
//! Each of them becomes a blank. What HTML, XML, Markdown or CSV would take for its own is the matter of their writers.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// Characters that are never shown: control characters, what Unicode calls ignorable by default (no width, direction of
/// writing, variation selectors, tags), line and paragraph separators, annotations, characters for private use (the
/// pictures mark frames with them) and those that are none. In order.
const HIDDEN: [RangeInclusive<char>; 26] = [
    '\0'..='\u{1f}',
    '\u{7f}'..='\u{9f}',
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{e000}'..='\u{f8ff}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{fffe}'..='\u{ffff}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{1fffe}'..='\u{1ffff}',
    '\u{2fffe}'..='\u{2ffff}',
    '\u{3fffe}'..='\u{3ffff}',
    '\u{4fffe}'..='\u{dffff}',
    '\u{e0000}'..='\u{10ffff}',
];

/// Whether a character is shown as it is.
pub fn is_shown(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    let next = HIDDEN.partition_point(|range| *range.end() < c);
    HIDDEN.get(next).is_none_or(|range| !range.contains(&c))
}

/// Text of one line: each character that is not shown is a blank.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_shown(c) { c } else { ' ' }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_becomes_a_blank() {
        assert!(HIDDEN.windows(2).all(|pair| pair[0].end() < pair[1].start()), "not in order");
        assert_eq!(printable("a\u{1b}[31mb\r\nc\u{9b}d"), "a [31mb  c d");
        for c in "\0\t\n\u{7f}\u{85}\u{ad}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{e0041}\u{f0000}\u{10ffff}".chars() {
            assert_eq!(printable(&format!("a{c}b")), "a b", "{c:?}");
        }
        let kept = "Vec<…>::naïve — 漢字 é 🦀 ± ≤ \u{a0}!~";
        assert!(matches!(printable(kept), Cow::Borrowed(text) if text == kept));
    }
}
