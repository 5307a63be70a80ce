//! Fills of u64 -> u64 on hashbrown from a million to a hundred million entries: bytes against the closed form, and the
//! harness's own memory.

use mapprof::maps::MapFamily;
use mapprof::maps::hash_brown::HashBrown;
use mapprof::oracle::{Figure, forecast};
use mapprof::worker::protocol::Pass;
use mapprof::workload::Workload;

use super::passes::{NUMBERS, pass, workload};
use super::row;

const SIZES: [u64; 3] = [1_000_000, 10_000_000, 100_000_000];

/// The most that the harness may take.
const HARNESS: u64 = 64 << 20;

pub fn section() {
    for entries in SIZES {
        let workload = fill(entries);
        let size = format!("{} M entries", entries / 1_000_000);
        let record = pass(&workload, "hashbrown", 1, Pass::Memory).record;
        let (end, due) = (
            record.phases[0].counted(),
            &forecast(&workload, HashBrown::INFO.closed_form.unwrap(), 1, 1).unwrap().phases[0],
        );
        for (what, counted, due) in
            [("live", end.live_bytes, &due.live), ("peak", end.peak_live_bytes, &due.peak)]
        {
            let Figure::Exact(due) = due else { panic!("a fill has a closed form: {due:?}") };
            let what = format!("{what} bytes, {size}");
            row(&what, counted.to_string(), &format!("{due}"), counted == *due);
        }
        let harness = record.memory.unwrap().phases[0].pages.unwrap().rss_harness;
        row(
            &format!("harness memory, {size}"),
            format!("{:.1} MiB", harness as f64 / 1048576.0),
            "under 64 MiB",
            harness < HARNESS,
        );
    }
}

/// skewed-keys without all that follows its fill.
fn fill(entries: u64) -> Workload {
    let entries = format!("entries={entries}");
    let set: Vec<&str> = NUMBERS.into_iter().chain([entries.as_str()]).collect();
    let mut workload = workload("skewed-keys", &set);
    workload.phases.truncate(1);
    workload
}
