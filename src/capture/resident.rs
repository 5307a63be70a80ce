//! Memory as the operating system and jemalloc see it.

use tikv_jemalloc_ctl::{epoch, stats};

/// jemalloc's own figures, bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allocator {
    /// Bytes in physically resident pages: active, dirty and metadata.
    pub resident: u64,
}

/// jemalloc's figures now. All zero if it was built without statistics.
pub fn allocator() -> Allocator {
    // The figures are cached until the epoch moves on.
    let _ = epoch::advance();
    Allocator { resident: stats::resident::read().unwrap_or(0) as u64 }
}

/// The highest resident set of this process so far, bytes: `VmHWM` of `/proc/self/status`. `None` where that cannot be
/// read.
pub fn max_rss() -> Option<u64> {
    status_field("VmHWM:")
}

fn status_field(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn figures_are_there() {
        assert!(super::allocator().resident > 0);
        assert!(super::max_rss().unwrap() > 1 << 20);
    }
}
