//! pprof's file format: a [`Profile`] to gzipped protobuf and back.
//!
//! What is written obeys the strictest reader known (Parca): ids count up from 1, the first string is empty, every
//! sample has one value per sample type. The same profile always gives the same bytes.

mod ids;
mod read;
mod wire;
mod write;

use crate::gzip::{self, UnpackError};
use crate::{Limit, Profile, TooDeep};

/// Why bytes are not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// They cannot be unpacked, or are too many.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// Entries with next to no content, which take memory and mean nothing.
    #[error("the profile is full of empty entries")]
    Hollow,
    /// A stack of too many frames.
    #[error("sample {sample} {wrong}")]
    TooDeep {
        /// Which sample, from 1.
        sample: usize,
        /// What is wrong.
        wrong: TooDeep,
    },
    /// Few locations that stand for many frames each, named again and again.
    #[error("sample {0}: the stacks up to here have more frames than a file of this size is worth")]
    Expands(usize),
    /// More entries than can be numbered.
    #[error("the profile has more than 4294967295 {0}s")]
    TooMany(&'static str),
    /// Neither gzip nor a pprof message.
    #[error("not a pprof profile: neither gzip nor a protobuf message of pprof's form")]
    NotAProfile,
    /// A pprof message that counts nothing.
    #[error("the profile names no sample types, so its samples have no meaning")]
    NoSampleTypes,
    /// A string table that gives what has no name a name.
    #[error("the first string of the profile is not the empty one")]
    FirstString,
    /// An id that nothing has.
    #[error("{place} names {what} {id}, which the profile does not have")]
    Dangling {
        /// Who names it.
        place: String,
        /// What is named: `location`, `function`, `mapping`, `string`.
        what: &'static str,
        /// The id or index.
        id: i128,
    },
    /// An id that two have.
    #[error("the profile has two {what}s with the id {id}")]
    Twice {
        /// `location`, `function` or `mapping`.
        what: &'static str,
        /// The id.
        id: u64,
    },
    /// The id that stands for none.
    #[error("{what} {number} of the profile has the id 0, which stands for none")]
    ZeroId {
        /// `location`, `function` or `mapping`.
        what: &'static str,
        /// Which one, from 1.
        number: usize,
    },
    /// A sample with too many or too few values.
    #[error("sample {sample} has {values} values for {types} sample types")]
    WrongValues {
        /// Which sample, from 1.
        sample: usize,
        /// How many values it has.
        values: usize,
        /// How many it should have.
        types: usize,
    },
}

/// `profile` as gzipped pprof protobuf. Strings that nothing names are left out.
///
/// A profile of one stack, `main` over `read`, that was met three times:
///
/// ```
/// use mapprof_profile::{Function, Limit, Line, Location, Profile, Sample, Text, ValueType, pprof};
///
/// let mut profile = Profile::default();
/// let (kind, unit) = (profile.strings.add("samples"), profile.strings.add("count"));
/// profile.sample_types.push(ValueType { kind, unit });
/// for (index, name) in (0..).zip(["main", "read"]) {
///     let name = profile.strings.add(name);
///     profile.functions.push(Function::new(name, Text::default()));
///     profile.locations.push(Location::new(0, vec![Line::new(index, 0)]));
/// }
/// profile.samples.push(Sample { locations: &[1, 0], values: &[3], labels: &[] });
///
/// let again = pprof::decode(&pprof::encode(&profile), Limit::default())?;
/// let stack = again.samples.get(0).expect("it has one").locations;
/// let names: Vec<&str> = again.frames(stack).map(|line| again.function_name(line)).collect();
/// assert_eq!((names, again.total("samples")), (vec!["read", "main"], Some(3)));
/// # Ok::<(), pprof::DecodeError>(())
/// ```
pub fn encode(profile: &Profile) -> Vec<u8> {
    gzip::pack(&encode_plain(profile))
}

/// `profile` as pprof protobuf, not packed.
pub fn encode_plain(profile: &Profile) -> Vec<u8> {
    write::message(profile)
}

/// The profile in `bytes`, gzipped or not.
///
/// # Errors
/// When the bytes are no profile, one that contradicts itself, or more than `limit` allows; the error is one line for
/// the user.
pub fn decode(bytes: &[u8], limit: Limit) -> Result<Profile, DecodeError> {
    if gzip::is_gzip(bytes) {
        decode_plain(&gzip::unpack(bytes, limit)?, limit)
    } else {
        decode_plain(bytes, limit)
    }
}

/// The profile in unpacked `bytes`.
///
/// # Errors
/// As of [`decode`].
pub fn decode_plain(bytes: &[u8], limit: Limit) -> Result<Profile, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if limit.forbids(bytes.len()) {
        return Err(UnpackError::TooLarge(limit).into());
    }
    read::profile(bytes, limit)
}

#[cfg(test)]
#[path = "pprof_tests.rs"]
mod tests;
