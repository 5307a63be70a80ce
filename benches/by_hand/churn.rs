//! Insertions and removals at a constant size, String -> Vec, with keys and sizes that the loop makes itself. It knows
//! nothing of mapprof: the hand-written programs run it, and `targets` has mapprof run it as a program of the user's.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Bytes of a key.
pub const KEY_BYTES: usize = 24;

/// Bytes of a value: from the first to the second, each as likely as any other.
pub const VALUE_BYTES: (usize, usize) = (16, 256);

/// The map, and who is in it.
#[derive(Default)]
pub struct Churn {
    map: HashMap<String, Vec<u8>, FixedState>,
    live: Vec<u64>,
    next: u64,
}

impl Churn {
    /// One entry more.
    pub fn grow(&mut self) {
        let id = self.insert();
        self.live.push(id);
    }

    /// Removes an entry at random and inserts a fresh one.
    pub fn turn(&mut self) {
        let place = mix(self.next ^ 0x5EED) as usize % self.live.len();
        let old = key(self.live[place]);
        self.map.remove(letters(&old));
        self.live[place] = self.insert();
    }

    fn insert(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        let bytes = VALUE_BYTES.0 + mix(!id) as usize % (VALUE_BYTES.1 - VALUE_BYTES.0 + 1);
        self.map.insert(letters(&key(id)).to_owned(), vec![0xA5; bytes]);
        id
    }
}

/// SplitMix64's finalizer.
fn mix(id: u64) -> u64 {
    let mut bits = id.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// The key of an id: 16 letters that tell it from all others, and 8 that all have.
fn key(id: u64) -> [u8; KEY_BYTES] {
    let bits = mix(id);
    let mut key = [b'a'; KEY_BYTES];
    for (place, letter) in key.iter_mut().take(16).enumerate() {
        *letter += (bits >> (4 * place)) as u8 & 15;
    }
    key
}

fn letters(key: &[u8; KEY_BYTES]) -> &str {
    std::str::from_utf8(key).expect("keys are ASCII letters")
}
