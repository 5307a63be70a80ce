//! Which format a report is written in: the ending of its file says it.

use std::path::Path;

use crate::error::{Error, Result};
use crate::printable::PrintablePath;

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A page.
    Html,
    /// A document without pictures.
    Markdown,
}

impl ReportFormat {
    /// The format of `file`.
    ///
    /// # Errors
    /// When the file's name has another ending.
    pub fn of(file: &Path) -> Result<ReportFormat> {
        let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("html") => Ok(ReportFormat::Html),
            Some("md") => Ok(ReportFormat::Markdown),
            _ => Err(Error::input(format!(
                "{}: a report is HTML or Markdown; let the file's name end in .html or .md",
                file.shown()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_format() {
        let of = |file: &str| ReportFormat::of(Path::new(file)).map_err(|error| error.to_string());
        assert_eq!(of("a/report.html"), Ok(ReportFormat::Html));
        assert_eq!(of("REPORT.MD"), Ok(ReportFormat::Markdown));
        for file in ["report.txt", "-", "report", ".md", "report.html.gz"] {
            let said = of(file).unwrap_err();
            assert!(said.starts_with(&format!("{file}: a report is HTML or Markdown")), "{said}");
        }
    }
}
