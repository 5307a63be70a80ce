//! How finely a run is told over time.

use mapprof::worker::protocol::Pass;

use super::passes::{pass, workload};
use super::row;

pub fn section() {
    for name in ["skewed-keys", "churn", "large-values"] {
        let memory = pass(&workload(name, &[]), "hashbrown", 1, Pass::Memory).record.memory.unwrap();
        let points = memory.timeline.len();
        let kept = (270..=330).contains(&points);
        row(&format!("points of the timeline, {name} on hashbrown"), points.to_string(), "270 to 330", kept);
    }
}
