//! Claims: sentences that somebody published about maps, in the file of the workload that tests them.
//!
//! A claim compares one figure of two cases, or of one case with a number. What the figures are is not known here: a claim
//! keeps their names, and the place for messages about them.

use super::toml_reader::{Item, Table};
use super::variant::MOST_THREADS;
use crate::error::{Error, Result, unknown};

/// What a claim says of two figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The left one is at least as much.
    AtLeast,
    /// The left one is at most as much.
    AtMost,
    /// The left one is as much, give or take the tolerance.
    About,
}

impl Comparison {
    /// Every one, by its name in files.
    pub const ALL: [(&'static str, Comparison); 3] =
        [("at least", Comparison::AtLeast), ("at most", Comparison::AtMost), ("about", Comparison::About)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Comparison::ALL.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }
}

/// A figure of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The variant; none of a workload that has none.
    pub variant: Option<String>,
    /// The map, if the claim names one.
    pub map: Option<String>,
    /// The worker threads, if the claim says how many.
    pub threads: Option<u16>,
    /// The phase whose figure it is; none for that of the case.
    pub phase: Option<String>,
    /// The figure, if it is another one than the claim's.
    pub metric: Option<String>,
}

impl Side {
    /// What people call it: `std@clear, 4 threads, phase reset`.
    pub fn name(&self) -> String {
        let mut words = match (&self.map, &self.variant) {
            (Some(map), Some(variant)) => format!("{map}@{variant}"),
            (Some(name), None) | (None, Some(name)) => name.clone(),
            (None, None) => "the workload".to_owned(),
        };
        if let Some(threads) = self.threads {
            words += &format!(", {threads} thread{}", if threads == 1 { "" } else { "s" });
        }
        if let Some(phase) = &self.phase {
            words += &format!(", phase {phase}");
        }
        words
    }
}

/// What a figure is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Right {
    /// A figure of another case.
    Side(Side),
    /// A number in the figure's unit.
    Number(f64),
}

/// What must hold for a claim to say anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// The fewest processors.
    pub cores: Option<u32>,
    /// What the claim needs that no map of this language has, such as a garbage collector.
    pub needs: Option<String>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// File and line.
    pub place: String,
    /// Its number in the list of claims; those of one number are parts of one.
    pub number: u32,
    /// What is claimed, in a sentence.
    pub text: String,
    /// Who claims it and where.
    pub source: String,
    /// What the source measured.
    pub figure: String,
    /// The figure that is compared.
    pub metric: String,
    /// Its left side.
    pub left: Side,
    /// Its right side.
    pub right: Right,
    /// How the left side must stand to `factor` times the right one.
    pub comparison: Comparison,
    /// What the right side is multiplied by.
    pub factor: f64,
    /// How far off the left side may be, as a share of what it is compared with.
    pub tolerance: f64,
    /// When it applies.
    pub when: Condition,
    /// Why it is so, or is not: prose.
    pub mechanism: String,
    /// The step of the waterfall, or the metric, that shows it.
    pub shown_by: Vec<String>,
}

/// Claims up to this number were made about Go's maps; those behind it, about Rust's.
pub const LAST_ABOUT_GO: u32 = 23;

/// A number that no list of claims reaches.
const MOST_CLAIMS: u64 = 10_000;

/// The claims of a document.
///
/// # Errors
/// When one is not as the format has it.
pub(super) fn read(claims: Option<Item<'_>>) -> Result<Vec<Claim>> {
    let Some(claims) = claims else { return Ok(Vec::new()) };
    let all = claims.array()?;
    all.into_iter()
        .map(|item| {
            let place = item.place();
            claim(item.table()?, place)
        })
        .collect()
}

