//! Workloads: what is done to a map, in which order, with which keys and values.

pub mod access;
pub mod answer;
pub mod batch;
pub mod catalog;
pub mod check;
pub mod describe;
pub mod ids;
pub mod live;
pub mod mix;
mod name;
pub mod op;
pub mod overrides;
pub mod parse;
pub mod payload;
pub mod reader;
pub mod size;
mod source;
pub mod spec;
pub mod stream;
pub mod variant;

pub use answer::Checksum;
pub use batch::{Batch, Call};
pub use catalog::Catalog;
pub use describe::describe;
pub use overrides::Overrides;
pub use payload::{Key, KeyScratch, Value, make_key, make_value};
pub use source::OperationSource;
pub use spec::Workload;
pub use stream::Stream;
pub use variant::Variant;
