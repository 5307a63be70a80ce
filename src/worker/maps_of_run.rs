//! The maps that a workload runs on: one, or as many as it has instances.

use crate::record::Shape;

/// The maps of a run.
pub(super) enum Maps<C> {
    /// None: they were dropped, or are not made yet.
    Gone,
    /// A map, which lies where its owner lies, as in most programs.
    One(C),
    /// Several in a vector, which counts as a part of them.
    Several(Vec<C>),
}

impl<C> Maps<C> {
    /// Drops what is there and makes `count` maps. The vector of several stays the same.
    pub(super) fn make(&mut self, count: usize, mut make: impl FnMut() -> C) {
        if let Maps::Several(maps) = self {
            maps.clear();
            maps.extend((0..count).map(|_| make()));
            return;
        }
        // Dropped before the next is made.
        *self = Maps::Gone;
        *self = match count {
            1 => Maps::One(make()),
            several => Maps::Several((0..several).map(|_| make()).collect()),
        };
    }

    /// All of them.
    pub(super) fn as_mut_slice(&mut self) -> &mut [C] {
        match self {
            Maps::Gone => &mut [],
            Maps::One(map) => std::slice::from_mut(map),
            Maps::Several(maps) => maps,
        }
    }

    /// Bytes of the vector of several.
    pub(super) fn vector_bytes(&self) -> u64 {
        match self {
            Maps::Gone | Maps::One(_) => 0,
            Maps::Several(maps) => (maps.capacity() * size_of::<C>()) as u64,
        }
    }
}

/// What several maps say of their storage, added up, with the bytes of the vector that they lie in.
pub(super) fn sum(shapes: impl Iterator<Item = Shape>, vector_bytes: u64) -> Option<Shape> {
    let add = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
    let all = shapes.reduce(|a, b| Shape {
        capacity: add(a.capacity, b.capacity),
        slots: add(a.slots, b.slots),
        slot_bytes: b.slot_bytes,
        own_bytes: add(a.own_bytes, b.own_bytes),
    })?;
    Some(Shape { own_bytes: all.own_bytes.map(|bytes| bytes + vector_bytes), ..all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_made_anew_in_the_vector_that_they_lay_in() {
        let mut maps = Maps::Gone;
        let mut made = 0;
        let mut make = || {
            made += 1;
            made
        };
        maps.make(3, &mut make);
        let vector = maps.as_mut_slice().as_ptr();
        maps.make(3, &mut make);
        assert_eq!((maps.as_mut_slice().as_ptr(), maps.as_mut_slice().to_vec()), (vector, vec![4, 5, 6]));
        assert_eq!(maps.vector_bytes(), 12);
        maps = Maps::Gone;
        maps.make(1, || 7);
        assert_eq!((maps.vector_bytes(), maps.as_mut_slice()), (0, &mut [7][..]));
    }

    #[test]
    fn shapes_add_up_and_what_one_does_not_say_is_not_known() {
        let one = Shape { capacity: Some(7), slots: Some(8), slot_bytes: 16, own_bytes: Some(152) };
        let sum_of = |shapes: &[Shape], vector| sum(shapes.iter().copied(), vector);
        let two = Shape { capacity: Some(14), slots: Some(16), slot_bytes: 16, own_bytes: Some(404) };
        assert_eq!(sum_of(&[one, one], 100), Some(two));
        let silent = Shape { slots: None, own_bytes: None, ..one };
        let known = sum_of(&[one, silent], 100).unwrap();
        assert_eq!((known.slots, known.own_bytes, known.capacity), (None, None, Some(14)));
        assert_eq!(sum_of(&[], 0), None);
    }
}
