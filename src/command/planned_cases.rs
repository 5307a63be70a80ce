//! Which cases a command line asks for.

use std::collections::BTreeSet;

use super::go_counterpart;
use super::parameters::{self, rerun_command};
use super::program_runners;
use super::run_request::RunRequest;
use crate::capture::cpu::CpuSampling;
use crate::capture::heap_recording::HeapRecording;
use crate::cli::{HeapHow, ProfileArgs, Skippable};
use crate::compare::filter::pattern;
use crate::error::{Error, Result, unknown};
use crate::number_parse;
use crate::output::number_format;
use crate::record::{CaseId, Machine, Settings};
use crate::run::plan::CasePlan;
use crate::worker::pass_table::row;
use crate::worker::program::OWN_MAP;
use crate::worker::protocol::Subject;
use crate::worker::registry::{MapEntry, Registry};
use crate::workload::catalog::parts;
use crate::workload::spec::{HasherSpec, Op, Step, Workload};
use crate::workload::{Catalog, Overrides, cross_checks};

/// What names every workload of the catalogue.
pub(super) const ALL: &str = "all";

/// The map that workloads run on if none is named.
const DEFAULT_MAP: &str = "std";

/// The cases in the order in which they run, and why others are left out.
pub struct Plans {
    pub cases: Vec<CasePlan>,
    pub skipped: Vec<String>,
}

