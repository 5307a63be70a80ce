//! Shards of a map, where a workload says how many: closed forms follow, answers do not, and a map without shards refuses.

use crate::records;
use crate::scratch::Scratch;

fn workload(more: &str) -> String {
    format!(
        r#"name = "sharded"
about = "Entries in a number of shards."
entries = 3000
{more}
[key]
type = "string"
length = 20
[value]
type = "vec"
size = 40
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "serve"
ops_per_entry = 1.0
mix = {{ get = 70, update = 30 }}
[[phase]]
name = "rebuilt"
step = "rebuild"
[[phase]]
name = "anew"
step = "new"
"#
    )
}

#[test]
fn a_number_of_shards_changes_bytes_by_the_closed_form_and_no_answer() {
    let scratch = Scratch::new();
    let mut checksums = Vec::new();
    for shards in [2, 8, 256] {
        scratch.write("own/sharded.toml", workload(&format!("shards = {shards}")));
        let run = ["run", "sharded", "--workloads", "own", "--map", "dashmap", "--verify", "--heap=exact"];
        scratch.mapprof(&[&run[..], &["--quiet"]].concat()).ended_with(0);
        let record = records::record(&scratch, "sharded/dashmap");
        let memory = records::pass(&record, "memory");
        checksums.push(memory.total.checksum.clone());
        // An empty map is its array of shards, two cache lines each.
        let empty = memory.phases[3].counts.expect("it was counted").live_bytes;
        assert_eq!(empty, shards * 128);
    }
    checksums.dedup();
    assert_eq!(checksums.len(), 1);
}

#[test]
fn a_map_without_shards_and_a_number_that_cannot_be_are_refused() {
    let scratch = Scratch::new();
    let refused = |more: &str, map: &str, says: &str| {
        scratch.write("own/sharded.toml", workload(more));
        let said = scratch.mapprof(&["run", "sharded", "--workloads", "own", "--map", map]).ended_with(2);
        assert!(said.stderr.contains(says), "{}", said.stderr);
    };
    refused("shards = 8", "std", "map \"std\" cannot run sharded: it has no number of shards");
    refused(
        "shards = 6",
        "dashmap",
        "sharded.toml:4: shards must be a power of two, got 6; the next ones are 4 and 8",
    );
    refused("shards = 1", "dashmap", "shards must be from 2 to 65_536, got 1");
}
