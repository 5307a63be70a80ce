//! Memory of small maps, from one entry on: what a map holds is its own, however much was there before it.

use mapprof::record::{CaseRecord, SettleStep, Waterfall};

use crate::records::{self, maps, memory, record, run};
use crate::scratch::Scratch;

const ENTRIES: [u64; 5] = [1, 10, 100, 1_000, 10_000];

/// What a run of a map has in use at the most: size classes and large blocks of its own structures.
const STRUCTURES: [(&str, u64); 3] = [
    ("std", 1),      // the table
    ("btree", 2),    // leaves and inner nodes
    ("indexmap", 2), // the table and the entries
];

/// Metrics that are a share of something.
const SHARES: [&str; 4] = ["fragmentation", "retained_ratio", "retained_resident_ratio", "settled_ratio"];

const WORDS: &str = r#"
name = "words"
about = "Puts words in."
entries = 1_000
[key]
type = "string"
length = 20
[value]
type = "vec"
size = 72
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
"#;

fn scratch() -> Scratch {
    let scratch = records::scratch();
    scratch.write("own/words.toml", WORDS);
    scratch
}

/// Runs the memory pass alone; no time is looked at here.
#[track_caller]
fn measure(scratch: &Scratch, arguments: &[&str]) {
    run(scratch, &[arguments, &["--skip", "time"]].concat());
}

/// Payload to fragmentation: the bytes of pages in use.
fn in_use(waterfall: &Waterfall) -> i64 {
    let end = waterfall.steps.iter().position(|step| step.name == "fragmentation").expect("it has this step");
    waterfall.steps[..=end].iter().map(|step| step.bytes).sum()
}

/// Asserts what is true of a record of any size.
#[track_caller]
fn assert_whole(record: &CaseRecord) {
    let what = record.case.to_string();
    for waterfall in &record.waterfalls {
        let at = format!("{what}: {waterfall:?}");
        for step in &waterfall.steps {
            let may_be_less = matches!(step.name.as_str(), "untouched" | "unexplained");
            assert!(step.bytes >= 0 || may_be_less, "{} is {} in {at}", step.name, step.bytes);
        }
        assert!(waterfall.bytes("untouched").unwrap_or(0) <= 0, "{at}");
        assert!(waterfall.unexplained_share() <= 0.01, "{at}");
    }
    let metric = |name: &str| record.metrics.get(name).map(|metric| metric.value);
    let (resident, usable) = (metric("resident_bytes").unwrap(), metric("usable_bytes").unwrap());
    assert!(resident >= usable, "{what}: {resident} bytes resident, {usable} usable");
    for name in SHARES {
        assert!(metric(name).is_none_or(|share| (0.0..=1.0).contains(&share)), "{what}: {name} is no share");
    }
    for pages in memory(record).phases.iter().filter_map(|reading| reading.pages) {
        assert!(pages.untouched <= pages.in_use, "{what}: {pages:?}");
        assert!(pages.rss_allocator + pages.rss_harness <= pages.rss, "{what}: {pages:?}");
    }
}

#[test]
fn from_one_entry_on_each_size_class_has_a_page_to_spare_and_no_more() {
    let scratch = scratch();
    for (workload, blocks_of_entries) in [("filled", 0), ("words", 2)] {
        for entries in ENTRIES {
            measure(&scratch, &[workload, "--entries", &entries.to_string(), "--map", "std,btree,indexmap"]);
            for (map, structures) in STRUCTURES {
                let record = record(&scratch, &format!("{workload}/{map}"));
                assert_whole(&record);
                let (fill, reading) = (&record.waterfalls[0], &memory(&record).phases[0]);
                let spare = in_use(fill) - reading.usable_bytes as i64;
                let page = memory(&record).page_bytes.max(4096);
                let most = (page * (structures + blocks_of_entries)) as i64;
                assert!((0..=most).contains(&spare), "{entries} entries: {spare} bytes in {fill:?}");
                let pages = reading.pages.expect("pages can be read here");
                assert_eq!(in_use(fill), pages.in_use as i64, "{fill:?}");
            }
        }
    }
}

#[test]
fn every_small_map_is_whole() {
    let scratch = scratch();
    for entries in ["1", "50", "3000"] {
        for workload in ["drained", "words"] {
            measure(&scratch, &[workload, "--entries", entries, "--map", "all"]);
            for map in maps().into_iter().chain(["null"]) {
                assert_whole(&record(&scratch, &format!("{workload}/{map}")));
            }
        }
    }
}

#[test]
fn every_small_map_of_several_threads_is_whole() {
    let scratch = scratch();
    let maps = ["mutex-std", "rwlock-std", "dashmap", "papaya", "scc", "skiplist"];
    for threads in ["2", "5"] {
        for entries in ["50", "3000"] {
            let chosen = maps.join(",");
            measure(&scratch, &["words", "--entries", entries, "--threads", threads, "--map", &chosen]);
            for map in maps {
                assert_whole(&record(&scratch, &format!("words/{map},threads={threads}")));
            }
        }
    }
}

#[test]
fn a_map_that_holds_nothing_has_no_page_in_use() {
    let scratch = scratch();
    measure(&scratch, &["filled", "--entries", "1000", "--map", "null"]);
    let record = record(&scratch, "filled/null");
    assert_whole(&record);
    let pages = memory(&record).phases[0].pages.expect("pages can be read here");
    assert_eq!((pages.in_use, pages.untouched), (0, 0));
    assert!(!record.metrics.contains_key("fragmentation"), "a share of nothing is none");
}

/// What the map frees stays with the allocator for a while, and is the map's no more.
#[test]
fn what_is_taken_out_leaves_its_pages() {
    let scratch = scratch();
    measure(&scratch, &["drained", "--entries", "3000", "--map", "std,btree"]);
    for map in ["std", "btree"] {
        let record = record(&scratch, &format!("drained/{map}"));
        let of = |step: SettleStep| {
            let settled = memory(&record).settling.iter().find(|settled| settled.step == step);
            settled.and_then(|settled| settled.reading.pages).expect("pages can be read here")
        };
        let full = memory(&record).phases[0].pages.expect("pages can be read here");
        let (shrunk, purged, dropped) =
            (of(SettleStep::Shrunk), of(SettleStep::ShrunkPurged), of(SettleStep::Dropped));
        assert!(full.in_use > 3_000 * 52, "{map}: {full:?}");
        assert_eq!((dropped.in_use, dropped.untouched), (0, 0), "{map}: {dropped:?}");
        assert!(shrunk.free > full.free, "{map}: {shrunk:?}");
        assert!(purged.free < shrunk.free, "{map}: {purged:?}");
    }
}