/// The cases that are wanted.
///
/// # Errors
/// When a name is unknown, a number impossible, or a map that was asked for by its name cannot run a workload.
pub fn plan(registry: &Registry, wanted: &RunRequest) -> Result<Plans> {
    let (args, profiles) = (wanted.cases, wanted.profiles);
    let catalog = Catalog::load(args.of.workloads.as_deref())?;
    let overrides = Overrides { entries: args.of.entries, ops: args.of.ops, set: args.of.set.clone() };
    let heap = heap_recording(profiles)?;
    check_skip(wanted)?;
    check_optional(wanted)?;
    let environment = parameters::environment(&args.env)?;
    chosen_maps(registry, wanted)?;
    let mut plans = Plans { cases: Vec::new(), skipped: Vec::new() };
    let mut seen = BTreeSet::new();
    // Of the workloads that `all` stands for, what cannot run as asked is left out.
    let mut first_refusal = None;
    for Named { name, of_all } in &named_workloads(registry, &catalog, wanted, &mut plans.skipped) {
        let case = |subject: Subject, id: CaseId, of: Option<&MapEntry>| CasePlan {
            rerun: rerun_command(wanted, &id, of.and_then(|entry| entry.run_by.runtime())),
            case: id,
            subject,
            map: of.map(MapEntry::record).unwrap_or_default(),
            run_by: of.map(|entry| entry.run_by.clone()).unwrap_or_default(),
            closed_form: match of {
                Some(entry) => entry.info.closed_form,
                None => Err("is no map of this program"),
            },
            seed: args.seed,
            heap,
            also: args.optional_passes(),
            skip: args.skip.iter().map(|skip| skip.kind()).collect(),
            cpu: profiles.cpu.map(|how| CpuSampling { hertz: profiles.hertz, backend: how.backend() }),
            harness_frames: profiles.harness_frames,
            repeats: args.repeat,
            environment: environment.clone(),
            arguments: args.arguments.clone(),
            settings: Settings::default(),
        };
        let (base, variant) = parts(name);
        if let Some(program) = registry.program(base) {
            let runners = program_runners::of(registry, program, wanted.maps)?;
            if args.threads.is_some_and(|threads| threads != 1) {
                return Err(Error::input(format!(
                    "workload \"{base}\" is a program and runs on one thread: --threads does not reach into it"
                )));
            }
            if overrides.ops.is_some() {
                return Err(Error::input(format!(
                    "workload \"{base}\" is a program: --ops does not reach into it"
                )));
            }
            if let (true, Some(argument)) = (program.is_built_in(), args.arguments.first()) {
                return Err(Error::input(format!(
                    "-- {argument}: arguments are for programs of your own, and \"{base}\" is a built-in one; its parameters \
                     are set with --set"
                )));
            }
            for variant in program.chosen(variant)? {
                let (settings, parameters) =
                    program.settings_of(variant, overrides.entries, &overrides.set)?;
                let variant = variant.map(|variant| variant.name.clone());
                let id = CaseId { variant, parameters, ..CaseId::new(base, OWN_MAP) };
                id.check_names()?;
                if !seen.insert(id.workload_and_variant()) {
                    continue;
                }
                for run_by in &runners {
                    let runtime = run_by.runtime();
                    let id = CaseId { runtime: runtime.map(|worker| worker.name.clone()), ..id.clone() };
                    let plan = case(Subject::Program(program.runs.clone()), id, None);
                    let rerun = rerun_command(wanted, &plan.case, runtime);
                    let (settings, run_by) = (settings.clone(), run_by.clone());
                    plans.cases.push(CasePlan { settings, run_by, rerun, ..plan });
                }
            }
            continue;
        }
        if let Some(argument) = args.arguments.first() {
            known(&catalog, registry, name)?;
            return Err(Error::input(format!(
                "-- {argument}: arguments are for programs of your own, and \"{name}\" is a workload; its parameters are \
                 set with --set"
            )));
        }
        known(&catalog, registry, name)?;
        let by_name = catalog
            .left_out(name)
            .map(|variant| format!("{name}@{}: runs only if it is named", variant.name));
        plans.skipped.extend(by_name);
        for variant in catalog.variants(name)? {
            let id = |map: &str| CaseId {
                variant: variant.map(|variant| variant.name.clone()),
                threads: args.threads.or(variant.and_then(|variant| variant.threads)).unwrap_or(1),
                ..CaseId::new(parts(name).0, map)
            };
            let threads = id("").threads;
            let full = id("").workload_and_variant();
            if !seen.insert(full.clone()) {
                continue;
            }
            let checked = || {
                let workload = catalog.get(&full, &overrides)?;
                cross_checks::threads(&workload, threads as usize)?;
                cross_checks::keys(&workload, threads as usize)?;
                check_sample_bytes(&workload, heap)?;
                Ok(workload)
            };
            let workload = match checked() {
                Ok(workload) => workload,
                Err(error) if *of_all => {
                    plans.skipped.push(format!("{full}: {error}"));
                    first_refusal.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let subject = || Subject::Workload(Box::new(workload.clone()));
            let hasher = workload.hasher.as_ref().map(HasherSpec::label);
            let id = |map: &str| CaseId { hasher: hasher.clone(), ..id(map) };
            let own = variant.map(|variant| variant.maps.as_slice()).filter(|maps| !maps.is_empty());
            let mut maps = match own {
                Some(own) => chosen_maps(registry, &RunRequest { maps: own, ..*wanted })
                    .map_err(|error| Error::input(format!("{full}: {error}")))?,
                None => chosen_maps(registry, wanted)?,
            };
            // What was named after --map is all that is wanted of a variant that brings its maps.
            let typed = chosen_maps(registry, wanted)?;
            // A variant names maps of Rust, and those of another language that do the same may take their place.
            let stands_in = |chosen: &&Chosen| {
                let is_like = |map: &String| go_counterpart::of(map) == Ok(chosen.entry.info.name);
                chosen.entry.run_by.runtime().is_some() && own.is_some_and(|own| own.iter().any(is_like))
            };
            maps.entries.extend(typed.entries.iter().filter(stands_in));
            let is_wanted = |map: &str| own.is_none() || wanted.maps.is_empty() || typed.has(map);
            if let Some(own) = own.filter(|_| !wanted.maps.is_empty()) {
                let none = !maps.foreign.iter().any(|map| typed.has(map))
                    && !maps.entries.iter().any(|chosen| typed.has(&chosen.entry.label()));
                if none {
                    let reason = format!("{full}: its maps are {}; --map names none of them", own.join(", "));
                    plans.skipped.push(reason);
                }
            }
            for foreign in maps.foreign.iter().filter(|map| is_wanted(map)) {
                plans.cases.push(case(subject(), id(foreign), None));
            }
            for Chosen { entry, named } in
                maps.entries.iter().filter(|chosen| is_wanted(&chosen.entry.label()))
            {
                let runtime = entry.run_by.runtime().map(|runtime| runtime.name.clone());
                let id = CaseId { runtime, ..id(entry.info.name) };
                if let Some(reason) = unfit(entry, &workload, threads, !named) {
                    if *named && !of_all {
                        return Err(Error::input(format!(
                            "map \"{}\" cannot run {full}: {reason}",
                            entry.info.name
                        )));
                    }
                    plans.skipped.push(format!("{id}: {reason}"));
                    continue;
                }
                plans.cases.push(case(subject(), id, Some(entry)));
            }
        }
    }
    match first_refusal {
        Some(error) if plans.cases.is_empty() => Err(error),
        _ => Ok(plans),
    }
}

/// Why nothing is left of what was asked for.
pub fn nothing_left(skipped: &[String]) -> Error {
    let why = match skipped {
        [] => String::new(),
        [only] => format!(": {only}"),
        [first, others @ ..] => format!(": {first}; and for {} other reasons", others.len()),
    };
    Error::input(format!("no case is left to run{why}"))
}

/// Refuses to leave out what the rest of the command line needs.
fn check_skip(wanted: &RunRequest) -> Result<()> {
    let skips = |pass| wanted.cases.skip.contains(&pass);
    let other = !wanted.cases.optional_passes().is_empty()
        || wanted.profiles.heap.is_some()
        || wanted.profiles.cpu.is_some();
    if wanted.verify && skips(Skippable::Memory) {
        return Err(Error::input("--skip memory: --verify needs the memory pass; leave one of the two out"));
    }
    if skips(Skippable::Time) && skips(Skippable::Memory) && !other {
        return Err(Error::input(
            "--skip time,memory: no pass is left; leave one of the two in, or add --latency, --heap or --cpu",
        ));
    }
    Ok(())
}

/// Refuses an optional pass that this system cannot run.
fn check_optional(wanted: &RunRequest) -> Result<()> {
    for kind in wanted.cases.optional_passes() {
        if let Some(why) = (row(kind).unavailable)() {
            return Err(Error::input(format!("--also {}: {why}", kind.name())));
        }
    }
    Ok(())
}

fn heap_recording(profiles: &ProfileArgs) -> Result<Option<HeapRecording>> {
    let sample_bytes = profiles.sample_bytes.as_deref().map(parse_sample_bytes).transpose()?;
    Ok(match (profiles.heap, sample_bytes) {
        (Some(HeapHow::Exact), Some(_)) => {
            return Err(Error::input(
                "--sample-bytes: --heap=exact records every allocation, nothing is sampled",
            ));
        }
        (Some(HeapHow::Exact), None) => Some(HeapRecording::Exact),
        (Some(HeapHow::Dump), sample_bytes) => Some(HeapRecording::Dump { sample_bytes }),
        (Some(HeapHow::Jemalloc), sample_bytes) => Some(HeapRecording::Sampled { sample_bytes }),
        (None, _) => None,
    })
}

/// The workload of that name, or an error that knows the programs too.
pub fn get_workload(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    overrides: &Overrides,
) -> Result<Workload> {
    known(catalog, registry, name)?;
    catalog.get(name, overrides)
}

/// A workload that is to run.
struct Named {
    name: String,
    /// Whether it is one of those that [`ALL`] stands for.
    of_all: bool,
}

/// The workloads that are named, with [`ALL`] as every one of the catalogue. Of these, programs are left out where a flag does not reach
/// into them.
fn named_workloads(
    registry: &Registry,
    catalog: &Catalog,
    wanted: &RunRequest,
    skipped: &mut Vec<String>,
) -> Vec<Named> {
    let args = wanted.cases;
    let on_maps_alone =
        !wanted.maps.is_empty() || args.threads.is_some_and(|n| n != 1) || args.of.ops.is_some();
    let mut all: Vec<&str> = catalog.names().collect();
    let files = registry.programs.iter().filter(|program| program.file.is_some());
    let programs: Vec<&str> = files.map(|program| program.name.as_str()).collect();
    if !on_maps_alone {
        all.extend(&programs);
        all.sort_unstable();
    }
    let is_taken = registry.program(ALL).is_some() || catalog.names().any(|known| known == ALL);
    let is_all = |name: &String| name == ALL && !is_taken;
    if on_maps_alone && wanted.workloads.iter().any(is_all) {
        skipped.extend(
            programs.iter().map(|name| {
                format!("{name}: is a program, which --threads and --ops do not reach into; one that --map reaches into runs if it is named")
            }),
        );
    }
    let expand = |name: &String| match is_all(name) {
        true => all.iter().map(|name| Named { name: (*name).to_owned(), of_all: true }).collect(),
        false => vec![Named { name: name.clone(), of_all: false }],
    };
    wanted.workloads.iter().flat_map(expand).collect()
}

/// Refuses a name that is neither a workload's nor a program's.
fn known(catalog: &Catalog, registry: &Registry, name: &str) -> Result<()> {
    let (workload, _) = parts(name);
    if catalog.names().any(|known| known == workload) {
        return Ok(());
    }
    let all = catalog.names().chain(registry.programs.iter().map(|p| p.name.as_str()));
    Err(Error::input(unknown("workload", workload, all)))
}

struct ChosenMaps<'r> {
    entries: Vec<Chosen<'r>>,
    /// Names that only the program given by `--worker` can know.
    foreign: Vec<String>,
}

impl ChosenMaps<'_> {
    fn has(&self, map: &str) -> bool {
        self.entries.iter().any(|chosen| chosen.entry.label() == map)
            || self.foreign.iter().any(|foreign| foreign == map)
    }
}

