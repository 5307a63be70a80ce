//! Workloads for the tests: one that is done at once, and one that would take hours.

use crate::scratch::Scratch;

/// A scratch folder with the workloads `quick` and `slow` in `own/`.
pub fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("own/quick.toml", of("quick", 2_000));
    scratch.write("own/slow.toml", of("slow", 500_000_000_000));
    scratch
}

/// A map that is filled and then looked up in, `gets` times.
fn of(name: &str, gets: u64) -> String {
    format!(
        r#"name = "{name}"
about = "Fills a map and looks keys up."
entries = 1_000

[key]
type = "string"
length = 12

[value]
type = "vec"
size = 40

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}

[[phase]]
name = "look"
ops = {gets}
mix = {{ get = 90, update = 10 }}
"#
    )
}
