//! Standard output and standard error: text that is clean for a terminal, bytes as they are, and the terminal's width.

use std::io::{IsTerminal, Write};

use crate::error::{Error, Result};
use crate::printable::{lines, printable};

/// One line on standard error.
pub fn complain(message: &str) {
    note(&format!("mapprof: {message}"));
}

/// As [`complain`], in red on a terminal.
pub fn alarm(message: &str) {
    let red = anstyle::AnsiColor::Red.on_default();
    let message = printable(message);
    let message = lines(&message);
    let _ = writeln!(anstream::stderr(), "mapprof: {red}{message}{red:#}");
}

/// Prints text on standard output. A reader that went away (`| head`) is success.
pub fn print(text: &str) -> Result<()> {
    print_bytes(lines(text).as_bytes())
}

/// Prints bytes that may be no text, or are meant for whoever obeys them.
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::case(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(Error::case)?;
    text.push('\n');
    print(&text)
}

/// Whether a person reads standard error.
pub fn watched() -> bool {
    std::io::stderr().is_terminal()
}

/// A line about what is going on, on standard error.
pub fn note(message: &str) {
    let message = printable(message);
    let _ = writeln!(std::io::stderr(), "{}", lines(&message));
}

/// Columns of the terminal; 80 where there is none.
pub fn width() -> u16 {
    rustix::termios::tcgetwinsize(std::io::stdout()).map_or(80, |size| size.ws_col).clamp(60, 160)
}
