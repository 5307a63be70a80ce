//! Entries that change threads: the same operations with the same answers, whichever thread does them.

use crate::records;
use crate::scratch::Scratch;

const MAPS: &str = "dashmap,mutex-std,papaya,scc,skiplist,sharded-rwlock";

#[test]
fn entries_that_are_handed_over_give_the_same_answers_and_bytes() {
    for threads in ["2", "5"] {
        let scratch = Scratch::new();
        let run = ["run", "bleeding", "--threads", threads, "--heap=exact", "--latency", "--verify"];
        scratch.mapprof(&[&run[..], &["--entries", "500"]].concat()).ended_with(0);
        for map in ["dashmap", "mutex-std", "papaya"] {
            let of = |variant: &str| {
                records::record(&scratch, &format!("bleeding/{map}@{variant},threads={threads}"))
            };
            let (kept, handed) = (of("kept"), of("handed-over"));
            // The same calls by other threads.
            let checksum = |record| records::pass(record, "memory").total.checksum.clone();
            assert_eq!(checksum(&kept), checksum(&handed), "{map} on {threads}");
            let phases = [&kept, &handed].map(|record| &records::memory(record).phases);
            for (kept, handed) in phases[0].iter().zip(phases[1]) {
                assert_eq!(kept.payload_bytes, handed.payload_bytes, "{map} on {threads}");
                // Of papaya's retired values each thread frees some when it comes to it.
                if map != "papaya" {
                    assert_eq!(kept.live_bytes, handed.live_bytes, "{map} on {threads}");
                }
            }
        }
    }
}

#[test]
fn on_one_thread_nothing_changes_hands() {
    let text = |hand_over: &str| {
        format!(
            "name = \"one\"\nabout = \"One.\"\nentries = 300\n[key]\ntype = \"u64\"\n[value]\ntype = \"vec\"\nsize = 9\n\
             [[phase]]\nname = \"fill\"\nops_per_entry = 1\nmix = {{ insert = 100 }}\n\
             [[phase]]\nname = \"drain\"\nops_per_entry = 1\nmix = {{ remove = 100 }}\n{hand_over}"
        )
    };
    let run = |with: &str| {
        let scratch = Scratch::new();
        scratch.write("own/one.toml", text(with));
        records::run(&scratch, &["one", "--map", MAPS]);
        let checksum = |map| {
            records::pass(&records::record(&scratch, &format!("one/{map}")), "memory").total.checksum.clone()
        };
        MAPS.split(',').map(checksum).collect::<Vec<_>>()
    };
    assert_eq!(run(""), run("hand_over = true\n"));
}

/// A thread's source follows the steps before the first calls too, whichever thread it goes to.
#[test]
fn entries_are_handed_over_after_a_step_that_comes_first() {
    let checksum = |hand_over: &str| {
        let scratch = Scratch::new();
        let text = format!(
            "name = \"one\"\nabout = \"One.\"\nentries = 300\n[key]\ntype = \"u64\"\n[value]\ntype = \"u64\"\n\
             [[phase]]\nname = \"room\"\nstep = \"reserve\"\n\
             [[phase]]\nname = \"fill\"\nops_per_entry = 1\nmix = {{ insert = 100 }}\n{hand_over}"
        );
        scratch.write("own/one.toml", text);
        records::run(&scratch, &["one", "--map", "mutex-std", "--threads", "2"]);
        let record = records::record(&scratch, "one/mutex-std,threads=2");
        records::pass(&record, "memory").total.checksum.clone()
    };
    assert_eq!(checksum(""), checksum("hand_over = true\n"));
}

#[test]
fn a_step_has_no_threads_to_hand_over_to() {
    let scratch = Scratch::new();
    let text = "name = \"one\"\nabout = \"One.\"\nentries = 300\n[key]\ntype = \"u64\"\n[value]\ntype = \"u64\"\n\
                [[phase]]\nname = \"fill\"\nops_per_entry = 1\nmix = { insert = 100 }\n\
                [[phase]]\nname = \"less\"\nstep = \"shrink\"\nhand_over = true\n";
    scratch.write("own/one.toml", text);
    let said = scratch.mapprof(&["describe", "one", "--workloads", "own"]).ended_with(2);
    assert!(
        said.stderr.contains("one.toml:15: phase.less.hand_over and step exclude each other"),
        "{}",
        said.stderr
    );
}
