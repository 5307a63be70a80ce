//! `mapprof claims`.

use super::planned_claims::{PlannedClaims, case_args};
use super::run::measure;
use super::terminal::{note, print, print_json, width};
use crate::cli::{ClaimsArgs, ClaimsFormat};
use crate::compare::claim::{self, ClaimVerdict};
use crate::error::{Error, Result, unknown};
use crate::output::claims::{document, tally, text};
use crate::output::text_columns::two_columns;
use crate::record::Machine;
use crate::worker::registry::Registry;
use crate::workload::Catalog;
use crate::workload::claim::Claim;

/// Puts claims to the test. Returns the exit code.
///
/// # Errors
/// When a claim is not there, speaks of what is not there, or nothing could be begun.
pub fn claims(registry: &Registry, args: &ClaimsArgs) -> Result<u8> {
    let catalog = Catalog::load(args.workloads.as_deref())?;
    claim::check_all(catalog.claims().flat_map(|(_, claims)| claims))?;
    if args.of.is_empty() && !args.all {
        print(&listed(&catalog))?;
        return Ok(0);
    }
    let format = if args.json { ClaimsFormat::Json } else { args.format };
    let machine = Machine::this();
    // All is planned before anything runs, so that what cannot be is refused first.
    let mut all = Vec::new();
    for (workload, claims) in chosen(&catalog, &args.of)? {
        all.push(PlannedClaims::new(registry, &catalog, args, workload, claims, &machine)?);
    }
    let (mut code, mut tested) = (0, Vec::new());
    for (number, planned) in all.iter().enumerate() {
        let cases = planned.plans.cases.len();
        if !args.no_run && cases > 0 {
            let s = if cases == 1 { "" } else { "s" };
            note(&format!("{} of {}: {}, {cases} case{s}", number + 1, all.len(), planned.workload));
            let measured = measure(&case_args(args, None, &Default::default()), &planned.plans)?;
            code = code.max(measured.code);
            if code == INTERRUPTED {
                return Ok(code);
            }
        }
        for one in planned.test(registry, &catalog, &machine, &args.out)? {
            if format == ClaimsFormat::Text {
                print(&text::one(&one, width()))?;
            }
            tested.push(one);
        }
    }
    match format {
        ClaimsFormat::Text => print(&format!("{}\n", tally(&tested)))?,
        ClaimsFormat::Markdown => print(&document::render(&tested, &command(args), &machine))?,
        ClaimsFormat::Json => print_json(&tested)?,
    }
    let is_refuted = tested.iter().any(|claim| claim.verdict == ClaimVerdict::Refuted);
    Ok(if code == 0 && args.strict && is_refuted { 1 } else { code })
}

/// The exit code of a run that was interrupted.
const INTERRUPTED: u8 = 130;

/// The claims that are asked for, by workload; all if nothing is.
fn chosen<'c>(catalog: &'c Catalog, asked: &[String]) -> Result<Vec<(&'c str, Vec<&'c Claim>)>> {
    let workloads: Vec<(&str, &[Claim])> = catalog.claims().collect();
    for one in asked {
        let is_there = match one.parse::<u32>() {
            Ok(number) => {
                workloads.iter().any(|(_, claims)| claims.iter().any(|claim| claim.number == number))
            }
            Err(_) => workloads.iter().any(|(workload, _)| workload == one),
        };
        if !is_there {
            let names = workloads.iter().map(|(workload, _)| *workload);
            return Err(Error::input(format!(
                "{}; `mapprof claims` lists all",
                unknown("claim", one, names)
            )));
        }
    }
    let wanted = |workload: &str, claim: &Claim| {
        asked.is_empty() || asked.iter().any(|one| one == workload || *one == claim.number.to_string())
    };
    let of_each = workloads.into_iter().map(|(workload, claims)| {
        (workload, claims.iter().filter(|claim| wanted(workload, claim)).collect::<Vec<_>>())
    });
    let mut chosen: Vec<_> = of_each.filter(|(_, claims)| !claims.is_empty()).collect();
    chosen.sort_by_key(|(_, claims)| claims.iter().map(|claim| claim.number).min());
    Ok(chosen)
}

/// Every claim in a line or two: its number, its workload and what it says.
fn listed(catalog: &Catalog) -> String {
    let mut all: Vec<(u32, String, &str)> = Vec::new();
    for (workload, claims) in catalog.claims() {
        all.extend(claims.iter().map(|claim| (claim.number, workload.to_owned(), claim.text.as_str())));
    }
    all.sort_by_key(|(number, ..)| *number);
    let row =
        |(number, workload, text): &(u32, String, &str)| [format!("{number} {workload}"), (*text).to_owned()];
    let rows: Vec<[String; 2]> = all.iter().map(row).collect();
    format!(
        "Claims\n{}\nTest them: mapprof claims NUMBER, mapprof claims --all\n",
        two_columns(&rows, width())
    )
}

/// The command that made a document.
fn command(args: &ClaimsArgs) -> String {
    let of =
        if args.all { " --all".to_owned() } else { args.of.iter().map(|one| format!(" {one}")).collect() };
    let repeat = if args.repeat == 5 { String::new() } else { format!(" --repeat {}", args.repeat) };
    format!("mapprof claims{of}{repeat} --format markdown")
}
