//! What the stream of a workload draws, measured and held against the workload's definition: the mix of each phase, the sizes of
//! keys and values, and how much of the picks goes to the hottest entries.
//!
//! The definition's side is computed from closed forms and not with the code that draws.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::access::Picker;
use super::bit_mixer::{GOLDEN, below, mix};
use super::call_batch::Batch;
use super::spec::{Access, Op, Work, Workload};
use super::stream;

/// Operations of each phase, and picks, that are drawn at most.
pub const DRAWS: u64 = 1_000_000;

/// The most entries that picks are drawn among.
const MOST_ENTRIES: u64 = 1_000_000;

/// How far a figure may be from its definition, as a part of it.
const TOLERANCE: f64 = 0.01;

/// A figure may be off by so many standard errors, where these are more: few draws say little.
const ERRORS: f64 = 4.0;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is of: `serve: share of get`.
    pub what: String,
    /// What the definition says.
    pub defined: f64,
    /// What was drawn.
    pub measured: f64,
    /// The standard error of that.
    pub error: f64,
}

impl Figure {
    /// Whether it is as the definition has it: within 1 %, or within four standard errors.
    pub fn holds(&self) -> bool {
        let allowed = (self.defined.abs() * TOLERANCE).max(self.error * ERRORS);
        (self.measured - self.defined).abs() <= allowed
    }

    /// A share of `defined` that came `hits` times in `draws`.
    fn share(what: String, defined: f64, hits: u64, draws: u64) -> Figure {
        let draws = draws.max(1) as f64;
        // The error that a right share has; the measured one of none would be 0.
        let error = (defined * (1.0 - defined).max(0.0) / draws).sqrt();
        Figure { what, defined, measured: hits as f64 / draws, error }
    }
}

/// A mean in the making.
#[derive(Debug, Default)]
struct Mean {
    count: u64,
    sum: f64,
    squares: f64,
}

impl Mean {
    fn add(&mut self, x: f64) {
        self.count += 1;
        self.sum += x;
        self.squares += x * x;
    }

    fn figure(&self, what: &str, defined: f64) -> Option<Figure> {
        let count = self.count as f64;
        let measured = self.sum / count;
        let error = ((self.squares / count - measured * measured).max(0.0) / count).sqrt();
        (self.count > 0).then(|| Figure { what: what.to_owned(), defined, measured, error })
    }
}

/// The figures of the first [`DRAWS`] operations of each phase; none if the keys are of a type that is not built in.
pub fn measure(workload: &Workload, seed: u64) -> Vec<Figure> {
    let Some(mut stream) = stream::open(workload, seed, 0, 1) else { return Vec::new() };
    let mut figures = Vec::new();
    let (mut keys, mut values) = (Mean::default(), Mean::default());
    let mut batch = Batch::checked(stream.keys());
    for (index, phase) in workload.phases.iter().enumerate() {
        stream.begin_phase(index);
        let mut calls = [0; Op::ALL.len()];
        let mut done = 0;
        while done < DRAWS {
            let ops = stream.next_batch(&mut batch);
            if ops == 0 {
                break;
            }
            done += ops;
            for place in 0..batch.len() {
                let call = batch.call(place);
                calls[call.op as usize] += 1;
                // Others hand a value over, or do not, by what they find.
                if matches!(call.op, Op::Insert | Op::Update | Op::Upsert) {
                    values.add(f64::from(call.size));
                }
                if call.op == Op::Insert {
                    keys.add(batch.keys.bytes_at(place) as f64);
                }
            }
        }
        if let Work::Mix(odds) = &phase.work {
            let several = odds.len() > 1;
            // Removals at the end of a time to live take the place of what the mix would draw; it has none of its own then.
            let expired = if workload.time_to_live.is_some() { calls[Op::Remove as usize] } else { 0 };
            let drawn = done - expired;
            figures.extend(odds.iter().filter(|_| several).map(|(op, percent)| {
                let what = format!("{}: share of {}", phase.name, op.name());
                Figure::share(what, percent / 100.0, calls[*op as usize], drawn)
            }));
        }
    }
    if workload.key.layout.block.is_some() {
        figures.extend(keys.figure("bytes of a key", workload.key.length.exact_mean()));
    }
    let contents = workload.value.size.mean() + workload.value.heap.mean_contents() as f64;
    figures.extend(values.figure("bytes of a value", contents));
    let mut seen: Vec<Access> = Vec::new();
    for phase in workload.phases.iter().filter(|phase| phase.picks()) {
        if !seen.contains(&phase.access) {
            seen.push(phase.access);
            figures.extend(skew(&phase.name, phase.access, workload.entries.min(MOST_ENTRIES), seed));
        }
    }
    figures
}

