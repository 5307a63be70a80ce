//! Each way to print a comparison against its golden file.

use super::*;
use crate::compare::{Filter, fixtures};
use crate::output::golden_tests::golden;
use crate::output::scatter;

#[test]
fn comparisons_have_their_golden() {
    let runs = fixtures::three_maps();
    let ranking = fixtures::ranking(&runs, &Filter::default(), Baseline::Best);
    golden("compare.txt", &table::render(&ranking, By::Map, 80));
    golden("compare-by-workload.txt", &table::render(&ranking, By::Workload, 80));
    golden("compare.md", &markdown::render(&ranking, By::Map));
    golden("compare.json", &data::json(&ranking).unwrap());
    golden("compare.csv", &data::csv(&ranking).unwrap());
    golden("compare.svg", &String::from_utf8(scatter::render(&ranking).unwrap()).unwrap());
    let runs = fixtures::two_sides();
    let ranking = fixtures::ranking(&runs, &Filter::default(), Baseline::Side("main".into()));
    golden("compare-sides.txt", &table::render(&ranking, By::Map, 80));
    golden("compare-sides.md", &markdown::render(&ranking, By::Map));
    golden("compare-sides.svg", &String::from_utf8(scatter::render(&ranking).unwrap()).unwrap());
}

#[test]
fn a_comparison_fits_its_width() {
    let everything = Filter::new(&[], &[], &["*".into()], false).unwrap();
    for runs in [fixtures::three_maps(), fixtures::two_sides()] {
        for filter in [&everything, &Filter::default()] {
            let ranking = fixtures::ranking(&runs, filter, Baseline::Best);
            for width in [60, 80, 100, 160] {
                for by in [By::Map, By::Workload] {
                    let text = table::render(&ranking, by, width);
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
    let mut runs = fixtures::three_maps();
    for (record, _, _) in &mut runs {
        record.case.workload = "a<b>\u{1}".into();
        record.case.map = format!("{}&\u{7}", record.case.map);
    }
    let ranking = fixtures::ranking(&runs, &Filter::default(), Baseline::Best);
    let svg = String::from_utf8(scatter::render(&ranking).unwrap()).unwrap();
    assert!(svg.contains("a&lt;b") && !svg.contains(['\u{1}', '\u{7}']));
    assert!(!table::render(&ranking, By::Map, 80).contains(['\u{1}', '\u{7}']));
    assert!(!markdown::render(&ranking, By::Map).contains(['\u{1}', '\u{7}']));
    for (record, _, _) in &mut runs {
        record.metrics.remove(SPACE);
    }
    let ranking = fixtures::ranking(&runs, &Filter::default(), Baseline::Best);
    let svg = String::from_utf8(scatter::render(&ranking).unwrap()).unwrap();
    assert!(svg.contains("nothing to show"));
    assert!(!table::render(&ranking, By::Map, 80).contains("Pareto front"));
}
