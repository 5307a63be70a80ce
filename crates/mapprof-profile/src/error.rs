//! Why a profile cannot be read, whatever its format.

use crate::folded::FoldedError;
use crate::gzip::UnpackError;
use crate::heap_v2::HeapV2Error;
use crate::pprof::DecodeError;

/// Why a profile cannot be read. Each is one line that names the place in the file; it does not name the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// [`crate::sniff()`] knows no format that looks like it.
    #[error("neither pprof, nor a heap dump of jemalloc (heap_v2), nor folded stacks")]
    UnknownFormat,
    /// It cannot be unpacked, or is too large.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// It is no pprof profile.
    #[error(transparent)]
    Pprof(#[from] DecodeError),
    /// It is not one of folded stacks.
    #[error(transparent)]
    Folded(#[from] FoldedError),
    /// It is no heap dump of jemalloc.
    #[error(transparent)]
    HeapV2(#[from] HeapV2Error),
}

/// The part of a [`crate::Limit`] that a profile exceeds: with a higher one it may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exceeded {
    /// [`crate::Limit::unpacked`].
    Unpacked,
    /// [`crate::Limit::frames`].
    Frames,
}

impl Error {
    /// The part of the limit that forbids the profile; none if no limit would let it pass.
    pub fn exceeded(&self) -> Option<Exceeded> {
        match self {
            Error::Unpack(UnpackError::TooLarge(_))
            | Error::Pprof(DecodeError::Unpack(UnpackError::TooLarge(_))) => Some(Exceeded::Unpacked),
            Error::Pprof(DecodeError::TooDeep { .. })
            | Error::Folded(FoldedError::TooDeep(..))
            | Error::HeapV2(HeapV2Error::TooDeep(..)) => Some(Exceeded::Frames),
            _ => None,
        }
    }
}
