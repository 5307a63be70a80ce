//! How much of a profile from elsewhere is taken in.

/// The most frames of a stack, if not said otherwise. Profilers stop at some hundred; a runaway recursion has more.
pub const MOST_FRAMES: usize = 16_384;

/// How much is taken in: a reader refuses what has more.
///
/// ```
/// use mapprof_profile::Limit;
///
/// let limit = Limit::mib(64).with_frames(1000);
/// assert_eq!((limit.unpacked, limit.frames), (64 << 20, 1000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The largest file that is read, unpacked, bytes. Read into a profile it takes up to ten times as much.
    pub unpacked: u64,
    /// The most frames of one stack, inlined ones included.
    pub frames: usize,
}

impl Limit {
    /// A limit of so many bytes, unpacked.
    pub const fn bytes(unpacked: u64) -> Limit {
        Limit { unpacked, frames: MOST_FRAMES }
    }

    /// A limit of so many MiB, unpacked.
    pub const fn mib(mib: u64) -> Limit {
        Limit::bytes(mib.saturating_mul(1 << 20))
    }

    /// The same with so many frames in one stack.
    pub const fn with_frames(self, frames: usize) -> Limit {
        Limit { frames, ..self }
    }

    /// Refuses a stack of so many frames, if they are too many.
    ///
    /// # Errors
    /// When they are: in words that go on from the stack's name.
    pub(crate) fn check_frames(self, frames: usize) -> Result<(), TooDeep> {
        if frames > self.frames { Err(TooDeep { frames, limit: self.frames }) } else { Ok(()) }
    }

    /// Whether so many bytes are too many.
    pub(crate) fn forbids(self, bytes: usize) -> bool {
        bytes as u64 > self.unpacked
    }
}

impl Default for Limit {
    /// 1 GiB unpacked, and [`MOST_FRAMES`].
    fn default() -> Limit {
        Limit::mib(1024)
    }
}

/// A stack has more frames than a [`Limit`] allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has {frames} frames, more than the limit of {limit}")]
#[non_exhaustive]
pub struct TooDeep {
    /// How many it has.
    pub frames: usize,
    /// How many are allowed.
    pub limit: usize,
}
