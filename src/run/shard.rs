//! Shards: the cases of a run split into parts of about the same cost, the same way on every machine.

use super::plan::CasePlan;
use crate::error::{Error, Result};
use crate::worker::pass_table::row;
use crate::worker::protocol::Subject;
use crate::workload::spec::{Phase, Workload};

/// One of several parts of a run: `2/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

/// The most parts.
pub const MOST: u32 = 10_000;

impl Shard {
    /// `2/8`.
    ///
    /// # Errors
    /// When it is no such thing.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::input(format!(
                "--shard {text}: a part of a whole such as 2/8 is wanted, from 1/N to N/N, with N up to {MOST}"
            ))
        };
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let (number, of) =
            (number.trim().parse().map_err(|_| wrong())?, of.trim().parse().map_err(|_| wrong())?);
        if !(1..=MOST).contains(&of) || !(1..=of).contains(&number) {
            return Err(wrong());
        }
        Ok(Shard { number, of })
    }
}

/// The shard, from 1, of each case: the dearest first, each to the shard that has the least to do so far (Graham's
/// longest processing time rule, at most 4/3 of the best possible). The order of `costs` breaks ties.
pub fn split(costs: &[f64], of: u32) -> Vec<u32> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    let cost = |at: usize| costs.get(at).copied().unwrap_or(0.0);
    order.sort_by(|a, b| cost(*b).total_cmp(&cost(*a)).then(a.cmp(b)));
    let mut loads = vec![0.0f64; of.max(1) as usize];
    let mut shards = vec![1; costs.len()];
    for at in order {
        let least = (0..loads.len()).min_by(|a, b| loads[*a].total_cmp(&loads[*b])).unwrap_or(0);
        loads[least] += cost(at);
        if let Some(shard) = shards.get_mut(at) {
            *shard = least as u32 + 1;
        }
    }
    shards
}

/// What a case is expected to cost, in calls of the map. Not a time: the same number on every machine, so that every
/// shard splits alike.
pub fn expected_cost(plan: &CasePlan) -> f64 {
    let cost = |kind| {
        let row = row(kind);
        (row.cost)(&plan.pass(kind, None)) * if row.repeats { f64::from(plan.repeats) } else { 1.0 }
    };
    let passes: f64 = plan.kinds().map(cost).sum();
    let once = match &plan.subject {
        Subject::Workload(workload) => workload.phases.iter().map(|phase| phase_cost(workload, phase)).sum(),
        // What a program does only it knows.
        Subject::Program(_) => 1e6,
    };
    // Starting a child costs about as much as 100,000 calls.
    (once + 1e5) * passes
}

fn phase_cost(workload: &Workload, phase: &Phase) -> f64 {
    use crate::workload::op::{About, Op};
    use crate::workload::spec::Work;
    let mean_value = workload.value.size.mean() + workload.value.heap.mean_contents() as f64;
    // A call is about as dear as the writing of a kilobyte; a visit to all entries as one per entry.
    let of = |op: Op| match op.info() {
        info if info.about == About::All => workload.entries as f64 / 16.0,
        info if info.about == About::From => 1.0 + workload.scan_entries as f64 / 16.0,
        info if info.hands_over => 1.0 + mean_value / 1024.0,
        _ => 1.0,
    };
    let per_operation: f64 = match &phase.work {
        Work::Mix(odds) => odds.iter().map(|(op, percent)| of(*op) * percent / 100.0).sum(),
        Work::Each(ops) => ops.iter().map(|op| of(*op)).sum(),
        // About as much as a visit to all entries.
        Work::Step(_) => of(Op::Iterate),
    };
    phase.ops as f64 * per_operation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_read_and_nonsense_is_not() {
        assert_eq!(Shard::parse("2/8"), Ok(Shard { number: 2, of: 8 }));
        for wrong in
            ["", "2", "0/8", "9/8", "1/0", "-1/2", "1/2/3", "a/b", "1/10001", "99999999999/99999999999"]
        {
            let said = Shard::parse(wrong).unwrap_err().to_string();
            assert!(said.contains("such as 2/8"), "{wrong}: {said}");
        }
    }

    #[test]
    fn every_case_is_in_one_shard_and_loads_are_even() {
        let costs = [7.0, 7.0, 6.0, 6.0, 5.0, 5.0, 4.0, 4.0, 4.0];
        let shards = split(&costs, 4);
        let load = |shard: u32| -> f64 {
            costs.iter().zip(&shards).filter(|(_, s)| **s == shard).map(|(cost, _)| cost).sum()
        };
        let loads: Vec<f64> = (1..=4).map(load).collect();
        assert_eq!(loads.iter().sum::<f64>(), costs.iter().sum::<f64>());
        assert!(loads.iter().all(|load| *load <= 12.0 * 4.0 / 3.0), "{loads:?}");
        assert_eq!(split(&costs, 4), shards, "the same each time");
        assert_eq!(split(&[1.0], 3), [1]);
        assert_eq!(split(&[], 3), [0u32; 0]);
    }
}
