//! `mapprof claims`.

use super::planned_claims::{PlannedClaims, case_args};
use super::run::measure;
use super::terminal::{note, print, print_json, width};
use crate::cli::{ClaimsArgs, ClaimsFormat};
use crate::compare::claim::{self, ClaimVerdict, TestedClaim};
use crate::error::{Error, Result, unknown};
use crate::output::claims::{document, tally, text};
use crate::output::text_columns::two_columns;
use crate::record::Machine;
use crate::worker::registry::Registry;
use crate::workload::Catalog;
use crate::workload::claim::{Claim, LAST_ABOUT_GO};

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
    let languages: Vec<Option<&str>> = [None].into_iter().chain(registry.runtimes().map(Some)).collect();
    let mut all: Vec<Vec<PlannedClaims<'_>>> = Vec::new();
    for (workload, claims) in chosen(&catalog, &args.of)? {
        let of_language = |language: &Option<&str>| {
            // Claims about Rust's own maps say nothing of others.
            let about = |claim: &&&Claim| language.is_none() || claim.number <= LAST_ABOUT_GO;
            let claims: Vec<&Claim> = claims.iter().filter(about).copied().collect();
            PlannedClaims::new(registry, &catalog, args, workload, claims, &machine, *language)
        };
        all.push(languages.iter().map(of_language).collect::<Result<_>>()?);
    }
    let (mut code, mut tested) = (0, Vec::new());
    let workloads = all.len();
    for (number, languages) in all.iter_mut().enumerate() {
        let cases: usize = languages.iter().map(|planned| planned.plans.cases.len()).sum();
        if let Some(first) = languages.first()
            && !args.no_run
            && cases > 0
        {
            let s = if cases == 1 { "" } else { "s" };
            note(&format!("{} of {workloads}: {}, {cases} case{s}", number + 1, first.workload));
        }
        for planned in languages.iter_mut().filter(|planned| !args.no_run && !planned.plans.cases.is_empty())
        {
            let measured = measure(&case_args(args, None, &Default::default()), &planned.plans)?;
            if measured.code == INTERRUPTED {
                return Ok(measured.code);
            }
            planned.take_failures(&measured.failures);
            // What another language cannot run is a verdict, and no failure.
            let is_refusal = planned.is_elsewhere()
                && !measured.failures.is_empty()
                && measured.failures.iter().all(|failure| failure.kind == "refused");
            code = code.max(if is_refusal { 0 } else { measured.code });
        }
        for one in together(languages, registry, &catalog, &machine, args)? {
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

/// What the runs say of the claims of a workload, in all languages.
fn together(
    languages: &[PlannedClaims<'_>],
    registry: &Registry,
    catalog: &Catalog,
    machine: &Machine,
    args: &ClaimsArgs,
) -> Result<Vec<TestedClaim>> {
    let [rust, others @ ..] = languages else { return Ok(Vec::new()) };
    let mut tested = rust.test(registry, catalog, machine, &args.out)?;
    for other in others {
        let there = other.test_elsewhere(registry, catalog, machine, &args.out)?;
        for (claim, found) in other.claims.iter().zip(there) {
            let is_it = |(mine, _): &(&&Claim, &mut TestedClaim)| std::ptr::eq::<Claim>(**mine, *claim);
            if let Some((_, one)) = rust.claims.iter().zip(&mut tested).find(is_it) {
                one.elsewhere.push(found);
            }
        }
    }
    Ok(tested)
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
