//! The protobuf profiles, read by `go tool pprof`.

use crate::outside::{answer, present};
use crate::run_once;
use std::process::Command;

/// Runs `go tool pprof` with `flags` on a file of the run. None when the tool is not there.
fn pprof(flags: &[&str], file: &str) -> Option<String> {
    let tool = || {
        let mut command = Command::new("go");
        command.args(["tool", "pprof"]);
        command
    };
    if !present("go tool pprof", tool().arg("-h"), "-tagroot") {
        return None;
    }
    let said = answer(tool().args(flags).arg(run_once::file(file))).expect("go starts");
    assert!(
        said.success && !said.stdout.is_empty(),
        "go tool pprof {} {file} failed:\n{}{}",
        flags.join(" "),
        said.stdout,
        said.stderr
    );
    Some(said.stdout)
}

/// The report of `-top`: the names in its last column, nothing trimmed away.
fn top(flags: &[&str], file: &str) -> Option<Vec<String>> {
    let report = pprof(&[&["-top", "-trim=false"], flags].concat(), file)?;
    let rows = report.lines().skip_while(|line| !line.trim_start().starts_with("flat "));
    // Five figures, then the name, which may hold blanks.
    let names: Vec<String> = rows
        .skip(1)
        .filter_map(|row| {
            let name: Vec<&str> = row.split_whitespace().skip(5).collect();
            (!name.is_empty()).then(|| name.join(" "))
        })
        .collect();
    assert!(!names.is_empty(), "no rows in\n{report}");
    Some(names)
}

/// The sample types as `-raw` prints them, and the one that it marks as the default.
fn sample_types(file: &str) -> Option<(Vec<String>, Option<String>)> {
    let raw = pprof(&["-raw"], file)?;
    let line = raw
        .lines()
        .skip_while(|line| *line != "Samples:")
        .nth(1)
        .expect("a line of sample types follows `Samples:`");
    let mut default = None;
    let types = line
        .split_whitespace()
        .map(|word| {
            let name = word.strip_suffix("[dflt]");
            if let Some(name) = name {
                default = Some(name.to_owned());
            }
            name.unwrap_or(word).to_owned()
        })
        .collect();
    Some((types, default))
}

#[track_caller]
fn assert_has(names: &[String], what: &str, is_it: impl Fn(&str) -> bool) {
    assert!(names.iter().any(|name| is_it(name)), "{what} is not among\n{}", names.join("\n"));
}

#[test]
fn heap_has_gos_four_sample_types_then_the_peak_and_the_temporary() {
    let Some((types, default)) = sample_types("heap.pb.gz") else {
        return;
    };
    assert_eq!(
        types,
        [
            "alloc_objects/count",
            "alloc_space/bytes",
            "inuse_objects/count",
            "inuse_space/bytes",
            "peak_objects/count",
            "peak_space/bytes",
            "temporary_objects/count",
            "temporary_space/bytes",
        ]
    );
    assert_eq!(default.as_deref(), Some("inuse_space/bytes"));
}

#[test]
fn heap_names_the_map_and_the_payload_makers() {
    let Some(names) = top(&["-sample_index=alloc_space"], "heap.pb.gz") else {
        return;
    };
    // The crate itself: the adapter's module has the same name, behind `mapprof::maps::`.
    assert_has(&names, "a function of hashbrown", |name| {
        name.trim_start_matches('<').starts_with("hashbrown::")
    });
    assert_has(&names, "make_key", |name| name.contains("make_key"));
    assert_has(&names, "make_value", |name| name.contains("make_value"));
}

#[test]
fn every_heap_sample_type_can_be_chosen() {
    for index in [
        "alloc_objects",
        "alloc_space",
        "inuse_objects",
        "inuse_space",
        "peak_objects",
        "peak_space",
        // Values that an update replaced in the phase in which they were made.
        "temporary_objects",
        "temporary_space",
    ] {
        let flag = format!("-sample_index={index}");
        let Some(names) = top(&[&flag], "heap.pb.gz") else {
            return;
        };
        assert_has(&names, "make_value", |name| name.contains("make_value"));
    }
}

#[test]
fn tagroot_turns_phases_into_frames() {
    let Some(names) = top(&["-sample_index=alloc_space", "-tagroot=phase"], "heap.pb.gz") else {
        return;
    };
    assert_has(&names, "fill", |name| name == "fill");
    assert_has(&names, "serve", |name| name == "serve");
}

