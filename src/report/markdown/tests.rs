use super::*;
use crate::profile::fixtures as profiles;
use crate::report::sections::cpu;
use crate::report::{Cell, Column};

#[test]
fn every_kind_of_block_has_its_markdown() {
    let table = Table {
        heading: "Phases:".into(),
        columns: ["phase", "live_bytes"].map(Column::kept).to_vec(),
        rows: vec![vec![Cell::text("fill|1"), Cell { text: "35.7 MB".into(), value: Some(35.7e6) }]],
        below: "and 2 more phases".into(),
        ..Table::default()
    };
    let list = LabelledList {
        title: "9. A tree takes less.".into(),
        rows: vec![("claimed", "0.5 times (S2)".into()), (measured::RERUN, "mapprof run churn_1".into())],
    };
    let blocks = [
        Block::Paragraph("35.7 MB live <b>now</b>.".into()),
        Block::Gap,
        Block::Items(vec!["a 1".into(), "b 2".into()]),
        Block::Table(table),
        Block::Labelled(list),
    ];
    let expected = "\
35.7 MB live &lt;b&gt;now&lt;/b&gt;.

a 1, b 2

Phases:

| phase | live\\_bytes |
| :--- | ---: |
| fill\\|1 | 35.7 MB |

and 2 more phases

**9. A tree takes less.**

- claimed: 0.5 times (S2)
- Reproduce with: `mapprof run churn_1`

";
    assert_eq!(render(&blocks), expected);
}

#[test]
fn no_paragraph_begins_a_list_or_a_heading() {
    for (text, expected) in [
        ("- a", "\\- a\n\n"),
        ("+ a", "\\+ a\n\n"),
        ("=x", "\\=x\n\n"),
        ("# a", "\\# a\n\n"),
        ("    code", "code\n\n"),
        ("1. a", "1\\. a\n\n"),
        ("12) a", "12\\) a\n\n"),
        ("12.5 MB", "12.5 MB\n\n"),
        ("1,000 B", "1,000 B\n\n"),
        ("7", "7\n\n"),
        ("2020s", "2020s\n\n"),
        ("", ""),
    ] {
        assert_eq!(paragraph(text), expected, "{text:?}");
    }
}

#[test]
fn sites_are_code_with_their_shares() {
    let text = of_block(&cpu::sites(&profiles::cpu()));
    let mut lines = text.lines().skip_while(|line| !line.starts_with('|'));
    assert_eq!(lines.next(), Some("| site | role | cpu | off by | share | source |"), "{text}");
    assert_eq!(lines.next(), Some("| :--- | ---: | ---: | ---: | ---: | ---: |"));
    let rows: Vec<&str> = lines.take_while(|line| line.starts_with('|')).collect();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row.starts_with("| `") && row.contains(" %")),
        "{text}"
    );
}
