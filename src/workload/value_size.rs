//! Sizes of values: a pure function of an entry's tag, so that nothing about them has to be stored.
//!
//! Powers come from `libm`, whose software routines give the same bits on every machine. The platform's own do not,
//! and `rand_distr` is no way out: it computes with `num-traits`, and once any crate of the build turns on that
//! crate's `std` feature, it takes the platform's powers without notice.

use super::bit_mixer::{GOLDEN, below, mix, unit};
use super::payload::heap_parts::Parts;
use super::spec::{GeneralisedPareto, MAX_HEAD, Size, ValueSpec};

/// A [`Size`] made ready to draw from.
#[expect(clippy::large_enum_variant, reason = "a stream has one, which draws without a pointer between")]
#[derive(Debug, Clone, Copy)]
pub enum Sizes {
    /// Always the same.
    Fixed(u32),
    /// From `min` on, `span` sizes with the same odds.
    Uniform { min: u32, span: u64 },
    /// Bounded Pareto.
    Pareto(Pareto),
    /// Generalised Pareto.
    GeneralisedPareto(Tail),
    /// Of records: `inline` bytes inside of the entry, and the contents of their parts.
    Records { inline: u32, parts: Parts },
}

/// A bounded Pareto distribution: density alpha L^alpha x^-(alpha+1) / (1 - (L/H)^alpha) for L <= x <= H
/// (Harchol-Balter, Crovella and Murta 1999).
#[derive(Debug, Clone, Copy)]
pub struct Pareto {
    /// L.
    min: f64,
    /// H.
    max: f64,
    /// 1 - (L/H)^alpha.
    mass: f64,
    /// -1/alpha.
    exponent: f64,
}

/// A [`GeneralisedPareto`] made ready to draw from.
#[derive(Debug, Clone, Copy)]
pub struct Tail {
    of: GeneralisedPareto,
    /// Of the sizes that have shares of their own, the sums of the shares up to each.
    bounds: [f64; MAX_HEAD],
    head: usize,
}

impl Sizes {
    /// The sizes of these values, with the contents of what they own.
    pub fn of_values(values: &ValueSpec) -> Self {
        match (Sizes::new(values.size), values.heap) {
            (Sizes::Fixed(inline), parts) if parts.are_fixed() => {
                Sizes::Fixed(inline + parts.contents(0) as u32)
            }
            (Sizes::Fixed(inline), parts) => Sizes::Records { inline, parts },
            (sizes, _) => sizes,
        }
    }

    /// Bytes beyond what a value of any kind may have are cut off: 4 GiB - 1.
    pub fn new(size: Size) -> Self {
        let cut = |bytes: u64| bytes.min(u64::from(u32::MAX)) as u32;
        match size {
            Size::Fixed(bytes) => Sizes::Fixed(cut(bytes)),
            Size::Uniform { min, max } => Sizes::Uniform {
                min: cut(min),
                span: u64::from(cut(max)).saturating_sub(u64::from(cut(min))) + 1,
            },
            Size::Pareto { min, max, alpha } => Sizes::Pareto(Pareto::new(cut(min), cut(max), alpha)),
            Size::GeneralisedPareto(of) => Sizes::GeneralisedPareto(Tail::new(of)),
        }
    }

    /// The size, in bytes, of the value that carries `tag`.
    #[inline]
    pub fn of(&self, tag: u64) -> u32 {
        match self {
            Sizes::Fixed(bytes) => *bytes,
            // The tag itself is what values hold; mixed once more, it says nothing about the size.
            Sizes::Uniform { min, span } => min + below(mix(tag ^ GOLDEN), *span) as u32,
            Sizes::Pareto(pareto) => pareto.at(unit(mix(tag ^ GOLDEN))),
            Sizes::GeneralisedPareto(tail) => tail.at(unit(mix(tag ^ GOLDEN))),
            // All of a record are at most 1 GiB.
            Sizes::Records { inline, parts } => inline + parts.contents(tag) as u32,
        }
    }
}

impl Pareto {
    fn new(min: u32, max: u32, alpha: f64) -> Self {
        let (min, max) = (f64::from(min.max(1)), f64::from(max.max(min).max(1)));
        Pareto { min, max, mass: 1.0 - libm::pow(min / max, alpha), exponent: -1.0 / alpha }
    }

    /// The size below which a share of `u` of all sizes lies, to the nearest byte: the inverse of the distribution
    /// function F(x) = (1 - (L/x)^alpha) / (1 - (L/H)^alpha), which is x = L (1 - u (1 - (L/H)^alpha))^(-1/alpha).
    #[inline]
    fn at(&self, u: f64) -> u32 {
        let x = self.min * libm::pow(1.0 - u * self.mass, self.exponent);
        (x.clamp(self.min, self.max) + 0.5) as u32
    }
}

impl Tail {
    fn new(of: GeneralisedPareto) -> Self {
        let mut tail = Tail { of, bounds: [0.0; MAX_HEAD], head: of.head.shares().len() };
        let mut sum = 0.0;
        for (bound, share) in tail.bounds.iter_mut().zip(of.head.shares()) {
            sum += share;
            *bound = sum;
        }
        tail
    }

