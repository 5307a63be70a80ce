//! Workloads: what is done to a map, in which order, with which keys and values.

pub mod access;
pub mod answer;
pub mod bit_mixer;
pub mod call_batch;
#[cfg(feature = "cli")]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod claim;
pub mod cross_checks;
#[cfg(feature = "cli")]
pub mod describe;
mod draw;
mod entry_picker;
mod expiry;
pub mod hashers;
pub mod key_ids;
pub mod key_length;
pub mod live_set;
mod live_sums;
#[cfg(feature = "cli")]
mod name;
pub mod op;
mod operation_source;
mod ordered_set;
#[cfg(feature = "cli")]
pub mod overrides;
#[cfg(feature = "cli")]
pub mod parse;
#[cfg(feature = "cli")]
mod parse_payload;
#[cfg(feature = "cli")]
mod parse_step;
pub mod payload;
#[cfg(feature = "cli")]
pub mod program_file;
pub mod spec;
pub mod step;
pub mod stream;
#[cfg(feature = "cli")]
pub mod stream_check;
#[cfg(feature = "cli")]
pub mod toml_reader;
pub mod type_registry;
pub mod value_size;
#[cfg(feature = "cli")]
pub mod variant;
pub mod zipf;

pub use answer::Checksum;
pub use call_batch::{Batch, Call};
#[cfg(feature = "cli")]
pub use catalog::Catalog;
#[cfg(feature = "cli")]
pub use describe::describe;
pub use operation_source::OperationSource;
#[cfg(feature = "cli")]
pub use overrides::Overrides;
pub use payload::{Key, KeyScratch, Value, make_key, make_value};
pub use spec::Workload;
pub use stream::Stream;
#[cfg(feature = "cli")]
pub use variant::Variant;
