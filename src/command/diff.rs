//! `mapprof diff`.

use std::path::{Path, PathBuf};

use super::{filter, print, print_json};
use crate::cli::{DiffArgs, DiffFormat, Differing};
use crate::compare::changes::{CaseChanges, Changes};
use crate::compare::figures::figures;
use crate::compare::pairs::pairs;
use crate::compare::per::per;
use crate::compare::site_changes::{SiteChanges, site_changes};
use crate::compare::sites::Sites;
use crate::compare::{Difference, Filter, differences};
use crate::error::{Error, Result, unknown};
use crate::output::{View, difference, flame_difference};
use crate::profile::Profile;
use crate::profile::build::CPU_TYPES;
use crate::profile::gzip::Limit;
use crate::record::found::{self, Found, RECORD};
use crate::record::{CaseRecord, Varies};
use crate::run::case::read_profile;
use crate::run::place::write_whole;

/// The files of a run that have sites.
const HEAP: &str = "heap.pb.gz";
const CPU: &str = "cpu.pb.gz";

/// Says what changed between two runs, two folders of runs, or two profiles.
pub fn diff(args: &DiffArgs) -> Result<()> {
    let filter = filter(&args.filter)?;
    let mut changes = Changes {
        base: args.base.display().to_string(),
        new: args.new.display().to_string(),
        cases: Vec::new(),
        only_base: Vec::new(),
        only_new: Vec::new(),
        failed: Vec::new(),
    };
    match (Side::of(&args.base)?, Side::of(&args.new)?) {
        (Side::Runs(base), Side::Runs(new)) => {
            let pairs = pairs(&base, &new, &filter)?;
            let one = pairs.both.len() == 1;
            if args.svg.is_some() && !one {
                return Err(Error::input(format!(
                    "--svg draws one case, and {} are on both sides; choose one with --workload and --map",
                    pairs.both.len()
                )));
            }
            refuse(&pairs.both, &args.despite)?;
            for (base, new) in &pairs.both {
                changes.cases.push(runs(base, new, args, &filter)?);
            }
            if !filter.intersection {
                (changes.only_base, changes.only_new) = (pairs.only_base, pairs.only_new);
            }
            changes.failed = pairs.failed;
        }
        (base, new) => changes.cases.push(files(&base, &new, args)?),
    }
    match args.format {
        DiffFormat::Table => print(&difference::render(&changes, super::width())),
        DiffFormat::Markdown => print(&difference::markdown(&changes)),
        DiffFormat::Json => print_json(&changes),
    }
}

/// What a side of the comparison is.
enum Side {
    /// Runs with their records.
    Runs(Vec<Found>),
    /// A profile by itself.
    File(PathBuf),
}

impl Side {
    fn of(path: &Path) -> Result<Side> {
        if path.is_file() && path.file_name().is_none_or(|name| name != RECORD) {
            return Ok(Side::File(path.to_owned()));
        }
        if !path.exists() {
            return Err(Error::input(format!("{}: no such file or folder", path.display())));
        }
        found::find(path).map(Side::Runs)
    }
}

/// Refuses to compare runs of which more than the machine differs, unless the user says so.
fn refuse(both: &[(&Found, &Found)], despite: &[Differing]) -> Result<()> {
    let refused = both.iter().flat_map(|(base, new)| {
        let found = differences(&base.record, &new.record).into_iter();
        found.filter(|(what, _)| *what != Difference::Machine && !permitted(*what, despite)).map(
            move |(what, words)| {
                format!(
                    "{}: {words} ({} and {}); compare them all the same with --despite {what}",
                    base.case(),
                    base.path.display(),
                    new.path.display()
                )
            },
        )
    });
    let lines: Vec<String> = refused.collect();
    match lines.as_slice() {
        [] => Ok(()),
        [one] => Err(Error::input(one)),
        [first, rest @ ..] => Err(Error::input(format!("{first} ({} more like this)", rest.len()))),
    }
}

fn permitted(what: Difference, despite: &[Differing]) -> bool {
    despite.iter().any(|word| {
        what == match word {
            Differing::Seed => Difference::Seed,
            Differing::Size => Difference::Size,
            Differing::Threads => Difference::Threads,
            Differing::Machine => Difference::Machine,
            Differing::Version => Difference::Version,
        }
    })
}

/// What changed between two runs.
fn runs(base: &Found, new: &Found, args: &DiffArgs, filter: &Filter) -> Result<CaseChanges> {
    let mut notes: Vec<String> = Vec::new();
    for run in [base, new] {
        notes.extend(run.failures.iter().map(|failure| {
            format!("{} failed in the {} pass: {}.", run.path.display(), failure.pass, failure.message)
        }));
    }
    let mut times = true;
    for (what, words) in differences(&base.record, &new.record) {
        if what != Difference::Machine || permitted(what, &args.despite) {
            notes.push(format!("Not the same: {words}."));
            continue;
        }
        times = false;
        notes.push(format!(
            "Not the same: {words}. Times of two machines are not compared; --despite machine does so."
        ));
        let varies = |record: &CaseRecord| record.map.varies == Some(Varies::Cores);
        if base.record.machine.cores != new.record.machine.cores
            && (varies(&base.record) || varies(&new.record))
        {
            notes.push("The counts of this map follow the number of cores.".to_owned());
        }
    }
    let title = match (base.case(), new.case()) {
        (base, new) if base == new => base,
        (base, new) => format!("{base} → {new}"),
    };
    let sites = match run_profiles(base, new, args.sample_type.as_deref())? {
        Profiles::Both(left, right) => {
            let per = |kind: &str| per(kind, &base.record, &new.record);
            Some(sites(&left, &right, args, &title, per)?)
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
        base: base.path.display().to_string(),
        new: new.path.display().to_string(),
        notes,
        figures: Some(figures(&base.record, &new.record, filter, times)),
        sites,
    })
}

