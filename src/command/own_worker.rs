//! What another program can run: the one whose command line this is, where it has the child's side alone and handed the
//! command line over ([`crate::worker::worker_main`]), or the one of `--worker`. Its maps and programs are asked for.

use std::env;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::cli::{CaseArgs, Command};
use crate::error::{Error, Result};
use crate::printable::{PrintablePath, clean_json};
use crate::worker::die_with_parent;
use crate::worker::program::OWN_MAP;
use crate::worker::registry::{Registry, RunBy};
use crate::worker::registry_json::{SameName, Tables};
use crate::worker::worker_main::{TABLES, WORKER};
use crate::workload::Catalog;
use crate::workload::catalog::parts;

/// How long a program may take to tell its tables.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most bytes of tables that are read.
const LONGEST: u64 = 16 << 20;

/// The program that handed its command line over, if one did.
fn handed_over_by() -> Option<PathBuf> {
    env::var_os(WORKER).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The program that serves the passes of a case unless another one is named: this one itself, whatever has become of its
/// file meanwhile, the one that handed its command line over, or the worker of another language.
pub fn path(run_by: &RunBy) -> PathBuf {
    match run_by {
        RunBy::Runtime(worker) => Some(worker.program.clone()),
        RunBy::Caller => handed_over_by(),
        RunBy::This => None,
    }
    .unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// The tables that a program tells.
///
/// # Errors
/// When it tells none.
pub fn tables_of(program: &Path) -> Result<Vec<u8>> {
    match ask(program) {
        Answer::Tables(bytes) => Ok(bytes),
        Answer::None(why) => Err(refused(program, &why)),
    }
}

/// Adds to `registry` what `command` may name and other programs have. Commands that read files alone ask nobody.
///
/// # Errors
/// When a program that must tell its tables does not, or speaks another version of the protocol.
pub fn add_tables(registry: &mut Registry, command: &Command) -> Result<()> {
    let (worker, is_asked) = match command {
        Command::List(args) => (args.worker.as_deref(), true),
        Command::Describe(args) => (args.worker.as_deref(), true),
        Command::Run(args) => (args.cases.worker.as_deref(), false),
        Command::Compare(args) => (args.cases.worker.as_deref(), false),
        Command::Check(args) => (args.cases.worker.as_deref(), false),
        Command::Pick(args) => (args.cases.worker.as_deref(), false),
        _ => return Ok(()),
    };
    if let Some(program) = handed_over_by() {
        match ask(&program) {
            Answer::Tables(bytes) => add(&bytes, &program, registry, SameName::Replaces)?,
            Answer::None(why) => return Err(refused(&program, &format!("{why} (named by {WORKER})"))),
        }
    }
    let Some(program) = worker else { return Ok(()) };
    // A worker need not know the request. Most are named with maps and workloads that mapprof has itself.
    let needs = match command {
        Command::Run(args) => needs(registry, &args.workload, &args.map, &args.cases),
        Command::Compare(args) => needs(registry, &args.of, &args.filter.map, &args.cases),
        Command::Check(args) => needs(registry, &args.of, &args.filter.map, &args.cases),
        Command::Pick(args) => needs(registry, std::slice::from_ref(&args.workload), &args.map, &args.cases),
        _ => true,
    };
    if !needs {
        return Ok(());
    }
    match ask(program) {
        Answer::Tables(bytes) => add(&bytes, program, registry, SameName::Stays),
        Answer::None(why) if is_asked => Err(refused(program, &why)),
        Answer::None(_) => Ok(()),
    }
}

/// Whether there are names that are not all known here.
fn needs(registry: &Registry, of: &[String], maps: &[String], cases: &CaseArgs) -> bool {
    let has_map = |name: &str| name == OWN_MAP || registry.map(name).is_some();
    if !maps.iter().all(|name| has_map(name.trim())) {
        return true;
    }
    // What is wrong with the folder is told by whoever needs it.
    let Ok(catalog) = Catalog::load(cases.of.workloads.as_deref()) else { return false };
    let has_workload = |name: &str| {
        let workload = parts(name).0;
        registry.program(workload).is_some()
            || catalog.names().any(|known| known == workload)
            || catalog
                .programs()
                .any(|file| file.name == workload && registry.program_to_run(&file.program.value).is_some())
    };
    !of.iter().all(|name| has_workload(name) || Path::new(name).exists())
}

fn refused(program: &Path, why: &str) -> Error {
    Error::input(format!("{}: {why}", program.shown()))
}

fn add(bytes: &[u8], program: &Path, registry: &mut Registry, same: SameName) -> Result<()> {
    let tables = Tables::read(bytes).map_err(|error| refused(program, &error.to_string()))?;
    tables.add_to(registry, same);
    Ok(())
}

/// What a program says when it is asked for its tables.
enum Answer {
    /// A JSON object with a version of the protocol.
    Tables(Vec<u8>),
    /// Nothing of the kind: why.
    None(String),
}

/// Asks a program for its tables. One that takes too long is ended, with all that it started.
fn ask(program: &Path) -> Answer {
    let mut command = process::Command::new(program);
    command
        .args(["worker", TABLES])
        .env_remove(WORKER)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    die_with_parent(&mut command);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Answer::None(format!("cannot be started: {error}")),
    };
    let (sender, receiver) = channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.map(|stdout| stdout.take(LONGEST).read_to_end(&mut bytes));
        drop(sender.send(read.is_some_and(|read| read.is_ok()).then_some(bytes)));
    });
    let told = receiver.recv_timeout(PATIENCE);
    if let Some(group) = Pid::from_raw(child.id() as i32) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    match told {
        Ok(Some(mut bytes)) => {
            clean_json(&mut bytes);
            match Tables::are_in(&bytes) {
                true => Answer::Tables(bytes),
                false => Answer::None("does not tell its maps and programs".to_owned()),
            }
        }
        Ok(None) => Answer::None("its maps and programs cannot be read".to_owned()),
        Err(_) => Answer::None(format!("has not told its maps and programs after {} s", PATIENCE.as_secs())),
    }
}
