//! An axis of a chart: values to pixels, and the round values between which they lie.

/// An axis, linear or logarithmic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
    logarithmic: bool,
}

impl Axis {
    /// Values from `low` to `high` on pixels `from` to `to`. An empty range becomes one of length 1.
    pub(super) fn new(low: f64, high: f64, from: i32, to: i32) -> Axis {
        Axis { low, high: if high > low { high } else { low + 1.0 }, from, to, logarithmic: false }
    }

    /// The same with equal ratios at equal distances; `low` is above zero.
    pub(super) fn logarithmic(low: f64, high: f64, from: i32, to: i32) -> Axis {
        let low = low.max(f64::MIN_POSITIVE);
        Axis { low, high: if high > low { high } else { low * 10.0 }, from, to, logarithmic: true }
    }

    /// Whether equal ratios have equal distances.
    pub(super) fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// The pixel of a value; one outside of the range lies on the nearer end.
    pub(super) fn at(&self, value: f64) -> i32 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        let share = share.clamp(0.0, 1.0);
        self.from + (share * f64::from(self.to - self.from)).round() as i32
    }

    /// Multiples of 1, 2 or 5 times a power of ten within the range, about `wanted` of them and at most twice as many.
    /// They are whole numbers: bytes and counts have no fractions. On a logarithmic axis each power of ten has three, or
    /// one if that were more than twice as many as wanted.
    pub(super) fn ticks(&self, wanted: u32) -> Vec<f64> {
        self.multiples(wanted, 1.0)
    }

    /// The same of figures that may be fractions.
    pub(super) fn fine_ticks(&self, wanted: u32) -> Vec<f64> {
        self.multiples(wanted, f64::MIN_POSITIVE)
    }

    fn multiples(&self, wanted: u32, least: f64) -> Vec<f64> {
        if self.logarithmic {
            return self.powers(wanted);
        }
        let rough = (self.high - self.low) / f64::from(wanted.max(1));
        let power = 10f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough).max(least);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step * (1.0 + 1e-9)).floor() as i64;
        (first..=last.min(first + 2 * i64::from(wanted))).map(|n| n as f64 * step).collect()
    }

    fn powers(&self, wanted: u32) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().floor() as i32);
        let of = |factors: &[f64]| -> Vec<f64> {
            let all =
                (first..=last).flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)));
            all.filter(|tick| (self.low..=self.high).contains(tick)).collect()
        };
        let fine = of(&[1.0, 2.0, 5.0]);
        if fine.len() <= 2 * wanted as usize {
            return fine;
        }
        let coarse = of(&[1.0]);
        let every = coarse.len().div_ceil(2 * wanted.max(1) as usize).max(1);
        coarse.into_iter().step_by(every).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(Axis::new(0.0, 47.0, 0, 100).ticks(5), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(Axis::new(-3.0, 9.0, 0, 100).ticks(4), [0.0, 5.0]);
        assert_eq!(Axis::new(1.0, 1.6, 0, 100).ticks(4), [1.0]);
        let fine = Axis::new(1.0, 1.6, 0, 100).fine_ticks(4);
        assert!(
            fine.iter().zip([1.0, 1.2, 1.4, 1.6]).all(|(tick, due)| (tick - due).abs() < 1e-9),
            "{fine:?}"
        );
        assert_eq!(Axis::new(0.0, 0.0, 0, 100).ticks(5), [0.0, 1.0]);
        assert_eq!(Axis::new(0.0, u64::MAX as f64, 0, 100).ticks(4).len(), 4);
    }

    #[test]
    fn a_logarithmic_axis_has_equal_distances_for_equal_ratios() {
        let axis = Axis::logarithmic(1.0, 10_000.0, 0, 400);
        assert_eq!([1.0, 10.0, 1000.0, 0.0, 1e9].map(|value| axis.at(value)), [0, 100, 300, 0, 400]);
        assert_eq!(Axis::logarithmic(3.0, 120.0, 0, 100).ticks(5), [5.0, 10.0, 20.0, 50.0, 100.0]);
        assert_eq!(axis.ticks(4), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        assert!(Axis::logarithmic(1e-300, 1e300, 0, 100).ticks(5).len() <= 10);
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
