//! Processes that a test starts, looks into and ends.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::scratch::Said;

/// The longest that a test waits for anything. Only a test that fails waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that runs while the test goes on. It is ended with the test.
pub struct Running(Option<Child>);

impl Running {
    /// Starts it with the signals that tests send as they are by default: a shell that runs the tests in the background
    /// has them ignored.
    pub fn start(command: &mut Command) -> Self {
        let by_default = || {
            for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGTERM] {
                // SAFETY: no handler is set, so none can run; `signal` may be called between fork and exec.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: the closure calls `signal` alone, and neither allocates nor takes a lock.
        unsafe { command.pre_exec(by_default) };
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running(Some(child.expect("the command can be started")))
    }

    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it was not waited for yet")
    }

    pub fn id(&mut self) -> u32 {
        self.child().id()
    }

    /// Waits for the one child process that it has.
    #[track_caller]
    pub fn only_child(&mut self) -> u32 {
        let parent = self.id();
        eventually("it has one child", || match children(parent)[..] {
            [child] => Some(child),
            _ => None,
        })
    }

    /// Waits for its end and takes what it said.
    #[track_caller]
    pub fn finish(mut self) -> Said {
        let ended: ExitStatus =
            eventually("it ends", || self.child().try_wait().expect("it can be waited for"));
        let output = self.0.take().expect("it is there").wait_with_output().expect("it can be read");
        Said {
            code: ended.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until `found` finds something.
#[track_caller]
pub fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "in {} s it did not come about that {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal.
pub fn signal(process: u32, signal: libc::c_int) {
    let process = libc::pid_t::try_from(process).expect("process ids are small");
    // SAFETY: kill takes two numbers and touches no memory of this process.
    let sent = unsafe { libc::kill(process, signal) };
    assert_eq!(sent, 0, "signal {signal} cannot be sent to process {process}");
}

/// The processes whose parent is `parent`.
pub fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("/proc can be read").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| stat(*id).is_some_and(|(_, its_parent)| its_parent == parent)).collect()
}

/// Whether the process is there and has not ended.
pub fn lives(process: u32) -> bool {
    stat(process).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// Processor time of a process outside of the kernel, in the kernel's ticks; 0 once it has ended.
pub fn processor_ticks(process: u32) -> u64 {
    let ticks = fields(process).and_then(|fields| fields.get(11)?.parse().ok());
    ticks.unwrap_or(0)
}

/// State and parent of a process.
fn stat(process: u32) -> Option<(char, u32)> {
    let fields = fields(process)?;
    Some((fields.first()?.chars().next()?, fields.get(1)?.parse().ok()?))
}

/// What the kernel says of a process, from its state on.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).ok()?;
    // The name before them is in parentheses and may have anything in it.
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}
