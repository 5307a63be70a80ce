//! The parts that a difference has on a terminal and in Markdown: cells of its tables, and sentences.

use crate::compare::bootstrap::FEWEST;
use crate::compare::metric_changes::{DRIFT, FigureRow, FigureSide, Figures, Finding};
use crate::compare::site_changes::{Change, Mark, SiteChanges};

use super::number_format::{self, full};

/// Header and cells of the figures' table.
pub(super) const FIGURE_HEADER: [&str; 6] = ["metric", "base", "new", "change", "ratio", ""];

/// The cells of a figure.
pub(super) fn figure_cells(row: &FigureRow) -> Vec<String> {
    let value = |side: &Option<FigureSide>| {
        side.as_ref().map_or("-".to_owned(), |side| full::value(side.value, &row.unit))
    };
    let finding = match row.finding {
        Finding::Same => "same",
        Finding::Better => "better",
        Finding::Worse => "worse",
        Finding::Unsure => "~",
        Finding::TooFewRuns => "?",
        Finding::OnlyBase => "gone",
        Finding::OnlyNew => "new",
    };
    let finding = match (row.ratio_low, row.ratio_high) {
        (Some(low), Some(high)) => format!("{finding} {low:.2}–{high:.2}"),
        _ => finding.to_owned(),
    };
    vec![
        row.name.clone(),
        value(&row.base),
        value(&row.new),
        row.difference.map_or(String::new(), |difference| full::signed(difference, &row.unit)),
        row.ratio.map_or(String::new(), full::digits),
        finding,
    ]
}

/// What is to be said of the figures: how many are the same, and what the signs mean.
pub(super) fn figure_sentences(figures: &Figures) -> Vec<String> {
    let mut said = Vec::new();
    match (figures.rows.len(), figures.unchanged) {
        (_, 0) => {}
        (0, all) => said.push(format!("All {} metrics are the same.", count(all))),
        (_, others) => said.push(format!("{} other metrics are the same.", count(others))),
    }
    if figures.times_left_out > 0 {
        said.push(format!("{} times are not compared.", count(figures.times_left_out)));
    }
    let any = |finding| figures.rows.iter().any(|row| row.finding == finding);
    if any(Finding::Unsure) {
        said.push("~ may be no difference: the 95 % interval of the ratio includes 1.".to_owned());
    }
    if any(Finding::TooFewRuns) {
        said.push(format!("? varies from run to run: {FEWEST} runs of each, by `run --repeat`, would tell."));
    }
    if figures.rows.iter().any(|row| row.wider_by_drift) {
        said.push(format!(
            "Times are of two sessions: their intervals are {:.0} % wider at either end, as a machine is not the same \
             at all times.",
            DRIFT * 100.0
        ));
    }
    said
}

/// Which columns the table of sites has.
#[derive(Debug, Clone, Copy)]
pub(super) struct SiteColumns {
    /// How far a difference may be off.
    pub(super) interval: bool,
    /// Differences per entry or operation.
    pub(super) per: bool,
}

impl SiteColumns {
    pub(super) fn of(sites: &SiteChanges) -> SiteColumns {
        let uncertain = |change: &Change| change.half_width().is_some_and(|half| half > 0);
        SiteColumns {
            interval: sites.rows.iter().map(|row| &row.change).chain([&sites.total]).any(uncertain),
            per: sites.per.is_some(),
        }
    }

