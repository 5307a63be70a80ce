//! The oracle: what a workload must cost on a map, from the closed forms of the map's structures.
//!
//! A forecast says how many requested bytes are live at the end of each phase and how many were at the highest moment. It
//! knows nothing of the run: it replays the operation stream, adds up the bytes of keys and values (`replay`), and puts
//! the bytes of the map's own structures beside them (`structure`, which names the source of each form). Where no form
//! gives a figure it says why, or gives bounds.

mod bounds;
mod dense;
mod doubled;
mod doublings;
mod figures;
mod forecast;
mod go;
mod hash_table;
mod laws;
mod map_plan;
mod replay;
mod structure;
mod tree;
mod value_blocks;

pub use doublings::doublings;
pub use figures::figures;
pub use forecast::{Figure, Forecast, PhaseForecast};
pub use laws::{Law, Ruling};

use map_plan::Ground;

use crate::maps::ClosedForm;
use crate::record::{CaseRecord, PassKind};
use crate::workload::Workload;

/// A case beside its forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Two for each phase of the memory pass, live bytes and peak, in order.
    pub checks: Vec<Check>,
    /// What holds for every map.
    pub laws: Vec<(Law, Ruling)>,
}

/// One figure beside its forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name of the phase.
    pub phase: String,
    /// Which figure.
    pub what: What,
    /// What the memory pass counted, bytes.
    pub counted: u64,
    /// What came of the comparison.
    pub outcome: Outcome,
}

/// The figures that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Live bytes at the end of the phase.
    Live,
    /// The highest live bytes up to its end.
    Peak,
}

impl What {
    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            What::Live => "live",
            What::Peak => "peak",
        }
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Equal to the byte.
    Equal,
    /// Within the bounds that the closed form gives.
    Within {
        /// Lower bound.
        low: u64,
        /// Upper bound.
        high: u64,
    },
    /// The closed form says so many bytes, or the nearer of its bounds.
    Differs {
        /// What the closed form says.
        due: u64,
    },
    /// There is no closed form, and why.
    NoForm(String),
}

impl Verdict {
    /// Whether any figure differs from its closed form.
    pub fn differs(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.outcome, Outcome::Differs { .. }))
    }

    /// Whether anything is wrong: a figure differs, or a law is broken.
    pub fn fails(&self) -> bool {
        self.differs() || self.laws.iter().any(|(_, ruling)| matches!(ruling, Ruling::Broken(_)))
    }
}

impl Figure {
    fn check(&self, counted: u64) -> Outcome {
        match self {
            Figure::Exact(due) if *due == counted => Outcome::Equal,
            Figure::Exact(due) => Outcome::Differs { due: *due },
            Figure::Between { low, high } if counted < *low => Outcome::Differs { due: *low },
            Figure::Between { low, high } if counted > *high => Outcome::Differs { due: *high },
            Figure::Between { low, high } => Outcome::Within { low: *low, high: *high },
            Figure::Unknown(why) => Outcome::NoForm(why.clone()),
        }
    }
}

/// What `workload` must cost on a map of that form, on this machine; on one map, not on several. Fails, in words, where the workload cannot be run.
pub fn forecast(workload: &Workload, form: ClosedForm, seed: u64, threads: u16) -> Result<Forecast, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    of_form(workload, form, seed, threads, Ground { cores, map_bytes: None })
}

fn of_form(
    workload: &Workload,
    form: ClosedForm,
    seed: u64,
    threads: u16,
    ground: Ground,
) -> Result<Forecast, String> {
    match form {
        ClosedForm::Go(form) => go::forecast(workload, form, seed, threads),
        _ => replay::forecast(workload, form, seed, threads, ground),
    }
}

/// What a case must cost on the machine that it ran on. Fails, in words, where there is no closed form.
fn forecast_of(record: &CaseRecord, form: Result<ClosedForm, &str>) -> Result<Forecast, String> {
    match (&record.definition, form) {
        (Some(_), Err(why)) => Err(format!("{} {why}", record.case.map)),
        (Some(workload), Ok(form)) => {
            let memory = record.passes.get(&PassKind::Memory).and_then(|pass| pass.memory.as_ref());
            let map_bytes = memory.and_then(|memory| memory.instances).map(|maps| maps.map_bytes);
            let ground = Ground { cores: record.machine.cores, map_bytes };
            of_form(workload, form, record.seed, record.case.threads, ground)
        }
        (None, _) => Err("the workload is a program".to_owned()),
    }
}

/// The memory pass of a case against the forecast of its workload, on the machine that it ran on. `form` is what the map's
/// row states.
pub fn verify(record: &CaseRecord, form: Result<ClosedForm, &str>) -> Verdict {
    let measured =
        record.passes.get(&PassKind::Memory).map(|pass| pass.phases.as_slice()).unwrap_or_default();
    let forecast = forecast_of(record, form);
    let mut checks = Vec::new();
    for (index, phase) in measured.iter().enumerate() {
        let due = match &forecast {
            Ok(forecast) => match forecast.phases.get(index) {
                Some(due) => Ok(due),
                None => Err("the workload has no such phase".to_owned()),
            },
            Err(why) => Err(why.clone()),
        };
        let counts = phase.counted();
        for (what, counted) in [(What::Live, counts.live_bytes), (What::Peak, counts.peak_live_bytes)] {
            let outcome = match &due {
                Ok(due) if what == What::Live => due.live.check(counted),
                Ok(due) => due.peak.check(counted),
                Err(why) => Outcome::NoForm(why.clone()),
            };
            checks.push(Check { phase: phase.name.clone(), what, counted, outcome });
        }
    }
    Verdict { checks, laws: Law::ALL.map(|law| (law, law.ruling(record))).to_vec() }
}

#[cfg(test)]
#[path = "oracle/tests.rs"]
mod tests;
