//! What a profile from elsewhere is, by its content.

use crate::folded;

/// What a profile may be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// pprof's protobuf.
    Pprof,
    /// jemalloc's own dump.
    HeapV2,
    /// Folded stacks.
    Folded,
}

/// How much is looked at, bytes.
const LOOKED_AT: usize = 4096;

/// What unpacked `bytes` are; none if they look like nothing that can be read.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"heap_v2/") {
        return Some(Format::HeapV2);
    }
    // What gperftools dumps begins with a line that looks like a stack.
    if bytes.starts_with(b"heap profile:") {
        return None;
    }
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    // pprof's sample types are among its first bytes, and the key of their numbers is a backspace.
    if head.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()) {
        return Some(Format::Pprof);
    }
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    // Of a line that is cut off here no number is left to see.
    let cut = bytes.len() > LOOKED_AT && lines.next().is_none();
    (folded::looks_folded(first) || cut && first.contains(';')).then_some(Format::Folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixtures, pprof};

    #[test]
    fn each_format_is_known_by_its_content() {
        for profile in [fixtures::heap(), fixtures::cpu(), fixtures::foreign()] {
            assert_eq!(sniff(&pprof::encode_plain(&profile)), Some(Format::Pprof));
        }
        assert_eq!(sniff(b"heap_v2/524288\n  t*: 1: 2 [0: 0]\n"), Some(Format::HeapV2));
        assert_eq!(sniff(b"\n# perf\nmain;f 3\n"), Some(Format::Folded));
        assert_eq!(sniff(format!("{} 3\n", "deep;".repeat(5000)).as_bytes()), Some(Format::Folded));
        for unknown in ["", "hello, this is no profile", "heap profile: 1: 2", "{\"a\": 1}", "# only\n"] {
            assert_eq!(sniff(unknown.as_bytes()), None, "{unknown}");
        }
    }
}
