//! The storage of one of Go's maps, as far as its bytes follow from the calls.

use super::buckets::Buckets;
use super::growth::Event;
use super::lying::Entries;
use super::size_class::SizeClasses;
use super::slice::Slice;
use super::swiss::Swiss;
use crate::maps::closed_form::{GoForm, GoStorage};
use crate::oracle::bounds::Span;
use crate::oracle::hash_table::Unknown;

/// The storage of a map.
#[derive(Debug, Clone)]
pub enum Storage {
    /// None: it keeps nothing.
    Nothing,
    /// Buckets.
    Buckets(Buckets),
    /// Swiss tables.
    Swiss(Swiss),
    /// A slice of entries.
    Slice(Slice),
}

impl Storage {
    /// That of a map of a form, made for `capacity` entries.
    pub fn new(form: GoForm, entries: &Entries, capacity: u64) -> Storage {
        let classes = SizeClasses { release: form.release };
        match form.storage {
            GoStorage::Nothing => Storage::Nothing,
            GoStorage::Buckets => Storage::Buckets(Buckets::new(classes, entries, capacity)),
            GoStorage::Swiss => Storage::Swiss(Swiss::new(classes, entries, capacity)),
            GoStorage::Slice => Storage::Slice(Slice::new(classes, entries.pair_in_slice(), capacity)),
        }
    }

    /// Bytes between two calls.
    ///
    /// # Errors
    /// In words, where the calls do not tell.
    pub fn bytes(&self) -> Result<Span, Unknown> {
        match self {
            Storage::Nothing => Ok(Span::exactly(0)),
            Storage::Buckets(buckets) => buckets.bytes(),
            Storage::Swiss(swiss) => Ok(swiss.bytes()),
            Storage::Slice(slice) => Ok(Span::exactly(slice.bytes())),
        }
    }

    /// Bytes that a call may have beyond that for a moment, without an event.
    pub fn transient_bytes(&self) -> u64 {
        match self {
            Storage::Swiss(swiss) => swiss.transient_bytes(),
            _ => 0,
        }
    }

    /// Entries in it.
    pub fn entries(&self) -> u64 {
        match self {
            Storage::Nothing => 0,
            Storage::Buckets(buckets) => buckets.entries,
            Storage::Swiss(swiss) => swiss.entries,
            Storage::Slice(slice) => slice.entries,
        }
    }

    /// The least bytes that it had, or has, when the last entry of a growth moves, if that may have happened by now and need
    /// not have.
    pub fn least_in_window(&self) -> Option<u64> {
        match self {
            Storage::Buckets(buckets) => buckets.least_in_window(),
            _ => None,
        }
    }

    /// Whether [`Storage::least_in_window`] is something.
    #[inline]
    pub fn is_in_window(&self) -> bool {
        matches!(self, Storage::Buckets(buckets) if buckets.is_in_window())
    }

    /// Takes an entry in.
    pub fn insert(&mut self) -> Result<Event, Unknown> {
        match self {
            Storage::Nothing => Ok(Event::None),
            Storage::Buckets(buckets) => buckets.insert(),
            Storage::Swiss(swiss) => swiss.insert(),
            Storage::Slice(slice) => Ok(slice.insert()),
        }
    }

    /// A call that writes to an entry that is there; `may`: or does not, which depends on the type of its value.
    pub fn write(&mut self, may: bool) -> Result<Event, Unknown> {
        match self {
            Storage::Buckets(buckets) => buckets.write(may),
            _ => Ok(Event::None),
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self) -> Result<Event, Unknown> {
        match self {
            Storage::Nothing => Ok(Event::None),
            Storage::Buckets(buckets) => buckets.remove(),
            Storage::Swiss(swiss) => {
                swiss.remove();
                Ok(Event::None)
            }
            Storage::Slice(slice) => {
                slice.entries = slice.entries.saturating_sub(1);
                Ok(Event::None)
            }
        }
    }

    /// Takes every entry out.
    pub fn clear(&mut self) {
        match self {
            Storage::Nothing => {}
            Storage::Buckets(buckets) => buckets.clear(),
            Storage::Swiss(swiss) => swiss.clear(),
            Storage::Slice(slice) => slice.entries = 0,
        }
    }

    /// Makes room for further entries, or gives room back where `additional` is none. Returns the bytes at the highest moment.
    ///
    /// # Errors
    /// Where no map of Go's can.
    pub fn resize(&mut self, additional: Option<u64>) -> Result<u64, Unknown> {
        match (self, additional) {
            (Storage::Nothing, _) => Ok(0),
            (Storage::Slice(slice), Some(additional)) => Ok(slice.reserve(additional)),
            (Storage::Slice(slice), None) => Ok(slice.shrink()),
            _ => Err("Go's own map makes no room and gives none back"),
        }
    }
}
