//! What a check found, for a terminal: what fails first, then what is not decided and what is better, and the number of
//! the rest. Also the words that all forms of a report share.

use super::{number_format, text_columns};
use crate::compare::{Against, Cause, Interval, Judgement, Report, Verdict};
use crate::record::Failure;

/// The sections in order, with their titles.
const SECTIONS: [(Verdict, &str); 5] = [
    (Verdict::Missing, "Missing"),
    (Verdict::Exceeded, "Budgets that are missed"),
    (Verdict::Worse, "Worse than the baseline"),
    (Verdict::Undecided, "Not decided"),
    (Verdict::Better, "Better than the baseline"),
];

/// The report as text, lines at most `width` columns wide where words can be wrapped.
pub fn render(report: &Report, width: u16) -> String {
    let mut text = String::new();
    for failure in &report.failures {
        text.push_str(&wrapped(&format!("FAILED {}", of_failure(failure)), 0, width));
    }
    for (verdict, title) in SECTIONS {
        let told = told(report, verdict);
        if !told.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("{title}\n"));
            text.push_str(&section(&told, width));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    for (words, count) in skipped(report) {
        text.push_str(&wrapped(&format!("{} {words}", metrics_of(count)), 0, width));
    }
    text.push_str(&wrapped(&summary(report), 0, width));
    text
}

/// The judgements of one verdict that have a row of their own, in the order of their causes, each with what is said below
/// it of its cause.
fn told(report: &Report, verdict: Verdict) -> Vec<(&Judgement, Vec<String>)> {
    let mut all: Vec<(&Judgement, Vec<String>)> = Vec::new();
    for cause in report.causes.iter().filter(|cause| cause.verdict == verdict) {
        all.extend(report.with(verdict).filter(|j| cause.tells(j)).map(|j| (j, Vec::new())));
        if let Some((_, lines)) = all.last_mut() {
            *lines = of_cause(cause);
        }
    }
    let by_itself =
        |j: &&Judgement| j.told_with.is_none() && !report.causes.iter().any(|cause| cause.tells(j));
    all.extend(report.with(verdict).filter(by_itself).map(|j| (j, Vec::new())));
    all
}

/// What is said of a cause below the figures that show it: the other figures, the first site, and the flag that accepts
/// it.
pub fn of_cause(cause: &Cause) -> Vec<String> {
    let mut lines = Vec::new();
    let mut others: Vec<&str> =
        cause.cases.iter().flat_map(|case| case.others.iter().map(String::as_str)).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        let way = if cause.verdict == Verdict::Worse { "worse" } else { "better" };
        lines.push(format!("{way} with it, most likely for the same cause: {}", others.join(", ")));
    }
    if let Some(site) = &cause.site {
        let role = site.role.iter().map(|role| format!(" ({role})")).collect::<String>();
        let delta = number_format::signed(site.delta, |value| number_format::value(value, &site.unit));
        lines.push(format!("first site of diff: {}{role}, {delta} of {}", site.name, site.sample_type));
    }
    if let Some(tolerance) = &cause.tolerance {
        lines.push(format!("to accept it: --tolerance {tolerance}"));
    }
    lines
}