#[derive(Clone, Copy)]
struct Chosen<'r> {
    entry: &'r MapEntry,
    /// Whether the user asked for this map by its name, and not for all that fit.
    named: bool,
}

fn chosen_maps<'r>(registry: &'r Registry, wanted: &RunRequest) -> Result<ChosenMaps<'r>> {
    let mut entries: Vec<Chosen> = Vec::new();
    let mut foreign = Vec::new();
    let mut choose = |entry: &'r MapEntry, named: bool| match entries
        .iter_mut()
        .find(|known| known.entry.label() == entry.label())
    {
        Some(known) => known.named |= named,
        None => entries.push(Chosen { entry, named }),
    };
    let default = [DEFAULT_MAP.to_owned()];
    let is_program = |name: &String| registry.program(parts(name).0).is_some();
    let maps = match wanted.maps {
        [] => &default,
        maps => maps,
    };
    for name in maps.iter().map(|name| name.trim()) {
        // The map of programs, which bring it.
        if program_runners::is_own(name) && wanted.workloads.iter().all(is_program) {
            continue;
        }
        // A map of another language is there once for each version of that.
        let mut by_name = registry.maps_named(name).peekable();
        if by_name.peek().is_some() {
            by_name.for_each(|entry| choose(entry, true));
            continue;
        }
        let labels: Vec<String> = registry.maps.iter().map(MapEntry::label).collect();
        let known = labels.iter().map(String::as_str).chain(["all"]);
        let pattern = match name {
            "all" => pattern("--map", "*")?,
            name => pattern("--map", name)?,
        };
        let fits = |entry: &&MapEntry| pattern.matches(entry.info.name) || pattern.matches(&entry.label());
        let mut fitting = registry.maps.iter().filter(fits).peekable();
        if fitting.peek().is_some() {
            fitting.for_each(|entry| choose(entry, false));
            continue;
        }
        // Another program may know maps that this one has never heard of; a name is part of a path all the same.
        let harmless = |c: char| c.is_ascii_alphanumeric() || "-_+".contains(c);
        if wanted.cases.worker.is_some() && !name.is_empty() && name.chars().all(harmless) {
            foreign.push(name.to_owned());
            continue;
        }
        return Err(Error::input(unknown("map", name, known)));
    }
    Ok(ChosenMaps { entries, foreign })
}

