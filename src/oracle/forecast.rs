//! What a case must cost, as the closed forms have it.

use super::bounds::Span;

/// What a case must cost, phase by phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The phases in order.
    pub phases: Vec<PhaseForecast>,
}

/// What one phase must leave and reach; requested bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseForecast {
    /// Its name.
    pub name: String,
    /// Bytes live at its end.
    pub live: Figure,
    /// The highest live bytes from the beginning of the run to its end.
    pub peak: Figure,
}

/// A figure as the closed form has it; bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// To the byte.
    Exact(u64),
    /// Within two bounds, both included.
    Between {
        /// Lower bound.
        low: u64,
        /// Upper bound.
        high: u64,
    },
    /// There is no closed form, and why.
    Unknown(String),
}

impl Figure {
    /// The figure that is known within these bounds.
    pub(super) fn of(span: Span) -> Figure {
        if span.low == span.high {
            Figure::Exact(span.low)
        } else {
            Figure::Between { low: span.low, high: span.high }
        }
    }
}
