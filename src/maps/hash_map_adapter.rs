//! The adapter of a map that is called like the standard library's `HashMap`.

/// Implements [`super::Collection`] and [`super::Handle`] for `$map<K, V, S>` with any hasher. `$remove` is its removal, and `$shape` what
/// `$this`, the map, says of its storage; it may name the types `K` and `V`; `NamedHasher` is in scope where this is used.
macro_rules! hash_map_adapter {
    ($map:ident, $remove:ident, $this:ident => $shape:expr) => {
        impl<K: Key, V: Value, S: NamedHasher> super::Collection<K, V> for $map<K, V, S> {
            type Handle<'a> = &'a mut $map<K, V, S>;

            fn new(config: super::MapConfig) -> Self {
                $map::with_capacity_and_hasher(config.capacity.unwrap_or(0), S::default())
            }

            fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
                vec![self]
            }

            fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
                $map::get(self, key).map(read)
            }

            fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
                for (key, value) in self.iter() {
                    visit(key, value);
                }
            }
        }

        impl<K: Key, V: Value, S: NamedHasher> super::Handle<K, V> for &mut $map<K, V, S> {
            #[inline(always)]
            fn insert(&mut self, key: K, value: V) -> bool {
                $map::insert(self, key, value).is_none()
            }

            #[inline(always)]
            fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
                $map::get(self, key).map(read)
            }

            #[inline(always)]
            fn update(&mut self, key: &K::Ref, value: V) -> bool {
                match $map::get_mut(self, key) {
                    Some(slot) => {
                        *slot = value;
                        true
                    }
                    None => false,
                }
            }

            #[inline(always)]
            fn remove(&mut self, key: &K::Ref) -> bool {
                $map::$remove(self, key).is_some()
            }

            #[inline(always)]
            fn entry(
                &mut self,
                key: K,
                value: impl FnOnce() -> V,
                read: impl FnOnce(&V) -> u64,
            ) -> Option<u64> {
                let mut is_new = false;
                let slot = $map::entry(self, key).or_insert_with(|| {
                    is_new = true;
                    value()
                });
                if is_new { None } else { Some(read(slot)) }
            }

            #[inline(always)]
            fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
                $map::get_mut(self, key).map(change)
            }

            fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
                for (key, value) in self.iter() {
                    visit(key, value);
                }
            }

            fn clear(&mut self) {
                $map::clear(self);
            }

            fn len(&mut self) -> usize {
                $map::len(self)
            }

            fn shape(&mut self) -> Shape {
                let $this = &**self;
                $shape
            }

            fn reserve(&mut self, additional: usize) {
                $map::reserve(self, additional);
            }

            fn shrink(&mut self) {
                self.shrink_to_fit();
            }
        }
    };
}
pub(super) use hash_map_adapter;