/// Why a map does not run a workload, if so. A cost that explodes is a reason only where nobody asked for this map.
fn unfit(entry: &MapEntry, workload: &Workload, threads: u16, all: bool) -> Option<String> {
    if threads > 1 && !entry.info.concurrent {
        return Some(format!("it is for one thread, and --threads is {threads}"));
    }
    if let Some(why) = entry.lacks_types(workload) {
        return Some(why);
    }
    let lacking: Vec<&str> = Op::ALL
        .into_iter()
        .filter(|op| workload.calls(*op) && !entry.info.has(*op))
        .map(|op| op.name())
        .collect();
    if !lacking.is_empty() {
        return Some(format!("it has no {}", lacking.join(", no ")));
    }
    let cannot = |step: &Step| !entry.info.can(step.kind);
    if let Some(step) = workload.steps().find(cannot) {
        return Some(format!("it cannot take the step {}", step.kind.name()));
    }
    if let Some(why) = (entry.info.unfit)(workload) {
        return Some(why);
    }
    if workload.shards.is_some() && !entry.info.shards {
        return Some("it has no number of shards; leave `shards` out".to_owned());
    }
    if let Some(why) = beyond_memory(entry, workload) {
        return Some(why);
    }
    if all { (entry.info.too_costly)(workload) } else { None }
}

/// Why several maps cannot be on this machine, if so. A single one that is pre-sized for more than there is may be: what it
/// does not touch takes no memory.
fn beyond_memory(entry: &MapEntry, workload: &Workload) -> Option<String> {
    if workload.instances == 1 {
        return None;
    }
    let (least, memory) = (entry.least_bytes(workload), Machine::this().memory_bytes);
    (memory > 0 && least > memory).then(|| {
        format!(
            "{} maps take at least {}, and this machine has {}; lower instances or capacity",
            number_format::count(workload.instances as i64),
            number_format::bytes(least.min(i64::MAX as u64) as i64),
            number_format::bytes(memory as i64)
        )
    })
}

