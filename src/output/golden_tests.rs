//! Every writer against its golden file, made of a small profile with known numbers.

use std::path::PathBuf;

use super::*;
use crate::profile::top::{By, TopOptions, add_cumulative, top};
use crate::profile::{Label, LabelValue, Profile, Sample, fixtures};
use crate::record::{self, fixtures as planted_pass};

fn view() -> DisplayOptions {
    DisplayOptions { title: "std · planted".into(), show_harness: false }
}

/// Compares with `tests/golden/<name>`, or writes it when `MAPPROF_BLESS=1`.
pub(super) fn golden(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("MAPPROF_BLESS").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{name} differs from its golden file. If that is meant, bless it: MAPPROF_BLESS=1 cargo test --lib golden\n\
         --- found\n{found}"
    );
}

fn text(artifact: &Artifact, profile: &Profile, view: &DisplayOptions) -> String {
    String::from_utf8(artifact.of_profile(profile, view).unwrap().unwrap()).unwrap()
}

fn named(file_name: &str, profile: &Profile, view: &DisplayOptions) -> String {
    text(ARTIFACTS.iter().find(|artifact| artifact.file_name == file_name).unwrap(), profile, view)
}

fn of_profiles() -> impl Iterator<Item = (&'static Artifact, Profile)> {
    ARTIFACTS.iter().filter_map(|artifact| match artifact.input {
        Input::Heap => Some((artifact, fixtures::heap())),
        Input::Cpu => Some((artifact, fixtures::cpu())),
        Input::HeapTimeline | Input::Memory => None,
    })
}

#[test]
fn the_pictures_of_memory_have_their_golden() {
    let (phases, memory) = (planted_pass::phases(), planted_pass::memory());
    let title = "std · planted";
    let waterfall = waterfall::render(title, &record::waterfalls(&memory, &phases)).unwrap();
    golden("waterfall.svg", &String::from_utf8(waterfall).unwrap());
    let timeline = timeline::render(title, &phases, &memory).unwrap();
    golden("timeline.svg", &String::from_utf8(timeline).unwrap());
}

/// The picture without inferno's script and style, which change with its version.
pub(super) fn bare(svg: &str) -> String {
    let mut out = svg.to_string();
    for tag in ["script", "style"] {
        while let (Some(start), Some(end)) = (out.find(&format!("<{tag}")), out.find(&format!("</{tag}>"))) {
            out.replace_range(start..end + tag.len() + 3, "");
        }
    }
    // A line for each element makes differences readable.
    out.replace("><", ">\n<")
}

#[test]
fn every_artifact_has_its_golden() {
    for (artifact, profile) in of_profiles().filter(|(artifact, _)| !artifact.file_name.ends_with(".pb.gz")) {
        let found = text(artifact, &profile, &view());
        match artifact.file_name.rsplit('.').next() {
            Some("svg") => golden(artifact.file_name, &bare(&found)),
            Some("json") => {
                let json: serde_json::Value = serde_json::from_str(&found).unwrap();
                golden(artifact.file_name, &(serde_json::to_string_pretty(&json).unwrap() + "\n"));
            }
            _ => golden(artifact.file_name, &found),
        }
    }
}

#[test]
fn formats_that_a_run_does_not_write_have_their_golden() {
    for (name, profile) in [
        ("heap.dhat.json", fixtures::heap()),
        ("heap.firefox.json", fixtures::heap()),
        ("cpu.firefox.json", fixtures::cpu()),
    ] {
        let mut json = Vec::new();
        let (index, view) = (profile.default_type(), view());
        let shown = FormatInput { index, what: "", view: &view };
        (Format::by_file_name(name).unwrap().write)(&profile, &shown, &mut json).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        golden(name, &(serde_json::to_string_pretty(&json).unwrap() + "\n"));
    }
}

#[test]
fn tables_have_their_golden() {
    let shown = |profile: &Profile, options: &TopOptions| {
        let mut table = top(profile, options).unwrap();
        add_cumulative(&mut table, profile, options).unwrap();
        table
    };
    let heap = shown(&fixtures::heap(), &TopOptions::default());
    golden(
        "top-heap.txt",
        &(top_table::render_binary(&heap, 80) + &top_table::warnings(&heap, fixtures::heap().sample_bytes())),
    );
    golden("top-heap-wide.txt", &top_table::render_binary(&heap, 120));
    golden("top-heap.json", &(serde_json::to_string_pretty(&heap).unwrap() + "\n"));
    let cpu = shown(&fixtures::cpu(), &TopOptions { harness: true, ..Default::default() });
    golden("top-cpu.txt", &top_table::render(&cpu, 80));
    let phases = top(&fixtures::heap(), &TopOptions { by: By::Phase, ..Default::default() }).unwrap();
    golden("top-phases.txt", &top_table::render(&phases, 80));
    let foreign = top(&fixtures::foreign(), &TopOptions { limit: Some(1), ..Default::default() }).unwrap();
    golden("top-foreign.txt", &top_table::render(&foreign, 80));
}

#[test]
fn a_table_fits_its_width() {
    let mut found = top(&fixtures::heap(), &TopOptions::default()).unwrap();
    add_cumulative(&mut found, &fixtures::heap(), &TopOptions::default()).unwrap();
    for width in [60, 80, 100, 120] {
        let text = top_table::render(&found, width) + &top_table::warnings(&found, Some(1 << 40));
        for line in text.lines() {
            let width = if line.contains("--sample-bytes") { 80 } else { width };
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width.into(), "{width}: {line}");
        }
    }
}