    /// The size below which a share of `u` of all sizes lies, to the nearest byte. Behind the sizes that have shares of their own it
    /// is the inverse of the distribution function, location + scale ((1 - u)^-shape - 1) / shape.
    #[inline]
    fn at(&self, u: f64) -> u32 {
        let bounds = &self.bounds[..self.head];
        if let Some(size) = bounds.iter().position(|bound| u < *bound) {
            return size as u32;
        }
        let head = bounds.last().copied().unwrap_or(0.0);
        let GeneralisedPareto { location, scale, shape, max, .. } = self.of;
        let above = libm::pow((1.0 - u) / (1.0 - head), -shape) - 1.0;
        let x = location + scale * above / shape;
        // The cast saturates.
        (x.min(max as f64) + 0.5) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(size: Size, n: u64) -> Vec<u32> {
        let sizes = Sizes::new(size);
        (0..n).map(|id| sizes.of(mix(id ^ 77))).collect()
    }

    #[test]
    fn uniform_sizes_cover_their_range_evenly() {
        let drawn = draw(Size::Uniform { min: 3, max: 6 }, 40_000);
        for size in 3..=6 {
            let count = drawn.iter().filter(|&&s| s == size).count() as f64;
            assert!((count / 10_000.0 - 1.0).abs() < 0.05, "{size}: {count}");
        }
        assert!(drawn.iter().all(|s| (3..=6).contains(s)));
    }

    #[test]
    fn pareto_sizes_follow_the_closed_form() {
        let (l, h, a) = (1024.0f64, 262_144.0f64, 1.2f64);
        let size = Size::Pareto { min: 1024, max: 262_144, alpha: a };
        let n = 400_000;
        let drawn = draw(size, n);
        assert!(drawn.iter().all(|s| (1024..=262_144).contains(s)));
        for x in [1100.0f64, 1500.0, 2048.0, 4096.0, 16_384.0, 65_536.0, 200_000.0] {
            let want = (1.0 - (l / x).powf(a)) / (1.0 - (l / h).powf(a));
            let got = drawn.iter().filter(|&&s| f64::from(s) <= x).count() as f64 / n as f64;
            assert!((got - want).abs() < 0.003, "F({x}) is {got}, not {want}");
        }
        let mean = drawn.iter().map(|&s| f64::from(s)).sum::<f64>() / n as f64;
        let want = l.powf(a) / (1.0 - (l / h).powf(a)) * a / (a - 1.0) * (l.powf(1.0 - a) - h.powf(1.0 - a));
        assert!((mean / want - 1.0).abs() < 0.02, "mean {mean}, not {want}");
        assert!((size.mean() / want - 1.0).abs() < 1e-9, "{}", size.mean());
    }

    #[test]
    fn generalised_pareto_sizes_follow_the_closed_form() {
        let n = 400_000;
        for (location, head) in [(0.0, vec![]), (15.0, vec![0.1, 0.0, 0.25])] {
            let (scale, shape, max) = (214.476f64, 0.348_238f64, 100_000);
            let beside: f64 = head.iter().sum();
            let size = Size::GeneralisedPareto(GeneralisedPareto {
                location,
                scale,
                shape,
                max,
                head: head.clone().into(),
            });
            let drawn = draw(size, n);
            for x in [50.0f64, 200.0, 1000.0, 5000.0] {
                let larger = (1.0 + shape * (x + 0.5 - location) / scale).powf(-1.0 / shape) * (1.0 - beside);
                let got = drawn.iter().filter(|&&s| f64::from(s) > x).count() as f64 / n as f64;
                assert!((got - larger).abs() < 0.003, "{got} of {larger} above {x}");
            }
            for (size, share) in head.iter().enumerate() {
                let got = drawn.iter().filter(|&&s| s as usize == size).count() as f64 / n as f64;
                assert!((got - share).abs() < 0.003, "{got} of {share} with {size}");
            }
            let mean = drawn.iter().map(|&s| f64::from(s)).sum::<f64>() / n as f64;
            assert!((mean / size.mean() - 1.0).abs() < 0.01, "mean {mean}, not {}", size.mean());
        }
        let cut = GeneralisedPareto { location: 5.0, scale: 1e6, shape: 1.0, max: 10, head: vec![].into() };
        assert!(draw(Size::GeneralisedPareto(cut), 1000).iter().all(|s| (5..=10).contains(s)));
    }

    #[test]
    fn degenerate_ranges_give_their_only_size() {
        assert_eq!(draw(Size::Uniform { min: 9, max: 9 }, 3), [9, 9, 9]);
        let one = Size::Pareto { min: 9, max: 9, alpha: 0.5 };
        assert_eq!(draw(one, 3), [9, 9, 9]);
        assert_eq!(draw(Size::Fixed(u64::MAX), 1), [u32::MAX]);
    }
}