/// Rows of one verdict: each case once, its figures below, and under each the verdict in words; under several of a case
/// that say the same, once.
fn section(told: &[(&Judgement, Vec<String>)], width: u16) -> String {
    let judgements: Vec<&Judgement> = told.iter().map(|(judgement, _)| *judgement).collect();
    let indented = |judgement: &&Judgement| {
        let [name, values @ ..] = row(judgement);
        std::iter::once(format!("    {name}")).chain(values).collect()
    };
    let rows: Vec<Vec<String>> = judgements.iter().map(indented).collect();
    let table = text_columns::numbers(&["", "base", "new", "new/base", "limit"], &rows);
    let mut lines = table.lines();
    let header = lines.next().unwrap_or_default();
    let has_numbers = rows.iter().any(|row| row.iter().skip(1).any(|cell| !cell.is_empty()));
    let mut text = if has_numbers { format!("{header}\n") } else { String::new() };
    let mut case = None;
    for (at, (judgement, line)) in judgements.iter().zip(lines).enumerate() {
        if case != Some(&judgement.case) {
            case = Some(&judgement.case);
            text.push_str(&format!("  {}\n", judgement.case));
        }
        text.push_str(&format!("{line}\n"));
        let remark = remark(judgement);
        let lines = told.get(at).map_or(0, |(_, lines)| lines.len());
        let repeated =
            |next: &&&Judgement| lines == 0 && next.case == judgement.case && self::remark(next) == remark;
        if !judgements.get(at + 1).is_some_and(|next| repeated(&next)) {
            text.push_str(&wrapped(&remark, 6, width));
        }
        for line in told.get(at).iter().flat_map(|(_, lines)| lines) {
            text.push_str(&wrapped(line, 6, width));
        }
    }
    text
}

/// The cells of a figure: its name, both values, their ratio, and the limit.
pub fn row(judgement: &Judgement) -> [String; 5] {
    let [base, new] = values(judgement);
    let (ratio, limit) = match &judgement.against {
        Against::Baseline => (
            judgement.interval.map(ratio).unwrap_or_default(),
            judgement.limit.map(|limit| format!("{}{limit:.3}", sign(judgement))).unwrap_or_default(),
        ),
        Against::Budget { limit, .. } => (String::new(), bound(limit).to_owned()),
    };
    [judgement.subject().to_owned(), base, new, ratio, limit]
}

/// Which side of the limit of a ratio is good. It is below 1 only where more is better; an exact figure has none but 1.
fn sign(judgement: &Judgement) -> &'static str {
    match judgement.limit {
        Some(limit) if limit < 1.0 => "≥ ",
        Some(1.0) if judgement.noise == Some(crate::record::Noise::Exact) => "= ",
        _ => "≤ ",
    }
}

/// A limit without its metric: `<= 2us`.
fn bound(limit: &str) -> &str {
    limit.find(['<', '>', '=']).and_then(|at| limit.get(at..)).unwrap_or(limit)
}

/// The verdict in words, with what it rests on.
pub fn remark(judgement: &Judgement) -> String {
    let mut parts = vec![judgement.words.clone()];
    if let (Against::Budget { .. }, Some(interval)) = (&judgement.against, judgement.interval) {
        let [low, high] = [interval.low, interval.high].map(|end| figure(end, &judgement.unit));
        parts.push(format!("between {low} and {high}"));
    }
    if judgement.interval.is_some_and(|interval| interval.low < interval.high) {
        let what = if judgement.paired { "pairs" } else { "runs" };
        parts.push(format!("{} {what}", judgement.runs));
    }
    let mut text = parts.join(", ");
    if let Against::Budget { place, why, .. } = &judgement.against {
        text.push_str(&format!("; {place}"));
        text.extend(why.iter().map(|why| format!("; {why}")));
    }
    text
}

/// All that is said of a figure in one line, without its name.
pub fn sentence(judgement: &Judgement) -> String {
    let [base, new] = values(judgement);
    let mut parts: Vec<String> = Vec::new();
    match (base.is_empty(), new.is_empty()) {
        (false, false) => parts.push(format!("{base} → {new}")),
        _ => parts.extend([base, new].into_iter().filter(|value| !value.is_empty())),
    }
    match &judgement.against {
        Against::Baseline => {
            parts.extend(judgement.interval.map(|interval| format!("{} of the baseline", ratio(interval))));
            parts.extend(judgement.limit.map(|limit| format!("limit {}{limit:.3}", sign(judgement))));
        }
        Against::Budget { limit, .. } => parts.push(format!("limit {limit}")),
    }
    match parts.is_empty() {
        true => remark(judgement),
        false => format!("{}: {}", parts.join(", "), remark(judgement)),
    }
}