#[test]
fn the_harness_is_shown_when_asked_for() {
    let hidden = named("heap-inuse.folded", &fixtures::heap(), &view());
    assert!(!hidden.contains("std::rt") && !hidden.contains("__rust_alloc"), "{hidden}");
    assert!(hidden.contains("serve;[harness] 4096"), "{hidden}");
    let view = DisplayOptions { show_harness: true, ..view() };
    let shown = named("heap-inuse.folded", &fixtures::heap(), &view);
    assert!(shown.contains("fill;main;std::rt::lang_start;") && shown.contains("__rust_alloc"), "{shown}");
}

#[test]
fn the_values_of_a_picture_add_up() {
    let profile = fixtures::heap();
    let folded = named("heap-peak.folded", &profile, &view());
    let sum: i64 = folded.lines().map(|l| l.rsplit(' ').next().unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(Some(sum), profile.total("peak_space"));
}

#[test]
fn zero_everywhere_still_gives_every_file() {
    let mut profile = fixtures::heap();
    for index in 0..profile.samples.len() {
        profile.samples.values_mut(index).fill(0);
    }
    for artifact in ARTIFACTS.iter().filter(|artifact| artifact.input == Input::Heap) {
        let bytes = artifact.of_profile(&profile, &view()).unwrap().unwrap();
        assert_eq!(bytes.is_empty(), artifact.file_name.ends_with(".folded"), "{}", artifact.file_name);
        if artifact.file_name.ends_with(".svg") {
            let svg = String::from_utf8(bytes).unwrap();
            assert!(svg.contains("zero everywhere") && svg.ends_with("</svg>\n"));
        }
    }
    let table = top(&profile, &TopOptions::default()).unwrap();
    assert_eq!(top_table::render(&table, 80), "nothing to show: inuse_space is zero everywhere\n");
}

#[test]
fn another_programs_profile_is_drawn_with_its_own_sample_types() {
    let profile = fixtures::foreign();
    let (index, view) = (profile.default_type(), DisplayOptions::default());
    let shown = FormatInput { index, what: profile.kinds()[index], view: &view };
    let mut svg = Vec::new();
    (Format::by_file_name("a.svg").unwrap().write)(&profile, &shown, &mut svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains("main.(*Server).handle") && svg.contains(">inuse_space<"), "no such frame or title");
}

#[test]
fn no_mark_is_left_in_a_picture() {
    for profile in [fixtures::heap(), fixtures::foreign()] {
        let svg = named("heap-inuse.svg", &profile, &view());
        assert!(!svg.chars().any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)));
    }
}

#[test]
fn tooltips_tell_how_far_a_sampled_frame_may_be_off() {
    let svg = named("heap-inuse.svg", &fixtures::heap(), &view());
    // 14 samples of keys: Garwood's interval of 14 is 7.65 to 23.49.
    assert!(svg.contains("make_key 29.1 % (7,340,032 bytes ±57 %)"), "no interval for the keys");
    assert!(svg.contains("<title>all 100 % (25,201,936 bytes ±17 %)"), "no interval for all");
    // Labels have the share alone.
    assert!(svg.contains(">mapprof::workload::payload::make_key 29.1 %</text>"));
    let mut exact = fixtures::heap();
    exact.period = 1;
    for profile in [exact, fixtures::foreign()] {
        assert!(!named("heap-inuse.svg", &profile, &view()).contains('±'));
    }
    assert!(named("cpu.svg", &fixtures::cpu(), &view()).contains('±'), "shares of CPU time are estimates");
}

#[test]
fn samples_that_differ_in_labels_alone_are_one_stack() {
    let mut profile = fixtures::heap();
    let texts = || {
        ARTIFACTS
            .iter()
            .filter(|artifact| artifact.input == Input::Heap && artifact.file_name != HEAP_PROFILE)
    };
    let before: Vec<String> = texts().map(|artifact| text(artifact, &profile, &view())).collect();
    let unit = profile.strings.add("calls");
    let key = profile.strings.add("lifetime");
    // Each sample in twenty parts that differ in their lifetime.
    let whole = std::mem::take(&mut profile.samples);
    for sample in &whole {
        for part in 0..20 {
            let part_of = |value: &i64| value / 20 + if part == 0 { value % 20 } else { 0 };
            let values: Vec<i64> = sample.values.iter().map(part_of).collect();
            let mut labels: Vec<Label> = sample.labels.to_vec();
            labels.retain(|label| label.key != key);
            labels.push(Label { key, value: LabelValue::Number(part, unit) });
            profile.samples.push(Sample { values: &values, labels: &labels, ..sample });
        }
    }
    // Intervals change with the number of samples.
    profile.period = 1;
    for (artifact, before) in texts().zip(before) {
        if !artifact.file_name.ends_with(".svg") {
            assert!(text(artifact, &profile, &view()) == before, "{} differs", artifact.file_name);
        }
    }
}

#[test]
fn artifacts_and_formats_have_names_of_their_own() {
    let mut names: Vec<&str> = ARTIFACTS.iter().map(|artifact| artifact.file_name).collect();
    names.extend(FORMATS.iter().map(|format| format.name));
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
