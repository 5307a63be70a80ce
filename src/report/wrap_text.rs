//! Text for a terminal, wrapped or cut.

use crate::output::text_columns;

/// What stands behind a number, and on its line.
const UNITS: [&str; 15] =
    ["%", "B", "kB", "MB", "GB", "TB", "PB", "ns", "µs", "ms", "s", "ks", "Hz", "KiB", "MiB"];

/// A sentence, wrapped to the terminal. A number and its unit stay together.
pub fn paragraph(text: &str, width: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = UNITS.contains(&word.trim_end_matches([',', '.', ';', ':', ')']));
        match words.last_mut().filter(|last| is_unit && last.ends_with(|c: char| c.is_ascii_digit())) {
            Some(number) => {
                number.push(' ');
                number.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    text_columns::wrapped(words, width)
}

/// The beginning of `text`, `letters` at most.
pub fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_stay_together() {
        assert_eq!(paragraph("empty slots 49 %, the rest", 14), "empty slots\n49 %, the rest\n");
        assert_eq!(paragraph("phase B in s of 12 bytes", 8), "phase B\nin s of\n12 bytes\n");
    }
}
