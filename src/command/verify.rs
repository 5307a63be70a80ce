//! `mapprof run --verify`: what the oracle says of a case, in lines.

use super::terminal::{complain, print};
use crate::maps::ClosedForm;
use crate::oracle::{self, Outcome, Ruling, Verdict, What};
use crate::record::CaseRecord;

/// The exit code where a figure differs from its closed form, or what holds for every map does not.
pub const FAILED: u8 = 1;

/// Compares a case with its forecast and with what holds for every map, and says what came of it; nothing but what is wrong
/// if `quiet`. Returns whether anything is.
pub fn case(record: &CaseRecord, form: Result<ClosedForm, &str>, quiet: bool) -> bool {
    let verdict = oracle::verify(record, form);
    if !quiet {
        for line in agreements(&verdict).into_iter().chain(laws(&verdict)) {
            // What cannot be printed was already complained of, with the summary.
            let _ = print(&format!("{line}\n"));
        }
    }
    for line in differences(&verdict).into_iter().chain(broken(&verdict)) {
        complain(&format!("{}: {line}", record.case));
    }
    verdict.fails()
}

/// What holds for every map: what does, and what the run does not tell.
fn laws(verdict: &Verdict) -> Vec<String> {
    let held = verdict.laws.iter().filter_map(|(law, ruling)| match ruling {
        Ruling::Holds => Some(law.statement().to_owned()),
        Ruling::HoldsBut(what) => Some(format!("{}, but for {what}", law.statement())),
        Ruling::Broken(_) | Ruling::Unknown(_) => None,
    });
    let held: Vec<String> = held.collect();
    let unknown = verdict.laws.iter().filter_map(|(law, ruling)| match ruling {
        Ruling::Unknown(why) => Some(format!("not verified: {}: {why}", law.statement())),
        _ => None,
    });
    let held = (!held.is_empty()).then(|| format!("verified: {}", held.join("; ")));
    held.into_iter().chain(unknown).collect()
}

/// What should hold for every map and does not.
fn broken(verdict: &Verdict) -> Vec<String> {
    let broken = verdict.laws.iter().filter_map(|(_, ruling)| match ruling {
        Ruling::Broken(what) => Some(what.clone()),
        _ => None,
    });
    broken.collect()
}

/// What agrees and what has no form, in one line for each kind of outcome, in the order of the phases.
fn agreements(verdict: &Verdict) -> Vec<String> {
    let mut groups: Vec<(Kind, Vec<Figures>)> = Vec::new();
    for check in &verdict.checks {
        let kind = match &check.outcome {
            Outcome::Equal => Kind::Equal,
            Outcome::Within { .. } => Kind::Within,
            Outcome::NoForm(why) => Kind::NoForm(why),
            Outcome::Differs { .. } => continue,
        };
        let place = groups.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            groups.push((kind, Vec::new()));
            groups.len() - 1
        });
        let phases = &mut groups[place].1;
        match phases.last_mut() {
            Some((phase, figures)) if *phase == check.phase => figures.push(check.what),
            _ => phases.push((&check.phase, vec![check.what])),
        }
    }
    groups.iter().map(|(kind, phases)| kind.line(phases)).collect()
}

/// A phase, and which of its figures are meant.
type Figures<'v> = (&'v str, Vec<What>);

#[derive(PartialEq)]
enum Kind<'v> {
    Equal,
    Within,
    NoForm(&'v str),
}

impl Kind<'_> {
    fn line(&self, phases: &[Figures]) -> String {
        let one = matches!(phases, [(_, figures)] if figures.len() == 1);
        let figures = figures(phases);
        let verb = |verb: &str| format!("{verb}{}", if one { "s" } else { "" });
        match self {
            Kind::Equal => {
                format!("verified: {figures} {} with the closed form to the byte", verb("agree"))
            }
            Kind::Within => {
                format!("verified: {figures} {} within the bounds of the closed form", verb("lie"))
            }
            Kind::NoForm(why) => {
                // Where no figure of any phase has one, the phases say enough.
                let all = phases.iter().all(|(_, figures)| figures.len() == 2);
                let names: Vec<&str> = phases.iter().map(|(phase, _)| *phase).collect();
                let what = if all { names.join(", ") } else { figures };
                format!("no closed form for {what}: {why}")
            }
        }
    }
}

