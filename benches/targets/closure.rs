//! How much of resident memory no step of the waterfall explains.

use mapprof::record::{Moment, Waterfall, waterfalls};
use mapprof::worker::protocol::Pass;
use mapprof::worker::registry::built_in_maps;

use super::passes::{pass, workload};
use super::row;

/// The most that a phase's end may leave unexplained.
const LIMIT: f64 = 0.01;

pub fn section() {
    for name in ["skewed-keys", "churn", "large-values"] {
        let workload = workload(name, &[]);
        let mut worst = (0.0, String::new());
        let mut each = Vec::new();
        for map in built_in_maps().into_iter().map(|entry| entry.info) {
            // A map that holds nothing has nothing to explain.
            if !map.answers || (map.too_costly)(&workload).is_some() {
                continue;
            }
            let record = pass(&workload, map.name, 1, Pass::Memory).record;
            let falls = waterfalls(record.memory.as_ref().unwrap(), &record.phases);
            let ends = || falls.iter().filter(|fall| fall.moment == Moment::PhaseEnd);
            assert!(ends().count() == workload.phases.len() && ends().all(whole), "{name} on {}", map.name);
            let (share, at) = ends()
                .map(|fall| (fall.unexplained_share(), fall.at.as_str()))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap();
            each.push(format!("{} {:.2}", map.name, 100.0 * share));
            if share >= worst.0 {
                worst = (share, format!("{at} on {}", map.name));
            }
        }
        row(
            &format!("unexplained of resident, {name}: {}", worst.1),
            format!("{:.2} %", 100.0 * worst.0),
            "at most 1 %",
            worst.0 <= LIMIT,
        );
        println!("  worst end of a phase, %:");
        for line in each.chunks(6) {
            println!("    {}", line.join(", "));
        }
    }
}

/// Whether a waterfall goes down to resident bytes, and its steps add up to them.
fn whole(fall: &Waterfall) -> bool {
    let sum: i64 = fall.steps.iter().map(|step| step.bytes).sum();
    fall.to_resident && sum == fall.total as i64
}
