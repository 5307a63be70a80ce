//! `mapprof serve`: a folder of runs, as pages for a browser and as profiles for `go tool pprof`.
//!
//! It listens on the loopback address alone and answers only requests that were sent to that address by name or number: a
//! page from elsewhere that has its own name point to this machine gets nothing. Requests read; none writes.

mod answer;
mod host;
mod listed_run;
mod pages;
mod profile_paths;
mod route;
mod run_folder;
mod run_list;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use oxhttp::Server;
use oxhttp::model::header::HOST;
use oxhttp::model::{Body, Method, Request};

use self::answer::Answer;
use self::route::Route;
use self::run_folder::RunFolder;
use super::terminal::note;
use crate::cli::{LimitArgs, ServeArgs};
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::worker::registry::Registry;

/// How long a client may keep a connection waiting, for what it sends and for what it takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that are served at once; the next ones wait.
const CONNECTIONS: usize = 64;

/// Serves a folder until the process is ended.
///
/// # Errors
/// When the folder does not exist, or the port cannot be had.
pub fn serve(registry: Registry, args: &ServeArgs) -> Result<()> {
    let folder = RunFolder::open(&args.folder)?;
    let port = free_port(args.port).map_err(|error| unavailable(args.port, &error))?;
    let limit = args.limit;
    let server = Server::new(move |request| answer(request, &registry, &folder, limit, port).response())
        .bind((Ipv4Addr::LOCALHOST, port))
        .with_global_timeout(PATIENCE)
        .with_max_concurrent_connections(CONNECTIONS)
        .spawn()
        .map_err(|error| unavailable(port, &error))?;
    note(&format!("{} is at http://127.0.0.1:{port}/ (Ctrl-C ends this)", args.folder.shown()));
    server.join().map_err(Error::case)
}

/// The port itself if it can be had, and one that is free for 0.
fn free_port(port: u16) -> std::io::Result<u16> {
    // The library does not say which port it was given for 0.
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.local_addr()?.port())
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

/// The answer to a request.
fn answer(
    request: &Request<Body>,
    registry: &Registry,
    folder: &RunFolder,
    limit: LimitArgs,
    port: u16,
) -> Answer {
    let named = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    if !named.is_some_and(|name| host::is_here(name, port)) {
        return Answer::refused(
            403,
            format!(
                "the request names another host; ask for http://127.0.0.1:{port}/ or http://localhost:{port}/\n"
            ),
        );
    }
    match *request.method() {
        Method::GET => read(request, registry, folder, limit),
        Method::HEAD => read(request, registry, folder, limit).without_body(),
        _ => {
            Answer::refused(405, "runs are read here and not changed: GET and HEAD are answered\n".to_owned())
        }
    }
}

/// What a request to read is answered with.
fn read(request: &Request<Body>, registry: &Registry, folder: &RunFolder, limit: LimitArgs) -> Answer {
    let url = request.uri().path_and_query().map_or("/", |url| url.as_str());
    let page = match Route::of(url) {
        Route::List(filter) => run_list::page(folder, &filter),
        Route::Report(runs) => pages::report_of(registry, folder, &runs, limit),
        Route::Compare(runs) => pages::compare(registry, folder, &runs),
        Route::Diff(runs) => pages::diff(folder, &runs, limit),
        Route::State => {
            let state = folder.state().map(Answer::text);
            return state.unwrap_or_else(|error| Answer::refused(404, format!("{error}\n")));
        }
        Route::File { run, name } => {
            let file = folder.file(&run, &name).map(|bytes| Answer::file(&name, bytes));
            return file.unwrap_or_else(|error| Answer::refused(404, format!("{error}\n")));
        }
        Route::Profiles => return profile_paths::index(folder),
        Route::Profile { name, run } => return profile_paths::profile(folder, name, run.as_deref()),
        Route::Unknown(path) => {
            return Answer::refused(404, format!("there is no {path} here; the list of runs is at /\n"));
        }
    };
    page.unwrap_or_else(|error| pages::refusal(&error))
}
