//! Every writer against its golden file, made of a small profile with known numbers.

use std::path::PathBuf;

use super::*;
use crate::profile::top::{By, TopOptions, add_cumulative, top};
use crate::profile::{Label, LabelValue, Sample, fixtures};
use crate::record::{self, fixtures as planted_pass};

fn view() -> View {
    View { title: "std · planted".into(), show_harness: false }
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

fn text(output: &Output, profile: &Profile, view: &View) -> String {
    String::from_utf8((output.render)(profile, view).unwrap()).unwrap()
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
fn every_output_has_its_golden() {
    for (outputs, profile) in [(HEAP, fixtures::heap()), (CPU, fixtures::cpu())] {
        for output in outputs {
            if output.file_name.ends_with(".pb.gz") {
                continue;
            }
            let found = text(output, &profile, &view());
            match output.file_name.rsplit('.').next() {
                Some("svg") => golden(output.file_name, &bare(&found)),
                Some("json") => {
                    let json: serde_json::Value = serde_json::from_str(&found).unwrap();
                    golden(output.file_name, &(serde_json::to_string_pretty(&json).unwrap() + "\n"));
                }
                _ => golden(output.file_name, &found),
            }
        }
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
        &(table::render_binary(&heap, 80) + &table::warnings(&heap, fixtures::heap().sample_bytes())),
    );
    golden("top-heap-wide.txt", &table::render_binary(&heap, 120));
    golden("top-heap.json", &(serde_json::to_string_pretty(&heap).unwrap() + "\n"));
    let cpu = shown(&fixtures::cpu(), &TopOptions { harness: true, ..Default::default() });
    golden("top-cpu.txt", &table::render(&cpu, 80));
    let phases = top(&fixtures::heap(), &TopOptions { by: By::Phase, ..Default::default() }).unwrap();
    golden("top-phases.txt", &table::render(&phases, 80));
    let foreign = top(&fixtures::foreign(), &TopOptions { limit: Some(1), ..Default::default() }).unwrap();
    golden("top-foreign.txt", &table::render(&foreign, 80));
}

#[test]
fn a_table_fits_its_width() {
    let mut found = top(&fixtures::heap(), &TopOptions::default()).unwrap();
    add_cumulative(&mut found, &fixtures::heap(), &TopOptions::default()).unwrap();
    for width in [60, 80, 100, 120] {
        let text = table::render(&found, width) + &table::warnings(&found, Some(1 << 40));
        for line in text.lines() {
            let width = if line.contains("--sample-bytes") { 80 } else { width };
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width.into(), "{width}: {line}");
        }
    }
}

#[test]
fn the_harness_is_shown_when_asked_for() {
    let hidden = String::from_utf8(fold(&fixtures::heap(), "inuse_space", &view())).unwrap();
    assert!(!hidden.contains("std::rt") && !hidden.contains("__rust_alloc"), "{hidden}");
    assert!(hidden.contains("serve;[harness] 4096"), "{hidden}");
    let view = View { show_harness: true, ..view() };
    let shown = String::from_utf8(fold(&fixtures::heap(), "inuse_space", &view)).unwrap();
    assert!(shown.contains("fill;main;std::rt::lang_start;") && shown.contains("__rust_alloc"), "{shown}");
}

#[test]
fn the_values_of_a_picture_add_up() {
    let profile = fixtures::heap();
    let folded = String::from_utf8(fold(&profile, "peak_space", &view())).unwrap();
    let sum: i64 = folded.lines().map(|l| l.rsplit(' ').next().unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(Some(sum), profile.total("peak_space"));
}

#[test]
fn zero_everywhere_still_gives_every_file() {
    let mut profile = fixtures::heap();
    for index in 0..profile.samples.len() {
        profile.samples.values_mut(index).fill(0);
    }
    for output in HEAP {
        let bytes = (output.render)(&profile, &view()).unwrap();
        assert_eq!(bytes.is_empty(), output.file_name.ends_with(".folded"), "{}", output.name);
        if output.file_name.ends_with(".svg") {
            let svg = String::from_utf8(bytes).unwrap();
            assert!(svg.contains("zero everywhere") && svg.ends_with("</svg>\n"));
        }
    }
    let table = top(&profile, &TopOptions::default()).unwrap();
    assert_eq!(table::render(&table, 80), "nothing to show: inuse_space is zero everywhere\n");
}

#[test]
fn another_programs_profile_is_drawn_with_its_own_sample_types() {
    let svg = text(&HEAP[2], &fixtures::foreign(), &View::default());
    assert!(svg.contains("main.(*Server).handle") && svg.contains(">inuse_space<"), "no such frame or title");
}

#[test]
fn no_mark_is_left_in_a_picture() {
    for profile in [fixtures::heap(), fixtures::foreign()] {
        let svg = text(&HEAP[1], &profile, &view());
        assert!(!svg.chars().any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)));
    }
}

#[test]
fn tooltips_tell_how_far_a_sampled_frame_may_be_off() {
    let svg = text(&HEAP[1], &fixtures::heap(), &view());
    // 14 samples of keys: Garwood's interval of 14 is 7.65 to 23.49.
    assert!(svg.contains("make_key (7,340,032 bytes ±57 %, 29.12%)"), "no interval for the keys");
    assert!(svg.contains("<title>all (25,201,936 bytes ±17 %, 100%)"), "no interval for all");
    // Labels have none.
    assert!(svg.contains(">mapprof::workload::payload::make_key</text>"));
    let mut exact = fixtures::heap();
    exact.period = 1;
    for profile in [exact, fixtures::foreign()] {
        assert!(!text(&HEAP[1], &profile, &view()).contains('±'));
    }
    assert!(text(&CPU[1], &fixtures::cpu(), &view()).contains('±'), "shares of CPU time are estimates");
}

#[test]
fn samples_that_differ_in_labels_alone_are_one_stack() {
    let mut profile = fixtures::heap();
    let before: Vec<String> = HEAP.iter().skip(1).map(|output| text(output, &profile, &view())).collect();
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
    for (output, before) in HEAP.iter().skip(1).zip(before) {
        if !output.file_name.ends_with(".svg") {
            assert!(text(output, &profile, &view()) == before, "{} differs", output.name);
        }
    }
}

#[test]
fn file_names_and_names_are_unique() {
    let mut names: Vec<&str> = HEAP.iter().chain(CPU).flat_map(|o| [o.name, o.file_name]).collect();
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
