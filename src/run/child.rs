//! The parent's side of a pass: starts a child, listens to it, and says what became of it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::protocol::{Event, PROTOCOL, Pass, Request};
use crate::capture::heap::JemallocSampler;
use crate::capture::raw::{RawCpu, RawHeap, RawMapping};
use crate::record::PassRecord;

/// Lines of a child's standard error that are kept.
const LAST_WORDS: usize = 20;

/// The longest line of a child that is read, bytes. The heap samples of a pass are one line.
const LONGEST_LINE: u64 = 1 << 30;

/// Set when the user asks to stop.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How children are started.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program and its arguments.
    pub command: Vec<PathBuf>,
    /// How long one pass may take.
    pub time_limit: Duration,
}

/// What a pass gave.
#[derive(Debug, Default)]
pub struct PassOutput {
    /// Its record.
    pub record: PassRecord,
    /// Heap samples.
    pub heap: Option<RawHeap>,
    /// CPU samples.
    pub cpu: Option<RawCpu>,
    /// Where its code was mapped.
    pub mappings: Vec<RawMapping>,
}

/// Why a pass gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassFailure {
    /// `wrong-answer`, `refused`, `crashed`, `killed`, `timed-out`, `broken-protocol`, `interrupted`.
    pub kind: &'static str,
    /// One line.
    pub message: String,
    /// The last lines of the child's standard error.
    pub last_words: Vec<String>,
}

impl PassFailure {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        PassFailure { kind, message: message.into(), last_words: Vec::new() }
    }
}

/// Runs one pass in a fresh child. `progress` is told the phase, the operations done and how many it has.
pub fn run(
    launcher: &Launcher,
    request: &Request,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<PassOutput, PassFailure> {
    let mut child = start(launcher, request)?;
    let last_words = listen_to_errors(&mut child);
    let lines = listen(&mut child);
    let outcome = follow(launcher, &lines, progress);
    if outcome.is_err() {
        // It may hang, or be at work in vain.
        let _ = child.kill();
    }
    let status = child.wait();
    let words = last_words.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    match outcome {
        Ok(output) => Ok(output),
        Err(Some(mut failure)) => {
            failure.last_words = words;
            Err(failure)
        }
        // It went away without a last line: how it ended says why.
        Err(None) => {
            let mut failure = obituary(status);
            failure.last_words = words;
            Err(failure)
        }
    }
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
    if let Pass::Heap { sample_bytes } = request.pass {
        let mut options = std::env::var("_RJEM_MALLOC_CONF").unwrap_or_default();
        if !options.is_empty() {
            options.push(',');
        }
        options.push_str(&JemallocSampler::malloc_conf(sample_bytes));
        command.env("_RJEM_MALLOC_CONF", options);
    }
    let mut child =
        command.spawn().map_err(|e| refused(format!("{}: cannot be started: {e}", program.display())))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that does not read its request says so by how it ends.
        let _ = serde_json::to_writer(&mut stdin, request);
        let _ = stdin.write_all(b"\n");
    }
    Ok(child)
}

fn listen_to_errors(child: &mut Child) -> Receiver<Vec<String>> {
    let (sender, receiver) = channel();
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut kept = VecDeque::new();
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                if kept.len() == LAST_WORDS {
                    kept.pop_front();
                }
                let mut line = String::from_utf8_lossy(&line).into_owned();
                line.truncate(line.floor_char_boundary(500));
                kept.push_back(line);
            }
            let _ = sender.send(kept.into());
        });
    }
    receiver
}

type Line = Result<Event, String>;

fn listen(child: &mut Child) -> Receiver<Line> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            loop {
                let mut line = Vec::new();
                match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                let event = serde_json::from_slice(&line).map_err(|error| {
                    let mut start = String::from_utf8_lossy(&line).trim_end().to_owned();
                    start.truncate(start.floor_char_boundary(80));
                    format!("{error} in the line: {start}")
                });
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// Listens until the pass is done. `Err(None)`: the child went away without a last word.
fn follow(
    launcher: &Launcher,
    lines: &Receiver<Line>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<PassOutput, Option<PassFailure>> {
    let fail = |kind, message: String| Err(Some(PassFailure::new(kind, message)));
    let deadline = Instant::now() + launcher.time_limit;
    let mut output = PassOutput::default();
    let mut greeted = false;
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
        if !greeted && !matches!(event, Event::Hello { .. } | Event::Failed { .. }) {
            return fail("broken-protocol", "the first line is not a hello".into());
        }
        match event {
            Event::Hello { protocol, program, .. } if protocol != PROTOCOL => {
                return fail(
                    "broken-protocol",
                    format!("{program} speaks protocol {protocol}, this is protocol {PROTOCOL}"),
                );
            }
            Event::Hello { .. } => greeted = true,
            Event::Progress { phase, done, total } => progress(&phase, done, total),
            Event::Phase(phase) => output.record.phases.push(phase),
            Event::Heap(heap) => output.heap = Some(heap),
            Event::Cpu(cpu) => output.cpu = Some(cpu),
            Event::Mappings { mappings } => output.mappings = mappings,
            Event::Done(total) => {
                output.record.total = total;
                return Ok(output);
            }
            Event::Failed { kind, message } => {
                let kind = if kind == "wrong-answer" { "wrong-answer" } else { "refused" };
                return fail(kind, message);
            }
        }
    }
}

fn obituary(status: std::io::Result<ExitStatus>) -> PassFailure {
    match status {
        Err(error) => PassFailure::new("crashed", format!("the child cannot be waited for: {error}")),
        Ok(status) => match (status.signal(), status.code()) {
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
