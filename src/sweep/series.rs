//! The series of a sweep: a figure by the number that one setting is, for each value of the other setting.

use super::record::{Bounds, PointRecord, SweepRecord};

/// The points of a sweep that differ in one setting alone.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// The case, with the value of the other setting if there is one: `churn/std, value.size=16`.
    pub label: String,
    /// The same without the workload.
    pub row: String,
    /// The setting that is the axis.
    pub axis: &'a str,
    /// The points, by its number.
    pub points: Vec<(f64, &'a PointRecord)>,
}

impl<'a> Series<'a> {
    /// The series of a sweep; none if no setting is a number in all points. The axis is the first one that is.
    pub fn of(record: &'a SweepRecord) -> Vec<Series<'a>> {
        let is_number = |name: &&String| record.points.iter().all(|point| point.number(name).is_some());
        let Some(axis) = record.settings.iter().find(is_number) else { return Vec::new() };
        let mut all: Vec<Series<'a>> = Vec::new();
        for point in &record.points {
            let others = record.settings.iter().filter(|name| *name != axis);
            let label: String = others
                .map(|name| format!(", {name}={}", point.settings.get(name).map_or("", String::as_str)))
                .collect();
            let row = format!("{}{label}", record.case.row());
            let Some(number) = point.number(axis) else { continue };
            match all.iter_mut().find(|series| series.row == row) {
                Some(series) => series.points.push((number, point)),
                None => all.push(Series {
                    label: format!("{}{label}", record.case),
                    row,
                    axis,
                    points: vec![(number, point)],
                }),
            }
        }
        for series in &mut all {
            series.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        all
    }

    /// A figure of its points, where they have it.
    pub fn figure(&self, metric: &str) -> Vec<(f64, f64)> {
        let one = |(n, point): &(f64, &PointRecord)| Some((*n, point.metrics.get(metric)?.value));
        self.points.iter().filter_map(one).collect()
    }

    /// The closed form of a figure, where there is one.
    pub fn closed_form(&self, metric: &str) -> Vec<(f64, Bounds)> {
        let one = |(n, point): &(f64, &PointRecord)| Some((*n, *point.closed_form.get(metric)?));
        self.points.iter().filter_map(one).collect()
    }

    /// The unit of a figure.
    pub fn unit(&self, metric: &str) -> Option<&'a str> {
        self.points.iter().find_map(|(_, point)| Some(point.metrics.get(metric)?.unit.as_str()))
    }
}
