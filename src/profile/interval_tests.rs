//! Intervals against known answers, and how often they hold in a simulation.

use super::*;
use crate::profile::fixtures::{self, Plan};

/// `count` samples of weight `weight` each, at tiny odds.
fn equal(count: u32, weight: f64) -> Estimate {
    let count = f64::from(count);
    Estimate { value: count * weight, variance: count * weight * weight, largest: weight }
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, within: f64) {
    assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
}

#[test]
fn equal_weights_give_garwoods_interval() {
    // Exact limits of a Poisson count, from Garwood's table.
    for (count, low, high) in
        [(1, 0.0253, 5.5716), (3, 0.6187, 8.7673), (10, 4.7954, 18.3904), (100, 81.3640, 121.6268)]
    {
        let interval = equal(count, 512.0).interval().unwrap();
        assert_near(interval.low / 512.0, low, 1e-4);
        assert_near(interval.high / 512.0, high, 1e-4);
        assert_near(interval.effective_samples, f64::from(count), 1e-9);
    }
}

#[test]
fn quantiles_agree_where_one_method_follows_the_other() {
    for quantile in [0.025, 0.975] {
        let below = chi_squared_over_mean(quantile, MANY_DEGREES - 1e-9);
        let above = chi_squared_over_mean(quantile, MANY_DEGREES);
        assert_near(below, above, 1e-5);
    }
    // The series in 50 digits gives 914.257153 and 1089.530912 at 1000 degrees.
    assert_near(chi_squared_over_mean(0.025, 1000.0), 0.914_257_153, 3e-6);
    assert_near(chi_squared_over_mean(0.975, 1000.0), 1.089_530_912, 3e-6);
    // Normal in the limit: 1 + z sqrt(2 / k).
    for quantile in [0.025, 0.975] {
        let z = if quantile < 0.5 { -Z } else { Z };
        assert_near(chi_squared_over_mean(quantile, 1e8), 1.0 + z * 2e-8f64.sqrt(), 1e-7);
    }
    assert_near(chi_squared_over_mean(0.025, f64::INFINITY), 1.0, 0.0);
}

#[test]
fn certain_samples_have_no_width() {
    let certain = Estimate { value: 4096.0, variance: 0.0, largest: 0.0 };
    let interval = certain.interval().unwrap();
    assert_eq!((interval.low, interval.high), (4096.0, 4096.0));
    assert_eq!(interval.effective_samples, f64::INFINITY);
    let nothing = Estimate::default().interval().unwrap();
    assert_eq!((nothing.low, nothing.high), (0.0, 0.0));
}

/// A heap profile of one sample: its values, the label `bytes`, the period.
fn lone(values: [i64; 2], bytes: Option<i64>, period: i64) -> Profile {
    let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
    plan.sample(&[&["main.main@main.go:5"]], &[], &values);
    if let Some(bytes) = bytes {
        plan.number(("bytes", ""), bytes);
    }
    let profile = &mut plan.profile;
    profile.period_type.kind = profile.strings.add("space");
    profile.period_type.unit = profile.strings.add("bytes");
    profile.period = period;
    plan.profile
}

fn of(profile: &Profile, kind: &str) -> Option<Estimate> {
    let index = profile.sample_type(kind)?;
    let sampling = Sampling::of(profile, index)?;
    Some(sampling.estimate(profile.samples.get(0)?))
}

#[test]
fn a_sample_stands_for_whole_blocks_at_the_odds_of_its_size() {
    // 3 blocks of 4096 bytes at p = 1 - 1/e: 4.75 objects, rounded.
    let odds = 1.0 - (-1f64).exp();
    for bytes in [None, Some(4096)] {
        let estimate = of(&lone([5, 19_440], bytes, 4096), "inuse_space").unwrap();
        assert_near(estimate.value, 19_440.0, 0.0);
        // Without the label the size is that of the rounded objects, 3888 bytes.
        let within = if bytes.is_some() { 1e-9 } else { 0.06 };
        assert_near(estimate.variance / (19_440f64.powi(2) * (1.0 - odds) / 3.0), 1.0, within);
        assert_near(estimate.largest / (6480.0 * (1.0 - odds)), 1.0, 0.06);
    }
    let objects = of(&lone([5, 19_440], Some(4096), 4096), "inuse_objects").unwrap();
    assert_near(objects.variance, 25.0 * (1.0 - odds) / 3.0, 1e-9);
}

#[test]
fn only_what_was_sampled_in_a_known_way_has_an_interval() {
    let exact = of(&lone([5, 500], None, 1), "inuse_space").unwrap();
    assert_eq!(exact, Estimate { value: 500.0, ..Estimate::default() });
    assert_eq!(of(&lone([5, 500], None, 0), "inuse_space"), None);
    let mut cpu = fixtures::cpu();
    assert!(of(&cpu, "cpu").is_some_and(|estimate| estimate.variance > 0.0));
    cpu.period = 0;
    assert_eq!(of(&cpu, "cpu"), None);
    assert_eq!(of(&fixtures::foreign(), "inuse_space"), None, "no period");
    // The difference of two profiles cancels, and so tells nothing of its error.
    let mut sum = of(&lone([5, 500], None, 4096), "inuse_space").unwrap();
    sum.add(of(&lone([-1, -100], None, 4096), "inuse_space").unwrap());
    assert_eq!((sum.value, sum.interval()), (400.0, None));
}

