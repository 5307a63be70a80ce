//! The stack copies of a pass while it runs: packed as they come, so that a long pass needs little memory.

use super::stack_copy::{CHUNK_WORDS, StackCopy, compress, encode};

/// The most bytes of compressed copies; later samples are lost.
const MOST_BYTES: usize = 512 << 20;

/// Stack copies, most of them compressed.
#[derive(Default)]
pub struct Copies {
    open: Vec<u64>,
    packed: Vec<Vec<u8>>,
    bytes: usize,
}

impl Copies {
    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// Adds a copy. Returns whether there was room.
    pub fn add(&mut self, copy: &StackCopy) -> bool {
        if self.is_full() {
            return false;
        }
        copy.pack(&mut self.open);
        if self.open.len() >= CHUNK_WORDS {
            self.close();
        }
        true
    }

    fn close(&mut self) {
        let chunk = compress(&self.open);
        self.open.clear();
        self.bytes += chunk.len();
        self.packed.push(chunk);
    }

    /// All chunks as text.
    pub fn finish(mut self) -> Vec<String> {
        if !self.open.is_empty() {
            self.close();
        }
        self.packed.iter().map(|chunk| encode(chunk)).collect()
    }
}