    /// The header of the columns before the site.
    pub(super) fn header(self, sites: &SiteChanges) -> Vec<String> {
        let per = sites.per.as_ref().map(|per| match per.what.as_str() {
            "operation" => "per op".to_owned(),
            what => format!("per {what}"),
        });
        let head = |text: &str| Some(text.to_owned());
        [head(""), head("delta"), head("±").filter(|_| self.interval), per, head("base"), head("new")]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The cells of a change.
    pub(super) fn cells(self, change: &Change, unit: &str) -> Vec<String> {
        let value = |value: i64, absent: bool| match absent {
            true => "-".to_owned(),
            false => number_format::value(value, unit),
        };
        let mut cells = vec![
            change.mark.sign().to_owned(),
            number_format::signed(change.delta, |delta| number_format::value(delta, unit)),
        ];
        if self.interval {
            cells.push(change.half_width().map_or(String::new(), |half| number_format::value(half, unit)));
        }
        if self.per {
            cells.push(change.per.map_or(String::new(), |per| full::signed(per, unit)));
        }
        cells.push(value(change.base, change.mark == Mark::New));
        cells.push(value(change.new, change.mark == Mark::Gone));
        cells
    }
}

/// What the table of sites is of.
pub(super) fn site_heading(sites: &SiteChanges) -> String {
    let mut text = format!("Sites by {}", sites.sample_type);
    if let Some(per) = &sites.per {
        let [base, new] = [per.base, per.new].map(|number| count(number as usize));
        let (many, counts) = match (per.what.as_str(), base == new) {
            ("entry", true) => ("entries", base),
            ("entry", false) => ("entries", format!("{base} and {new}")),
            (_, true) => ("operations", base),
            (_, false) => ("operations", format!("{base} and {new}")),
        };
        text.push_str(&format!("; per {} of {counts} {many} {}", per.what, per.when));
    }
    text + ":"
}

/// What is to be said below the table of sites.
pub(super) fn site_sentences(sites: &SiteChanges) -> Vec<String> {
    let unit = sites.unit.as_str();
    let mut said = Vec::new();
    let others = delta(&sites.others, unit);
    match sites.left_out {
        0 => {}
        1 => said.push(format!("And one more site: {others}.")),
        many => said.push(format!("And {} more sites: {others}.", count(many))),
    }
    if sites.unchanged > 0 {
        said.push(match sites.unchanged {
            1 => "One site is the same.".to_owned(),
            many => format!("{} sites are the same.", count(many)),
        });
    }
    let total = &sites.total;
    let mut text = format!(
        "Total: {} → {}: {}",
        number_format::value(total.base, unit),
        number_format::value(total.new, unit),
        delta(total, unit)
    );
    if let (Some(per), Some(change)) = (&sites.per, total.per.filter(|change| *change != 0.0)) {
        text.push_str(&format!(", {} per {}", full::signed(change, unit), per.what));
    }
    said.push(text + ".");
    if sites.harness.base != 0 || sites.harness.new != 0 {
        said.push(format!(
            "The harness's own is not in it: {} → {}.",
            number_format::value(sites.harness.base, unit),
            number_format::value(sites.harness.new, unit)
        ));
    }
    if sites.rows.iter().any(|row| row.change.mark == Mark::Unsure) {
        said.push("~ may be no difference: its 95 % interval includes zero.".to_owned());
    }
    if sites.base_period.is_none() || sites.new_period.is_none() {
        said.push("How these values were sampled is not known, so no difference has an interval.".to_owned());
    }
    said
}

/// A difference with how far it may be off, and what share of the base it is.
fn delta(change: &Change, unit: &str) -> String {
    if change.delta == 0 {
        return "no difference".to_owned();
    }
    let mut text = number_format::signed(change.delta, |delta| number_format::value(delta, unit));
    if let Some(half) = change.half_width().filter(|half| *half > 0) {
        text.push_str(&format!(" ±{}", number_format::value(half, unit)));
    }
    if let Some(relative) = change.relative() {
        text.push_str(&format!(" ({})", number_format::change(relative)));
    }
    text
}

/// Sentences about cases that are on one side alone.
pub(super) fn case_sentences(changes: &crate::compare::diff_report::Changes) -> Vec<String> {
    let list =
        |what: &str, cases: &[String]| (!cases.is_empty()).then(|| format!("{what}: {}.", cases.join(", ")));
    [
        list("Only in the base", &changes.only_base),
        list("Only in the new runs", &changes.only_new),
        list("Left out, since a run of it failed", &changes.failed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn count(number: usize) -> String {
    number_format::count(i64::try_from(number).unwrap_or(i64::MAX))
}
