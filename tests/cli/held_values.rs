//! Values that somebody else holds too: they stay when the map lets them go, to the byte, and the waterfall says so.

use crate::records;
use crate::scratch::Scratch;

const MAPS: [&str; 4] = ["std", "hashbrown", "btree", "dashmap"];

/// Every way in which a map takes a value or lets it go.
fn workload(entries: u64, size: &str, held: &str, clears: &str) -> String {
    format!(
        r#"name = "lingering"
about = "Lets values go that others hold."
entries = {entries}
[key]
type = "u64"
[value]
type = "arc-bytes"
size = {size}
held = {held}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "serve"
ops_per_entry = 3.0
each = ["update", "modify", "entry", "modify", "upsert", "get"]
[[phase]]
name = "thin"
ops_per_entry = 0.5
mix = {{ remove = 100 }}
[[phase]]
name = "fresh"
step = "rebuild"
[[phase]]
name = "more"
ops_per_entry = 1.0
mix = {{ modify = 50, insert = 50 }}
{clears}
[[phase]]
name = "anew"
step = "new"
[[phase]]
name = "missing"
ops = 5
mix = {{ update = 100 }}
[[phase]]
name = "refill"
ops_per_entry = 0.5
mix = {{ insert = 100 }}
[[phase]]
name = "swapped"
step = "swap"
[[phase]]
name = "gone"
step = "drop"
"#
    )
}

const CLEAR: &str = "[[phase]]\nname = \"cleared\"\nops = 1\neach = [\"clear\"]";

fn run(scratch: &Scratch, text: &str, maps: &str, arguments: &[&str]) -> String {
    scratch.write("own/lingering.toml", text);
    let run = ["run", "lingering", "--workloads", "own", "--verify", "--map", maps];
    scratch.mapprof(&[&run[..], arguments].concat()).ended_with(0).stdout
}

#[test]
fn closed_forms_hold_whatever_share_others_hold() {
    for entries in [1, 8, 449, 3000] {
        for size in ["40", "{ distribution = \"uniform\", min = 0, max = 99 }"] {
            for held in ["0.3", "1.0"] {
                let scratch = Scratch::new();
                let text = workload(entries, size, held, CLEAR);
                let said = run(&scratch, &text, &MAPS.join(","), &["--heap=exact", "--latency"]);
                let all = "live and peak of fill, serve, thin, fresh, more, cleared, anew, missing, refill, swapped, gone agree";
                assert!(said.matches(all).count() >= 2, "{entries} of {size}, {held}:\n{said}");
                for map in MAPS {
                    let record = records::record(&scratch, &format!("lingering/{map}"));
                    let heap = record.heap.as_ref().expect("the profile was compared with the counters");
                    assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{map}");
                    assert!(record.leaks.is_empty(), "{map}");
                    let last = records::memory(&record).phases.last().expect("there are phases").clone();
                    assert_eq!(last.live_bytes, last.held_elsewhere_bytes, "{map}: the map is gone");
                }
            }
        }
    }
}

#[test]
fn several_threads_let_go_of_what_others_hold() {
    let scratch = Scratch::new();
    let text = workload(4000, "40", "0.5", "");
    run(&scratch, &text, "dashmap", &["--threads", "4", "--heap=exact"]);
    let record = records::record(&scratch, "lingering/dashmap,threads=4");
    let last = records::memory(&record).phases.last().expect("there are phases").clone();
    // Locks that threads waited for have a table of 16 cache lines, which stays.
    let own = last.live_bytes - last.held_elsewhere_bytes;
    assert!(last.held_elsewhere_bytes > 0 && (own == 0 || own == 16 * 64 + 32), "{last:?}");
}

#[test]
fn a_drained_map_keeps_nothing_that_is_its_own_and_the_waterfall_says_what_is_held() {
    const ENTRIES: u64 = 1000;
    let scratch = Scratch::new();
    let text = format!(
        r#"name = "lingering"
about = "Takes out all entries whose values others hold."
entries = {ENTRIES}
[key]
type = "u64"
[value]
type = "arc-bytes"
size = 40
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "drain"
ops_per_entry = 1.0
mix = {{ remove = 100 }}
[[variant]]
name = "owned"
about = "The map is the only owner."
[[variant]]
name = "held"
about = "Somebody else holds every value too."
value.held = 1
"#
    );
    run(&scratch, &text, "hashbrown", &["--heap=exact"]);
    let table = records::table(2048, 24);
    // A block has two counters.
    let blocks = ENTRIES * (16 + 40);
    for (variant, held) in [("owned", 0), ("held", blocks)] {
        let record = records::record(&scratch, &format!("lingering/hashbrown@{variant}"));
        let memory = records::memory(&record);
        assert_eq!(memory.phases[0].live_bytes, table + blocks, "{variant}");
        assert_eq!(memory.phases[0].held_elsewhere_bytes, 0, "the map has them still");
        assert_eq!(memory.phases[1].live_bytes, table + held, "{variant}");
        let steps =
            |at: &str| record.waterfalls.iter().find(|waterfall| waterfall.at == at).expect("it is there");
        assert_eq!(steps("drain").bytes("held-elsewhere"), (held > 0).then_some(held as i64));
        assert_eq!(steps("settled: dropped").bytes("held-elsewhere"), None, "let go with the map");
        let dropped = memory.settling.iter().find(|settled| settled.step.name() == "dropped");
        assert_eq!(dropped.expect("it was read").reading.live_bytes, 0);
    }
    let said = scratch.mapprof(&["describe", "lingering@held", "--workloads", "own"]).ended_with(0).stdout;
    assert!(said.contains("100% of them are held by others too"), "{said}");
}

#[test]
fn what_cannot_be_held_is_refused_before_anything_runs() {
    let scratch = Scratch::new();
    let refused = |text: &str, says: &str| {
        scratch.write("own/lingering.toml", text);
        let said = scratch.mapprof(&["run", "lingering", "--workloads", "own"]).ended_with(2);
        assert!(said.stderr.contains(says), "{says}:\n{}", said.stderr);
        assert_eq!(said.stderr.trim().lines().count(), 1, "{}", said.stderr);
        assert!(!scratch.path("profiles").exists(), "nothing ran");
    };
    let good = workload(100, "40", "0.5", "");
    let vectors = good.replace("arc-bytes", "vec");
    refused(&vectors, "lingering.toml:9: value.held is for arc-bytes alone: vec values have a single owner");
    refused(&good.replace("held = 0.5", "held = 1.5"), "lingering.toml:9: value.held must be from 0 to 1");
}
