//! The program `static-map`: what its maps take, and that all answer the same.

use crate::programs::{is_sound, live, run};
use crate::records::{pass, record, table};
use crate::scratch::Scratch;

/// The variants.
const MAPS: [&str; 4] = ["std", "std-foldhash", "sorted-slice", "boomphf"];

#[test]
fn a_static_map_takes_what_its_layout_says() {
    let scratch = Scratch::new();
    run(&scratch, "read-only", "10000", "look_ups=5000", &["--heap=exact", "--latency"]);
    let mut checksums = Vec::new();
    for map in MAPS {
        let case = format!("read-only/own@{map},look_ups=5000");
        let role = if map == "sorted-slice" { "value" } else { "table" };
        checksums.push(is_sound(&scratch, &case, &[role]));
        let (live, payload) = (live(&scratch, &case), 160_000);
        assert_eq!(live[0], live[1], "{map}: a look-up allocates nothing");
        let record = record(&scratch, &case);
        let peak = pass(&record, "memory").total.peak_live_bytes;
        match map {
            "sorted-slice" => assert_eq!((live[0], peak), (payload, payload)),
            "boomphf" => {
                let bits = (live[0] - payload) as f64 * 8.0 / 10_000.0;
                // 1.44 is the least that there can be. Of the paper: gamma e^(1/gamma) is 3.06 for the gamma of 1.7, and each 512 bits have
                // a sum of 64.
                assert!((1.44..4.5).contains(&bits), "{bits}");
                // Keys that collide are set aside for the next level, in a vector that doubles.
                assert!(peak > live[0] && peak < live[0] + 80_000, "{peak}");
            }
            // 7/8 of 8,192 slots are too few.
            _ => assert_eq!((live[0], peak), (table(16_384, 16), table(16_384, 16)), "{map}"),
        }
        assert_eq!(record.metrics["payload_bytes"].value, payload as f64, "{map}");
        assert_eq!(record.metrics["bytes_per_entry"].value, live[0] as f64 / 10_000.0, "{map}");
        let ratio = record.metrics["hit_ratio"].value;
        assert!((0.88..0.92).contains(&ratio), "{map}: {ratio}");
    }
    checksums.dedup();
    assert_eq!(checksums.len(), 1, "every map answers the same");
}

#[test]
fn absent_and_present_keys_are_told_apart_at_any_size() {
    let scratch = Scratch::new();
    for entries in ["1", "2", "300"] {
        for (percent, hits) in [("0", 400), ("100", 0)] {
            let set = format!("look_ups=400,miss_percent={percent}");
            run(&scratch, "read-only", entries, &set, &[]);
            let mut checksums = Vec::new();
            for map in MAPS {
                let record = record(&scratch, &format!("read-only/own@{map},{set}"));
                let total = &pass(&record, "memory").total;
                assert_eq!((total.hits, total.look_ups), (hits, 400), "{map}, {entries}");
                checksums.push(total.checksum.clone());
            }
            checksums.dedup();
            assert_eq!(checksums.len(), 1, "{entries}, {percent}");
        }
    }
}
