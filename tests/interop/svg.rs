//! The flamegraphs, read by a strict XML parser.

use crate::outside::{answer, present};
use crate::run_once;
use std::process::Command;

/// Prints the root's name, the heading, and then the tooltip of every frame, a line each. Fails on broken XML.
const READ: &str = r#"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(root.tag.rpartition('}')[2])
heading = [e for e in root.iter() if e.get('id') == 'title']
print(''.join(heading[0].itertext()) if heading else '')
for element in root.iter():
    if element.tag.rpartition('}')[2] == 'title':
        print(''.join(element.itertext()))
"#;

/// Asserts that a file of the run is an SVG with a heading, and that some frame's tooltip contains `part`.
fn check(file: &str, part: &str) {
    if !present("python3", Command::new("python3").arg("--version"), "Python 3") {
        return;
    }
    let mut parser = Command::new("python3");
    parser.args(["-c", READ]).arg(run_once::file(file));
    let said = answer(&mut parser).expect("python3 starts");
    assert!(said.success, "{file} is not well-formed XML:\n{}", said.stderr);
    let mut lines = said.stdout.lines();
    assert_eq!(lines.next(), Some("svg"), "{file}");
    assert!(lines.next().is_some_and(|heading| !heading.trim().is_empty()), "{file} has no heading");
    assert!(
        lines.any(|tooltip| tooltip.contains(part)),
        "{file} has no frame with {part} in its name:\n{}",
        said.stdout
    );
}

#[test]
fn heap_flamegraphs_are_well_formed_and_show_the_payload_maker() {
    for file in ["heap-inuse.svg", "heap-alloc.svg", "heap-peak.svg", "heap-temporary.svg"] {
        check(file, "make_value");
    }
}

#[test]
fn the_cpu_flamegraph_is_well_formed_and_shows_the_workload() {
    check("cpu.svg", "mapprof::");
}

/// Prints the root's name and then all of its text. Fails on broken XML, and on a number that is none.
const READ_PICTURE: &str = r#"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(root.tag.rpartition('}')[2])
for element in root.iter():
    for name, value in element.attrib.items():
        if 'nan' in value.lower() or 'inf' in value.lower():
            sys.exit(f'{element.tag} has {name}={value}')
print(' '.join(' '.join(root.itertext()).split()))
"#;

/// Asserts that a picture of the memory pass is well-formed and says each of `parts`.
fn check_picture(file: &str, parts: &[&str]) {
    if !present("python3", Command::new("python3").arg("--version"), "Python 3") {
        return;
    }
    let mut parser = Command::new("python3");
    parser.args(["-c", READ_PICTURE]).arg(run_once::file(file));
    let said = answer(&mut parser).expect("python3 starts");
    assert!(said.success, "{file} is not well-formed, or has no numbers:\n{}", said.stderr);
    assert_eq!(said.stdout.lines().next(), Some("svg"), "{file}");
    for part in parts {
        assert!(said.stdout.contains(part), "{file} does not say {part}:\n{}", said.stdout);
    }
}

#[test]
fn the_waterfall_is_well_formed_and_shows_every_step_of_the_chain() {
    let steps = ["payload", "empty slots", "control", "rounding", "fragmentation", "process", "resident"];
    check_picture("waterfall.svg", &steps);
    check_picture("waterfall.svg", &["hashbrown", "skewed-keys", "end of fill", "end of drain", "peak"]);
}

#[test]
fn the_timeline_is_well_formed_and_shows_its_lines_and_phases() {
    let lines = ["live", "allocated", "active", "resident", "entries", "capacity"];
    check_picture("timeline.svg", &lines);
    check_picture("timeline.svg", &["hashbrown", "skewed-keys", "fill", "serve", "drain"]);
}