/// The most bytes between two samples.
const MOST_SAMPLE_BYTES: u64 = 1 << 40;

/// `4096`, `64K`, `1M`: a power of two.
fn parse_sample_bytes(text: &str) -> Result<u64> {
    let wrong = |what: &str| Error::input(format!("--sample-bytes {text}: {what}"));
    let bytes =
        number_parse::whole(text, number_parse::BYTES, 1..=MOST_SAMPLE_BYTES).map_err(|what| wrong(&what))?;
    if !bytes.is_power_of_two() {
        let above = bytes.next_power_of_two();
        return Err(wrong(&format!("must be a power of two; the next ones are {} and {above}", above / 2)));
    }
    Ok(bytes)
}

/// The fewest samples that a workload's keys and values must give, on average. With more, a run without any is unlikely.
const FEWEST_SAMPLES: u64 = 4;

/// Refuses samples that lie so far apart that they would miss all that the workload allocates.
fn check_sample_bytes(workload: &Workload, heap: Option<HeapRecording>) -> Result<()> {
    let Some(HeapRecording::Sampled { sample_bytes } | HeapRecording::Dump { sample_bytes }) = heap else {
        return Ok(());
    };
    let handed_over = cross_checks::handed_over(workload);
    let largest = 1u64 << (handed_over / FEWEST_SAMPLES).max(1).ilog2();
    match sample_bytes {
        Some(bytes) if bytes > largest => Err(Error::input(format!(
            "--sample-bytes {bytes}: the keys and values of {} come to {handed_over} bytes, too few for samples so far \
             apart; the largest that works is {largest}, or give it more --entries or --ops",
            workload.name
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::program_files;
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::programs;
    use crate::worker::registry::built_in_maps;

    /// The workloads of the cases that a command line asks for, each once, and how many of the catalogue were left out.
    fn planned(arguments: &[&str]) -> (BTreeSet<String>, usize) {
        let cli = Cli::try_parse_from([&["mapprof", "run"], arguments].concat()).unwrap();
        let Command::Run(args) = &cli.command else { panic!("it is a run") };
        let mut registry = Registry {
            maps: built_in_maps(),
            built_in_programs: programs::built_in(),
            ..Registry::default()
        };
        program_files::add(&mut registry, &cli.command).unwrap();
        let wanted = RunRequest {
            workloads: &args.workload,
            maps: &args.map,
            cases: &args.cases,
            profiles: &args.profiles,
            verify: false,
        };
        let plans = plan(&registry, &wanted).unwrap();
        (plans.cases.into_iter().map(|plan| plan.case.workload).collect(), plans.skipped.len())
    }

    #[test]
    fn all_is_every_workload_of_the_catalogue() {
        let catalog = Catalog::load(None).unwrap();
        let mut every: BTreeSet<String> = catalog.names().map(str::to_owned).collect();
        let on_maps = every.len();
        every.extend(catalog.programs().map(|program| program.name.clone()));
        assert!(every.len() > on_maps);
        // All but the variant that runs by its own name alone.
        assert_eq!(planned(&["all"]), (every.clone(), 1));
        assert_eq!(planned(&["churn", "all"]), (every.clone(), 1));
        // Programs bring their own maps.
        let (named, skipped) = planned(&["all", "--map", "all"]);
        assert_eq!(named.len(), on_maps);
        assert!(skipped >= every.len() - on_maps);
        // What cannot run as asked is left out, and the others run.
        for flags in [&["--threads", "2"][..], &["--ops", "100"], &["--map", "btree"]] {
            let (named, skipped) = planned(&[&["all"], flags].concat());
            assert!(!named.is_empty() && named.len() < every.len(), "{flags:?}: {}", named.len());
            assert!(skipped > 0, "{flags:?}");
        }
    }

    #[test]
    fn sample_bytes_are_powers_of_two() {
        assert_eq!(parse_sample_bytes("64K"), Ok(65536));
        assert_eq!(parse_sample_bytes("1MiB"), Ok(1 << 20));
        assert_eq!(parse_sample_bytes("512"), Ok(512));
        assert_eq!(parse_sample_bytes("0.5K"), Ok(512));
        let message = |text| parse_sample_bytes(text).unwrap_err().to_string();
        assert!(message("50000").contains("32768 and 65536"));
        assert!(message("64kB").contains("32768 and 65536"));
        assert!(message("many").contains("such as 100000"));
        assert!(message("").contains("such as"));
        assert!(message("0").contains("must be from 1 to"));
        assert!(message("2048G").contains("must be from 1 to"));
    }
}
