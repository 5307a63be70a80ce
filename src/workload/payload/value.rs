//! What a type of values is to workloads.

use super::layout::ValueInfo;

/// A value type that workloads can use.
pub trait Value: Clone + Send + Sync + 'static {
    /// Its name, and where its bytes lie.
    const INFO: ValueInfo;

    /// A value of `size` bytes that carries `tag`: the tag's bytes first, the rest filled with a byte that is not
    /// zero, so that every page is really touched. Call it through [`super::make_value`].
    fn make(size: usize, tag: u64) -> Self;

    /// Changes the value in place: what it carries becomes [`super::changed`] of it, and it stays as large as it was.
    fn change(&mut self);

    /// What a look-up folds into the checksum: [`super::fingerprint`] of the size and of the tag as far as it fits.
    fn fingerprint(&self) -> u64;
}
