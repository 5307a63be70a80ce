//! How a cost grows with a setting: laws fitted by least squares, and the one that a sweep's points follow.
//!
//! Residuals count as shares of the figures, since a sweep goes over powers of ten: the fit is of `y / y = 1`. Where a figure is
//! zero, all are shares of their mean. Laws are compared by the Bayesian information criterion with the correction of
//! Akaike's for few points: both ask for a better fit of a law with more parameters.

use serde::Serialize;

/// The fewest points that a law is fitted to.
pub const FEWEST_POINTS: usize = 4;

/// What a figure may be off without meaning anything, as a share: no law is better than another below it.
const FLOOR: f64 = 0.005;

/// How much smaller the residual of a law with more parameters must be, and of steps, which can follow almost anything a
/// little.
const BETTER: f64 = 0.9;
const BETTER_BY_STEPS: f64 = 0.5;

/// A law, with `n` the setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// `a`
    Constant,
    /// `a + b / n`: a fixed cost, shared by all.
    Inverse,
    /// `a + b log2 n`
    Logarithmic,
    /// `a + b n`
    Linear,
    /// `a + b n log2 n`
    Linearithmic,
    /// `a n + b s`, where `s` is the smallest power of two of which some share is at least `n`: what doubles at once, beside what
    /// each entry has of its own.
    Steps,
    /// `a + b s / n`: the same per entry.
    StepsPerEntry,
}

impl Law {
    /// All, those with fewer parameters first.
    pub const ALL: [Law; 7] = [
        Law::Constant,
        Law::Inverse,
        Law::Logarithmic,
        Law::Linear,
        Law::Linearithmic,
        Law::Steps,
        Law::StepsPerEntry,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Law::Constant => "constant",
            Law::Inverse => "1/n",
            Law::Logarithmic => "log n",
            Law::Linear => "n",
            Law::Linearithmic => "n log n",
            Law::Steps => "steps",
            Law::StepsPerEntry => "steps per n",
        }
    }

    /// Whether it goes up in steps.
    fn is_stepped(self) -> bool {
        matches!(self, Law::Steps | Law::StepsPerEntry)
    }

    /// Numbers that are chosen to fit. That of the steps' place is tried for every point, which counts twice.
    fn parameters(self) -> usize {
        match self {
            Law::Constant => 1,
            Law::Steps | Law::StepsPerEntry => 4,
            _ => 2,
        }
    }

    /// What `b` is multiplied by. `share` is that of the steps.
    fn basis(self, n: f64, share: f64) -> f64 {
        match self {
            Law::Constant => 0.0,
            Law::Inverse => 1.0 / n,
            Law::Logarithmic => n.log2(),
            Law::Linear => n,
            Law::Linearithmic => n * n.log2(),
            Law::Steps | Law::StepsPerEntry => step(n, share) / n,
        }
    }
}

/// The smallest power of two of which `share` is at least `n`.
fn step(n: f64, share: f64) -> f64 {
    (n / share).log2().ceil().exp2()
}

/// A law with the numbers that fit a series best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fit {
    /// The law.
    pub law: Law,
    /// Its constant.
    pub a: f64,
    /// Its factor; 0 of a constant.
    pub b: f64,
    /// Of steps: the share of a power of two beyond which the next one begins, between two points.
    pub share: Option<(f64, f64)>,
    /// The root of the mean square of the residuals, each a share of the figure.
    pub residual: f64,
}

impl Fit {
    /// The law's value.
    pub fn at(&self, n: f64) -> f64 {
        let share = self.share.map_or(1.0, middle);
        let value = self.a + self.b * self.law.basis(n, share);
        if self.law == Law::Steps { value * n } else { value }
    }

    /// How bad it is: the misfit, and a charge for its parameters.
    fn criterion(&self, points: usize) -> f64 {
        let (points, parameters) = (points as f64, self.law.parameters() as f64);
        let misfit = self.residual.hypot(FLOOR);
        let of_few = 2.0 * parameters * (parameters + 1.0) / (points - parameters - 1.0);
        points * (misfit * misfit).ln() + parameters * points.ln() + of_few
    }
}

/// The share between two, in the ratio's middle.
fn middle((low, high): (f64, f64)) -> f64 {
    (low * high).sqrt()
}

