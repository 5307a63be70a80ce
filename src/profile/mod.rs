//! Profiles of heap and CPU, ours or read from a file: how they are collected, named and attributed. The type itself, with
//! its readers and writers, is a crate of its own, [`mapprof_profile`]; its names are here for what imports them.
//!
//! Everything that collects makes a [`Profile`]; every writer is a pure function of one.

pub mod attribute;
mod binary;
pub mod build;
pub mod class;
#[cfg(test)]
pub(crate) mod fixtures;
mod go_rules;
pub mod heap_v2;
pub mod interval;
pub mod jemalloc_dump;
pub mod lifetime;
mod qualify;
pub mod rules;
pub mod rust_symbol;
pub mod sites;
pub mod symbolize;
pub mod top;
pub mod unwind;

pub use mapprof_profile::{
    Format, Function, Known, Label, LabelValue, Limit, Line, Location, MOST_FRAMES, Mapping, Profile, Sample,
    Samples, Strings, Text, ValueType, Walker, folded, gzip, pprof, sniff,
};