/// The profiles of two runs, as files.
enum Profiles {
    Both(PathBuf, PathBuf),
    None(String),
}

/// The profiles of two runs that have the sample type, or that both have.
fn run_profiles(base: &Found, new: &Found, sample_type: Option<&str>) -> Result<Profiles> {
    let cpu_type = sample_type.is_some_and(|kind| CPU_TYPES.iter().any(|(known, _)| *known == kind));
    let names: &[&str] = match sample_type {
        Some(_) if cpu_type => &[CPU],
        Some(_) => &[HEAP],
        None => &[HEAP, CPU],
    };
    let has = |run: &Found, name: &str| run.path.join(name).is_file();
    if let Some(name) = names.iter().find(|name| has(base, name) && has(new, name)) {
        return Ok(Profiles::Both(base.path.join(name), new.path.join(name)));
    }
    let lacks = |run: &Found, name: &str| format!("{} has no {name}", run.path.display());
    let why = match sample_type {
        Some(_) => {
            let name = names.first().copied().unwrap_or(HEAP);
            let flag = if cpu_type { "--cpu" } else { "--heap" };
            let run = if has(base, name) { new } else { base };
            return Err(Error::input(format!("{}; `run {flag}` writes it", lacks(run, name))));
        }
        None => match [base, new].iter().find(|run| !has(run, HEAP) && !has(run, CPU)) {
            Some(run) => format!("{} has no profile; `run --heap` writes one", run.path.display()),
            None => "one run has a heap profile alone, and the other a CPU profile".to_owned(),
        },
    };
    Ok(Profiles::None(why))
}

/// What changed between two profiles of which one at least is a file by itself.
fn files(base: &Side, new: &Side, args: &DiffArgs) -> Result<CaseChanges> {
    let file = |side: &Side, other: &Side| -> Result<PathBuf> {
        match (side, other) {
            (Side::File(path), _) => Ok(path.clone()),
            (Side::Runs(runs), _) => match runs.as_slice() {
                [run] => Ok(run.path.clone()),
                several => Err(Error::input(format!(
                    "a file can be compared with one run, and there are {} in this folder, such as {}",
                    several.len(),
                    several.first().map(|run| run.path.display().to_string()).unwrap_or_default()
                ))),
            },
        }
    };
    let (left, right) = (file(base, new)?, file(new, base)?);
    let title = format!("{} → {}", left.display(), right.display());
    let found = sites(&left, &right, args, &title, |_| None)?;
    Ok(CaseChanges {
        base: left.display().to_string(),
        new: right.display().to_string(),
        sites: Some(found),
        ..CaseChanges::default()
    })
}

/// What changed between the sites of two profiles; draws it where the user wants that.
fn sites(
    base: &Path,
    new: &Path,
    args: &DiffArgs,
    title: &str,
    per: impl Fn(&str) -> Option<crate::compare::site_changes::Per>,
) -> Result<SiteChanges> {
    let limit = Limit { unpacked: args.limit.max_unpacked_mib << 20 };
    let (left, right) = both(|| read_profile(base, limit), || read_profile(new, limit));
    let (left, right) = (left?, right?);
    let (left_index, right_index) = common_type((base, &left), (new, &right), args.sample_type.as_deref())?;
    if let Some(path) = &args.svg {
        let view = View { title: title.to_owned(), show_harness: args.harness_frames };
        write_whole(path, &flame_difference::render((&left, left_index), (&right, right_index), &view)?)?;
    }
    let (was, is) = both(
        || Sites::of(&left, left_index, args.harness_frames),
        || Sites::of(&right, right_index, args.harness_frames),
    );
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
fn common_type(
    (base_path, base): (&Path, &Profile),
    (new_path, new): (&Path, &Profile),
    named: Option<&str>,
) -> Result<(usize, usize)> {
    let place = |path: &Path, profile: &Profile, kind: &str| {
        profile.sample_type(kind).ok_or_else(|| {
            Error::input(format!("{}: {}", path.display(), unknown("sample type", kind, profile.kinds())))
        })
    };
    let kind_of =
        |profile: &Profile| profile.kinds().get(profile.default_type()).copied().unwrap_or("").to_owned();
    let kind = match named {
        Some(kind) => kind.to_owned(),
        None => [kind_of(base), kind_of(new)]
            .into_iter()
            .chain(base.kinds().into_iter().map(str::to_owned))
            .find(|kind| base.sample_type(kind).is_some() && new.sample_type(kind).is_some())
            .ok_or_else(|| {
                Error::input(format!(
                    "no sample type in common: {} has {}, and {} has {}",
                    base_path.display(),
                    base.kinds().join(", "),
                    new_path.display(),
                    new.kinds().join(", ")
                ))
            })?,
    };
    let (left, right) = (place(base_path, base, &kind)?, place(new_path, new, &kind)?);
    if base.unit(left) != new.unit(right) {
        return Err(Error::input(format!(
            "{kind} is in {} in {}, and in {} in {}",
            base.unit(left),
            base_path.display(),
            new.unit(right),
            new_path.display()
        )));
    }
    Ok((left, right))
}
