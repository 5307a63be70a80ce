//! What a check found, for GitHub Actions: workflow commands, which become annotations, and the Markdown of a step
//! summary.

use super::markdown_escape::markdown;
use super::verdicts::{of_cause, of_failure, remark, row, sentence, skipped, summary};
use crate::compare::{Against, Judgement, Report, Verdict};
use crate::printable::printable;

/// Rows of the step summary at the most: a summary of more than 1 MiB is dropped as a whole.
const MOST_ROWS: usize = 2000;

/// Workflow commands, a line each: an error for each figure that fails, and for each case one of what is not decided
/// and one of what is better.
pub fn annotations(report: &Report) -> String {
    let mut text = String::new();
    for failure in &report.failures {
        let title = format!("{} failed to run", failure.case);
        text.push_str(&command("error", &[("title", &title)], &of_failure(failure)));
    }
    for judgement in report.judgements.iter().filter(|j| j.verdict.fails() && j.told_with.is_none()) {
        let cause = report.causes.iter().find(|cause| cause.tells(judgement));
        let lines = std::iter::once(sentence(judgement)).chain(cause.map(of_cause).unwrap_or_default());
        let message = lines.collect::<Vec<_>>().join("\n");
        let title = format!("{}: {}", judgement.case, judgement.subject());
        let mut properties = vec![("title", title.as_str())];
        if let Against::Budget { place, .. } = &judgement.against
            && let Some((file, line)) = place.rsplit_once(':')
        {
            properties.extend([("file", file), ("line", line)]);
        }
        text.push_str(&command("error", &properties, &message));
    }
    let undecided = if report.strict { "error" } else { "warning" };
    let mut told =
        vec![(Verdict::Undecided, undecided, "not decided"), (Verdict::Better, "notice", "better")];
    if report.strict {
        told.push((Verdict::Skipped, "error", "skipped"));
    }
    for (verdict, level, what) in told {
        let all: Vec<&Judgement> = report.with(verdict).filter(|j| j.told_with.is_none()).collect();
        for of_case in all.chunk_by(|a, b| a.case == b.case) {
            let Some(first) = of_case.first() else { continue };
            let lines: Vec<String> =
                of_case.iter().map(|j| format!("{}: {}", j.subject(), sentence(j))).collect();
            let title = format!("{}: {what}", first.case);
            text.push_str(&command(level, &[("title", &title)], &lines.join("\n")));
        }
    }
    text.push_str(&command("notice", &[("title", "mapprof check")], &summary(report)));
    text
}

/// One workflow command. Line breaks of a message and the characters that end a part are written as percent codes.
fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let data = |text: &str| {
        let lines: Vec<_> = text.lines().map(printable).collect();
        lines.join("\n").replace('%', "%25").replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

/// The Markdown of a step summary.
pub fn step_summary(report: &Report) -> String {
    let mut text = format!("### mapprof check\n\n{}\n", markdown(&summary(report)));
    for failure in &report.failures {
        text.push_str(&format!("\n- **failed to run**: {}\n", markdown(&of_failure(failure))));
    }
    let told = |judgement: &&Judgement| {
        judgement.verdict.fails_if(report.strict)
            || matches!(judgement.verdict, Verdict::Undecided | Verdict::Better)
    };
    let told = |judgement: &&Judgement| told(judgement) && judgement.told_with.is_none();
    let rows: Vec<&Judgement> = report.judgements.iter().filter(told).collect();
    if !rows.is_empty() {
        text.push_str("\n| case | metric | base | new | new/base | limit | verdict |\n|---|---|---:|---:|---:|---:|---|\n");
        for judgement in rows.iter().take(MOST_ROWS) {
            let cause = report.causes.iter().find(|cause| cause.tells(judgement));
            let words: Vec<String> =
                std::iter::once(remark(judgement)).chain(cause.map(of_cause).unwrap_or_default()).collect();
            let cells =
                std::iter::once(judgement.case.to_string()).chain(row(judgement)).chain([words.join("; ")]);
            let cells: Vec<String> = cells.map(|text| markdown(&text)).collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        if rows.len() > MOST_ROWS {
            text.push_str(&format!("\n{} more rows are left out.\n", rows.len() - MOST_ROWS));
        }
    }
    for (words, count) in skipped(report) {
        text.push_str(&format!("\n{count} {}\n", markdown(&words)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::verdicts::tests::planted;
    use super::*;

    #[test]
    fn commands_escape_what_would_end_them() {
        let text = command("error", &[("title", "a:b,c%d\ne")], "50 % more:\r\nb, c");
        assert_eq!(text, "::error title=a%3Ab%2Cc%25d%0Ae::50 %25 more:%0Ab, c\n");
    }

    #[test]
    fn each_failure_is_an_error_and_a_budget_points_at_its_line() {
        let text = annotations(&planted());
        println!("{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 6, "{text}");
        assert!(text.contains("::error title=churn/hashbrown%3A bytes_per_entry,file=budgets.toml,line=5::92.7 B, limit bytes_per_entry <= 90: misses the budget"), "{text}");
        assert!(text.contains("::error title=churn/scc failed to run::churn/scc: memory pass: crashed: the child died of signal 6, 100 %25 of it\n"), "{text}");
        assert!(
            text.contains("::warning title=churn/hashbrown%3A not decided::latency.operation.p90: "),
            "{text}"
        );
        assert!(text.contains("::notice title=churn/std%3A better::"), "{text}");
        assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
        let strict = Report { strict: true, ..planted() };
        assert!(!annotations(&strict).contains("::warning"));
        assert!(annotations(&strict).contains("%3A skipped::"), "{}", annotations(&strict));
    }

    #[test]
    fn the_summary_is_a_table_whose_cells_stay_in_it() {
        let text = step_summary(&planted());
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 2 + 7, "{text}");
        let bars = |row: &str| row.replace("\\|", "").matches('|').count();
        assert!(rows.iter().all(|row| bars(row) == 8), "{text}");
        assert!(text.contains("fits \\| a &lt;node&gt;"), "{text}");
    }
}
