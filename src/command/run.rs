//! `mapprof run`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::progress::Progress;
use super::{complain, note, print, summary, verify};
use crate::cli::{HeapHow, RunArgs};
use crate::error::{Error, Result, unknown};
use crate::record::{Failure, MapRecord};
use crate::run::case::{self, CasePlan, HeapMode, Watcher};
use crate::run::child::{INTERRUPTED, Launcher};
use crate::run::place;
use crate::run::program::OWN_MAP;
use crate::run::protocol::Subject;
use crate::run::registry::{MapEntry, Registry};
use crate::workload::spec::{Op, Workload};
use crate::workload::{Catalog, Overrides, check};

/// Runs what the arguments ask for and returns the exit code.
pub fn run(registry: &Registry, args: &RunArgs) -> u8 {
    match plan(registry, args).and_then(|plans| execute(args, &plans)) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            error.exit_code()
        }
    }
}

/// The cases in the order in which they run, and why others are left out.
struct Plans {
    cases: Vec<CasePlan>,
    skipped: Vec<String>,
}

fn plan(registry: &Registry, args: &RunArgs) -> Result<Plans> {
    let catalog = Catalog::load(args.of.workloads.as_deref())?;
    let overrides = Overrides { entries: args.of.entries, ops: args.of.ops, set: args.of.set.clone() };
    let sample_bytes = args.sample_bytes.as_deref().map(parse_sample_bytes).transpose()?;
    let heap = match (args.heap, &args.sample_bytes) {
        (Some(HeapHow::Exact), Some(_)) => {
            return Err(Error::input(
                "--sample-bytes: --heap=exact records every allocation, nothing is sampled",
            ));
        }
        (how, _) => how.map(|how| match how {
            HeapHow::Jemalloc => HeapMode::Sampled(sample_bytes),
            HeapHow::Exact => HeapMode::Exact,
        }),
    };
    let maps = chosen_maps(registry, args)?;
    let mut plans = Plans { cases: Vec::new(), skipped: Vec::new() };
    let mut seen = BTreeSet::new();
    for name in &args.workload {
        if !seen.insert(name) {
            continue;
        }
        let case = |subject: Subject, map: MapRecord| CasePlan {
            rerun: rerun_command(args, name, &map.name),
            subject,
            map,
            seed: args.seed,
            threads: args.threads,
            heap,
            latency: args.latency,
            hertz: args.cpu.then_some(args.hertz),
            harness_frames: args.harness_frames,
        };
        if registry.program(name).is_some() {
            if !overrides.is_empty() {
                return Err(Error::input(format!(
                    "workload \"{name}\" is a program: --entries, --ops and --set do not reach into it"
                )));
            }
            if args.threads != 1 {
                return Err(Error::input(format!(
                    "workload \"{name}\" is a program and runs on one thread: --threads does not reach into it"
                )));
            }
            let map = MapRecord { name: OWN_MAP.to_owned(), package: String::new(), version: String::new() };
            plans.cases.push(case(Subject::Program(name.clone()), map));
            continue;
        }
        let workload = get_workload(&catalog, registry, name, &overrides)?;
        check::threads(&workload, args.threads as usize)?;
        for foreign in &maps.foreign {
            let map = MapRecord { name: foreign.clone(), package: String::new(), version: String::new() };
            plans.cases.push(case(Subject::Workload(Box::new(workload.clone())), map));
        }
        for entry in &maps.entries {
            if let Some(reason) = unfit(entry, &workload, args.threads, maps.all) {
                if !maps.all {
                    return Err(Error::input(format!(
                        "map \"{}\" cannot run {name}: {reason}",
                        entry.info.name
                    )));
                }
                plans.skipped.push(format!("{name}/{}: {reason}", entry.info.name));
                continue;
            }
            let (package, version) = entry.info.package;
            let map = MapRecord {
                name: entry.info.name.to_owned(),
                package: package.to_owned(),
                version: version.to_owned(),
            };
            plans.cases.push(case(Subject::Workload(Box::new(workload.clone())), map));
        }
    }
    Ok(plans)
}

/// The workload of that name, or an error that knows the programs too.
pub fn get_workload(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    overrides: &Overrides,
) -> Result<Workload> {
    if !catalog.names().any(|known| known == name) {
        let all = catalog.names().chain(registry.programs.iter().map(|p| p.name.as_str()));
        return Err(Error::input(unknown("workload", name, all)));
    }
    catalog.get(name, overrides)
}

