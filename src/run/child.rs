//! The parent's side of a pass: starts a child, listens to it, and says what became of it.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::event_reader::{Heard, Next, PassFailure, PassOutput, event, missing};
use super::signals::INTERRUPTED;
use crate::capture::heap_recording;
use crate::printable::{PrintablePath, printable};
use crate::worker::die_with_parent;
use crate::worker::pass_table::row;
use crate::worker::protocol::{Event, Request};
use crate::worker::worker_main::WORKER;

/// Lines of a child's standard error that are kept.
const LAST_WORDS: usize = 20;

/// The longest line of a child that is read, bytes. The heap samples of a pass are one line.
const LONGEST_LINE: u64 = 1 << 30;

/// What steers Go's runtime. `--env` sets it for a worker in Go, and then it is in the record.
const GO_VARIABLES: [&str; 4] = ["GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG"];

/// How long a child that is done may take to end by itself.
const GRACE: Duration = Duration::from_secs(3);

/// How children are started.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program and its arguments.
    pub command: Vec<PathBuf>,
    /// Environment variables that are set for it, by the user's word.
    pub environment: BTreeMap<String, String>,
    /// How long one pass may take.
    pub time_limit: Duration,
}

/// Runs one pass in a fresh child. `progress` is told the phase, the operations done and how many it has.
pub fn run(
    launcher: &Launcher,
    request: &Request,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<PassOutput, PassFailure> {
    let mut child = start(launcher, request)?;
    let connected = connect(&mut child, request);
    if connected.is_err() {
        end(&mut child, Duration::ZERO);
    }
    let Streams { lines, last_words } = connected?;
    // Where it was last heard of, for a child that goes away without a word.
    let mut last_heard = None;
    let outcome = follow(launcher, &lines, &mut |phase, done, total| {
        last_heard = Some(format!("last heard of in phase {phase} after {done} of {total} operations"));
        progress(phase, done, total);
    })
    .and_then(|output| match missing(request, &output) {
        Some(what) => Err(Some(PassFailure::new("broken-protocol", what))),
        None => Ok(output),
    });
    // A child that is done, or that no longer talks, has a moment to end by itself. Any other may hang.
    let patience = if matches!(outcome, Err(Some(_))) { Duration::ZERO } else { GRACE };
    let status = end(&mut child, patience);
    let words = last_words.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    outcome.map_err(|failure| {
        // Without a last line, how it ended says why.
        let failure = failure.unwrap_or_else(|| {
            let mut failure = obituary(status);
            if let Some(place) = last_heard {
                failure.message.push_str("; ");
                failure.message.push_str(&place);
            }
            failure
        });
        PassFailure { last_words: words, ..failure }
    })
}

/// Ends a child and all that it started, after it had `patience` to end by itself. `None`: it had to be ended.
fn end(child: &mut Child, patience: Duration) -> Option<std::io::Result<ExitStatus>> {
    let deadline = Instant::now() + patience;
    let mut status = None;
    while Instant::now() < deadline && !INTERRUPTED.load(Relaxed) {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Ok(Some(ended)) => {
                status = Some(Ok(ended));
                break;
            }
            Err(error) => {
                status = Some(Err(error));
                break;
            }
        }
    }
    // The child leads a group of its own, which has its number: a wrapper's worker ends with it.
    if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
    status
}

fn start(launcher: &Launcher, request: &Request) -> Result<Child, PassFailure> {
    let refused = |what: String| PassFailure::new("crashed", what);
    let (program, arguments) =
        launcher.command.split_first().ok_or_else(|| refused("no child program is given".into()))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own: Ctrl-C is the parent's to answer, which then ends the child.
        .process_group(0);
    // What the user's shell says would change the figures without a trace in the record.
    for variable in heap_recording::VARIABLES {
        command.env_remove(variable);
    }
    for variable in GO_VARIABLES {
        command.env_remove(variable);
    }
    // Of a panic the reason is wanted, and not where every goroutine was.
    command.env("GOTRACEBACK", "none");
    // What the program starts is none of this command line.
    command.env_remove(WORKER);
    command.envs(&launcher.environment);
    command.envs((row(request.pass.kind()).environment)(&request.pass));
    die_with_parent(&mut command);
    command.spawn().map_err(|e| refused(format!("{}: cannot be started: {e}", program.shown())))
}

