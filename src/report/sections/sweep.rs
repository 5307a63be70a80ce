//! The points of a sweep: a row each, and what went wrong.

use crate::output::number_format::full;
use crate::output::sweep_chart::METRICS;
use crate::report::{Block, Cell, Column, Table};
use crate::sweep::{PointRecord, SweepRecord};

/// The table of the points, and a sentence for each failure.
pub fn of(record: &SweepRecord) -> Vec<Block> {
    if record.points.is_empty() {
        return vec![Block::Paragraph("No point of this sweep was measured.".to_owned())];
    }
    let mut blocks = vec![Block::Table(table(record))];
    for point in record.points.iter().filter(|point| !point.failures.is_empty()) {
        let sentences = super::failures(&point.failures).into_iter();
        blocks.extend(
            sentences.map(|text| Block::Paragraph(format!("At {}: {text}", settings(record, point)))),
        );
    }
    blocks
}

/// `entries=1000, value.size=16`.
fn settings(record: &SweepRecord, point: &PointRecord) -> String {
    let one = |name: &String| format!("{name}={}", value(point, name));
    record.settings.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn value<'a>(point: &'a PointRecord, setting: &str) -> &'a str {
    point.settings.get(setting).map_or("-", String::as_str)
}

fn table(record: &SweepRecord) -> Table {
    let has = |name: &&&str| record.points.iter().any(|point| point.metrics.contains_key(**name));
    let metrics: Vec<&str> = METRICS.iter().filter(has).copied().collect();
    let row = |point: &PointRecord| -> Vec<Cell> {
        let setting = |name: &String| Cell { text: value(point, name).to_owned(), value: point.number(name) };
        let figure = |name: &&str| match point.metrics.get(*name) {
            Some(metric) => Cell { text: full::value(metric.value, &metric.unit), value: Some(metric.value) },
            None => Cell::text("-"),
        };
        record.settings.iter().map(setting).chain(metrics.iter().map(figure)).collect()
    };
    let names = record.settings.iter().cloned();
    let cliffs = record.points.iter().filter(|point| point.cliff).count();
    Table {
        columns: names.chain(metrics.iter().map(|name| name.replace('_', " "))).map(Column::kept).collect(),
        rows: record.points.iter().map(row).collect(),
        below: match cliffs {
            0 => String::new(),
            1 => "1 of the points lies beside a doubling of the table and has no times".to_owned(),
            _ => format!("{cliffs} of the points lie beside a doubling of the table and have no times"),
        },
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CaseId, Failure};
    use crate::report::sweep_fixtures::sweep;
    use crate::report::terminal::render;

    #[test]
    fn points_are_rows_and_failures_are_told() {
        let mut record = sweep("churn", "std", &[(1000, 48.5), (2000, 35.0)]);
        record.points[1].cliff = true;
        record.points[1].metrics.remove("ns_per_op");
        record.points[1].failures = vec![Failure {
            case: CaseId::new("churn", "std"),
            pass: "time".into(),
            kind: "killed".into(),
            message: "signal 9".into(),
            last_words: Vec::new(),
        }];
        let expected = "\
entries  bytes per entry  ns per op
1000             48.50 B     100 ns
2000                35 B          -
1 of the points lies beside a doubling of the table and has no times
At entries=2000: FAILED in the time pass: killed: signal 9
";
        assert_eq!(render(&of(&record), 80), expected);
        record.points.clear();
        assert_eq!(render(&of(&record), 80), "No point of this sweep was measured.\n");
    }
}
