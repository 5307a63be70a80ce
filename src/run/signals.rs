//! Signals: those that ask a run to stop, those that must not end it, and the one that ends a child with its parent.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, OnceLock};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, Result};

/// Set when the user asks to stop.
pub static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The exit code of a run that was stopped.
const STOPPED: i32 = 130;

/// Lets the first Ctrl-C, SIGTERM or hang-up set [`INTERRUPTED`], and the second one end the process at once. A signal that
/// the process was started to ignore, as by `nohup` or as a job in a script's background, stays ignored. A command that
/// runs cases several times asks for it each time.
///
/// # Errors
/// When the system lets none be handled.
pub fn answer_interrupts() -> Result<()> {
    static ANSWERED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    let answer = || {
        [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)).try_for_each(|signal| {
            // In this order: the first signal finds the flag not yet set.
            flag::register_conditional_shutdown(signal, STOPPED, Arc::clone(&INTERRUPTED))?;
            flag::register(signal, Arc::clone(&INTERRUPTED)).map(drop)
        })
    };
    let answered = || answer().map_err(|error: io::Error| format!("signals cannot be handled: {error}"));
    ANSWERED.get_or_init(answered).clone().map_err(Error::case)
}

/// Whether the process ignores a signal.
fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: without a new action sigaction only fills in the old one, for which there is room; all zeros is one.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}

/// Lets a write beyond the limit of file sizes (`ulimit -f`) fail, where the system would end the process without a word.
pub fn survive_file_limit() {
    // SAFETY: to ignore a signal installs no code.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Has the system kill the process that `command` starts when the thread that starts it ends: a child that is at work
/// prints nothing for minutes, and would not notice before.
pub fn die_with_parent(command: &mut Command) {
    let parent = getpid();
    let tie = move || match tie_to_parent() {
        Ok(now) if now == Some(parent) => Ok(()),
        // A parent that ended before the call sends no signal.
        Ok(_) => Err(io::ErrorKind::NotFound.into()),
        Err(error) => Err(error),
    };
    // SAFETY: between fork and exec it makes system calls alone. It takes no lock and allocates nothing, in its errors
    // either.
    unsafe { command.pre_exec(tie) };
}

/// The same for the running process, whoever started it: a worker behind a wrapper has another parent than the one that
/// reads its lines.
///
/// # Errors
/// When that parent is gone already.
pub fn die_with_own_parent() -> Result<()> {
    let tied = tie_to_parent().map(drop);
    tied.map_err(|error| Error::case(format!("this child cannot be tied to its parent: {error}")))?;
    // Whoever the parent was: with it went the reader of the standard output.
    let stdout = io::stdout();
    let mut output = [PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty())];
    let polled = poll(&mut output, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    match polled.is_ok() && output[0].revents().contains(PollFlags::ERR) {
        true => Err(Error::case("the parent does not listen")),
        false => Ok(()),
    }
}

/// Asks for the signal, and returns the parent after that.
fn tie_to_parent() -> io::Result<Option<Pid>> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(getppid())
}
