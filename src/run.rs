//! The side of the parent: the passes of a case, each in a child that is started and listened to, and the record, the
//! profiles and the files that come of them.

pub mod assemble;
pub mod case;
pub mod child;
pub mod event_reader;
mod leaks;
pub mod merge_shards;
mod owners;
pub mod passes;
pub mod plan;
pub mod reconcile;
pub mod rerun;
pub mod run_dir;
pub mod shard;
pub mod signals;
pub mod stored_profile;
pub mod write_files;
