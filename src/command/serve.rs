//! `mapprof serve`: a folder of runs, as pages for a browser and as profiles for `go tool pprof`.
//!
//! It listens on the loopback address alone and answers only requests that were sent to that address by name or number: a
//! page from elsewhere that has its own name point to this machine gets nothing. Requests read; none writes.

mod answer;
mod host;
mod pages;
mod profile_paths;
mod route;
mod run_folder;
mod run_list;

use std::net::{Ipv4Addr, TcpListener};

use tiny_http::{Method, Request, Server};

use self::answer::Answer;
use self::route::Route;
use self::run_folder::RunFolder;
use super::terminal::{complain, note};
use crate::cli::{LimitArgs, ServeArgs};
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::worker::registry::Registry;

/// Threads that answer: a slow report keeps no list waiting.
const THREADS: usize = 4;

/// Serves a folder until the process is ended.
///
/// # Errors
/// When the folder does not exist, or the port cannot be had.
pub fn serve(registry: &Registry, args: &ServeArgs) -> Result<()> {
    let folder = RunFolder::open(&args.folder)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .map_err(|error| unavailable(args.port, &error))?;
    let port = listener.local_addr().map_err(Error::case)?.port();
    let server = Server::from_listener(listener, None).map_err(Error::case)?;
    note(&format!("{} is at http://127.0.0.1:{port}/ (Ctrl-C ends this)", args.folder.shown()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| answer_all(&server, registry, &folder, args.limit, port));
        }
    });
    Ok(())
}

/// Why a port cannot be had, and what would be right.
fn unavailable(port: u16, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => "in use".to_owned(),
        std::io::ErrorKind::PermissionDenied => "not for this user".to_owned(),
        _ => format!("not to be had: {error}"),
    };
    Error::input(format!(
        "port {port} of 127.0.0.1 is {why}; choose another with --port, or one that is free with --port 0"
    ))
}

/// Answers requests until the server is gone.
fn answer_all(server: &Server, registry: &Registry, folder: &RunFolder, limit: LimitArgs, port: u16) {
    loop {
        match server.recv() {
            Ok(request) => {
                let answer = answer(&request, registry, folder, limit, port);
                // A browser that went away meanwhile is no failure.
                let _ = request.respond(answer.response());
            }
            Err(error) => return complain(&format!("the server ended: {error}")),
        }
    }
}

/// The answer to a request.
fn answer(request: &Request, registry: &Registry, folder: &RunFolder, limit: LimitArgs, port: u16) -> Answer {
    let named = request.headers().iter().find(|header| header.field.equiv("Host"));
    if !named.is_some_and(|header| host::is_here(header.value.as_str(), port)) {
        return Answer::refused(
            403,
            format!("this is 127.0.0.1:{port}, and the request is for another host\n"),
        );
    }
    if !matches!(request.method(), Method::Get | Method::Head) {
        return Answer::refused(
            405,
            "runs are read here and not changed: GET and HEAD are answered\n".to_owned(),
        );
    }
    let answered = match Route::of(request.url()) {
        Route::List(filter) => run_list::page(folder, &filter),
        Route::State => Ok(Answer::text(folder.state())),
        Route::Report(runs) => pages::report_of(registry, folder, &runs, limit),
        Route::Compare(runs) => pages::compare(registry, folder, &runs),
        Route::Diff(runs) => pages::diff(folder, &runs, limit),
        Route::File { run, name } => folder.file(&run, &name).map(|bytes| Answer::file(&name, bytes)),
        Route::Profiles => profile_paths::index(folder),
        Route::Profile { name, run } => profile_paths::profile(folder, name, run.as_deref()),
        Route::Unknown(path) => {
            return Answer::refused(404, format!("there is no {path} here; the list of runs is at /\n"));
        }
    };
    answered.unwrap_or_else(|error| Answer::refused(404, format!("{error}\n")))
}