/// Every law that the points say something of, the one that they follow first, then by how well they fit. Points have a
/// positive setting; empty of fewer than [`FEWEST_POINTS`] different ones.
pub fn fits(points: &[(f64, f64)]) -> Vec<Fit> {
    let points: Vec<(f64, f64)> =
        points.iter().copied().filter(|(n, y)| *n > 0.0 && n.is_finite() && y.is_finite()).collect();
    let mut sizes: Vec<f64> = points.iter().map(|(n, _)| *n).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    if sizes.len() < FEWEST_POINTS {
        return Vec::new();
    }
    let enough = |law: &Law| sizes.len() > law.parameters() + 1;
    let mut fits: Vec<Fit> =
        Law::ALL.into_iter().filter(enough).filter_map(|law| fit(law, &points, &sizes)).collect();
    fits.sort_by(|a, b| a.criterion(points.len()).total_cmp(&b.criterion(points.len())));
    // A law with fewer parameters that is nearly as near is the better account.
    let simpler = |best: &Fit, fits: &[Fit]| {
        let better = if best.law.is_stepped() { BETTER_BY_STEPS } else { BETTER };
        let near = |other: &&Fit| {
            other.law.parameters() < best.law.parameters()
                && best.residual.hypot(FLOOR) > better * other.residual.hypot(FLOOR)
        };
        // They are in the order of their criterion.
        fits.iter().find(near).map(|other| other.law)
    };
    while let Some(law) = fits.first().and_then(|best| simpler(best, &fits))
        && let Some(at) = fits.iter().position(|fit| fit.law == law)
    {
        let simpler = fits.remove(at);
        fits.insert(0, simpler);
    }
    fits
}

/// The best fit of one law; none if it is not determined.
fn fit(law: Law, points: &[(f64, f64)], sizes: &[f64]) -> Option<Fit> {
    if !law.is_stepped() {
        return least_squares(law, points, 1.0);
    }
    // A total that grows in steps is `n` times what grows in steps per entry, with the same relative residuals.
    let per_entry: Vec<(f64, f64)> = points.iter().map(|(n, y)| (*n, y / n)).collect();
    let points = if law == Law::Steps { &per_entry } else { points };
    let fits = shares(sizes).into_iter().filter_map(|share| {
        let fit = least_squares(law, points, middle(share))?;
        // What comes beyond a half comes beyond the whole of the power below.
        let (share, b) = if share.0 == 0.5 { ((1.0, 2.0 * share.1), 2.0 * fit.b) } else { (share, fit.b) };
        Some(Fit { share: Some(share), b, ..fit })
    });
    // What doubles costs more when it does.
    fits.filter(|fit| fit.b > 0.0).min_by(|a, b| a.residual.total_cmp(&b.residual))
}

/// Between which shares of a power of two the steps may lie: no point lies between the two ends of one.
fn shares(sizes: &[f64]) -> Vec<(f64, f64)> {
    // 7 of 8 is 0.875, 8 of 8 is 1, and 9 of 16 is 0.5625.
    let mut shares: Vec<f64> = sizes.iter().map(|n| n / step(*n, 1.0)).chain([0.5, 1.0]).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    let pair = |pair: &[f64]| Some((*pair.first()?, *pair.get(1)?));
    shares.windows(2).filter_map(pair).collect()
}

