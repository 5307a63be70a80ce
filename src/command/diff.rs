//! `mapprof diff`.

use std::path::{Path, PathBuf};

use super::arguments::{allowed_mismatches, filter, limit};
use super::atomic_file;
use super::terminal::{print, print_json};
use crate::cli::{DiffArgs, DiffFormat};
use crate::compare::diff_report::{CaseChanges, Changes};
use crate::compare::metric_changes::figures;
use crate::compare::normalization::per;
use crate::compare::pairs::pairs;
use crate::compare::site_changes::{Per, SiteChanges, site_changes};
use crate::compare::sites::Sites;
use crate::compare::{Difference, Filter, differences, refused_pair};
use crate::error::{Error, Result, unknown};
use crate::output::comparison::TWO_LANGUAGES;
use crate::output::{CPU_PROFILE, DisplayOptions, HEAP_PROFILE, difference, flame_difference};
use crate::printable::PrintablePath;
use crate::profile::Limit;
use crate::profile::Profile;
use crate::profile::build::CPU_TYPES;
use crate::record::run_store::{self, RECORD, StoredRun};
use crate::record::{CaseId, CaseRecord, Varies};
use crate::run::stored_profile::{profile_in, read_profile};

/// Says what changed between two runs, two folders of runs, or two profiles.
pub fn diff(args: &DiffArgs) -> Result<()> {
    let changes = changes(args)?;
    match args.format {
        DiffFormat::Table => print(&difference::render(&changes, super::terminal::width())),
        DiffFormat::Markdown => print(&difference::markdown(&changes)),
        DiffFormat::Json => print_json(&changes),
    }
}

/// What changed between two sides.
///
/// # Errors
/// When one cannot be read, or they may not be compared.
pub fn changes(args: &DiffArgs) -> Result<Changes> {
    let filter = filter(&args.filter)?;
    if let Some(svg) = &args.svg {
        atomic_file::check(svg)?;
    }
    let mut changes = Changes {
        base: args.base.shown(),
        new: args.new.shown(),
        cases: Vec::new(),
        only_base: Vec::new(),
        only_new: Vec::new(),
        failed: Vec::new(),
    };
    match (Compared::of(&args.base)?, Compared::of(&args.new)?) {
        (Compared::Runs(base), Compared::Runs(new)) => {
            let pairs = pairs(&base, &new, &filter)?;
            let one = pairs.both.len() == 1;
            if args.svg.is_some() && !one {
                return Err(Error::input(format!(
                    "--svg draws one case, and {} are on both sides; choose one with --workload and --map",
                    pairs.both.len()
                )));
            }
            refuse(&pairs.both, &allowed_mismatches(&args.allow_mismatch))?;
            for (base, new) in &pairs.both {
                changes.cases.push(runs(base, new, args, &filter)?);
            }
            if !filter.intersection {
                changes.only_base = labels(&pairs.only_base);
                changes.only_new = labels(&pairs.only_new);
            }
            changes.failed = labels(&pairs.failed);
        }
        (base, new) => changes.cases.push(files(&base, &new, args)?),
    }
    Ok(changes)
}

fn labels(cases: &[CaseId]) -> Vec<String> {
    cases.iter().map(CaseId::to_string).collect()
}

/// What is compared on one side.
enum Compared {
    /// Runs with their records.
    Runs(Vec<StoredRun>),
    /// A profile by itself.
    File(PathBuf),
}

impl Compared {
    fn of(path: &Path) -> Result<Compared> {
        if path.is_file() && path.file_name().is_none_or(|name| name != RECORD) {
            return Ok(Compared::File(path.to_owned()));
        }
        if !path.exists() {
            return Err(Error::input(format!("{}: no such file or folder", path.shown())));
        }
        run_store::find(path).map(Compared::Runs)
    }
}

/// Refuses to compare runs of which more than the machine differs, unless the user says so.
fn refuse(both: &[(&StoredRun, &StoredRun)], allowed: &[Difference]) -> Result<()> {
    let lines: Vec<String> =
        both.iter().flat_map(|(base, new)| refused_pair(&base.record, &new.record, allowed)).collect();
    match lines.as_slice() {
        [] => Ok(()),
        [one] => Err(Error::input(one)),
        [first, rest @ ..] => Err(Error::input(format!("{first} ({} more like this)", rest.len()))),
    }
}