#[test]
fn a_share_is_known_better_than_its_parts() {
    // Two halves of 200 samples each: the delta method gives sqrt(2 * 0.25 / 200) / 2 = 0.025 for the share.
    let half = equal(200, 10.0);
    let share = half.share_beside(&half).unwrap();
    assert_near((share.high - share.low) / 2.0, Z * 0.025, 0.002);
    assert_near(share.effective_samples, 400.0, 1e-9);
    // Mirrored.
    let (few, many) = (equal(20, 10.0), equal(180, 10.0));
    let (small, large) = (few.share_beside(&many).unwrap(), many.share_beside(&few).unwrap());
    assert_near(small.low, 1.0 - large.high, 1e-12);
    assert_near(small.high, 1.0 - large.low, 1e-12);
    // All there is, and nothing.
    let all = few.share_beside(&Estimate::default()).unwrap();
    assert_eq!((all.low, all.high), (1.0, 1.0));
    assert_eq!(Estimate::default().share_beside(&Estimate::default()), None);
}

/// Samples `blocks` blocks of `size` bytes at mean distance `period`.
fn sample(random: &mut impl FnMut() -> f64, blocks: u32, size: f64, period: f64) -> Estimate {
    let odds = -f64::exp_m1(-size / period);
    let sampled = f64::from((0..blocks).map(|_| u32::from(random() < odds)).sum::<u32>());
    let each = size / odds;
    Estimate {
        value: sampled * each,
        variance: sampled * (1.0 - odds) * each * each,
        largest: if sampled > 0.0 { each * (1.0 - odds) } else { 0.0 },
    }
}

/// A site with a twentieth of the bytes, some of it in few blocks of great weight: how often the intervals hold the
/// true figures. The generator is SplitMix64 with a fixed seed, so the answer is always the same.
#[test]
fn nineteen_of_twenty_intervals_hold_the_truth() {
    let mut state = 42u64;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let period = 2048.0;
    let (bytes, trials) = (1500.0 * 64.0 + 4.0 * 1024.0, 1000);
    let (mut sums, mut shares) = (0, 0);
    for _ in 0..trials {
        let mut part = sample(&mut random, 1500, 64.0, period);
        part.add(sample(&mut random, 4, 1024.0, period));
        let mut rest = sample(&mut random, 400, 4096.0, period);
        rest.add(sample(&mut random, 500, (19.0 * bytes - 400.0 * 4096.0) / 500.0, period));
        let interval = part.interval().unwrap();
        sums += u32::from((interval.low..=interval.high).contains(&bytes));
        let share = part.share_beside(&rest).unwrap();
        shares += u32::from((share.low..=share.high).contains(&0.05));
    }
    // Within three standard errors (0.7 %) of 95 %, or more careful.
    for held in [sums, shares] {
        assert!((930..=990).contains(&held), "{sums} sums and {shares} shares of {trials} hold the truth");
    }
}

/// A share of CPU time, for which samples of equal weight came.
fn share_interval(samples: f64, of: f64) -> (f64, f64) {
    let estimate = |samples: f64| Estimate { value: samples, variance: samples, largest: 1.0 };
    let interval = estimate(samples).interval_of_known_total(&estimate(of)).unwrap();
    (interval.low, interval.high)
}

#[test]
fn a_share_of_a_known_total_stays_within_it() {
    // The binomial interval of 10 of 1000 is 4.8 to 18.3 (Clopper and Pearson).
    let (low, high) = share_interval(10.0, 1000.0);
    assert!((low - 4.8).abs() < 0.2 && (high - 18.3).abs() < 0.3, "{low} {high}");
    // That of 990 of 1000 is the rest.
    let (rest_low, rest_high) = share_interval(990.0, 1000.0);
    assert!((1000.0 - rest_high - low).abs() < 1e-9 && (1000.0 - rest_low - high).abs() < 1e-9);
    // Half of 1000: 468.5 to 531.5.
    let (low, high) = share_interval(500.0, 1000.0);
    assert!((low - 468.5).abs() < 2.0 && (high - 531.5).abs() < 2.0, "{low} {high}");
    // None, and all.
    let (low, high) = share_interval(0.0, 1000.0);
    assert!(low == 0.0 && (high - 3.69).abs() < 0.01, "{high}");
    let (low, high) = share_interval(1000.0, 1000.0);
    assert!(high == 1000.0 && (low - 996.31).abs() < 0.01, "{low}");
    assert_eq!(share_interval(1.0, 1.0), (0.0, 1.0), "one sample tells nothing");
}

#[test]
fn the_error_of_known_blocks_follows_from_their_odds() {
    // A tenth of the blocks, each for ten: a binomial count.
    let error = Estimate::expected(1000.0, 0.1, 10.0);
    assert_near(error.value, 1000.0, 1e-9);
    assert_near(error.variance, 1000.0 * 0.1 * 0.9 * 100.0, 1e-9);
    assert_near(error.largest, 9.0, 1e-12);
    // Rare ones are a Poisson process: Garwood's limits of 100.
    let rare = Estimate { value: 100.0, ..Estimate::expected(1e9, 1e-7, 1.0) };
    let interval = rare.interval_of_known_error().unwrap();
    assert_near(interval.low, 81.364, 1e-3);
    assert_near(interval.high, 121.627, 1e-3);
    // Of no sample, up to 3.69 may have been expected.
    let none = Estimate { value: 0.0, ..rare }.interval_of_known_error().unwrap();
    assert_near(none.low, 0.0, 0.0);
    assert_near(none.high, 3.689, 1e-3);
    // Nothing is unsure of blocks that are always sampled, and of no blocks.
    for (blocks, odds) in [(3.0, 1.0), (0.0, 0.5)] {
        let sure = Estimate { value: 7.0, ..Estimate::expected(blocks, odds, 2.0) };
        let interval = sure.interval_of_known_error().unwrap();
        assert_eq!((interval.low, interval.high), (7.0, 7.0), "{blocks} {odds}");
    }
}