#[test]
fn tagroot_turns_roles_into_frames() {
    let Some(names) = top(&["-sample_index=alloc_space", "-tagroot=role"], "heap.pb.gz") else {
        return;
    };
    for role in ["key", "value", "table"] {
        assert_has(&names, role, |name| name == role);
    }
}

/// The values of each label, as `-tags` lists them: the label's name, then what stands below it.
fn tags(index: &str) -> Option<Vec<(String, Vec<String>)>> {
    let report = pprof(&["-tags", "-trim=false", &format!("-sample_index={index}")], "heap.pb.gz")?;
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in report.lines() {
        // Tags stand as `name: Total sum`, their values below as `sum (share): value`.
        if let Some((name, rest)) = line.split_once(':')
            && rest.trim_start().starts_with("Total ")
        {
            found.push((name.trim().to_owned(), Vec::new()));
        } else if let Some((_, value)) = line.rsplit_once("):")
            && let Some((_, values)) = found.last_mut()
        {
            values.push(value.trim().to_owned());
        }
    }
    assert!(!found.is_empty(), "no tags in\n{report}");
    Some(found)
}

#[test]
fn tags_are_the_labels_and_the_numbers_have_units() {
    let Some(found) = tags("alloc_space") else {
        return;
    };
    let of = |name: &str| {
        let tag = found.iter().find(|(tag, _)| tag == name);
        tag.map(|(_, values)| values).unwrap_or_else(|| panic!("no tag {name} in {found:?}"))
    };
    for (name, value) in [("map", "hashbrown"), ("workload", "skewed-keys"), ("thread", "worker-0")] {
        assert_eq!(of(name), &[value], "{name}");
    }
    for phase in ["fill", "serve"] {
        assert!(of("phase").iter().any(|value| value == phase), "{found:?}");
    }
    assert!(of("bytes").iter().all(|value| value.ends_with('B')), "sizes of blocks: {:?}", of("bytes"));
    assert!(!of("bytes").is_empty() && !of("lifetime").is_empty(), "{found:?}");
    // What is in use was not freed, so it has no lifetime.
    let in_use = tags("inuse_space").expect("it was there");
    assert!(in_use.iter().any(|(tag, _)| tag == "bytes"), "{in_use:?}");
    assert!(!in_use.iter().any(|(tag, values)| tag == "lifetime" && !values.is_empty()), "{in_use:?}");
}

#[test]
fn a_part_of_the_run_is_chosen_by_its_calls() {
    let file = "heap-timeline.pb.gz";
    let Some((types, default)) = sample_types(file) else {
        return;
    };
    assert_eq!(
        types,
        ["alloc_objects/count", "alloc_space/bytes", "freed_objects/count", "freed_space/bytes"]
    );
    assert_eq!(default.as_deref(), Some("alloc_space/bytes"));
    // The 20,000 insertions of the first phase come before all look-ups and updates.
    let of_calls = |calls: &str, phase: &str| {
        let interval = format!("-tagfocus=interval={calls}");
        let flags = ["-sample_index=alloc_space", "-tagroot=phase", &interval];
        top(&flags, file).expect("it was there").iter().any(|name| name == phase)
    };
    assert!(of_calls("0:8000", "fill") && !of_calls("0:8000", "serve"));
    assert!(of_calls("100000:200000", "serve") && !of_calls("100000:200000", "fill"));
    // What the second phase frees, the first one had allocated, but not all of it.
    let freed = top(&["-sample_index=freed_space", "-tagfocus=interval=100000:200000"], file);
    assert_has(&freed.expect("it was there"), "make_value", |name| name.contains("make_value"));
}

#[test]
fn cpu_has_samples_and_nanoseconds() {
    let Some((types, default)) = sample_types("cpu.pb.gz") else {
        return;
    };
    assert_eq!(types, ["samples/count", "cpu/nanoseconds"]);
    // Without a mark the last one is shown, which is the same.
    assert!(default.is_none_or(|name| name == "cpu/nanoseconds"));
}

#[test]
fn cpu_is_shown_as_time_and_as_samples() {
    let Some(report) = pprof(&["-top", "-unit=ms"], "cpu.pb.gz") else {
        return;
    };
    assert!(report.contains("Type: cpu"), "{report}");
    assert!(report.contains("ms"), "{report}");
    let by_samples = pprof(&["-top", "-sample_index=samples"], "cpu.pb.gz").expect("it was there");
    assert!(by_samples.contains("Type: samples"), "{by_samples}");
    let names = top(&[], "cpu.pb.gz").expect("it was there");
    assert_has(&names, "a function of mapprof", |name| name.contains("mapprof::"));
}
