//! Sweeps: the same case over many values of a setting. The settings, the record of all points, and how a cost grows.

pub mod growth;
pub mod record;
pub mod series;
pub mod setting;

pub use growth::{FEWEST_POINTS, Fit, Law, fits};
pub use record::{Bounds, PointRecord, SWEEP_FORMAT, SWEEP_PICTURE, SWEEP_RECORD, SweepRecord};
pub use series::Series;
pub use setting::{MOST_POINTS, PointSettings, Setting};
