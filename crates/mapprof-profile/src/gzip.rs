//! What comes from outside may be gzipped: unpacked up to a limit.

use std::io::{ErrorKind, Read};

use crate::Limit;

/// Why bytes cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The gzip stream ends too early.
    #[error("the gzip data ends too early: the file is cut off")]
    Truncated,
    /// The gzip stream is damaged.
    #[error("the gzip data is damaged: {0}")]
    Damaged(String),
    /// More than a [`Limit`] allows.
    #[error("the file has more than the limit of {} MiB, unpacked", .0.unpacked >> 20)]
    TooLarge(Limit),
}

/// Whether `bytes` begin as gzip does.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The most that is believed of the length that a gzip file states, over its own length. Profiles pack to a quarter.
const BELIEVED: u64 = 16;

/// The content of gzipped `bytes`, of all members.
///
/// # Errors
/// When the data is cut off or damaged, or has more than `limit` allows; no more than that is ever unpacked.
pub fn unpack(bytes: &[u8], limit: Limit) -> Result<Vec<u8>, UnpackError> {
    let problem = |error: std::io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => UnpackError::Truncated,
        _ => UnpackError::Damaged(error.to_string()),
    };
    let stream = || flate2::read::MultiGzDecoder::new(bytes).take(limit.unpacked.saturating_add(1));
    // The last four bytes state the length, modulo 2^32.
    let stated = bytes.last_chunk().map_or(0, |last| u64::from(u32::from_le_bytes(*last)));
    // Counted where it is not believed, so that there is room for it and for no more.
    let count = || match std::io::copy(&mut stream(), &mut std::io::sink()).map_err(problem)? {
        length if length > limit.unpacked => Err(UnpackError::TooLarge(limit)),
        length => Ok(length),
    };
    let most = (bytes.len() as u64).saturating_mul(BELIEVED).min(limit.unpacked);
    let length = if stated > most { count()? } else { stated };
    let mut unpacked = Vec::new();
    unpacked.reserve_exact(usize::try_from(length).unwrap_or(0));
    let mut reader = stream();
    reader.by_ref().take(length).read_to_end(&mut unpacked).map_err(problem)?;
    let mut next = [0];
    if reader.read(&mut next).map_err(problem)? > 0 {
        // It has several members, and stated the length of the last one.
        let rest = count()?.saturating_sub(unpacked.len() as u64);
        unpacked.reserve_exact(usize::try_from(rest).unwrap_or(0));
        unpacked.extend(next);
        reader.read_to_end(&mut unpacked).map_err(problem)?;
    }
    Ok(unpacked)
}

/// The content of a file: unpacked if it is gzipped, as it is if not. The packed bytes are gone then.
///
/// # Errors
/// As of [`unpack`].
pub fn content(bytes: Vec<u8>, limit: Limit) -> Result<Vec<u8>, UnpackError> {
    if is_gzip(&bytes) {
        return unpack(&bytes, limit);
    }
    if limit.forbids(bytes.len()) { Err(UnpackError::TooLarge(limit)) } else { Ok(bytes) }
}

/// `bytes` gzipped.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into a vector cannot fail, so there is nothing to report.
    let _ = gzip.write_all(bytes);
    gzip.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = pack(&vec![0; 3 << 20]);
        let limit = Limit::mib(2);
        assert_eq!(unpack(&bomb, limit), Err(UnpackError::TooLarge(limit)));
        assert_eq!(
            unpack(&bomb, limit).unwrap_err().to_string(),
            "the file has more than the limit of 2 MiB, unpacked"
        );
        assert_eq!(unpack(&bomb, Limit::mib(3)), Ok(vec![0; 3 << 20]));
        assert_eq!(content(bomb, limit), Err(UnpackError::TooLarge(limit)));
        assert_eq!(content(vec![0; 3 << 20], limit), Err(UnpackError::TooLarge(limit)));
        assert_eq!(content(b"plain".to_vec(), limit), Ok(b"plain".to_vec()));
        assert_eq!(content(pack(b"packed"), limit), Ok(b"packed".to_vec()));
    }

    #[test]
    fn members_are_joined_and_a_stated_length_is_not_trusted() {
        let mut both = pack(b"one ");
        both.extend(pack(b"two"));
        assert_eq!(unpack(&both, Limit::default()).unwrap(), b"one two");
        let mut lies = pack(b"short");
        let end = lies.len();
        lies[end - 4..].fill(0xff);
        assert!(matches!(unpack(&lies, Limit::default()), Err(UnpackError::Damaged(_))));
    }
}
