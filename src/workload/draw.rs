//! How the calls of a phase are chosen.

use super::op::Op;
use super::spec::{StepKind, Work};
use crate::capture::{HarnessVec, harness_vec};

/// How a phase's calls are chosen.
#[derive(Debug)]
pub enum Draw {
    /// One of these; each holds 64 random bits below its bound that are not below the one before.
    Mix(HarnessVec<(u64, Op)>),
    /// All of these.
    Each(HarnessVec<Op>),
    /// None: the map takes a step of its life cycle.
    Step(StepKind),
}

impl Draw {
    /// Calls that one operation makes.
    pub fn calls(&self) -> usize {
        match self {
            Draw::Mix(_) => 1,
            Draw::Each(ops) => ops.len().max(1),
            Draw::Step(_) => 1,
        }
    }

    /// The kind of every call, if it is one.
    pub fn only(&self) -> Option<Op> {
        match self {
            Draw::Mix(odds) => match odds.as_slice() {
                [(_, op)] => Some(*op),
                _ => None,
            },
            Draw::Each(ops) => match ops.as_slice() {
                [op] => Some(*op),
                _ => None,
            },
            Draw::Step(_) => None,
        }
    }

    /// How many calls are followed by one of another kind, of one call on average.
    pub fn run_ends_per_call(&self) -> f64 {
        match self {
            Draw::Step(_) => 0.0,
            Draw::Each(list) => {
                let differs = |at: usize| !list[at].same_loop(list[(at + 1) % list.len()]);
                (0..list.len()).filter(|at| differs(*at)).count() as f64 / list.len().max(1) as f64
            }
            Draw::Mix(odds) => {
                let mut before = 0;
                let shares: Vec<(f64, Op)> = odds
                    .iter()
                    .map(|(bound, op)| {
                        let share = (bound - std::mem::replace(&mut before, *bound)) as f64 / u64::MAX as f64;
                        (share, *op)
                    })
                    .collect();
                let alike = shares.iter().flat_map(|(share, op)| {
                    let others = shares.iter().filter(|(_, other)| op.same_loop(*other));
                    others.map(move |(other, _)| share * other)
                });
                (1.0 - alike.sum::<f64>()).clamp(0.0, 1.0)
            }
        }
    }

    pub fn new(work: &Work) -> Self {
        match work {
            Work::Step(step) => Draw::Step(step.kind),
            Work::Each(list) => {
                let mut ops = harness_vec();
                ops.extend_from_slice(list);
                Draw::Each(ops)
            }
            Work::Mix(mix) => {
                let mut odds = harness_vec();
                let mut sum = 0.0;
                for (op, percent) in mix {
                    if *percent > 0.0 {
                        sum += percent;
                        // The cast saturates; the last one takes what rounding leaves.
                        odds.push(((sum / 100.0 * 18_446_744_073_709_551_616.0) as u64, *op));
                    }
                }
                Draw::Mix(odds)
            }
        }
    }
}