type Line = Result<Event, String>;

/// What comes from a child.
struct Streams {
    lines: Receiver<Line>,
    last_words: Receiver<Vec<String>>,
}

/// Sends a child its request, and reads what it prints, on threads of their own.
fn connect(child: &mut Child, request: &Request) -> Result<Streams, PassFailure> {
    if let Some(mut stdin) = child.stdin.take() {
        let mut line =
            serde_json::to_vec(request).map_err(|error| PassFailure::new("crashed", error.to_string()))?;
        line.push(b'\n');
        // A child may be slow to read it. One that does not says so by how it ends.
        in_background(move || drop(stdin.write_all(&line)))?;
    }
    let (sender, last_words) = channel();
    if let Some(stderr) = child.stderr.take() {
        in_background(move || drop(sender.send(last_lines(stderr))))?;
    }
    let (sender, lines) = channel();
    if let Some(stdout) = child.stdout.take() {
        in_background(move || read_lines(stdout, &sender))?;
    }
    Ok(Streams { lines, last_words })
}

fn in_background(work: impl FnOnce() + Send + 'static) -> Result<(), PassFailure> {
    let started = std::thread::Builder::new().spawn(work);
    started.map(drop).map_err(|error| {
        PassFailure::new("crashed", format!("no thread can be started to listen to the child: {error}"))
    })
}

fn last_lines(stderr: impl Read) -> Vec<String> {
    let mut kept = VecDeque::new();
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    // A longer line is kept in pieces.
    while matches!(reader.by_ref().take(500).read_until(b'\n', &mut line), Ok(read) if read > 0) {
        if kept.len() == LAST_WORDS {
            kept.pop_front();
        }
        kept.push_back(printable(String::from_utf8_lossy(&line).trim_end()).into_owned());
        line.clear();
    }
    kept.into()
}

fn read_lines(stdout: impl Read, sender: &Sender<Line>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let event = event(&line);
        if sender.send(event).is_err() {
            return;
        }
    }
}

/// Listens until the pass is done. `Err(None)`: the child went away without a last word.
fn follow(
    launcher: &Launcher,
    lines: &Receiver<Line>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<PassOutput, Option<PassFailure>> {
    let fail = |kind, message: String| Err(Some(PassFailure::new(kind, message)));
    let deadline = Instant::now() + launcher.time_limit;
    let mut heard = Heard::default();
    loop {
        if INTERRUPTED.load(Relaxed) {
            return fail("interrupted", "interrupted".into());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return fail(
                "timed-out",
                format!("not done after {} s (--timeout)", launcher.time_limit.as_secs()),
            );
        }
        let event = match lines.recv_timeout(left.min(Duration::from_millis(100))) {
            Ok(Ok(event)) => event,
            Ok(Err(message)) => return fail("broken-protocol", message),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Err(None),
        };
        match heard.take(event) {
            Next::More => {}
            Next::Progress(phase, done, total) => progress(&phase, done, total),
            Next::Done => return Ok(heard.output),
            Next::Failed(failure) => return Err(Some(failure)),
        }
    }
}

fn obituary(status: Option<std::io::Result<ExitStatus>>) -> PassFailure {
    match status {
        None => PassFailure::new(
            "broken-protocol",
            "the child closed its standard output without a result and went on; it was ended",
        ),
        Some(Err(error)) => PassFailure::new("crashed", format!("the child cannot be waited for: {error}")),
        Some(Ok(status)) => match (status.signal(), status.code()) {
            (Some(9), _) => PassFailure::new(
                "killed",
                "the child was killed (signal 9), by someone or for want of memory",
            ),
            (Some(signal), _) => PassFailure::new("crashed", format!("the child died of signal {signal}")),
            (None, code) => PassFailure::new(
                "crashed",
                format!("the child went away with exit code {} and no result", code.unwrap_or(-1)),
            ),
        },
    }
}
