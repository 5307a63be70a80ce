//! A profile of any format that is known.

use crate::{Error, Format, Limit, Profile, folded, gzip, heap_v2, pprof, sniff};

/// The profile in `bytes`, gzipped or not, in the format that its content looks like.
///
/// Values of folded stacks are taken for samples, and a heap dump gets no names: [`folded::read`] and
/// [`heap_v2::Dump`] have more.
///
/// # Errors
/// When the format is not known, when the bytes contradict it, and when they are more than `limit` allows.
///
/// ```
/// let profile = mapprof_profile::read(b"main;read 3\nmain;write 4\n", Default::default())?;
/// assert_eq!((profile.kinds(), profile.samples.len()), (vec!["samples"], 2));
/// # Ok::<(), mapprof_profile::Error>(())
/// ```
pub fn read(bytes: &[u8], limit: Limit) -> Result<Profile, Error> {
    if !gzip::is_gzip(bytes) {
        return plain(bytes, limit);
    }
    plain(&gzip::unpack(bytes, limit)?, limit)
}

fn plain(bytes: &[u8], limit: Limit) -> Result<Profile, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if limit.forbids(bytes.len()) {
        return Err(gzip::UnpackError::TooLarge(limit).into());
    }
    Ok(match sniff(bytes).ok_or(Error::UnknownFormat)? {
        Format::Pprof => pprof::decode_plain(bytes, limit)?,
        Format::HeapV2 => heap_v2::read(bytes, limit)?,
        Format::Folded => folded::read(bytes, "count", limit)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Exceeded, fixtures};

    #[test]
    fn each_format_is_read_packed_or_not() {
        let pprof = pprof::encode_plain(&fixtures::heap());
        let files = [&pprof[..], include_bytes!("../fixtures/dump.heap"), b"main;f 3\n"];
        for bytes in files {
            let plain = read(bytes, Limit::default()).unwrap();
            let packed = read(&gzip::pack(bytes), Limit::default()).unwrap();
            assert!(!plain.samples.is_empty());
            assert_eq!(pprof::encode_plain(&packed), pprof::encode_plain(&plain));
        }
    }

    #[test]
    fn an_error_tells_whether_a_higher_limit_helps() {
        let exceeded = |bytes: &[u8], limit: Limit| read(bytes, limit).unwrap_err().exceeded();
        let pprof = pprof::encode_plain(&fixtures::heap());
        let small = Limit::bytes(100);
        assert_eq!(exceeded(&pprof, small), Some(Exceeded::Unpacked));
        assert_eq!(exceeded(&gzip::pack(&pprof), small), Some(Exceeded::Unpacked));
        assert_eq!(exceeded(b"main;f 3\n", Limit::bytes(8)), Some(Exceeded::Unpacked));
        let shallow = Limit::default().with_frames(1);
        let dump = b"heap_v2/1\n@ 0x1 0x2\n  t*: 1: 1 [0: 0]\n";
        for bytes in [&pprof[..], b"main;f 3\n", dump] {
            assert_eq!(exceeded(bytes, shallow), Some(Exceeded::Frames));
        }
        for (bytes, says) in [
            (&b""[..], "the file is empty"),
            (b"hello", "neither pprof, nor a heap dump of jemalloc (heap_v2), nor folded stacks"),
            (
                b"main;f 3\nmain\n",
                "line 2: not a folded stack: a line is frames separated by \";\", a space and a whole number",
            ),
        ] {
            let error = read(bytes, Limit::default()).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.exceeded()), (says, None));
        }
    }
}
