//! Which map of Go stands for a map of Rust: where a claim is put to the test on both, and in variants that name their maps.

/// The language as `--map` has it: its own map, and of a program the one that it brings.
pub(super) const LANGUAGE: &str = "go";

/// Maps of Rust, each with the one of Go that does the same.
const GO_MAPS: &[(&str, &str)] = &[
    ("std", "go"),
    ("hashbrown", "go"),
    ("rwlock-std", "go-rwmutex"),
    ("mutex-std", "go-rwmutex"),
    ("sharded-rwlock", "go-sharded"),
    ("dashmap", "go-syncmap"),
    ("papaya", "go-syncmap"),
    ("scc", "go-syncmap"),
    ("sorted-vec", "go-sorted"),
    ("dense-vec", "go-dense"),
    ("cow-std", "go-cow"),
];

/// The map of Go that does what `map` does.
///
/// # Errors
/// With the reason why a claim about it says nothing of Go.
pub(super) fn of(map: &str) -> Result<&'static str, String> {
    let found = GO_MAPS.iter().find(|(rust, _)| *rust == map).map(|(_, go)| *go);
    found.ok_or_else(|| format!("Go has no map like {map}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::registry::built_in_maps;

    #[test]
    fn every_map_that_has_a_counterpart_is_one() {
        let maps = built_in_maps();
        for (rust, go) in GO_MAPS {
            assert!(maps.iter().any(|entry| entry.info.name == *rust), "{rust}");
            assert!(go.starts_with("go"), "{go}");
        }
        assert_eq!(of("std"), Ok("go"));
        assert_eq!(of("btree"), Err("Go has no map like btree".to_owned()));
    }
}