/// How much of the picks goes to the hottest hundredth of `n` entries; none where no entry is hotter than others.
fn skew(phase: &str, access: Access, n: u64, seed: u64) -> Option<Figure> {
    let odds = odds(access, n)?;
    let mut hottest: Vec<usize> = (0..odds.len()).collect();
    hottest.sort_by(|a, b| odds[*b].total_cmp(&odds[*a]));
    hottest.truncate((n as usize).div_ceil(100));
    let mut is_hot = vec![false; odds.len()];
    for rank in &hottest {
        is_hot[*rank] = true;
    }
    let defined = hottest.iter().map(|rank| odds[*rank]).sum::<f64>() / odds.iter().sum::<f64>();
    let (mut picker, mut rng) = (Picker::new(access), Xoshiro256PlusPlus::seed_from_u64(seed));
    let hits = (0..DRAWS).filter(|_| is_hot[picker.pick(n, || rng.next_u64()) as usize]).count() as u64;
    let what = format!("{phase}: picks of the hottest 1 % of {n} entries");
    Some(Figure::share(what, defined, hits, DRAWS))
}

/// The odds of each rank, up to a factor.
fn odds(access: Access, n: u64) -> Option<Vec<f64>> {
    let zipf = |theta: f64| (1..=n).map(move |k| libm::pow(k as f64, -theta));
    match access {
        Access::Uniform | Access::Sequential => None,
        Access::Zipf { theta } => Some(zipf(theta).collect()),
        Access::Latest { theta } => Some(zipf(theta).rev().collect()),
        Access::ScrambledZipf { theta } => {
            let mut odds = vec![0.0; n as usize];
            for (rank, part) in (0..n).zip(zipf(theta)) {
                odds[below(mix(rank.wrapping_add(GOLDEN)), n) as usize] += part;
            }
            Some(odds)
        }
        Access::Hotspot { operations, keys } => {
            let hot = ((n as f64 * keys).round() as u64).clamp(1, n);
            let of = |rank| match (rank < hot, hot == n) {
                (true, true) => 1.0,
                (true, false) => operations / hot as f64,
                (false, _) => (1.0 - operations) / (n - hot) as f64,
            };
            Some((0..n).map(of).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Catalog, Overrides};

    #[test]
    fn every_workload_of_the_catalogue_draws_what_it_defines() {
        let catalog = Catalog::load(None).unwrap();
        for name in catalog.names_with_variants() {
            let workload = catalog.get(&name, &Overrides::default()).unwrap();
            let figures = measure(&workload, 1);
            assert!(!figures.is_empty(), "{name}");
            for figure in figures {
                assert!(figure.holds(), "{name}: {figure:?}");
                // Four standard errors would hide what 1 % shows, if there were few draws or all of them differed much.
                assert!(figure.error < figure.defined.abs().max(0.01), "{name}: {figure:?}");
            }
        }
    }

    #[test]
    fn a_stream_of_another_workload_does_not_hold() {
        let catalog = Catalog::load(None).unwrap();
        let small = |set: &[&str]| Overrides {
            entries: Some(20_000),
            ops: Some(100_000),
            set: set.iter().map(|set| (*set).to_owned()).collect(),
        };
        let of = |set: &[&str]| measure(&catalog.get("etc-facebook", &small(set)).unwrap(), 1);
        let right = of(&[]);
        for (set, broken) in [
            (&["phase.serve.mix.get=95", "phase.serve.mix.update=5"][..], "share of get"),
            (&["key.length.location=32"], "bytes of a key"),
            (&["value.size.scale=240"], "bytes of a value"),
            (&["phase.serve.access.theta=0.9"], "hottest 1 %"),
        ] {
            let other = of(set);
            assert_eq!(other.len(), right.len());
            let mixed = right
                .iter()
                .zip(&other)
                .map(|(right, other)| Figure { measured: other.measured, ..right.clone() });
            let wrong: Vec<String> =
                mixed.filter(|figure| !figure.holds()).map(|figure| figure.what).collect();
            assert!(wrong.iter().any(|what| what.contains(broken)), "{set:?}: {wrong:?}");
        }
    }
}
