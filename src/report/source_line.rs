//! A line of a source file, as reports write it.

/// `src/map.rs:17`; the file alone if the line is not known, and nothing if the file is not.
pub(super) fn source_line(file: &str, line: i64) -> String {
    match (file, line) {
        ("", _) => String::new(),
        (file, 0) => file.to_owned(),
        (file, line) => format!("{file}:{line}"),
    }
}