/// A failure in one line.
pub fn of_failure(failure: &Failure) -> String {
    format!("{}: {} pass: {}: {}", failure.case, failure.pass, failure.kind, failure.message)
}

/// Why figures were skipped, and how many for each reason.
pub fn skipped(report: &Report) -> Vec<(String, usize)> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for judgement in report.with(Verdict::Skipped) {
        match reasons.iter_mut().find(|(words, _)| *words == judgement.words) {
            Some((_, count)) => *count += 1,
            None => reasons.push((judgement.words.clone(), 1)),
        }
    }
    reasons
}

/// What it all comes to, in a line.
pub fn summary(report: &Report) -> String {
    let words = |verdict: Verdict| match verdict {
        Verdict::Exceeded => "over budget",
        Verdict::Undecided => "not decided",
        verdict => verdict.name(),
    };
    let counts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| report.count(*verdict) > 0)
        .map(|verdict| format!("{} {}", report.count(verdict), words(verdict)))
        .collect();
    let outcome = match report.exit_code {
        0 => "passed",
        1 => "failed",
        _ => "incomplete, cases could not be run",
    };
    let cases = report.cases().len();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    format!(
        "Check {outcome}; {} of {cases} case{}{counts}.",
        metrics_of(report.judgements.len()),
        if cases == 1 { "" } else { "s" }
    )
}

fn metrics_of(count: usize) -> String {
    format!("{count} metric{}", if count == 1 { "" } else { "s" })
}

/// A ratio with its interval, if it has a width: `1.101 (1.083–1.120)`.
fn ratio(interval: Interval) -> String {
    if interval.low == interval.high {
        // As many decimals as show a change.
        let shows = |decimals: &usize| (interval.value - 1.0).abs() >= 0.1f64.powi(*decimals as i32);
        let decimals = [3, 6, 9].into_iter().find(shows).unwrap_or(3);
        return format!("{:.decimals$}", interval.value);
    }
    format!("{:.3} ({:.3}–{:.3})", interval.value, interval.low, interval.high)
}

/// The values of both sides, in as many figures as tell them apart; empty where there is none.
fn values(judgement: &Judgement) -> [String; 2] {
    let both = [judgement.base, judgement.new];
    let short = both.map(|value| value.map(|value| figure(value, &judgement.unit)).unwrap_or_default());
    match both {
        [Some(base), Some(new)] if base != new && short[0] == short[1] => {
            [base, new].map(|value| precise(value, &judgement.unit))
        }
        _ => short,
    }
}

/// A value with three or four figures, in a unit that suits its size.
fn figure(value: f64, unit: &str) -> String {
    let whole = value.abs() >= 1000.0 && value.abs() < 9e18;
    match unit {
        "bytes" if whole => number_format::bytes(value.round() as i64),
        "bytes" => format!("{} B", plain(value)),
        "ns" if whole => number_format::nanoseconds(value.round() as i64),
        "ns" => format!("{} ns", plain(value)),
        "1/s" if whole => format!("{}/s", number_format::brief_count(value.round() as i64)),
        "1/s" => format!("{}/s", plain(value)),
        _ if whole => number_format::brief_count(value.round() as i64),
        _ => plain(value),
    }
}

/// A value in full.
fn precise(value: f64, unit: &str) -> String {
    let number = match value.fract() == 0.0 && value.abs() < 9e15 {
        true => number_format::count(value as i64),
        false => value.to_string(),
    };
    match unit {
        "bytes" => format!("{number} B"),
        "ns" => format!("{number} ns"),
        "1/s" => format!("{number}/s"),
        _ => number,
    }
}

/// A number below a thousand with four figures at the most, and no zeros at the end.
fn plain(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 0.001 || size == 0.0 => 4,
        _ => 9,
    };
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Words wrapped at `width`, each line indented.
fn wrapped(text: &str, indent: usize, width: u16) -> String {
    let lines = text_columns::wrapped(text.split_whitespace(), (width as usize).saturating_sub(indent));
    lines.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
pub(super) mod tests;
