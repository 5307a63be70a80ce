//! The answer to which map is best within limits: a sentence, a table of those that keep the limits and of those that do
//! not, and the same for programs.

use serde::Serialize;

use super::number_format::{self, full};
use super::text_columns;
use crate::compare::{Broken, Candidate, Choice};
use crate::record::CaseId;

/// A choice with what it was among.
pub struct Answer<'a> {
    /// The workload as it was named.
    pub workload: &'a str,
    /// The runs.
    pub choice: &'a Choice<'a>,
    /// The limits as they were given, with the figures that they are about.
    pub limits: &'a [(String, Vec<String>)],
    /// Cases that failed.
    pub failed: &'a [CaseId],
    /// Why other maps were not run.
    pub skipped: &'a [String],
}

impl Answer<'_> {
    /// The answer in one sentence: the best with its figures, the one behind it, and what each of the others broke.
    pub fn sentence(&self) -> String {
        let choice = self.choice;
        let Some(best) = choice.kept.first() else { return self.no_sentence() };
        let mut text = format!("{} is the best of {}", best.record.case.row(), self.workload);
        if !self.limits.is_empty() {
            text.push_str(" within the limits");
        }
        text.push_str(&format!(", with {}", self.figures(best).join(", ")));
        match choice.kept.get(1) {
            Some(second) => text.push_str(&format!("; runner-up is {} with {}", second.record.case.row(), {
                let value = second.value.map_or(String::new(), |value| full::value(value, choice.goal.unit));
                let change = best.value.zip(second.value).filter(|(a, _)| *a > 0.0).map(|(a, b)| b / a - 1.0);
                match change {
                    Some(0.0) => format!("the same {}", choice.goal.metric),
                    Some(change) => {
                        format!("{} {value} ({})", choice.goal.metric, number_format::change(change))
                    }
                    None => format!("{} {value}", choice.goal.metric),
                }
            })),
            None => text.push_str("; there is no runner-up"),
        }
        if !choice.fallen.is_empty() {
            text.push_str(&format!("; {}", self.out()));
        }
        text.push_str(".\n");
        text
    }

    fn no_sentence(&self) -> String {
        let Some(nearest) = self.choice.fallen.first() else {
            return format!("No map of {} could be run.\n", self.workload);
        };
        let mut text = format!(
            "No map of {} keeps all limits: nearest is {}, which {}",
            self.workload,
            nearest.record.case.row(),
            all_broken(nearest)
        );
        if self.choice.fallen.len() > 1 {
            text.push_str(&format!("; {}", self.out()));
        }
        text.push_str(".\n");
        text
    }

    /// What each of those that fell out broke; without the nearest where it was told.
    fn out(&self) -> String {
        let told = usize::from(self.choice.kept.is_empty());
        let one = |fallen: &Candidate<'_>| format!("{} {}", fallen.record.case.row(), all_broken(fallen));
        self.choice.fallen.iter().skip(told).map(one).collect::<Vec<_>>().join("; ")
    }

    /// The names of the figures that matter, each once: that of the goal, then those of the limits.
    fn names(&self) -> Vec<&str> {
        let mut names = vec![self.choice.goal.metric.as_str()];
        for (_, figures) in self.limits {
            let here = |name: &&String| {
                let all = self.choice.kept.iter().chain(&self.choice.fallen);
                all.into_iter().any(|one| one.record.metrics.contains_key(*name))
            };
            for name in figures.iter().filter(here) {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
        names
    }

    fn figures(&self, candidate: &Candidate<'_>) -> Vec<String> {
        let figure = |name: &str| {
            let metric = candidate.record.metrics.get(name)?;
            Some(format!("{name} {}", full::value(metric.value, &metric.unit)))
        };
        self.names().into_iter().filter_map(figure).collect()
    }

    /// The sentence, and a table of every map below it, at most `width` columns wide.
    pub fn text(&self, width: u16) -> String {
        let wrapped = |text: &str| text_columns::wrapped(text.split_whitespace(), usize::from(width));
        let mut text = wrapped(&self.sentence());
        let names = self.names();
        let all = || self.choice.kept.iter().chain(&self.choice.fallen);
        if all().count() > 1 {
            let header: Vec<&str> = ["map"].into_iter().chain(names.iter().copied()).collect();
            let row = |candidate: &Candidate<'_>| -> Vec<String> {
                let cell = |name: &&str| {
                    let broken = candidate.broken.iter().any(|broken| broken.metric == **name);
                    let metric = candidate.record.metrics.get(*name);
                    let shown = metric.map_or("-".to_owned(), |m| full::value(m.value, &m.unit));
                    format!("{shown}{}", if broken { " !" } else { "  " })
                };
                [candidate.record.case.row()].into_iter().chain(names.iter().map(cell)).collect()
            };
            text.push_str(&format!(
                "\n{}",
                text_columns::numbers(&header, &all().map(row).collect::<Vec<_>>())
            ));
            if !self.choice.fallen.is_empty() {
                text.push_str("! breaks a limit\n");
            }
        }
        if !self.failed.is_empty() || !self.skipped.is_empty() {
            text.push('\n');
        }
        for case in self.failed {
            text.push_str(&wrapped(&format!("failed: {case}")));
        }
        for reason in self.skipped {
            text.push_str(&wrapped(&format!("not run: {reason}")));
        }
        if self.choice.is_close() {
            text.push_str(&wrapped(&format!(
                "\nThe best two are too near each other for so few measurements of {}: --repeat 15 tells more.",
                self.choice.goal.metric
            )));
        }
        text
    }

    /// The same for programs.
    pub fn data(&self) -> Data<'_> {
        let choice = self.choice;
        let row = |(rank, candidate): (usize, &Candidate<'_>)| RunData {
            case: candidate.record.case.clone(),
            rank: candidate.broken.is_empty().then_some(rank + 1),
            value: candidate.value,
            low: candidate.spread.map(|spread| spread.low),
            high: candidate.spread.map(|spread| spread.high),
            figures: {
                let figure =
                    |name: &&str| Some(((*name).to_owned(), candidate.record.metrics.get(*name)?.value));
                self.names().iter().filter_map(figure).collect()
            },
            broken: candidate
                .broken
                .iter()
                .map(|broken| BrokenData {
                    limit: broken.limit.clone(),
                    metric: broken.metric.clone(),
                    value: broken.value,
                    excess: broken.excess,
                })
                .collect(),
        };
        Data {
            format: 1,
            workload: self.workload.to_owned(),
            best: choice.goal.metric.clone(),
            unit: choice.goal.unit,
            limits: self.limits.iter().map(|(text, _)| text.clone()).collect(),
            picked: choice.kept.first().map(|best| best.record.case.clone()),
            nearest: match choice.kept.is_empty() {
                true => choice.fallen.first().map(|nearest| nearest.record.case.clone()),
                false => None,
            },
            is_close: choice.is_close(),
            sentence: self.sentence().trim_end().to_owned(),
            runs: choice.kept.iter().chain(&choice.fallen).enumerate().map(row).collect(),
            failed: self.failed.to_vec(),
            skipped: self.skipped.to_vec(),
        }
    }
}

