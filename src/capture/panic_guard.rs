//! Panics of foreign code in the child, as errors.
//!
//! A child ends at once when anything panics, since other threads would wait for the one that is gone. A package that
//! panics on odd input, and whose state is not needed afterwards, is called in here instead.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the current thread's panics are caught: then none is to be shown, nor to end the process.
pub fn guards() -> bool {
    GUARDED.get()
}

/// Calls `call`, whose state is not used again if it panics.
///
/// # Errors
/// The message of a panic.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    GUARDED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(false);
    outcome.map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic");
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_one_line() {
        assert_eq!(caught(guards), Ok(true));
        assert_eq!(caught(|| panic!("no {}\nmore", "luck")), Err::<(), _>("no luck".to_owned()));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        assert!(!guards());
    }
}
