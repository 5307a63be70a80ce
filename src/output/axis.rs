//! An axis of a chart: values to pixels, and the round values between which they lie.

/// A linear axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
}

impl Axis {
    /// Values from `low` to `high` on pixels `from` to `to`. An empty range becomes one of length 1.
    pub(super) fn new(low: f64, high: f64, from: i32, to: i32) -> Axis {
        Axis { low, high: if high > low { high } else { low + 1.0 }, from, to }
    }

    /// The pixel of a value; one outside of the range lies on the nearer end.
    pub(super) fn at(&self, value: f64) -> i32 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + (share * f64::from(self.to - self.from)).round() as i32
    }

    /// Multiples of 1, 2 or 5 times a power of ten within the range, about `wanted` of them and at most twice as many.
    /// They are whole numbers: bytes and counts have no fractions.
    pub(super) fn ticks(&self, wanted: u32) -> Vec<f64> {
        let rough = (self.high - self.low) / f64::from(wanted.max(1));
        let power = 10f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough).max(1.0);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step * (1.0 + 1e-9)).floor() as i64;
        (first..=last.min(first + 2 * i64::from(wanted))).map(|n| n as f64 * step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(Axis::new(0.0, 47.0, 0, 100).ticks(5), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(Axis::new(-3.0, 9.0, 0, 100).ticks(4), [0.0, 5.0]);
        assert_eq!(Axis::new(0.0, 0.0, 0, 100).ticks(5), [0.0, 1.0]);
        assert_eq!(Axis::new(0.0, u64::MAX as f64, 0, 100).ticks(4).len(), 4);
    }

    #[test]
    fn values_land_within_the_pixels() {
        let axis = Axis::new(0.0, 200.0, 300, 100);
        assert_eq!(
            [axis.at(0.0), axis.at(50.0), axis.at(200.0), axis.at(1e30), axis.at(-1.0)],
            [300, 250, 100, 100, 300]
        );
        assert_eq!(Axis::new(0.0, 0.0, 0, 100).at(0.0), 0);
    }
}