/// What a run broke, in words: `breaks bytes_per_entry <= 90 with 95.20 B`.
fn all_broken(candidate: &Candidate<'_>) -> String {
    let one = |broken: &Broken| match (&broken.limit, broken.value) {
        (Some(limit), Some(value)) if limit.starts_with(&broken.metric) => {
            format!("breaks {limit} with {}", full::value(value, &broken.unit))
        }
        (Some(limit), Some(value)) => {
            format!("breaks {limit} with {} {}", broken.metric, full::value(value, &broken.unit))
        }
        _ => format!("has no {}", broken.metric),
    };
    candidate.broken.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// An answer for programs.
#[derive(Debug, Serialize)]
pub struct Data<'a> {
    format: u32,
    workload: String,
    best: String,
    unit: &'a str,
    limits: Vec<String>,
    picked: Option<CaseId>,
    nearest: Option<CaseId>,
    is_close: bool,
    sentence: String,
    runs: Vec<RunData>,
    failed: Vec<CaseId>,
    skipped: Vec<String>,
}

#[derive(Debug, Serialize)]
struct RunData {
    case: CaseId,
    rank: Option<usize>,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    figures: std::collections::BTreeMap<String, f64>,
    broken: Vec<BrokenData>,
}

#[derive(Debug, Serialize)]
struct BrokenData {
    limit: Option<String>,
    metric: String,
    value: Option<f64>,
    excess: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::fixtures::three_maps;
    use crate::compare::{Goal, Limit};

    fn said(limits: &[&str]) -> String {
        let runs = three_maps();
        let limits: Vec<Limit> =
            limits.iter().map(|text| Limit::parse(text, "--limit".into()).unwrap()).collect();
        let of_churn = runs
            .iter()
            .map(|(record, ..)| record)
            .filter(|record| record.case.workload == "churn" && record.case.map != "null");
        let choice = Choice::new(Goal::parse("ns_per_op").unwrap(), &limits, of_churn);
        let named: Vec<(String, Vec<String>)> =
            limits.iter().map(|limit| (limit.text.clone(), limit.figures())).collect();
        Answer { workload: "churn", choice: &choice, limits: &named, failed: &[], skipped: &[] }.sentence()
    }

    #[test]
    fn the_answer_is_a_sentence_with_the_figures() {
        assert_eq!(
            said(&["bytes_per_entry <= 90", "ns_per_op <= 100ns"]),
            "hashbrown is the best of churn within the limits, with ns_per_op 62.50 ns, bytes_per_entry 35.65 B; \
             runner-up is std with ns_per_op 81.25 ns (+30.0 %); btree breaks ns_per_op <= 100ns with 312 ns.\n"
        );
        assert_eq!(
            said(&["peak_ratio <= 1.3"]),
            "btree is the best of churn within the limits, with ns_per_op 312 ns, peak_ratio 1; there is no runner-up; \
             hashbrown breaks peak_ratio <= 1.3 with 1.500; std breaks peak_ratio <= 1.3 with 1.500.\n"
        );
    }

    #[test]
    fn where_no_map_keeps_the_limits_the_nearest_is_named() {
        assert_eq!(
            said(&["bytes_per_entry <= 20"]),
            "No map of churn keeps all limits: nearest is btree, which breaks bytes_per_entry <= 20 with 27.25 B; \
             hashbrown breaks bytes_per_entry <= 20 with 35.65 B; std breaks bytes_per_entry <= 20 with 35.65 B.\n"
        );
    }
}
