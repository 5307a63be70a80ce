//! Budget files: TOML to limits for workloads and maps, with every name and number checked.
//!
//! docs/FORMAT.md describes the format. Nothing half-checked leaves this file.

use glob::Pattern;

use super::limit::Limit;
use crate::error::{Error, Result};
use crate::record::CaseId;
use crate::workload::toml_reader::{Item, Source, Table};

/// The budgets of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Budgets {
    /// In the order of the file.
    pub budgets: Vec<Budget>,
}

/// Limits, and the cases that are held to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// File and line.
    pub place: String,
    workloads: Vec<Pattern>,
    maps: Vec<Pattern>,
    /// The limits.
    pub limits: Vec<Limit>,
    /// Why they are there, in the user's words.
    pub why: Option<String>,
}

impl Budgets {
    /// The budgets that `text` describes. `file` is what messages call the text.
    ///
    /// # Errors
    /// [`Error::Input`] for anything that is not as the format has it; the message names file and line.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let source = Source::new(file, text);
        let mut document = Table::document(&source, source.parse()?);
        let mut budgets = Vec::new();
        for item in document.required("budget")?.array()? {
            let place = item.place();
            budgets.push(budget(item.table()?, place)?);
        }
        document.finish()?;
        if budgets.is_empty() {
            return Err(Error::input(format!(
                "{file}: there are no budgets: a file has one [[budget]] at the least"
            )));
        }
        Ok(Budgets { budgets })
    }
}

impl Budget {
    /// Whether a case is held to it.
    pub fn fits(&self, case: &CaseId) -> bool {
        (self.fits_workload(&case.workload) || self.fits_workload(&case.workload_and_variant()))
            && (self.fits_map(&case.map) || self.fits_map(&case.row()))
    }

    /// Whether cases of that workload are held to it, on one map or another.
    pub fn fits_workload(&self, workload: &str) -> bool {
        self.workloads.iter().any(|pattern| pattern.matches(workload))
    }

    /// Whether cases on that map are held to it, of one workload or another.
    pub fn fits_map(&self, map: &str) -> bool {
        self.maps.iter().any(|pattern| pattern.matches(map))
    }

    /// The cases it is for, as a message says it: `skewed-*/std`.
    pub fn scope(&self) -> String {
        let all = |patterns: &[Pattern]| patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(",");
        format!("{}/{}", all(&self.workloads), all(&self.maps))
    }
}

fn budget(mut table: Table<'_>, place: String) -> Result<Budget> {
    let workloads = patterns(table.optional("workload"))?;
    let maps = patterns(table.optional("map"))?;
    let why = table.optional("why").map(|item| item.string()).transpose()?;
    let item = table.required("limits")?;
    let none = item.error("must be an array of limits, such as [\"bytes_per_entry <= 90\"]");
    let mut limits = Vec::new();
    for item in item.array().map_err(|_| none.clone())? {
        let text = item.string()?;
        limits.push(Limit::parse(&text, item.place()).map_err(|wrong| at(&item, wrong))?);
    }
    if limits.is_empty() {
        return Err(none);
    }
    table.finish()?;
    Ok(Budget { place, workloads, maps, limits, why })
}

/// One pattern or several; all if there are none.
fn patterns(item: Option<Item<'_>>) -> Result<Vec<Pattern>> {
    let Some(item) = item else { return one(None).map(|pattern| vec![pattern]) };
    if item.string().is_ok() {
        return Ok(vec![one(Some(&item))?]);
    }
    let wrong = item.error("must be a pattern, such as \"skewed-*\", or an array of patterns");
    let members = item.array().map_err(|_| wrong.clone())?;
    if members.is_empty() {
        return Err(wrong);
    }
    members.iter().map(|member| one(Some(member))).collect()
}

fn one(item: Option<&Item<'_>>) -> Result<Pattern> {
    let text = item.map_or(Ok("*".to_owned()), Item::string)?;
    Pattern::new(text.trim()).map_err(|e| {
        let wrong = format!("\"{text}\": {} at character {}; patterns have * and ?", e.msg, e.pos + 1);
        item.map_or_else(|| Error::input(&wrong), |item| at(item, &wrong))
    })
}

/// An error at a value's place, without its path: the value says itself what it is.
fn at(item: &Item<'_>, wrong: impl std::fmt::Display) -> Error {
    Error::input(format!("{}: {wrong}", item.place()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[budget]]
workload = "skewed-*"
map = ["std", "hash*"]
limits = ["bytes_per_entry <= 90", "latency.get.p99 <= 2us"]
why = "fits a node"

[[budget]]
limits = [
    "allocs_per_op <= 1.01",
]
"#;

    fn wrong(text: &str) -> String {
        Budgets::parse(text, "b.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_budget_is_for_the_cases_that_its_patterns_fit() {
        let budgets = Budgets::parse(GOOD, "b.toml").unwrap().budgets;
        let [first, second] = budgets.as_slice() else { panic!("{budgets:?}") };
        let fits = |budget: &Budget, workload: &str, map: &str| budget.fits(&CaseId::new(workload, map));
        assert!(fits(first, "skewed-keys", "hashbrown") && fits(first, "skewed-keys", "std"));
        assert!(!fits(first, "skewed-keys", "btree") && !fits(first, "churn", "std"));
        assert!(fits(second, "churn", "btree"));
        assert_eq!((first.place.as_str(), first.scope().as_str()), ("b.toml:2", "skewed-*/std,hash*"));
        assert_eq!(first.why.as_deref(), Some("fits a node"));
        assert_eq!(first.limits[1].place, "b.toml:5");
        assert_eq!(second.limits[0].place, "b.toml:10");
    }

    #[test]
    fn each_mistake_names_its_line_and_what_would_be_right() {
        let edited = |from: &str, to: &str| wrong(&GOOD.replacen(from, to, 1));
        assert!(edited("workload", "workloads").starts_with("b.toml:3: unknown key \"workloads\""));
        assert!(edited("limits", "limit").contains("did you mean \"limits\""));
        assert!(
            edited("<= 90", "<= 90s").starts_with("b.toml:5: \"bytes_per_entry <= 90s\": \"s\" does not fit")
        );
        assert!(edited("allocs_per_op", "alocs_per_op").starts_with("b.toml:10: unknown metric"));
        assert!(edited("\"skewed-*\"", "3").starts_with("b.toml:3: budget[1].workload must be a pattern"));
        assert!(edited("\"std\"", "\"[\"").starts_with("b.toml:4: \"[\": "));
        assert!(edited("[\"std\", \"hash*\"]", "[]").contains("array of patterns"));
        assert!(edited("[\"std\", \"hash*\"]", "[3]").contains("must be a string"));
        assert!(wrong("[[budget]]\nlimits = []").starts_with("b.toml:2: budget[1].limits must be an array"));
        assert!(wrong("[[budget]]\nlimits = \"x\"").contains("must be an array of limits"));
        assert!(wrong("[[budget]]\nmap = \"std\"").contains("\"limits\" is missing"));
        assert!(wrong("budget = []").contains("no budgets"));
        assert!(wrong("").contains("\"budget\" is missing"));
        assert!(wrong("[[budgets]]").contains("did you mean \"budget\""), "{}", wrong("[[budgets]]"));
        assert!(wrong("x = = 1").starts_with("b.toml:1: "));
        assert!(wrong("budget = 3").contains("must be an array"));
    }
}