/// What changed between two runs.
fn runs(base: &StoredRun, new: &StoredRun, args: &DiffArgs, filter: &Filter) -> Result<CaseChanges> {
    let mut notes: Vec<String> = Vec::new();
    for run in [base, new] {
        notes.extend(run.failures.iter().map(|failure| {
            format!("{} failed in the {} pass: {}.", run.path.shown(), failure.pass, failure.message)
        }));
    }
    match [base, new].map(|run| run.case().runtime.as_deref()) {
        [before, after] if before == after => {}
        [Some(before), Some(after)] => {
            notes.push(format!("Not the same version of Go: {before} and {after}."))
        }
        _ => notes.push(format!("Not the same language. {TWO_LANGUAGES}")),
    }
    let mut times = true;
    for (what, words) in differences(&base.record, &new.record) {
        if what != Difference::Machine || allowed_mismatches(&args.allow_mismatch).contains(&what) {
            notes.push(format!("Not the same: {words}."));
            continue;
        }
        times = false;
        notes.push(format!(
            "Not the same: {words}. Times of two machines are not compared; --allow-mismatch machine does so."
        ));
        let varies = |record: &CaseRecord| record.map.varies == Some(Varies::Cores);
        if base.record.machine.cores != new.record.machine.cores
            && (varies(&base.record) || varies(&new.record))
        {
            notes.push("The counts of this map follow the number of cores.".to_owned());
        }
    }
    if base.record.dump.is_some() != new.record.dump.is_some()
        && base.record.heap.is_some()
        && new.record.heap.is_some()
    {
        notes.push(
            "Not the same: one heap profile is a dump of jemalloc, in usable bytes, the other is in requested bytes."
                .to_owned(),
        );
    }
    let title = match (base.case(), new.case()) {
        (base, new) if base == new => base.to_string(),
        (base, new) => format!("{base} → {new}"),
    };
    let sites = match run_profiles(base, new, args.sample_type.as_deref())? {
        Profiles::Both(left, right) => {
            let limit = limit(&args.limit);
            let (left, right) = both(|| Named::read(left, limit), || Named::read(right, limit));
            let per = |kind: &str| per(kind, &base.record, &new.record);
            Some(sites(&left?, &right?, args, &title, per)?)
        }
        Profiles::None(why) if args.svg.is_some() => {
            return Err(Error::input(format!("--svg has nothing to draw: {why}")));
        }
        Profiles::None(why) => {
            notes.push(format!("No sites: {why}."));
            None
        }
    };
    Ok(CaseChanges {
        case: Some(title),
        base: base.path.shown(),
        new: new.path.shown(),
        notes,
        metrics: Some(figures(&base.record, &new.record, filter, times)),
        sites,
    })
}

/// The profiles of two runs, as files.
enum Profiles {
    Both(PathBuf, PathBuf),
    None(String),
}

/// Whether a sample type is one of CPU profiles.
fn is_cpu(sample_type: &str) -> bool {
    CPU_TYPES.iter().any(|(kind, _)| *kind == sample_type)
}

/// The profiles of two runs that have the sample type, or that both have.
fn run_profiles(base: &StoredRun, new: &StoredRun, sample_type: Option<&str>) -> Result<Profiles> {
    let cpu_type = sample_type.is_some_and(is_cpu);
    let names: &[&str] = match sample_type {
        Some(_) if cpu_type => &[CPU_PROFILE],
        Some(_) => &[HEAP_PROFILE],
        None => &[HEAP_PROFILE, CPU_PROFILE],
    };
    let has = |run: &StoredRun, name: &str| run.path.join(name).is_file();
    if let Some(name) = names.iter().find(|name| has(base, name) && has(new, name)) {
        return Ok(Profiles::Both(base.path.join(name), new.path.join(name)));
    }
    let lacks = |run: &StoredRun, name: &str| format!("{} has no {name}", run.path.shown());
    let why = match sample_type {
        Some(_) => {
            let name = names.first().copied().unwrap_or(HEAP_PROFILE);
            let flag = if cpu_type { "--cpu" } else { "--heap" };
            let run = if has(base, name) { new } else { base };
            return Err(Error::input(format!("{}; `run {flag}` writes it", lacks(run, name))));
        }
        None => match [base, new].iter().find(|run| !has(run, HEAP_PROFILE) && !has(run, CPU_PROFILE)) {
            Some(run) => format!("{} has no profile; `run --heap` writes one", run.path.shown()),
            None => "one run has a heap profile alone, and the other a CPU profile".to_owned(),
        },
    };
    Ok(Profiles::None(why))
}

