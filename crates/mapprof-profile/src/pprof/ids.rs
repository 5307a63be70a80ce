//! Where in a profile's vectors the entries with these ids lie.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::DecodeError;

/// Stands for an id that nothing has.
const NONE: u32 = u32::MAX;

/// The positions of ids.
#[derive(Debug)]
pub enum Ids {
    /// By id. Most programs count their ids from 1.
    Near(Vec<u32>),
    /// Of programs that take addresses for ids.
    Far(HashMap<u64, u32, RandomState>),
}

impl Ids {
    /// The positions of `ids`, which are of `what`.
    ///
    /// # Errors
    /// When an id is 0, when two are the same, and when there are too many.
    pub fn new(what: &'static str, ids: &[u64]) -> Result<Ids, DecodeError> {
        if ids.len() >= NONE as usize {
            return Err(DecodeError::TooMany(what));
        }
        let greatest = ids.iter().max().copied().unwrap_or(0);
        let near = greatest <= (ids.len() as u64).saturating_mul(2).saturating_add(1024);
        let mut found = match usize::try_from(greatest) {
            Ok(greatest) if near => Ids::Near(vec![NONE; greatest + 1]),
            _ => Ids::Far(HashMap::with_capacity_and_hasher(ids.len(), RandomState::default())),
        };
        for (position, id) in (0..).zip(ids) {
            if *id == 0 {
                return Err(DecodeError::ZeroId { what, number: position as usize + 1 });
            }
            let before = match &mut found {
                Ids::Near(positions) => {
                    let place = positions.get_mut(*id as usize);
                    place.map(|place| std::mem::replace(place, position)).filter(|before| *before != NONE)
                }
                Ids::Far(positions) => positions.insert(*id, position),
            };
            if before.is_some() {
                return Err(DecodeError::Twice { what, id: *id });
            }
        }
        Ok(found)
    }

    /// The position of `id`.
    #[inline]
    pub fn position(&self, id: u64) -> Option<u32> {
        match self {
            Ids::Near(positions) => {
                usize::try_from(id).ok().and_then(|id| positions.get(id)).copied().filter(|at| *at != NONE)
            }
            Ids::Far(positions) => positions.get(&id).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_near_and_far_are_found() {
        for ids in [vec![1, 2, 3], vec![3, 1, 900], vec![1 << 40, 7, u64::MAX]] {
            let found = Ids::new("location", &ids).unwrap();
            for (position, id) in (0..).zip(&ids) {
                assert_eq!(found.position(*id), Some(position), "{ids:?}");
            }
            assert_eq!((found.position(0), found.position(5), found.position(1 << 50)), (None, None, None));
        }
        assert_eq!(Ids::new("mapping", &[]).unwrap().position(0), None);
    }

    #[test]
    fn ids_that_are_no_ids_are_refused() {
        for far in [4, u64::MAX] {
            assert_eq!(
                Ids::new("function", &[far, 2, 3, 2]).unwrap_err().to_string(),
                "the profile has two functions with the id 2"
            );
            assert_eq!(
                Ids::new("location", &[far, 0]).unwrap_err().to_string(),
                "location 2 of the profile has the id 0, which stands for none"
            );
        }
    }
}
