//! The signal that ends a child with its parent.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};

use crate::error::{Error, Result};

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