/// What changed between two profiles of which one at least is a file by itself.
fn files(base: &Compared, new: &Compared, args: &DiffArgs) -> Result<CaseChanges> {
    let limit = limit(&args.limit);
    let (left, right) = match (base, new) {
        (Compared::File(base), Compared::File(new)) => {
            both(|| Named::read(base.clone(), limit), || Named::read(new.clone(), limit))
        }
        (Compared::File(base), Compared::Runs(runs)) => {
            let base = Named::read(base.clone(), limit)?;
            let new = Named::read(profile_like(&base, runs, args)?, limit);
            (Ok(base), new)
        }
        (Compared::Runs(runs), Compared::File(new)) => {
            let new = Named::read(new.clone(), limit)?;
            (Named::read(profile_like(&new, runs, args)?, limit), Ok(new))
        }
        (Compared::Runs(_), Compared::Runs(_)) => return Err(Error::case("two runs are no files")),
    };
    let (left, right) = (left?, right?);
    let title = format!("{} → {}", left.path.shown(), right.path.shown());
    let sites = sites(&left, &right, args, &title, |_| None)?;
    Ok(CaseChanges {
        base: left.path.shown(),
        new: right.path.shown(),
        sites: Some(sites),
        ..CaseChanges::default()
    })
}

/// The profile of the one run in `runs` that is of the kind of `file`.
fn profile_like(file: &Named, runs: &[StoredRun], args: &DiffArgs) -> Result<PathBuf> {
    let [run] = runs else {
        return Err(Error::input(format!(
            "{}: a file can be compared with one run, and the other side has {}",
            file.path.shown(),
            runs.len()
        )));
    };
    let cpu = args.sample_type.as_deref().map_or(!file.profile.is_heap(), is_cpu);
    let path = run.path.join(if cpu { CPU_PROFILE } else { HEAP_PROFILE });
    // Whatever else the run has: the file may be of a kind that is none of ours.
    if path.is_file() { Ok(path) } else { profile_in(&run.path) }
}

/// A profile with where it is from.
struct Named {
    path: PathBuf,
    profile: Profile,
}

impl Named {
    fn read(path: PathBuf, limit: Limit) -> Result<Named> {
        let profile = read_profile(&path, limit)?;
        Ok(Named { path, profile })
    }
}

/// What changed between the sites of two profiles; draws it where the user wants that.
fn sites(
    base: &Named,
    new: &Named,
    args: &DiffArgs,
    title: &str,
    per: impl Fn(&str) -> Option<Per>,
) -> Result<SiteChanges> {
    let (left, right) = common_type(base, new, args.sample_type.as_deref())?;
    if let Some(path) = &args.svg {
        let view = DisplayOptions { title: title.to_owned(), show_harness: args.harness_frames };
        atomic_file::write(
            path,
            &flame_difference::render((&base.profile, left), (&new.profile, right), &view)?,
        )?;
    }
    let harness = args.harness_frames;
    let sites = |side: &Named, index| {
        Sites::of(&side.profile, index, harness, args.max_sites)
            .map_err(|error| Error::input(format!("{}: {error}", side.path.shown())))
    };
    let (was, is) = both(|| sites(base, left), || sites(new, right));
    let (was, is) = (was?, is?);
    let per = per(&is.sample_type);
    Ok(site_changes(&was, &is, per, args.rows))
}

/// Does two things at the same time.
fn both<T: Send>(one: impl FnOnce() -> T + Send, other: impl FnOnce() -> T) -> (T, T) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}

/// The places of the sample type in both profiles: the one that was named, or the default of the base, or else of the
/// new one, or else the first that both have.
fn common_type(base: &Named, new: &Named, named: Option<&str>) -> Result<(usize, usize)> {
    let place = |side: &Named, kind: &str| {
        let known = side.profile.kinds();
        side.profile.sample_type(kind).ok_or_else(|| {
            Error::input(format!("{}: {}", side.path.shown(), unknown("sample type", kind, known)))
        })
    };
    let kinds =
        |side: &Named| -> Vec<String> { side.profile.kinds().into_iter().map(str::to_owned).collect() };
    let default = |side: &Named| kinds(side).into_iter().nth(side.profile.default_type());
    let kind = match named {
        Some(kind) => kind.to_owned(),
        None => default(base)
            .into_iter()
            .chain(default(new))
            .chain(kinds(base))
            .find(|kind| [base, new].iter().all(|side| side.profile.sample_type(kind).is_some()))
            .ok_or_else(|| {
                let has = |side: &Named| format!("{} has {}", side.path.shown(), kinds(side).join(", "));
                Error::input(format!("no sample type in common: {}, and {}", has(base), has(new)))
            })?,
    };
    let (left, right) = (place(base, &kind)?, place(new, &kind)?);
    let unit = |side: &Named, index| format!("{} in {}", side.profile.unit(index), side.path.shown());
    if base.profile.unit(left) != new.profile.unit(right) {
        return Err(Error::input(format!("{kind} is in {}, and in {}", unit(base, left), unit(new, right))));
    }
    Ok((left, right))
}