/// The constant and the factor with the smallest sum of squares of relative residuals.
fn least_squares(law: Law, points: &[(f64, f64)], share: f64) -> Option<Fit> {
    let mean = points.iter().map(|(_, y)| y.abs()).sum::<f64>() / points.len() as f64;
    if mean == 0.0 {
        return (law == Law::Constant).then_some(Fit { law, a: 0.0, b: 0.0, share: None, residual: 0.0 });
    }
    let all_above = points.iter().all(|(_, y)| *y > 0.0);
    let scale = |y: f64| if all_above { y } else { mean };
    let rows: Vec<(f64, f64, f64)> =
        points.iter().map(|(n, y)| (law.basis(*n, share), *y, scale(*y).powi(-2))).collect();
    let sum = |of: &dyn Fn(&(f64, f64, f64)) -> f64| rows.iter().map(of).sum::<f64>();
    let weight = sum(&|row| row.2);
    let (x_mean, y_mean) = (sum(&|(x, _, w)| w * x) / weight, sum(&|(_, y, w)| w * y) / weight);
    let b = if law == Law::Constant {
        0.0
    } else {
        let square = sum(&|(x, _, w)| w * (x - x_mean).powi(2));
        // A factor of what hardly changes is not determined.
        if square <= weight * (x_mean * 1e-9).powi(2) {
            return None;
        }
        sum(&|(x, y, w)| w * (x - x_mean) * (y - y_mean)) / square
    };
    let a = y_mean - b * x_mean;
    // What is left of a difference of two numbers that are the same.
    let a = if a.abs() < 1e-9 * mean { 0.0 } else { a };
    let squares = sum(&|(x, y, w)| w * (y - a - b * x).powi(2));
    let residual = (squares / rows.len() as f64).sqrt();
    residual.is_finite().then_some(Fit { law, a, b, share: None, residual })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes from 1000 to ten million, 24 of them.
    fn sizes() -> Vec<f64> {
        (0..24).map(|step| (1000.0 * 10f64.powf(4.0 * f64::from(step) / 23.0)).round()).collect()
    }

    fn planted(of: impl Fn(f64) -> f64) -> Fit {
        let points: Vec<(f64, f64)> = sizes().into_iter().map(|n| (n, of(n))).collect();
        fits(&points)[0]
    }

    #[track_caller]
    fn near(value: f64, due: f64) {
        assert!((value - due).abs() <= 1e-6 * due.abs().max(1.0), "{value}, {due} is due");
    }

    #[test]
    fn each_law_is_found_with_its_numbers() {
        for (law, a, b) in [
            (Law::Constant, 27.25, 0.0),
            (Law::Inverse, 24.0, 40_000.0),
            (Law::Logarithmic, 30.0, 12.5),
            (Law::Linear, 500.0, 16.5),
            (Law::Linearithmic, 500.0, 2.25),
        ] {
            let fit = planted(|n| a + b * law.basis(n, 1.0));
            assert_eq!(fit.law, law);
            near(fit.a, a);
            near(fit.b, b);
            assert!(fit.residual < 1e-9, "{fit:?}");
            near(fit.at(5000.0), a + b * law.basis(5000.0, 1.0));
        }
    }

    /// A table of 17 bytes a slot that is full at seven eighths, beside 40 bytes of each entry.
    #[test]
    fn steps_are_found_with_the_share_at_which_they_come() {
        let fit = planted(|n| 40.0 + 17.0 * step(n, 0.875) / n);
        assert_eq!(fit.law, Law::StepsPerEntry);
        near(fit.a, 40.0);
        near(fit.b, 17.0);
        let (low, high) = fit.share.unwrap();
        assert!(low < 0.875 && 0.875 <= high && high - low < 0.1, "{low} to {high}");
        let fit = planted(|n| 40.0 * n + 17.0 * step(n, 0.875));
        assert_eq!(fit.law, Law::Steps);
        near(fit.a, 40.0);
        near(fit.b, 17.0);
        near(fit.at(4096.0), 40.0 * 4096.0 + 17.0 * 8192.0);
    }

    #[test]
    fn sizes_just_under_and_over_a_step_give_its_share_exactly() {
        let sizes = (10..20).flat_map(|power| {
            [7.0, 7.0 + 8.0 / f64::from(1 << power)].map(|n| n * f64::from(1 << power) / 8.0)
        });
        let points: Vec<(f64, f64)> = sizes.map(|n| (n, 17.0 * step(n, 0.875) / n)).collect();
        let fit = fits(&points)[0];
        assert_eq!(fit.law, Law::StepsPerEntry);
        let (low, high) = fit.share.unwrap();
        assert!(low == 0.875 && high < 0.8751, "{low} to {high}");
        assert!(fit.residual < 1e-9);
    }

    /// A vector doubles beyond a power of two: the share is all of it.
    #[test]
    fn steps_beyond_a_power_of_two_are_of_all_of_it() {
        let sizes = (8..16).flat_map(|power| [1 << power, (1 << power) + 1, 3 << (power - 1)].map(f64::from));
        let points: Vec<(f64, f64)> = sizes.map(|n| (n, 16.0 * step(n, 1.0) / n)).collect();
        let fit = fits(&points)[0];
        assert_eq!((fit.law, fit.a), (Law::StepsPerEntry, 0.0));
        near(fit.b, 16.0);
        let (low, high) = fit.share.unwrap();
        assert!(low == 1.0 && high < 1.01, "{low} to {high}");
        near(fit.at(300.0), 16.0 * 512.0 / 300.0);
    }

    /// Noise of 5 % makes no growth of a constant, and does not hide one of a logarithm. The noise is of a fixed sequence.
    #[test]
    fn noise_is_no_growth() {
        let mut state = 7u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            1.0 + 0.05 * ((state >> 33) as f64 / f64::from(1u32 << 30) - 1.0)
        };
        let noise: Vec<f64> = (0..24).map(|_| noise()).collect();
        let noisy = |of: &dyn Fn(f64) -> f64| {
            let points: Vec<(f64, f64)> =
                sizes().into_iter().zip(&noise).map(|(n, noise)| (n, of(n) * noise)).collect();
            fits(&points)[0]
        };
        let constant = noisy(&|_| 80.0);
        assert_eq!(constant.law, Law::Constant, "{constant:?}");
        assert!((0.01..0.05).contains(&constant.residual), "{constant:?}");
        let log = noisy(&|n| 10.0 + 8.0 * n.log2());
        assert_eq!(log.law, Law::Logarithmic, "{log:?}");
        assert!((log.b - 8.0).abs() < 1.0, "{log:?}");
    }

    #[test]
    fn figures_of_zero_and_few_points_are_no_trouble() {
        let zero = planted(|_| 0.0);
        assert_eq!((zero.law, zero.a, zero.residual), (Law::Constant, 0.0, 0.0));
        let some = planted(|n| if n < 5000.0 { 0.0 } else { 3.0 });
        assert!(some.residual.is_finite() && some.residual > 0.0);
        assert!(fits(&[(1.0, 2.0), (2.0, 3.0), (4.0, 5.0)]).is_empty());
        assert!(fits(&[(1.0, 2.0), (1.0, 3.0), (2.0, 5.0), (4.0, 5.0)]).is_empty(), "three sizes");
        let four = fits(&[(1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0)]);
        assert_eq!(four[0].law, Law::Linear);
        assert!(four.iter().all(|fit| fit.share.is_none()), "too few for steps");
    }
}
