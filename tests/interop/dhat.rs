//! `mapprof convert --to dhat`, read by Valgrind's own viewer in a browser (`tests/tools/dh_view.mjs`), and by the Firefox
//! Profiler's import.

use serde::Deserialize;
use serde_json::Value;

use crate::converted::Converted;
use crate::firefox::Loaded;
use crate::outside::{absent, browser_present, package_present, shown};

/// What the viewer's driver prints.
#[derive(Deserialize)]
struct Shown {
    loaded: bool,
    errors: Vec<String>,
    #[serde(default)]
    leaves: usize,
    #[serde(default)]
    total: [i64; 2],
    #[serde(default)]
    peak: [i64; 2],
    #[serde(default)]
    end: [i64; 2],
    #[serde(default)]
    metrics: Vec<String>,
    #[serde(default)]
    text: String,
}

#[test]
fn valgrinds_viewer_shows_each_stack_and_the_profiles_totals() {
    let places = ["/usr/libexec/valgrind/dh_view.html", "/usr/lib/valgrind/dh_view.html"];
    let has_viewer = places.iter().any(|place| std::path::Path::new(place).is_file());
    if !browser_present() || !(has_viewer || absent("dh_view", "it is not installed")) {
        return;
    }
    let heap = Converted::of("heap.pb.gz");
    let file = heap.to("heap.dhat.json");
    let shown: Shown = shown("dh_view.mjs", &file, &[]);
    assert!(shown.loaded, "{:?}", shown.errors);
    let json: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(shown.leaves, json["pps"].as_array().unwrap().len(), "a stack is a leaf");
    for (of, found) in [("alloc", shown.total), ("peak", shown.peak), ("inuse", shown.end)] {
        let totals = ["space", "objects"].map(|what| heap.total(&format!("{of}_{what}")));
        assert_eq!(found, totals, "{of}");
    }
    assert!(shown.metrics.iter().any(|metric| metric == "At t-gmax (bytes)"), "{:?}", shown.metrics);
    assert!(shown.text.contains("reserve_rehash"), "{}", shown.text);
}

#[test]
fn the_firefox_profiler_imports_a_thread_for_each_moment() {
    if !package_present("@firefox-devtools/profiler-cli") {
        return;
    }
    let heap = Converted::of("heap.pb.gz");
    let threads = [
        ("Total Bytes", "alloc_space"),
        ("Bytes at Global Max", "peak_space"),
        ("Bytes at End", "inuse_space"),
    ];
    let loaded = Loaded::of(&heap.to("heap.dhat.json"), &threads.map(|(thread, _)| thread));
    for (thread, kind) in threads {
        assert_eq!(loaded.thread(thread).total, heap.total(kind) as f64, "{thread}");
    }
    // The name, without the address and the file that the file's frames have beside it.
    let functions = &loaded.thread("Total Bytes").functions;
    assert!(functions.iter().any(|row| row.name.ends_with("::reserve_rehash")), "no frame was taken apart");
}
