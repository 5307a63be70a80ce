//! Signals that ask a run to stop, and those that must not end it.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, OnceLock};

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
