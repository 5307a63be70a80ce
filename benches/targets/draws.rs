//! What one draw costs: of an entry by each access distribution, of a value's size and of a key's length.

use std::hint::black_box;
use std::time::Instant;

use mapprof::workload::access::Picker;
use mapprof::workload::bit_mixer::mix;
use mapprof::workload::key_length::{Gev, KeyLength, Lengths, Varied};
use mapprof::workload::spec::{Access, GeneralisedPareto, Size};
use mapprof::workload::value_size::Sizes;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::{figure, row};

/// Draws of a measurement, and measurements, of which the median counts.
const DRAWS: u64 = 10_000_000;
const TIMES: usize = 5;

/// The most that a draw of a zipf distribution may take, with its random numbers.
const LIMIT: f64 = 20.0;

/// Entries.
const MANY: u64 = 100_000_000;

pub fn section() {
    for (name, access) in [
        ("zipf, theta 0.5", Access::Zipf { theta: 0.5 }),
        ("zipf, theta 0.99", Access::Zipf { theta: 0.99 }),
        ("zipf, theta 1.3", Access::Zipf { theta: 1.3 }),
        ("scrambled-zipf, theta 0.99", Access::ScrambledZipf { theta: 0.99 }),
        ("latest, theta 0.99", Access::Latest { theta: 0.99 }),
    ] {
        for entries in [1_000, MANY] {
            let (mut picker, mut rng) = (Picker::new(access), Xoshiro256PlusPlus::seed_from_u64(1));
            let ns = draw_ns(|_| picker.pick(entries, || rng.next_u64()));
            let what = format!("a draw of {name}, {entries} entries");
            row(&what, format!("{ns:.1} ns"), "at most 20 ns", ns <= LIMIT);
        }
    }
    // The number of entries is another one each time, as in a phase that inserts or removes.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut picker = Picker::new(Access::Zipf { theta: 0.99 });
    let ns = draw_ns(|number| picker.pick(MANY + number, || rng.next_u64()));
    row(
        "the same of zipf, theta 0.99, of a growing map",
        format!("{ns:.1} ns"),
        "at most 20 ns",
        ns <= LIMIT,
    );
    let tail = GeneralisedPareto {
        location: 15.0,
        scale: 214.476,
        shape: 0.348_238,
        max: 1_000_000,
        head: Default::default(),
    };
    let sizes = Sizes::new(Size::GeneralisedPareto(tail));
    figure("a size, generalised Pareto", format!("{:.1} ns", draw_ns(|number| sizes.of(mix(number)).into())));
    let gev = Gev { location: 30.7984, scale: 8.204_49, shape: 0.078_688, min: 8, max: 250 };
    let lengths = Lengths::new(&KeyLength::Varied(Varied::Gev(gev)));
    figure(
        "a length, generalised extreme values",
        format!("{:.1} ns", draw_ns(|number| lengths.of(number) as u64)),
    );
}

/// The median time of a draw.
fn draw_ns(mut draw: impl FnMut(u64) -> u64) -> f64 {
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            let sum = (0..DRAWS).fold(0, |sum: u64, number| sum.wrapping_add(draw(number)));
            black_box(sum);
            start.elapsed().as_nanos() as f64 / DRAWS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}
