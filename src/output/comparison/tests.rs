//! Each way to print a comparison against its golden file.

use super::*;
use crate::compare::{Filter, planted};
use crate::output::golden_tests::golden;
use crate::output::scatter;

#[test]
fn comparisons_have_their_golden() {
    let runs = planted::three_maps();
    let standing = planted::standing(&runs, &Filter::default(), Baseline::Best);
    golden("compare.txt", &table::render(&standing, By::Map, 80));
    golden("compare-by-workload.txt", &table::render(&standing, By::Workload, 80));
    golden("compare.md", &markdown::render(&standing, By::Map));
    golden("compare.json", &data::json(&standing).unwrap());
    golden("compare.csv", &data::csv(&standing).unwrap());
    golden("compare.svg", &String::from_utf8(scatter::render(&standing).unwrap()).unwrap());
    let runs = planted::two_sides();
    let standing = planted::standing(&runs, &Filter::default(), Baseline::Side("main".into()));
    golden("compare-sides.txt", &table::render(&standing, By::Map, 80));
    golden("compare-sides.md", &markdown::render(&standing, By::Map));
    golden("compare-sides.svg", &String::from_utf8(scatter::render(&standing).unwrap()).unwrap());
}

#[test]
fn a_comparison_fits_its_width() {
    let everything = Filter::new(&[], &[], &["*".into()], false).unwrap();
    for runs in [planted::three_maps(), planted::two_sides()] {
        for filter in [&everything, &Filter::default()] {
            let standing = planted::standing(&runs, filter, Baseline::Best);
            for width in [60, 80, 100, 160] {
                for by in [By::Map, By::Workload] {
                    let text = table::render(&standing, by, width);
                    for line in text.lines() {
                        let found = unicode_width::UnicodeWidthStr::width(line);
                        assert!(found <= width.into(), "{width}: {line}");
                    }
                }
            }
        }
    }
}

#[test]
fn names_cannot_break_a_picture_and_nothing_to_draw_is_said() {
    let mut runs = planted::three_maps();
    for (record, _, _) in &mut runs {
        record.case.workload = "a<b>\u{1}".into();
        record.case.map = format!("{}&\u{7}", record.case.map);
    }
    let standing = planted::standing(&runs, &Filter::default(), Baseline::Best);
    let svg = String::from_utf8(scatter::render(&standing).unwrap()).unwrap();
    assert!(svg.contains("a&lt;b") && !svg.contains(['\u{1}', '\u{7}']));
    assert!(!table::render(&standing, By::Map, 80).contains(['\u{1}', '\u{7}']));
    assert!(!markdown::render(&standing, By::Map).contains(['\u{1}', '\u{7}']));
    for (record, _, _) in &mut runs {
        record.metrics.remove(SPACE);
    }
    let standing = planted::standing(&runs, &Filter::default(), Baseline::Best);
    let svg = String::from_utf8(scatter::render(&standing).unwrap()).unwrap();
    assert!(svg.contains("nothing to show"));
    assert!(!table::render(&standing, By::Map, 80).contains("On the front"));
}
