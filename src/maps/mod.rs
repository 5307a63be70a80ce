//! Maps: a named adapter over each implementation, and the table of them.
//!
//! An adapter is three things: a [`MapFamily`] (its name and what it can do), a [`Collection`] (one map of some key and
//! value type) and a [`Handle`] (what one worker thread calls). The operation loop is compiled for each handle type, so
//! that a call costs what it would cost in a hand-written loop.

mod adapter;
pub mod b_tree;
#[cfg(feature = "maps")]
pub mod blart_map;
mod cloned;
pub mod closed_form;
#[cfg(feature = "maps")]
pub mod concread_map;
pub mod cow_std;
#[cfg(feature = "maps")]
pub mod dash_map;
pub mod dense_vec;
#[cfg(feature = "maps")]
pub mod griddle_map;
pub mod hash_brown;
mod hash_map_adapter;
pub mod hashbrown_layout;
#[cfg(feature = "maps")]
pub mod imbl_map;
#[cfg(feature = "maps")]
pub mod index_map;
mod info;
#[cfg(feature = "maps")]
pub mod left_right_map;
#[cfg(feature = "maps")]
pub mod lite_map;
pub mod mutex_std;
pub mod null;
mod pairs;
#[cfg(feature = "maps")]
pub mod papaya_map;
#[cfg(feature = "maps")]
pub mod rpds_map;
pub mod rwlock_std;
#[cfg(feature = "maps")]
pub mod scc_hash_index;
#[cfg(feature = "maps")]
pub mod scc_map;
#[cfg(feature = "maps")]
pub mod scc_tree_index;
#[cfg(feature = "maps")]
pub mod sharded_rwlock;
#[cfg(feature = "maps")]
pub mod skip_list;
pub mod sorted_vec;
pub mod std_hash;

pub use adapter::{Collection, Handle, HashedMapOf, MapConfig, MapFamily, MapOf, Pairs};
// What an adapter names stands where its traits are.
pub use closed_form::ClosedForm;
pub use info::{EntryOrder, Frees, MapInfo, ProcessWide};
pub use pairs::{common_pairs, few_pairs, number_pairs};
#[cfg(feature = "maps")]
pub use pairs::{further_pairs, hashed_pairs, record_pairs};

pub use crate::record::{Shape, Varies};

/// Hands the built-in maps, in the order in which they are listed, to the macro `$then`. A program that has the worker alone has
/// none: those of the `mapprof` that it hands its command line over to serve.
#[cfg(not(feature = "maps"))]
macro_rules! built_in {
    ($then:ident) => {
        $then! {}
    };
}

/// Hands the built-in maps, in the order in which they are listed, to the macro `$then`.
#[cfg(feature = "maps")]
macro_rules! built_in {
    ($then:ident) => {
        $then! {
            std_hash::StdHash,
            hash_brown::HashBrown,
            griddle_map::Griddle,
            b_tree::BTree,
            index_map::IndexMapFamily,
            blart_map::Blart,
            sorted_vec::SortedVec,
            lite_map::Lite,
            dense_vec::DenseVec,
            imbl_map::Imbl,
            rpds_map::Rpds,
            mutex_std::MutexStd,
            rwlock_std::RwLockStd,
            sharded_rwlock::ShardedRwLock,
            cow_std::CowStd,
            left_right_map::LeftRight,
            dash_map::Dash,
            papaya_map::Papaya,
            scc_map::Scc,
            scc_hash_index::SccHashIndex,
            scc_tree_index::SccTreeIndex,
            skip_list::SkipListFamily,
            concread_map::Concread,
            null::Null,
        }
    };
}
pub(crate) use built_in;

macro_rules! infos {
    ($($module:ident :: $family:ident,)*) => {
        /// What is known of the built-in maps, in the order in which they are listed.
        pub const BUILT_IN: &[MapInfo] = &[$($module::$family::INFO,)*];
    };
}
built_in!(infos);

#[cfg(test)]
#[path = "storage_tests.rs"]
mod tests;
