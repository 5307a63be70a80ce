//! Profiles of heap and CPU: [pprof]'s format, folded stacks and jemalloc's heap dumps, read into one type and written
//! again.
//!
//! Files from elsewhere may be damaged or hostile. A reader here answers any bytes with a profile or an error. It does not
//! panic, it has no unsafe code, and what it allocates is bounded by the length of the file and a [`Limit`].
//!
//! # Example
//!
//! The ten functions that a Go program spends its time in, or that hold its memory (`examples/top.rs`):
//!
//! ```no_run
#![doc = include_str!("../examples/top.rs")]
//! ```
//!
//! # Shapes
//!
//! A [`Profile`] has pprof's meaning. A sample ([`Sample`]) is a stack with one value for each of
//! [`Profile::sample_types`]. A stack names locations ([`Location`]), innermost first; a location is an address with the
//! frames ([`Line`]) that it stands for, innermost (inlined) first; a frame names a function ([`Function`]). All of them are
//! named by their index in the profile's vectors, and text by its number ([`Text`]) in the table [`Strings`]. Ids, which the
//! file has, are gone when it is read; written ones count up from 1.
//!
//! Samples lie flat, in a few vectors ([`Samples`]): a [`Sample`] is a view. What is asked most is a method of [`Profile`],
//! and [`Walker`] puts together the stacks of all samples.
//!
//! # Units
//!
//! A value is a signed number of 64 bits, in the unit that its sample type names: `count`, `bytes`, `nanoseconds`. Nothing
//! is converted. The period is in the unit of [`Profile::period_type`], times are in nanoseconds, and the time of a profile
//! counts from 1970. Readers of [`folded`] stacks are told the unit; the figures of a [`heap_v2`] dump become what they
//! stand for, as jeprof scales them.
//!
//! # Limits
//!
//! [`Limit`] bounds the unpacked length (1 GiB, if not said otherwise) and the frames of one stack (16,384). Beside that,
//! each reader holds what the entries of a file take in memory against its length: at most 16 MiB, and ten bytes for each
//! byte of the file, unpacked. All stacks together have at most 4,194,304 frames and eight for each byte. A file of which
//! more would come is refused as hollow before the memory is taken. Indexes are of 32 bits.
//!
//! Text is cleaned when it comes in: characters that are not seen and are obeyed all the same, such as those of a
//! terminal's escape sequences, are blanks ([`printable()`]).
//!
//! # Errors
//!
//! Each format has its own type of error, and [`Error`] is any of them; a message is one line, and names the entry or line
//! that is wrong. [`Error::exceeded`] tells whether a higher limit would help. Enums and structs that will grow are
//! `#[non_exhaustive]`.
//!
//! [pprof]: https://github.com/google/pprof/blob/main/proto/profile.proto

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod alloc_budget;
mod error;
#[cfg(test)]
mod fixtures;
pub mod folded;
pub mod gzip;
pub mod heap_v2;
mod limit;
pub mod pprof;
mod printable;
pub mod proc_maps;
mod profile;
#[cfg(test)]
mod proto;
mod query;
mod read;
mod samples;
mod sniff;
mod stack_resolver;
mod strings;

// Its examples are tests too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::{Error, Exceeded};
pub use limit::{Limit, MOST_FRAMES, TooDeep};
pub use printable::{is_shown, printable};
pub use profile::{Function, Known, Label, LabelValue, Line, Location, Mapping, Profile, ValueType};
pub use read::read;
pub use samples::{Iter, Sample, Samples};
pub use sniff::{Format, sniff};
pub use stack_resolver::Walker;
pub use strings::{Strings, Text};
