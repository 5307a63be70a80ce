//! Hashers of a workload: each runs, none changes a byte of a table, and a map that takes none refuses.

use mapprof::workload::hashers::HASHERS;

use crate::records;
use crate::scratch::Scratch;

const MAPS: &str = "std,hashbrown,dashmap";

/// A workload with a variant for each hasher, and one for a hasher of two values.
fn workload() -> String {
    let variant = |name: &str, hasher: &str| {
        format!("[[variant]]\nname = \"{name}\"\nabout = \"By {name}.\"\nhasher = {hasher}\n\n")
    };
    let mut variants: String =
        HASHERS.iter().map(|info| variant(info.name, &format!("{:?}", info.name))).collect();
    variants.push_str(&variant("worst", "{ type = \"bad\", distinct = 2 }"));
    format!(
        r#"name = "hashed"
about = "Puts entries in and looks them up."
entries = 3_000

[key]
type = "string"
length = 20

[value]
type = "vec"
size = 16

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}

[[phase]]
name = "serve"
ops = 2_000
mix = {{ get = 80, get_missing = 10, update = 10 }}

{variants}"#
    )
}

#[test]
fn no_hasher_changes_a_byte_of_a_table() {
    let scratch = Scratch::new();
    scratch.write("own/hashed.toml", workload());
    let run = ["run", "hashed", "--workloads", "own", "--map", MAPS, "--quiet", "--verify", "--heap=exact"];
    scratch.mapprof(&[&run[..], &["--latency"]].concat()).ended_with(0);
    for map in ["std", "hashbrown"] {
        let live = |variant: &str, hasher: &str| {
            let record = records::record(&scratch, &format!("hashed/{map}+{hasher}@{variant}"));
            assert_eq!(record.case.hasher.as_deref(), Some(hasher));
            let last = records::pass(&record, "memory").phases[1].counted();
            (last.live_bytes, last.peak_live_bytes, records::pass(&record, "memory").total.checksum.clone())
        };
        let worst = live("worst", "bad2");
        for info in HASHERS {
            let label = if info.counts_values { format!("{}16", info.name) } else { info.name.to_owned() };
            assert_eq!(live(info.name, &label), worst, "{} on {map}", info.name);
        }
    }
}

#[test]
fn a_hasher_where_there_is_none_to_choose_is_refused() {
    let scratch = Scratch::new();
    scratch.write("own/hashed.toml", workload());
    let refused = |arguments: &[&str], due: &str| {
        let run = ["run", "hashed@ahash", "--workloads", "own"];
        let said = scratch.mapprof(&[&run[..], arguments].concat()).ended_with(2);
        assert!(said.stderr.contains(due), "{}", said.stderr);
    };
    refused(
        &["--map", "btree"],
        "map \"btree\" cannot run hashed@ahash: it cannot be given a hasher such as ahash",
    );
    refused(
        &["--map", "std", "--set", "value.type=bool"],
        "it is not compiled for String keys with bool values by ahash",
    );
    refused(&["--map", "std", "--set", "hasher=md5"], "--set hasher=md5: ");
    refused(&["--set", "hasher={ type = \"ahash\", distinct = 3 }"], "is for the hasher \"bad\" alone");
    assert!(!scratch.path("profiles").exists(), "nothing was run");
}
