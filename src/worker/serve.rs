//! The child: one request in, one pass done, lines out.

use std::io::{BufRead, Write};

use super::parent_death;
use super::protocol::{Event, PROTOCOL, Pass, Request, Subject};
use super::registry::{MapEntry, Registry};
use super::session::Session;
use crate::capture::cpu::MOST_HERTZ;
use crate::capture::panic_guard;
use crate::error::{Error, Result};
use crate::workload::cross_checks;

/// Serves one request from standard input and reports on standard output. Returns the process's exit code.
pub fn serve(registry: &Registry) -> u8 {
    // A panic on one of several threads would leave the others waiting for it: better no child than one that hangs. The
    // parent shows the message as the child's last words.
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if panic_guard::guards() {
            return;
        }
        show(info);
        std::process::abort();
    }));
    let mut out = std::io::stdout().lock();
    let mut report = |event: &Event| -> Result<()> {
        // A parent that is gone is no longer interested: the error ends the pass.
        let written = serde_json::to_writer(&mut out, event)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        written.map_err(|e| Error::case(format!("the parent does not listen: {e}")))
    };
    let outcome = parent_death::die_with_own_parent().and_then(|()| read_request()).and_then(|request| {
        report(&Event::Hello {
            protocol: PROTOCOL,
            program: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            map: registry.map(&request.map).map(MapEntry::record),
        })?;
        run(registry, &request, &mut report)
    });
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            let _ = report(&Event::Failed { kind: "refused".to_owned(), message: error.to_string() });
            error.exit_code()
        }
    }
}

fn read_request() -> Result<Request> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| Error::input(format!("no request on standard input: {e}")))?;
    // The version first: a request of another version need not have this one's shape.
    let version = serde_json::from_str::<serde_json::Value>(&line)
        .map_err(|e| Error::input(format!("the request on standard input is not JSON: {e}")))?;
    if version["protocol"] != PROTOCOL {
        return Err(Error::input(format!(
            "this child speaks protocol {PROTOCOL}, the request is of protocol {}",
            version["protocol"]
        )));
    }
    serde_json::from_value(version)
        .map_err(|e| Error::input(format!("the request is not one of protocol {PROTOCOL}: {e}")))
}

fn run(registry: &Registry, request: &Request, report: &mut dyn FnMut(&Event) -> Result<()>) -> Result<()> {
    if matches!(request.pass, Pass::Cpu(sampling) if !(1..=MOST_HERTZ).contains(&sampling.hertz)) {
        return Err(Error::input(format!("hertz must be from 1 to {MOST_HERTZ}")));
    }
    let begin = |report| Session::begin(&request.pass, request.seed, request.threads, report);
    match &request.subject {
        Subject::Workload(workload) => {
            let map = registry
                .map(&request.map)
                .ok_or_else(|| Error::input(format!("this child has no map \"{}\"", request.map)))?;
            cross_checks::threads(workload, request.threads as usize)?;
            cross_checks::keys(workload, request.threads as usize)?;
            if request.threads > 1 && !map.info.concurrent {
                return Err(Error::input(format!("map \"{}\" is for one thread", request.map)));
            }
            let mut session = begin(report)?;
            map.run(workload, &mut session)?;
            session.finish()
        }
        Subject::Program(name) => {
            let program = registry
                .program_to_run(name)
                .ok_or_else(|| Error::input(format!("this child has no program \"{name}\"")))?;
            if request.threads != 1 {
                return Err(Error::input("a program runs on one thread"));
            }
            let mut session = begin(report)?;
            registry.run_program(program, &request.arguments, &request.settings, &mut session)?;
            session.finish()
        }
    }
}