/// `live and peak of fill, serve; live of drain`
fn figures(phases: &[Figures]) -> String {
    let mut runs: Vec<(&[What], Vec<&str>)> = Vec::new();
    for (phase, figures) in phases {
        match runs.iter_mut().find(|(known, _)| *known == figures.as_slice()) {
            Some((_, names)) => names.push(phase),
            None => runs.push((figures, vec![phase])),
        }
    }
    let run = |(figures, names): &(&[What], Vec<&str>)| {
        let figures: Vec<&str> = figures.iter().map(|what| what.name()).collect();
        format!("{} of {}", figures.join(" and "), names.join(", "))
    };
    runs.iter().map(run).collect::<Vec<_>>().join("; ")
}

/// One line for each figure that differs, with both numbers.
fn differences(verdict: &Verdict) -> Vec<String> {
    let line = |check: &oracle::Check| match check.outcome {
        Outcome::Differs { due } => Some(format!(
            "{} bytes of {} are {}, and the closed form gives {due}: {}",
            check.what.name(),
            check.phase,
            check.counted,
            match check.counted.checked_sub(due) {
                // Tombstones and empty slots are in the form.
                Some(more) => format!("{more} more, which no entry owns and no structure accounts for"),
                None => format!("{} fewer", due - check.counted),
            }
        )),
        _ => None,
    };
    verdict.checks.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Check, Law};

    fn verdict(outcomes: &[(&str, Outcome, Outcome)]) -> Verdict {
        let checks = outcomes.iter().flat_map(|(phase, live, peak)| {
            [(What::Live, live), (What::Peak, peak)].map(|(what, outcome)| Check {
                phase: (*phase).to_owned(),
                what,
                counted: 100,
                outcome: outcome.clone(),
            })
        });
        Verdict { checks: checks.collect(), laws: Vec::new() }
    }

    #[test]
    fn what_agrees_is_one_line_and_what_has_no_form_another() {
        let none = || Outcome::NoForm("tombstones decide".into());
        let verdict = verdict(&[
            ("fill", Outcome::Equal, Outcome::Equal),
            ("serve", Outcome::Equal, Outcome::Equal),
            ("churn", none(), none()),
        ]);
        assert_eq!(
            agreements(&verdict),
            [
                "verified: live and peak of fill, serve agree with the closed form to the byte",
                "no closed form for churn: tombstones decide"
            ]
        );
        assert!(differences(&verdict).is_empty());
    }

    #[test]
    fn what_holds_for_every_map_is_told_beside_the_figures() {
        let ruling = [Ruling::HoldsBut("a list".into()), Ruling::Unknown("of a reason"), Ruling::Holds];
        let laws_of = |ruling: [Ruling; 3]| Verdict {
            checks: Vec::new(),
            laws: Law::ALL.into_iter().zip(ruling).collect(),
        };
        let verdict = laws_of(ruling);
        assert_eq!(
            laws(&verdict),
            [
                "verified: dropping the map frees every byte, but for a list; live bytes are never below the payload",
                "not verified: an empty, shrunk map holds no more than a fresh one: of a reason"
            ]
        );
        assert!(!verdict.fails() && broken(&verdict).is_empty());
        let verdict = laws_of([Ruling::Broken("7 bytes".into()), Ruling::Holds, Ruling::Holds]);
        assert!(verdict.fails() && !verdict.differs());
        assert_eq!(broken(&verdict), ["7 bytes"]);
    }

    #[test]
    fn figures_of_one_phase_may_fare_differently() {
        let verdict = verdict(&[
            ("fill", Outcome::Equal, Outcome::NoForm("threads".into())),
            ("serve", Outcome::Within { low: 90, high: 110 }, Outcome::Differs { due: 107 }),
            ("drain", Outcome::Differs { due: 60 }, Outcome::Equal),
        ]);
        assert_eq!(
            agreements(&verdict),
            [
                "verified: live of fill; peak of drain agree with the closed form to the byte",
                "no closed form for peak of fill: threads",
                "verified: live of serve lies within the bounds of the closed form",
            ]
        );
        assert_eq!(
            differences(&verdict),
            [
                "peak bytes of serve are 100, and the closed form gives 107: 7 fewer",
                "live bytes of drain are 100, and the closed form gives 60: 40 more, which no entry owns and no structure \
                 accounts for",
            ]
        );
    }
}
