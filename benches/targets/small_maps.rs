//! Memory of small maps: what is held for them, and that no step of their waterfalls is out of place.

use mapprof::record::{Moment, PassKind, Waterfall, metrics_of, waterfalls};
use mapprof::worker::protocol::Pass;
use mapprof::workload::Workload;

use super::passes::{NUMBERS, pass, workload};
use super::row;

const ENTRIES: [u64; 5] = [1, 10, 100, 1_000, 10_000];

/// Maps, with the size classes and large blocks that their own structures have at the most.
const MAPS: [(&str, u64); 3] = [("std", 1), ("btree", 2), ("indexmap", 2)];

/// jemalloc's page.
const PAGE: i64 = 4096;

/// The most that a phase's end may leave unexplained.
const UNEXPLAINED: f64 = 0.01;

/// The steps that are no less than 0.
fn negative(fall: &Waterfall) -> usize {
    let may_be_less = |name: &str| matches!(name, "untouched" | "unexplained");
    fall.steps.iter().filter(|step| step.bytes < 0 && !may_be_less(&step.name)).count()
}

/// What is worst over all sizes of a map.
#[derive(Default)]
struct Worst {
    /// Usable bytes beyond those resident.
    lacking: i64,
    /// Pages in use beyond the usable bytes, less a page for each size class and large block.
    spare: i64,
    unexplained: f64,
    negative: usize,
    share: f64,
}

impl Worst {
    fn see(&mut self, workload: &Workload, map: &str, blocks: u64) -> String {
        let record = pass(workload, map, 1, Pass::Memory).record;
        let memory = record.memory.as_ref().unwrap();
        let falls = waterfalls(memory, &record.phases);
        let fill = &falls[0];
        let (usable, step) =
            (memory.phases[0].usable_bytes as i64, |name: &str| fill.bytes(name).unwrap_or_default());
        let metrics = metrics_of(|kind| (kind == PassKind::Memory).then_some(&record), true);
        let metric = |name: &str| metrics.get(name).map_or(0.0, |metric| metric.value);
        let resident = metric("resident_bytes") as i64;
        self.lacking = self.lacking.max(usable - resident);
        self.spare = self.spare.max(step("fragmentation") - PAGE * blocks as i64);
        for fall in falls.iter().filter(|fall| fall.moment != Moment::Peak) {
            self.unexplained = self.unexplained.max(fall.unexplained_share());
            self.negative += negative(fall);
        }
        for name in ["fragmentation", "retained_ratio", "retained_resident_ratio", "settled_ratio"] {
            self.share = self.share.max(metric(name));
        }
        format!(
            "{usable:>9} {resident:>9} {:>13} {:>9} {:>9}  {:.2} %",
            step("fragmentation"),
            step("allocator"),
            step("untouched"),
            100.0 * fill.unexplained_share()
        )
    }
}

pub fn section() {
    println!("skewed-keys at the end of its fill, bytes");
    for (name, types, blocks_of_entries) in [("u64 -> u64", &NUMBERS[..], 0), ("String -> Vec", &[][..], 2)] {
        for (map, structures) in MAPS {
            let mut worst = Worst::default();
            println!("  {name} on {map}");
            println!(
                "    entries    usable  resident fragmentation allocator untouched  unexplained of the process"
            );
            for entries in ENTRIES {
                let size = format!("entries={entries}");
                let workload = workload("skewed-keys", &[types, &[&size, "phase.serve.ops=1000"]].concat());
                let line = worst.see(&workload, map, structures + blocks_of_entries);
                println!("    {entries:>7} {line}");
            }
            let what = |figure: &str| format!("{figure}, {name}, {map}");
            let bytes = |bytes: i64| format!("{bytes} B");
            row(&what("usable beyond resident"), bytes(worst.lacking), "0 B", worst.lacking == 0);
            row(&what("in use beyond a page per class"), bytes(worst.spare), "0 B", worst.spare == 0);
            row(&what("steps below 0"), worst.negative.to_string(), "0", worst.negative == 0);
            row(&what("largest share"), format!("{:.3}", worst.share), "at most 1", worst.share <= 1.0);
            row(
                &what("unexplained of the process"),
                format!("{:.3} %", 100.0 * worst.unexplained),
                "at most 1 %",
                worst.unexplained <= UNEXPLAINED,
            );
        }
    }
}