struct ChosenMaps<'r> {
    entries: Vec<&'r MapEntry>,
    /// Names that only the program given by `--worker` can know.
    foreign: Vec<String>,
    /// Whether the user asked for all of them, and so for none in particular.
    all: bool,
}

fn chosen_maps<'r>(registry: &'r Registry, args: &RunArgs) -> Result<ChosenMaps<'r>> {
    let names = &args.map;
    let mut foreign: Vec<String> = Vec::new();
    if names.iter().any(|name| name == "all") {
        return Ok(ChosenMaps { entries: registry.maps.iter().collect(), foreign, all: true });
    }
    let mut entries: Vec<&MapEntry> = Vec::new();
    for name in names {
        let Some(entry) = registry.map(name.trim()) else {
            // Another program may know maps that this one has never heard of; a name is part of a path all the same.
            let harmless = |c: char| c.is_ascii_alphanumeric() || "-_+".contains(c);
            if args.worker.is_some() && !name.is_empty() && name.chars().all(harmless) {
                foreign.push(name.clone());
                continue;
            }
            let known = registry.maps.iter().map(|entry| entry.info.name).chain(["all"]);
            return Err(Error::input(unknown("map", name, known)));
        };
        if entries.iter().all(|known| known.info.name != entry.info.name) {
            entries.push(entry);
        }
    }
    Ok(ChosenMaps { entries, foreign, all: false })
}

/// Why a map does not run a workload, if so. A cost that explodes is a reason only where nobody asked for this map.
fn unfit(entry: &MapEntry, workload: &Workload, threads: u16, all: bool) -> Option<String> {
    if threads > 1 && !entry.info.concurrent {
        return Some(format!("it is for one thread, and --threads is {threads}"));
    }
    let lacking: Vec<&str> =
        entry.info.lacks.iter().filter(|op| workload.calls(**op)).map(|op: &Op| op.name()).collect();
    if !lacking.is_empty() {
        return Some(format!("it has no {}", lacking.join(", no ")));
    }
    if all { (entry.info.too_costly)(workload) } else { None }
}

/// `4096`, `64K`, `1M`: a power of two.
fn parse_sample_bytes(text: &str) -> Result<u64> {
    let (digits, unit) = match text.trim_end_matches(['b', 'B']).trim_end_matches(['i', 'I']) {
        number if number.ends_with(['k', 'K']) => (&number[..number.len() - 1], 1u64 << 10),
        number if number.ends_with(['m', 'M']) => (&number[..number.len() - 1], 1 << 20),
        number => (number, 1),
    };
    let bytes = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|bytes| (1..=1 << 40).contains(bytes))
        .ok_or_else(|| {
            Error::input(format!("--sample-bytes {text}: a number of bytes such as 65536 or 64K is wanted"))
        })?;
    if !bytes.is_power_of_two() {
        let above = bytes.next_power_of_two();
        return Err(Error::input(format!(
            "--sample-bytes {text}: must be a power of two; the next ones are {} and {above}",
            above / 2
        )));
    }
    Ok(bytes)
}

/// The command that runs one case of this run again.
fn rerun_command(args: &RunArgs, workload: &str, map: &str) -> String {
    let mut words = vec!["mapprof run".to_owned(), quoted(workload)];
    if map != OWN_MAP {
        words.push(format!("--map {}", quoted(map)));
    }
    let mut number =
        |flag: &str, value: Option<u64>| words.extend(value.map(|value| format!("--{flag} {value}")));
    number("entries", args.of.entries);
    number("ops", args.of.ops);
    number("seed", Some(args.seed));
    number("threads", (args.threads != 1).then_some(u64::from(args.threads)));
    if let Some(folder) = &args.of.workloads {
        words.push(format!("--workloads {}", quoted(&folder.to_string_lossy())));
    }
    words.extend(args.of.set.iter().map(|set| format!("--set {}", quoted(set))));
    words.extend(args.heap.map(|how| match how {
        HeapHow::Jemalloc => "--heap".to_owned(),
        HeapHow::Exact => "--heap=exact".to_owned(),
    }));
    if args.latency {
        words.push("--latency".to_owned());
    }
    if let Some(bytes) = &args.sample_bytes {
        words.push(format!("--sample-bytes {}", quoted(bytes)));
    }
    if args.cpu {
        words.push(format!("--cpu --hertz {}", args.hertz));
    }
    if args.harness_frames {
        words.push("--harness-frames".to_owned());
    }
    if args.verify {
        words.push("--verify".to_owned());
    }
    if let Some(program) = &args.worker {
        words.push(format!("--worker {}", quoted(&program.to_string_lossy())));
    }
    words.join(" ")
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

struct Shown<'p>(&'p Progress);

