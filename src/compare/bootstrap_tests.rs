//! What the intervals hold, by simulation with fixed seeds, and what they are of known values.

use super::*;
use crate::workload::bit_mixer::unit;

/// Resamples in simulations: fewer, so that they end in time. It costs the intervals nothing but smoothness.
const FEWER: usize = 400;

/// Samples for each number of values and each kind of noise.
const SAMPLES: usize = 240;

struct Noise(u64);

impl Noise {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        unit(mix(self.0))
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }
}

/// A kind of noise: its name, a draw, and the mean of the middle half of its distribution.
type Kind = (&'static str, fn(&mut Noise) -> f64, f64);

/// Logarithms of measurements. Those of log-normal measurements are normal; the second kind is one whose logarithms are
/// log-normal still.
const KINDS: [Kind; 5] = [
    ("normal", |n| n.normal(), 0.0),
    // exp(1/8) (F(z - 1/2) - F(-z - 1/2)) / (1/2), with F the normal distribution and z its upper quartile.
    ("log-normal", |n| (0.5 * n.normal()).exp(), 1.017930),
    // Student's t with two degrees of freedom: no variance.
    ("heavy tails", |n| n.normal() / ((n.normal().powi(2) + n.normal().powi(2)) / 2.0).sqrt(), 0.0),
    ("one in ten far off", |n| n.normal() * if n.unit() < 0.1 { 10.0 } else { 1.0 }, 0.0),
    // The integral of -ln v from 1/4 to 3/4, over 1/2.
    ("delays on one side", |n| n.exponential(), 0.738376),
];

/// The share of intervals that hold the truth, for each kind of noise.
fn coverage(n: usize, sides: usize) -> Vec<(&'static str, f64)> {
    let share = |kind: &Kind| {
        let due = if sides == 1 { kind.2 } else { 0.0 };
        let mut noise = Noise(5 + n as u64);
        let held = (0..SAMPLES).filter(|_| {
            let mut sample = || (0..n).map(|_| kind.1(&mut noise)).collect::<Vec<f64>>();
            let (values, others) = (sample(), sample());
            let others = (sides == 2).then_some(others.as_slice());
            let interval = resampled(&values, others, FEWER).unwrap();
            interval.low <= due && due <= interval.high
        });
        (kind.0, held.count() as f64 / SAMPLES as f64)
    };
    KINDS.iter().map(share).collect()
}

#[test]
fn intervals_hold_the_truth_in_93_of_100_cases() {
    for n in [5, 8, 10, 15, 30] {
        for sides in [1, 2] {
            let shares = coverage(n, sides);
            println!("{n} values, {sides} side(s): {shares:.3?}");
            let mean = shares.iter().map(|(_, share)| share).sum::<f64>() / shares.len() as f64;
            assert!(mean >= 0.93, "{n} values, {sides} side(s): {shares:?}");
            // A share of 240 samples is itself uncertain by three times 1.6 percent.
            assert!(
                shares.iter().all(|(_, share)| *share >= 0.90),
                "{n} values, {sides} side(s): {shares:?}"
            );
        }
    }
}

#[test]
fn an_interval_is_no_wider_than_need_be() {
    // Of normal noise the interval of Student's t is the shortest, 2 t s / sqrt(n).
    for (n, student) in [(10, 1.39), (15, 1.09), (30, 0.74)] {
        let mut noise = Noise(3);
        let mut widths: Vec<f64> = (0..200)
            .map(|_| {
                let sample: Vec<f64> = (0..n).map(|_| noise.normal()).collect();
                let interval = resampled(&sample, None, FEWER).unwrap();
                interval.high - interval.low
            })
            .collect();
        let width = crate::record::middle(&widths);
        widths.clear();
        assert!((student * 0.95..student * 1.3).contains(&width), "{n}: {width}, and Student's is {student}");
    }
}

#[test]
fn pairs_share_what_the_machine_does_and_runs_apart_do_not() {
    // The machine halves its speed on the way; the second program is a tenth slower all along.
    let base: Vec<f64> = (0..12).map(|n| 100.0 * 1.06f64.powi(n)).collect();
    let new: Vec<f64> = base.iter().enumerate().map(|(n, v)| v * (1.1 + 0.001 * (n % 3) as f64)).collect();
    let pairs = of_pairs(&base, &new).unwrap();
    assert!((pairs.value - 1.101).abs() < 0.0011 && pairs.low > 1.099 && pairs.high < 1.103, "{pairs:?}");
    let two = of_two(&base, &new).unwrap();
    assert!(two.low < 1.0 && two.high > 1.2, "{two:?}");
    assert!((two.value - 1.1).abs() < 0.01, "{two:?}");
}

#[test]
fn a_wild_run_does_not_move_the_ratio() {
    let base = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 100.1];
    let mut new = base;
    new[3] *= 40.0;
    let ratio = of_pairs(&base, &new).unwrap();
    assert!((ratio.value - 1.0).abs() < 1e-9, "{ratio:?}");
}

#[test]
fn the_same_values_give_the_same_interval_and_equal_ones_a_point() {
    let (a, b) = ([5.0, 6.0, 5.5, 5.2, 5.9, 6.1], [5.1, 6.3, 5.4, 5.6, 6.0, 6.4]);
    assert_eq!(of_two(&a, &b), of_two(&a, &b));
    let inverse = of_pairs(&a, &b).unwrap().inverse();
    assert!(inverse.low <= inverse.value && inverse.value <= inverse.high);
    let point = of_pairs(&[3.0; 6], &[3.0; 6]).unwrap();
    assert_eq!(point, Interval::exactly(1.0));
    let one = of_one(&[7.0; 5]).unwrap();
    assert!((one.value - 7.0).abs() < 1e-12 && one.high - one.low < 1e-12, "{one:?}");
}

#[test]
fn of_too_few_or_impossible_values_nothing_is_said() {
    assert_eq!(of_one(&[1.0; 4]), None);
    assert_eq!(of_two(&[1.0; 9], &[1.0; 4]), None);
    assert_eq!(of_pairs(&[1.0; 9], &[1.0; 8]), None);
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(of_one(&[1.0, 2.0, wrong, 3.0, 4.0, 5.0]), None, "{wrong}");
    }
}

#[test]
fn the_middle_is_the_mean_of_the_middle_half() {
    assert_eq!(middle(&mut [9.0, 1.0, 2.0, 3.0, 100.0, 4.0, -50.0, 5.0]), 3.5);
    assert_eq!(middle(&mut [5.0, 100.0, 4.0, 6.0, -7.0]), 5.0);
    assert_eq!(middle(&mut [1.0, 2.0, 6.0]), 3.0);
}
