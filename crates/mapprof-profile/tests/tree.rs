//! What the package depends on: it is for any platform, so nothing in its tree is an allocator or a binding to a system.

use std::collections::BTreeSet;
use std::process::Command;

/// The names of all packages that `mapprof-profile` needs, over these kinds of dependencies.
fn packages(edges: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "mapprof-profile", "--prefix", "none", "--edges", edges])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is there");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).expect("names are text");
    text.lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn nothing_it_depends_on_is_for_one_platform() {
    let found = packages("normal,build");
    assert!(["mapprof-profile", "flate2", "thiserror"].iter().all(|name| found.contains(*name)), "{found:?}");
    for name in ["libc", "rustix", "windows-sys", "addr2line", "backtrace", "mapprof"] {
        assert!(!found.contains(name), "{name} is in {found:?}");
    }
}

#[test]
fn no_allocator_is_in_it_not_even_for_its_tests() {
    let found = packages("normal,build,dev");
    let allocator =
        |name: &&String| ["jemalloc", "mimalloc", "tcmalloc"].iter().any(|part| name.contains(part));
    assert_eq!(found.iter().find(allocator), None, "{found:?}");
}