fn claim(mut table: Table<'_>, place: String) -> Result<Claim> {
    let number = table.required("number")?.integer(1..=MOST_CLAIMS)? as u32;
    let text = text(&table.required("text")?)?;
    let source = self::text(&table.required("source")?)?;
    let item = table.optional("figure").ok_or_else(|| {
        Error::input(format!(
            "{place}: the claim needs a figure: write figure = \"...\", what the source measured"
        ))
    })?;
    let figure = self::text(&item)?;
    if !figure.contains(|c: char| c.is_ascii_digit()) {
        return Err(item.error("must have a number in it: a claim without one cannot be tested"));
    }
    let metric = self::text(&table.required("metric")?)?;
    let left = side(table.required("left")?)?;
    let item = table.required("right")?;
    let right = match item.is_table() || item.scalar().is_ok_and(|text| text.parse::<f64>().is_err()) {
        true => Right::Side(side(item)?),
        false => Right::Number(item.number("at least 0", |number| number >= 0.0 && number.is_finite())?),
    };
    let comparison = table.required("comparison")?.one_of("comparison", &Comparison::ALL)?;
    let mut share = |key, condition: &str, holds: fn(f64) -> bool| {
        table.optional(key).map(|item| item.number(condition, holds)).transpose()
    };
    let factor = share("factor", "more than 0", |factor| factor > 0.0 && factor.is_finite())?.unwrap_or(1.0);
    let tolerance = share("tolerance", "from 0 to 1", |share| (0.0..=1.0).contains(&share))?.unwrap_or(0.0);
    let when = table.optional("when").map_or(Ok(Condition::default()), condition)?;
    let mechanism = table.required("mechanism")?.prose()?.trim().to_owned();
    let mut shown_by = Vec::new();
    for item in table.optional("shown_by").map_or(Ok(Vec::new()), Item::array)? {
        shown_by.push(self::text(&item)?);
    }
    if left.as_right() == right {
        return Err(Error::input(format!("{place}: both sides are {}: name two", left.name())));
    }
    table.finish()?;
    Ok(Claim {
        place,
        number,
        text,
        source,
        figure,
        metric,
        left,
        right,
        comparison,
        factor,
        tolerance,
        when,
        mechanism,
        shown_by,
    })
}

impl Side {
    fn as_right(&self) -> Right {
        Right::Side(self.clone())
    }
}

fn text(item: &Item<'_>) -> Result<String> {
    let text = item.prose()?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { Err(item.error("must say something")) } else { Ok(text) }
}

/// A variant by its name, or a table that says more.
fn side(item: Item<'_>) -> Result<Side> {
    if !item.is_table() {
        let variant = Some(item.string()?);
        return Ok(Side { variant, map: None, threads: None, phase: None, metric: None });
    }
    let none = item.error("must name a variant, a map or a phase");
    let mut table = item.table()?;
    let mut named = |key| table.optional(key).map(|item| item.string()).transpose();
    let (variant, map, phase, metric) = (named("variant")?, named("map")?, named("phase")?, named("metric")?);
    let threads = table.optional("threads").map(|item| item.integer(1..=MOST_THREADS as u64)).transpose()?;
    let threads = threads.map(|threads| threads as u16);
    table.finish()?;
    if variant.is_none() && map.is_none() && phase.is_none() && threads.is_none() && metric.is_none() {
        return Err(none);
    }
    Ok(Side { variant, map, threads, phase, metric })
}

fn condition(item: Item<'_>) -> Result<Condition> {
    let mut table = item.table()?;
    let cores = table.optional("cores").map(|item| item.integer(1..=4096)).transpose()?;
    let needs = table.optional("needs").map(|item| text(&item)).transpose()?;
    table.finish()?;
    Ok(Condition { cores: cores.map(|cores| cores as u32), needs })
}

impl Claim {
    /// Its sides that are cases.
    pub fn sides(&self) -> impl Iterator<Item = &Side> {
        let right = match &self.right {
            Right::Side(side) => Some(side),
            Right::Number(_) => None,
        };
        std::iter::once(&self.left).chain(right)
    }

    /// The metric of a side.
    pub fn metric_of<'c>(&'c self, side: &'c Side) -> &'c str {
        side.metric.as_deref().unwrap_or(&self.metric)
    }

    /// Refuses sides that name variants which the workload does not have, or none where it has some.
    ///
    /// # Errors
    /// With the place of the claim, and the variants that there are.
    pub(super) fn check_variants(&self, workload: &str, variants: &[&str]) -> Result<()> {
        for side in self.sides() {
            let said = match &side.variant {
                None if variants.is_empty() => continue,
                None => format!(
                    "workload \"{workload}\" has variants, and the claim names none for {}: write variant = \"{}\"",
                    side.name(),
                    variants.first().copied().unwrap_or_default()
                ),
                Some(variant) if variants.contains(&variant.as_str()) => continue,
                Some(variant) if variants.is_empty() => {
                    format!("workload \"{workload}\" has no variants, and the claim names \"{variant}\"")
                }
                Some(variant) => unknown("variant", variant, variants.iter().copied()),
            };
            return Err(Error::input(format!("{}: {said}", self.place)));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
