//! The live entries in the order of their keys, for scans: what a correct ordered map finds from a key on.

use std::collections::BTreeMap;

use super::answer;

/// The fingerprints of live values by map and code. Larger codes make larger keys, so this is the order of the keys.
#[derive(Debug, Default)]
pub struct OrderedSet(BTreeMap<(u32, u64), u64>);

impl OrderedSet {
    /// Puts a value in, or replaces it.
    pub fn put(&mut self, map: u32, code: u64, fingerprint: u64) {
        self.0.insert((map, code), fingerprint);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, map: u32, code: u64) {
        self.0.remove(&(map, code));
    }

    /// Takes every entry out.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What a scan of at most so many entries of a map answers, from a code on.
    pub fn scan(&self, map: u32, code: u64, entries: usize) -> u64 {
        let from = self.0.range((map, code)..=(map, u64::MAX)).take(entries);
        from.fold(0, |sum, (_, fingerprint)| sum.wrapping_add(answer::visited(*fingerprint)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_stays_in_its_map_and_ends_at_its_length() {
        let mut set = OrderedSet::default();
        for (map, code, fingerprint) in [(0, 5, 1), (0, 9, 2), (0, u64::MAX, 4), (1, 0, 8)] {
            set.put(map, code, fingerprint);
        }
        let of = |fingerprints: &[u64]| {
            fingerprints.iter().fold(0u64, |sum, fingerprint| sum.wrapping_add(answer::visited(*fingerprint)))
        };
        assert_eq!(set.scan(0, 5, 2), of(&[1, 2]));
        assert_eq!(set.scan(0, 6, 9), of(&[2, 4]), "from the next one on, and not into the next map");
        set.put(0, 9, 16);
        set.remove(0, 5);
        assert_eq!(set.scan(0, 0, 9), of(&[16, 4]));
        set.clear();
        assert_eq!(set.scan(1, 0, 9), 0);
    }
}
