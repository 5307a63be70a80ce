//! A CPU sample before its stack is walked: registers and a copy of the top of the stack, and the packed form in which
//! many of them travel from the child to the parent.
//!
//! Packed, copies are little-endian 64-bit words: thread, phase and mark in one, weight, four registers, the number of
//! stack words, these words. A chunk of them is compressed with zlib and encoded in base64.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// The most bytes of a stack that are copied.
pub const MOST_STACK_BYTES: usize = 8 << 10;

/// The most words of a chunk before it is compressed; the last copy may go beyond.
pub const CHUNK_WORDS: usize = 128 << 10;

/// Words of a copy before its stack.
const HEAD_WORDS: usize = 7;

/// The most bytes of an unpacked chunk.
const MOST_CHUNK_BYTES: u64 = 8 * (CHUNK_WORDS + HEAD_WORDS + MOST_STACK_BYTES / 8) as u64;

/// The registers that a stack walk begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Registers {
    /// The interrupted instruction.
    pub ip: u64,
    /// The stack pointer.
    pub sp: u64,
    /// The frame register.
    pub fp: u64,
    /// The link register; 0 on processors that have none.
    pub lr: u64,
}

/// One CPU sample with its stack not yet walked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackCopy {
    /// Worker thread.
    pub thread: u16,
    /// Index of the phase.
    pub phase: u16,
    /// CPU time of the thread since its last sample, nanoseconds.
    pub weight_ns: u64,
    /// Whether the stack goes on beyond what was copied, short of the operation loop.
    pub truncated: bool,
    /// Its registers.
    pub registers: Registers,
    /// The words from the stack pointer on.
    pub stack: Vec<u64>,
}

impl StackCopy {
    /// Appends its packed form to `words`.
    pub fn pack(&self, words: &mut impl Extend<u64>) {
        let Registers { ip, sp, fp, lr } = self.registers;
        let marks = u64::from(self.thread) | u64::from(self.phase) << 16 | u64::from(self.truncated) << 32;
        words.extend([marks, self.weight_ns, ip, sp, fp, lr, self.stack.len() as u64]);
        words.extend(self.stack.iter().copied());
    }

    /// Takes the copy that `words` begin with off them.
    fn unpack(words: &mut &[u64]) -> Option<StackCopy> {
        let (head, rest) = words.split_first_chunk::<HEAD_WORDS>()?;
        let [marks, weight_ns, ip, sp, fp, lr, length] = *head;
        let (stack, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        *words = rest;
        Some(StackCopy {
            thread: marks as u16,
            phase: (marks >> 16) as u16,
            truncated: marks >> 32 & 1 == 1,
            weight_ns,
            registers: Registers { ip, sp, fp, lr },
            stack: stack.to_vec(),
        })
    }
}

/// Compresses packed copies.
pub fn compress(words: &[u64]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    // Writing to a vector does not fail.
    let _ = encoder.write_all(&bytes);
    encoder.finish().unwrap_or_default()
}

/// The text of a compressed chunk.
pub fn encode(chunk: &[u8]) -> String {
    STANDARD.encode(chunk)
}

/// Hands the copies of an encoded chunk to `take`.
///
/// # Errors
/// When the text is no such chunk: what is wrong with it.
pub fn decode(text: &str, take: &mut dyn FnMut(StackCopy)) -> Result<(), String> {
    let packed = STANDARD.decode(text).map_err(|error| format!("is not base64: {error}"))?;
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed.as_slice())
        .take(MOST_CHUNK_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be unpacked: {error}"))?;
    if bytes.len() as u64 > MOST_CHUNK_BYTES {
        return Err(format!("unpacks to more than {MOST_CHUNK_BYTES} bytes"));
    }
    let (words, rest) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let mut words = words.as_slice();
    while !words.is_empty() && rest.is_empty() {
        take(StackCopy::unpack(&mut words).ok_or("ends within a sample")?);
    }
    if rest.is_empty() { Ok(()) } else { Err("ends within a word".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies() -> Vec<StackCopy> {
        let copy = |thread, stack: Vec<u64>| StackCopy {
            thread,
            phase: 3,
            weight_ns: 1_000_000,
            truncated: thread == 2,
            registers: Registers { ip: 1, sp: 2, fp: 3, lr: 4 },
            stack,
        };
        vec![copy(0, vec![]), copy(2, (0..1000).collect()), copy(1, vec![u64::MAX])]
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let mut words = Vec::new();
        copies().iter().for_each(|copy| copy.pack(&mut words));
        let mut found = Vec::new();
        decode(&encode(&compress(&words)), &mut |copy| found.push(copy)).unwrap();
        assert_eq!(found, copies());
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        let refused = |text: &str| decode(text, &mut |_| {}).unwrap_err();
        assert!(refused("*").contains("base64"));
        assert!(refused(&encode(b"abc")).contains("unpacked"));
        assert!(refused(&encode(&compress(&[1, 2, 3]))).contains("within a sample"));
        assert!(refused(&encode(&compress(&[0, 0, 0, 0, 0, 0, u64::MAX, 1]))).contains("within a sample"));
        let bomb = vec![0; 4 * CHUNK_WORDS];
        assert!(refused(&encode(&compress(&bomb))).contains("more than"));
    }
}
