//! What was still live when the map was dropped, by the place that allocated it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Blocks of one site and phase that were live after the map was dropped and its reclamation driven to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leak {
    /// The function that allocated them; empty if it has no name.
    pub site: String,
    /// Its source file; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line; 0 if unknown.
    #[serde(default)]
    pub line: i64,
    /// The role of the stack: `key`, `value`, `table`, ...
    pub role: String,
    /// The phase that allocated them.
    pub phase: String,
    /// How many there are.
    pub blocks: u64,
    /// Their requested bytes.
    pub bytes: u64,
}

/// `make_value (payload.rs:109), allocated in fill`
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = if self.site.is_empty() { "a function without a name" } else { &self.site };
        write!(f, "{site}")?;
        if !self.file.is_empty() {
            write!(f, " ({}:{})", self.file, self.line)?;
        }
        write!(f, ", allocated in {}", self.phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_names_site_and_phase() {
        let leak = Leak { site: "make_value".into(), phase: "fill".into(), ..Leak::default() };
        assert_eq!(leak.to_string(), "make_value, allocated in fill");
        let leak = Leak { file: "payload.rs".into(), line: 9, ..leak };
        assert_eq!(leak.to_string(), "make_value (payload.rs:9), allocated in fill");
        let leak = Leak { site: String::new(), file: String::new(), ..leak };
        assert_eq!(leak.to_string(), "a function without a name, allocated in fill");
    }
}
