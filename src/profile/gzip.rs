//! What comes from outside may be gzipped: unpacked up to a limit.

use std::io::{ErrorKind, Read};

/// How much is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The largest file that is read, unpacked, bytes. Read into a profile it takes up to ten times as much.
    pub unpacked: u64,
}

impl Limit {
    /// A limit of so many MiB.
    pub fn mib(mib: u64) -> Limit {
        Limit { unpacked: mib.saturating_mul(1 << 20) }
    }

    /// Whether so many bytes are too many.
    pub fn forbids(self, bytes: usize) -> bool {
        bytes as u64 > self.unpacked
    }
}

impl Default for Limit {
    /// 1 GiB.
    fn default() -> Limit {
        Limit::mib(1024)
    }
}

/// Why bytes cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// The gzip stream ends too early.
    #[error("the gzip data ends too early: the file is cut off")]
    Truncated,
    /// The gzip stream is damaged.
    #[error("the gzip data is damaged: {0}")]
    Damaged(String),
    /// More than a [`Limit`] allows.
    #[error("the file has more than the limit of {} MiB, unpacked; --max-unpacked raises it", .0.unpacked >> 20)]
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
    if stated > limit.unpacked {
        // It says of itself that it is too large: it need not be in memory to be refused.
        let length = std::io::copy(&mut stream(), &mut std::io::sink()).map_err(problem)?;
        if length > limit.unpacked {
            return Err(UnpackError::TooLarge(limit));
        }
    }
    let mut unpacked = Vec::new();
    let most = (bytes.len() as u64).saturating_mul(BELIEVED).min(limit.unpacked);
    unpacked.reserve_exact(usize::try_from(stated.min(most)).unwrap_or(0));
    stream().read_to_end(&mut unpacked).map_err(problem)?;
    if limit.forbids(unpacked.len()) {
        return Err(UnpackError::TooLarge(limit));
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
            "the file has more than the limit of 2 MiB, unpacked; --max-unpacked raises it"
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
