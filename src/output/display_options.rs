//! How a profile or a record is shown, whatever it is written to.

/// How it is shown.
#[derive(Debug, Clone, Default)]
pub struct DisplayOptions {
    /// What it is of: `std · skewed-keys`.
    pub title: String,
    /// Whether frames outside of the operation loop, and the allocator at the leaves, are shown.
    pub show_harness: bool,
}
