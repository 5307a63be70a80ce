//! What a page has of sweeps: their chart, and the points of each.

use maud::{Markup, html};

use super::{blocks, picture};
use crate::error::Result;
use crate::output::sweep_chart;
use crate::report::ReportedSweep;
use crate::report::sections::sweep;
use crate::sweep::Series;

/// The section of sweeps of one workload over the same settings; `number` is its place in the page.
///
/// # Errors
/// When the chart cannot be drawn.
pub(super) fn render(number: usize, sweeps: &[&ReportedSweep<'_>]) -> Result<Markup> {
    let Some(first) = sweeps.first() else { return Ok(html! {}) };
    let workload = &first.record.case.workload;
    let series: Vec<Series<'_>> = sweeps.iter().flat_map(|sweep| of(sweep)).collect();
    let chart = if series.is_empty() { None } else { Some(sweep_chart::render(workload, &series)?) };
    Ok(html! {
        section id={ "sweep-" (number) } {
            h2 { (workload) " by " (first.record.settings.join(" and ")) }
            @if let Some(chart) = chart {
                div.panel { figure.picture { (picture::inline(&chart)) } }
            }
            @for sweep in sweeps {
                h3 { (sweep.label()) }
                (blocks::render(&sweep::of(sweep.record)))
            }
        }
    })
}

/// The series of a sweep, which say their side where there is another sweep of the case.
fn of<'a>(sweep: &ReportedSweep<'a>) -> Vec<Series<'a>> {
    let mut all = Series::of(sweep.record);
    if let Some(side) = &sweep.side {
        for series in &mut all {
            for name in [&mut series.label, &mut series.row] {
                name.push_str(&format!(" ({side})"));
            }
        }
    }
    all
}
