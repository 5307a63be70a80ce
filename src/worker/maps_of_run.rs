//! The maps that a workload runs on: one, or as many as it has instances.

use crate::record::Shape;

/// The maps of a run.
pub(super) struct Maps<C> {
    /// The only one, which lies where its owner lies, as in most programs.
    one: Option<C>,
    /// Several in a vector, which counts as a part of them.
    several: Vec<C>,
}

impl<C> Maps<C> {
    /// None yet.
    pub(super) const fn none() -> Self {
        Maps { one: None, several: Vec::new() }
    }

    /// Drops what is there and makes `count` maps. The vector of several stays the same.
    pub(super) fn make(&mut self, count: usize, make: impl Fn() -> C) {
        // Dropped before the next is made.
        self.empty();
        if count > 1 {
            self.several.reserve_exact(count);
        }
        // One place that makes them: it is compiled for every combination of types.
        for _ in 0..count {
            let map = make();
            if count == 1 {
                self.one = Some(map);
            } else {
                self.several.push(map);
            }
        }
    }

    /// Drops what is there.
    pub(super) fn drop_all(&mut self) {
        self.empty();
        self.several.shrink_to_fit();
    }

    /// Drops the maps, and keeps the vector. The one place that drops them, likewise.
    #[inline(never)]
    fn empty(&mut self) {
        self.one = None;
        self.several.clear();
    }

    /// The only one; none if there are several or none.
    pub(super) const fn single(&self) -> Option<&C> {
        self.one.as_ref()
    }

    /// All of them.
    pub(super) fn as_mut_slice(&mut self) -> &mut [C] {
        match &mut self.one {
            Some(map) => std::slice::from_mut(map),
            None => &mut self.several,
        }
    }
}

/// What maps say of themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Their storage, added up; none if there is no map.
    pub shape: Option<Shape>,
    /// Their entries.
    pub entries: u64,
}

impl Look {
    /// Adds a map.
    pub(super) fn add(&mut self, shape: Shape, entries: u64) {
        let add = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        self.entries += entries;
        self.shape = Some(self.shape.map_or(shape, |sum| Shape {
            capacity: add(sum.capacity, shape.capacity),
            slots: add(sum.slots, shape.slots),
            slot_bytes: shape.slot_bytes,
            own_bytes: add(sum.own_bytes, shape.own_bytes),
        }));
    }

    /// Adds the vector that several maps lie in.
    pub(super) fn add_vector(&mut self, bytes: u64) {
        if let Some(shape) = &mut self.shape {
            shape.own_bytes = shape.own_bytes.map(|own| own + bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_made_anew_in_the_vector_that_they_lay_in() {
        let mut maps = Maps::none();
        let made = std::cell::Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            made.get()
        };
        maps.make(3, make);
        let vector = maps.as_mut_slice().as_ptr();
        maps.make(3, make);
        assert_eq!((maps.as_mut_slice().as_ptr(), maps.as_mut_slice().to_vec()), (vector, vec![4, 5, 6]));
        maps.drop_all();
        assert_eq!((maps.several.capacity(), maps.as_mut_slice()), (0, &mut [][..]));
        maps.make(1, make);
        assert_eq!((maps.several.capacity(), maps.as_mut_slice()), (0, &mut [7][..]));
    }

    #[test]
    fn shapes_add_up_and_what_one_does_not_say_is_not_known() {
        let one = Shape { capacity: Some(7), slots: Some(8), slot_bytes: 16, own_bytes: Some(152) };
        let sum_of = |shapes: &[Shape]| {
            let mut look = Look::default();
            shapes.iter().for_each(|shape| look.add(*shape, 5));
            look.add_vector(100);
            look
        };
        let two = Shape { capacity: Some(14), slots: Some(16), slot_bytes: 16, own_bytes: Some(404) };
        assert_eq!(sum_of(&[one, one]), Look { shape: Some(two), entries: 10 });
        let silent = Shape { slots: None, own_bytes: None, ..one };
        let known = sum_of(&[one, silent]).shape.unwrap();
        assert_eq!((known.slots, known.own_bytes, known.capacity), (None, None, Some(14)));
        assert_eq!(sum_of(&[]), Look::default());
    }
}
