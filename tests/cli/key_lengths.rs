//! Keys of several lengths: every type that has them, to the byte.

use mapprof::oracle::{self, Outcome};
use mapprof::worker::registry::built_in_maps;
use mapprof::workload::payload::key_types::KEY_TYPES;

use crate::records;
use crate::scratch::Scratch;

const ENTRIES: u64 = 2_000;

/// Every call that a closed form knows, on keys of that type.
fn workload(key: &str, length: &str) -> String {
    format!(
        r#"name = "lengths"
about = "Keys of several lengths."
entries = {ENTRIES}
[key]
type = "{key}"
length = {length}
[value]
type = "vec"
size = {{ distribution = "uniform", min = 0, max = 60 }}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "serve"
ops = 6_000
mix = {{ get = 40, get_missing = 10, update = 30, modify = 20 }}
[[phase]]
name = "grow"
ops = 2_000
mix = {{ insert = 50, upsert = 50 }}
[[phase]]
name = "drain"
ops = 1_000
mix = {{ remove = 100 }}
"#
    )
}

const UNIFORM: &str = "{ distribution = \"uniform\", min = 8, max = 40 }";
const SHARES: &str = "[{ bytes = 8, share = 0.7 }, { bytes = 40, share = 0.3 }]";

#[test]
fn keys_of_several_lengths_cost_what_the_closed_form_says() {
    let maps = ["std", "hashbrown", "btree", "dashmap"];
    for (place, key) in KEY_TYPES.iter().filter(|info| info.bytes.is_none()).enumerate() {
        let (length, mean) = if place % 2 == 0 { (UNIFORM, 24.0) } else { (SHARES, 17.6) };
        let scratch = Scratch::new();
        scratch.write("own/lengths.toml", workload(key.name, length));
        records::run(&scratch, &["lengths", "--map", &maps.join(","), "--verify", "--heap=exact"]);
        for map in maps {
            let record = records::record(&scratch, &format!("lengths/{map}"));
            let infos = built_in_maps();
            let info = infos.iter().find(|entry| entry.info.name == map).expect("it is there").info;
            for check in oracle::verify(&record, info.closed_form).checks {
                let within = map == "btree" && matches!(check.outcome, Outcome::Within { .. });
                assert!(check.outcome == Outcome::Equal || within, "{} on {map}: {check:?}", key.rust);
            }
            // What is not the map's is the blocks', at the end of each phase.
            for reading in &records::memory(&record).phases {
                let own =
                    reading.shape.as_ref().and_then(|shape| shape.own_bytes).filter(|_| map == "hashbrown");
                let blocks = reading.out_of_line_bytes;
                assert!(
                    own.is_none_or(|own| own + blocks == reading.live_bytes),
                    "{}: {reading:?}",
                    key.rust
                );
            }
            let negative = record.waterfalls.iter().flat_map(|fall| &fall.steps).find(|step| step.bytes < 0);
            let by_kernel = |name: &str| ["untouched", "unexplained"].contains(&name);
            assert!(negative.is_none_or(|step| by_kernel(&step.name)), "{} on {map}: {negative:?}", key.rust);
            let fill = &records::pass(&record, "memory").phases[0];
            let bytes = fill.payload_bytes as f64 / ENTRIES as f64;
            assert!((bytes - mean - 30.0).abs() < 1.5, "{} on {map}: {bytes} bytes an entry", key.rust);
        }
    }
}

#[test]
fn ascending_keys_of_several_lengths_ascend() {
    let scratch = Scratch::new();
    let text = workload("string", UNIFORM).replace("\n[value]", "\norder = \"ascending\"\n[value]");
    scratch.write("own/lengths.toml", text);
    records::run(&scratch, &["lengths", "--map", "btree", "--threads", "1", "--verify"]);
    let record = records::record(&scratch, "lengths/btree");
    let infos = built_in_maps();
    let info = infos.iter().find(|entry| entry.info.name == "btree").expect("it is there").info;
    // A tree that is filled in order has one form and no bounds.
    let checks = oracle::verify(&record, info.closed_form).checks;
    let fill: Vec<_> = checks.iter().filter(|check| check.phase == "fill").collect();
    assert!(!fill.is_empty() && fill.iter().all(|check| check.outcome == Outcome::Equal), "{fill:?}");
    records::run(&scratch, &["lengths", "--map", "dashmap", "--threads", "3"]);
}