impl Watcher for Shown<'_> {
    fn pass(&mut self, case: &str, pass: &str) {
        self.0.pass(case, pass);
    }
    fn at(&mut self, phase: &str, done: u64, total: u64) {
        self.0.at(phase, done, total);
    }
}

fn execute(args: &RunArgs, plans: &Plans) -> Result<u8> {
    if !args.quiet {
        for reason in &plans.skipped {
            note(&format!("skipped {reason}"));
        }
    }
    if plans.cases.is_empty() {
        return Err(Error::input("no case is left to run"));
    }
    place::check_writable(&args.out)?;
    // Only the first Ctrl-C is answered here: the second one ends the program at once.
    let handler = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Relaxed) {
            std::process::exit(130);
        }
    });
    handler.map_err(|e| Error::case(format!("signals cannot be handled: {e}")))?;
    let launcher = Launcher {
        command: match &args.worker {
            Some(program) => vec![program.clone()],
            // The running program itself, whatever has become of its file meanwhile.
            None => vec![PathBuf::from("/proc/self/exe"), PathBuf::from("worker")],
        },
        time_limit: Duration::from_secs(args.timeout),
    };
    let progress = Progress::new(args.quiet);
    let mut failures: Vec<Failure> = Vec::new();
    let mut mute = None;
    let mut disproved: Vec<String> = Vec::new();
    for (number, plan) in plans.cases.iter().enumerate() {
        if let Err(error) = place::check_place(&args.out, plan.subject.name(), &plan.map.name) {
            let failure = plan.failure("write", "write", error.to_string());
            complain(&summary::of_failure(&failure));
            failures.push(failure);
            continue;
        }
        let outcome = case::run(plan, &launcher, &args.out, &mut Shown(&progress));
        progress.clear();
        match outcome {
            Ok(outcome) => {
                if !args.quiet
                    && mute.is_none()
                    && let Err(error) = print(&summary::of_case(plan, &outcome))
                {
                    // The runs are worth having even if nobody can be told.
                    complain(&error.to_string());
                    mute = Some(error);
                }
                if args.verify && verify::case(&outcome.record, args.quiet || mute.is_some()) {
                    disproved.push(plan.name());
                }
                for failure in &outcome.failures {
                    complain(&summary::of_failure(failure));
                }
                failures.extend(outcome.failures);
            }
            Err(error) => {
                let missing: Vec<String> = plans.cases[number..].iter().map(CasePlan::name).collect();
                complain(&format!(
                    "interrupted: {number} of {} cases are done; missing: {}",
                    plans.cases.len(),
                    missing.join(", ")
                ));
                return Ok(error.exit_code());
            }
        }
    }
    let failed: BTreeSet<String> = failures.iter().map(|f| format!("{}/{}", f.workload, f.map)).collect();
    if !disproved.is_empty() {
        complain(&format!("bytes differ from their closed forms in {}", disproved.join(", ")));
    }
    if failed.is_empty() && !disproved.is_empty() {
        return Ok(verify::FAILED);
    }
    if failed.is_empty() {
        return Ok(mute.map_or(0, |error| error.exit_code()));
    }
    complain(&format!(
        "{} of {} cases failed: {}",
        failed.len(),
        plans.cases.len(),
        failed.into_iter().collect::<Vec<_>>().join(", ")
    ));
    Ok(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_bytes_are_powers_of_two() {
        assert_eq!(parse_sample_bytes("64K"), Ok(65536));
        assert_eq!(parse_sample_bytes("1MiB"), Ok(1 << 20));
        assert_eq!(parse_sample_bytes("512"), Ok(512));
        let message = |text| parse_sample_bytes(text).unwrap_err().to_string();
        assert!(message("50000").contains("32768 and 65536"));
        assert!(message("many").contains("such as 65536 or 64K"));
        assert!(message("0").contains("such as"));
        assert!(message("").contains("such as"));
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("phase.serve.ops=5"), "phase.serve.ops=5");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
