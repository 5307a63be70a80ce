//! The blocks of the values that a replay has put into its maps.

use std::collections::HashMap;

use crate::workload::hashers::FixedSip;
use crate::workload::spec::ValueSpec;

/// The blocks of values, as they come and go. Keys are named by their digests.
pub enum ValueBlocks {
    /// All have the same bytes, or none a block of its own.
    Same(u64),
    /// They differ, and no value is ever replaced or removed, so nothing has to be remembered.
    Added,
    /// They differ: the value of each live key.
    Each(HashMap<u64, Value, FixedSip>),
}

/// The blocks of a value.
#[derive(Clone, Copy, Default)]
pub struct Value {
    /// Their bytes.
    pub bytes: u64,
    /// Whether somebody else holds it too, so that it stays when the map lets it go.
    pub held: bool,
}

impl Value {
    /// The bytes that are freed when the map lets it go.
    pub fn freed(self) -> u64 {
        if self.held { 0 } else { self.bytes }
    }
}

impl ValueBlocks {
    /// Of no values yet. `replaces` says whether any is replaced or removed one by one.
    pub fn new(values: &ValueSpec, replaces: bool) -> Self {
        let each = values.held_share > 0.0;
        ValueBlocks::of(values.same_block_bytes().filter(|_| !each), replaces || each)
    }

    /// Of no values yet, of which all have `same` bytes if that is something.
    pub fn of(same: Option<u64>, replaces: bool) -> Self {
        match same {
            Some(bytes) => ValueBlocks::Same(bytes),
            None if replaces => ValueBlocks::Each(HashMap::default()),
            None => ValueBlocks::Added,
        }
    }

    /// The bytes of every value, if they need not be worked out for each.
    #[inline]
    pub fn same(&self) -> Option<u64> {
        match self {
            ValueBlocks::Same(bytes) => Some(*bytes),
            ValueBlocks::Added | ValueBlocks::Each(_) => None,
        }
    }

    /// Notes the value of a key. Returns the one that it replaces, if there was one.
    #[inline]
    pub fn put(&mut self, key: u64, value: Value) -> Value {
        match self {
            ValueBlocks::Same(bytes) => Value { bytes: *bytes, held: false },
            ValueBlocks::Added => Value::default(),
            ValueBlocks::Each(of) => of.insert(key, value).unwrap_or_default(),
        }
    }

    /// The value of a key that is taken out.
    #[inline]
    pub fn take(&mut self, key: u64) -> Value {
        match self {
            ValueBlocks::Same(bytes) => Value { bytes: *bytes, held: false },
            ValueBlocks::Added => Value::default(),
            ValueBlocks::Each(of) => of.remove(&key).unwrap_or_default(),
        }
    }

    /// The value of a key is changed in place. Returns the bytes of the copy that the map gets, if others held it.
    #[inline]
    pub fn change(&mut self, key: u64) -> Option<u64> {
        let ValueBlocks::Each(of) = self else { return None };
        let value = of.get_mut(&key).filter(|value| value.held)?;
        value.held = false;
        Some(value.bytes)
    }

    /// The maps let every value go.
    pub fn clear(&mut self) {
        if let ValueBlocks::Each(of) = self {
            of.clear();
        }
    }
}
