//! A vector of values that may be absent, by the numbers of their keys: `dense-vec`.
//!
//! Its bytes follow from the largest number that it has ever held, so the places are kept.

/// The vector without its values.
#[derive(Debug, Clone)]
pub struct DenseVector {
    /// Whether each place has a value.
    present: Vec<bool>,
    capacity: u64,
    /// Bytes of a place.
    slot: u64,
    entries: u64,
}

impl DenseVector {
    /// A vector that was made with room for `capacity` places.
    pub fn new(capacity: u64, slot: u64) -> Self {
        DenseVector { present: Vec::new(), capacity, slot, entries: 0 }
    }

    /// Bytes of its allocation.
    pub fn bytes(&self) -> u64 {
        self.capacity * self.slot
    }

    /// The number of values.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Puts the value of a key in. Returns whether the allocation grew.
    pub fn insert(&mut self, number: u64, new: bool) -> bool {
        let before = self.capacity;
        if number >= self.places() {
            self.reserve(number + 1 - self.places());
            // Numbers are ids of entries, which have 32 bits.
            self.present.resize(number as usize + 1, false);
        }
        if let Some(place) = self.present.get_mut(number as usize) {
            *place = true;
        }
        self.entries += u64::from(new);
        self.capacity != before
    }

    /// Takes the value of a key out that is there.
    pub fn remove(&mut self, number: u64) {
        if let Some(place) = self.present.get_mut(number as usize) {
            *place = false;
        }
        self.entries -= 1;
    }

    /// Takes every value out.
    pub fn clear(&mut self) {
        self.present.clear();
        self.entries = 0;
    }

    /// Makes room for so many further places.
    pub fn reserve(&mut self, additional: u64) {
        let wanted = self.places() + additional;
        if wanted > self.capacity {
            self.capacity = grown(self.capacity, wanted, self.slot);
        }
    }

    /// Gives back what lies behind the last value.
    pub fn shrink(&mut self) {
        let last = self.present.iter().rposition(|present| *present);
        self.present.truncate(last.map_or(0, |last| last + 1));
        self.capacity = self.places();
    }

    /// Puts the values of another one in, in their order.
    pub fn take_over(&mut self, old: &DenseVector) {
        for (number, _) in old.present.iter().enumerate().filter(|(_, present)| **present) {
            self.insert(number as u64, true);
        }
    }

    fn places(&self) -> u64 {
        self.present.len() as u64
    }
}

/// The capacity of a vector that must hold so many entries of `entry` bytes and cannot.
///
/// Source: `RawVec::grow_amortized`: double, but not less than 4 slots (8 of one byte, 1 above 1 KiB).
pub fn grown(capacity: u64, wanted: u64, entry: u64) -> u64 {
    let least = match entry {
        1 => 8,
        2..=1024 => 4,
        _ => 1,
    };
    (capacity * 2).max(wanted).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vector of the standard library, treated alike.
    #[test]
    fn it_grows_and_shrinks_as_a_vector_does() {
        let (mut real, mut form) = (Vec::<Option<u64>>::new(), DenseVector::new(0, 16));
        for number in [0, 1, 2, 9, 3, 40, 41, 200, 7] {
            if number >= real.len() {
                real.resize_with(number + 1, || None);
            }
            real[number] = Some(1);
            form.insert(number as u64, true);
            assert_eq!(form.capacity, real.capacity() as u64, "{number}");
        }
        form.remove(200);
        form.shrink();
        assert_eq!((form.bytes(), form.entries()), (42 * 16, 8));
        let mut fresh = DenseVector::new(8, 16);
        fresh.take_over(&form);
        // From 8 to 16 with the 10th place, and to what the 41st needs.
        assert_eq!((fresh.capacity, fresh.entries()), (82, 8));
        form.clear();
        form.shrink();
        assert_eq!(form.bytes(), 0);
    }
}
