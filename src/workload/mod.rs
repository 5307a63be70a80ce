//! Workloads: what is done to a map, in which order, with which keys and values.

pub mod access;
pub mod answer;
pub mod batch;
#[cfg(feature = "cli")]
pub mod catalog;
pub mod check;
#[cfg(feature = "cli")]
pub mod describe;
pub mod ids;
pub mod live;
pub mod mix;
#[cfg(feature = "cli")]
mod name;
pub mod op;
#[cfg(feature = "cli")]
pub mod overrides;
#[cfg(feature = "cli")]
pub mod parse;
pub mod payload;
#[cfg(feature = "cli")]
pub mod reader;
pub mod size;
mod source;
pub mod spec;
pub mod stream;
#[cfg(feature = "cli")]
pub mod variant;

pub use answer::Checksum;
pub use batch::{Batch, Call};
#[cfg(feature = "cli")]
pub use catalog::Catalog;
#[cfg(feature = "cli")]
pub use describe::describe;
#[cfg(feature = "cli")]
pub use overrides::Overrides;
pub use payload::{Key, KeyScratch, Value, make_key, make_value};
pub use source::OperationSource;
pub use spec::Workload;
pub use stream::Stream;
#[cfg(feature = "cli")]
pub use variant::Variant;
