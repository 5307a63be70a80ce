//! What the lines of a child come to. No time and no process is in it, so any lines can be thrown at it.

use crate::capture::raw_samples::{RawCpu, RawDumps, RawHeap, RawMapping};
use crate::printable::{clean_json, may_hide, printable};
use crate::record::{MapRecord, PassRecord};
use crate::worker::pass_table::{Report, row};
use crate::worker::protocol::{Event, PROTOCOL, Request, Subject};

/// What a pass gave.
#[derive(Debug, Default)]
pub struct PassOutput {
    /// Its record.
    pub record: PassRecord,
    /// Heap samples.
    pub heap: Option<RawHeap>,
    /// jemalloc's own profile at the end of each phase.
    pub dumps: Option<RawDumps>,
    /// CPU samples.
    pub cpu: Option<RawCpu>,
    /// Where its code was mapped.
    pub mappings: Vec<RawMapping>,
    /// The map as the child knows it.
    pub map: Option<MapRecord>,
}

/// Why a pass gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassFailure {
    /// `wrong-answer`, `miscounted`, `refused`, `crashed`, `killed`, `timed-out`, `broken-protocol`, `interrupted`.
    pub kind: &'static str,
    /// One line.
    pub message: String,
    /// The last lines of the child's standard error.
    pub last_words: Vec<String>,
}

impl PassFailure {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        PassFailure { kind, message: printable(&message.into()).into_owned(), last_words: Vec::new() }
    }
}

/// What follows from a line.
pub enum Next {
    /// More lines come.
    More,
    /// So does this, which may be shown: the phase, operations done in it, operations that it has.
    Progress(String, u64, u64),
    /// It was the last one, and all is well.
    Done,
    /// It was the last one that is listened to.
    Failed(PassFailure),
}

/// The lines of a child so far.
#[derive(Debug, Default)]
pub struct Heard {
    /// What they told.
    pub output: PassOutput,
    greeted: bool,
}

impl Heard {
    /// Takes the next line in.
    pub fn take(&mut self, event: Event) -> Next {
        let fail = |kind, message: String| Next::Failed(PassFailure::new(kind, message));
        if !self.greeted && !matches!(event, Event::Hello { .. } | Event::Failed { .. }) {
            return fail("broken-protocol", "the first line is not a hello".into());
        }
        let output = &mut self.output;
        match event {
            Event::Hello { protocol, program, .. } if protocol != PROTOCOL => {
                return fail(
                    "broken-protocol",
                    format!("{program} speaks protocol {protocol}, this is protocol {PROTOCOL}"),
                );
            }
            Event::Hello { map, .. } => {
                self.greeted = true;
                output.map = map;
            }
            Event::Progress { phase, done, total } => return Next::Progress(phase, done, total),
            Event::Phase(phase) => output.record.phases.push(phase),
            Event::Memory(memory) => output.record.memory = Some(*memory),
            Event::Latency(latency) => output.record.latency = Some(latency),
            Event::Collections(collections) => output.record.collections = Some(collections),
            Event::Heap(heap) => output.heap = Some(heap),
            Event::Dumps(dumps) => output.dumps = Some(dumps),
            Event::Cpu(cpu) => output.cpu = Some(cpu),
            Event::Mappings { mappings } => output.mappings = mappings,
            Event::Done(total) => {
                output.record.total = total;
                return Next::Done;
            }
            Event::Failed { kind, message } => {
                let kind = match kind.as_str() {
                    "wrong-answer" => "wrong-answer",
                    "miscounted" => "miscounted",
                    _ => "refused",
                };
                return fail(kind, message);
            }
        }
        Next::More
    }
}

/// The event in a line, all text in it cleaned.
///
/// # Errors
/// When there is none: what is wrong, and the line's beginning.
pub fn event(line: &[u8]) -> Result<Event, String> {
    let read = |line: &[u8]| serde_json::from_slice::<Event>(line);
    let event = match read(line) {
        // Programs are opened by the paths of mappings; a profile cleans what it takes of them.
        Ok(event) if may_hide(line) && !matches!(event, Event::Mappings { .. }) => {
            let mut clean = line.to_vec();
            clean_json(&mut clean);
            read(&clean)
        }
        event => event,
    };
    event.map_err(|error| {
        let mut start = String::from_utf8_lossy(line).trim_end().to_owned();
        start.truncate(start.floor_char_boundary(80));
        format!("{error} in the line: {start}")
    })
}

/// What all lines of a child come to, from the first to the one that ends the pass.
///
/// # Errors
/// When the pass failed, or the lines are not those of a pass.
pub fn pass(request: &Request, lines: &[u8]) -> Result<PassOutput, PassFailure> {
    let mut heard = Heard::default();
    for line in lines.split(|byte| *byte == b'\n') {
        let event = event(line).map_err(|message| PassFailure::new("broken-protocol", message))?;
        match heard.take(event) {
            Next::More | Next::Progress(..) => {}
            Next::Failed(failure) => return Err(failure),
            Next::Done => {
                return match missing(request, &heard.output) {
                    Some(what) => Err(PassFailure::new("broken-protocol", what)),
                    None => Ok(heard.output),
                };
            }
        }
    }
    Err(PassFailure::new("broken-protocol", "the lines end before the pass is done"))
}

/// What a pass that says it is done has not told, if anything.
pub(super) fn missing(request: &Request, output: &PassOutput) -> Option<String> {
    let told: Vec<&str> = output.record.phases.iter().map(|phase| phase.name.as_str()).collect();
    if told.is_empty() {
        return Some("the child is done and told of no phase".into());
    }
    if let Subject::Workload(workload) = &request.subject
        && !workload.phases.iter().map(|phase| phase.name.as_str()).eq(told.iter().copied())
    {
        return Some(format!(
            "the child told of the phases {}, which are not the workload's",
            told.join(", ")
        ));
    }
    let (is_there, what) = match row(request.pass.kind()).reports? {
        Report::Latency => (output.record.latency.is_some(), "latencies"),
        Report::Heap => (output.heap.is_some(), "heap samples"),
        Report::Dumps => (output.dumps.is_some(), "dumps"),
        Report::Cpu => (output.cpu.is_some(), "CPU samples"),
    };
    (!is_there).then(|| format!("the child is done and gave no {what}"))
}
