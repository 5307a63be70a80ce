//! Progress: a bar on a terminal, a line per pass otherwise, nothing when quiet.

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how far a pass is.
pub enum Progress {
    /// Nothing.
    Quiet,
    /// A line when a pass begins.
    Lines,
    /// A bar that is drawn over.
    Bar(ProgressBar),
}

impl Progress {
    /// What suits standard error while so many cases run. Of several, each says so itself when it has ended.
    pub fn new(quiet: bool, cases: usize) -> Self {
        match super::terminal::watched() {
            _ if quiet => return Progress::Quiet,
            false if cases > 1 => return Progress::Quiet,
            false => return Progress::Lines,
            true => {}
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {percent:>3}% {msg}") {
            bar.set_style(style);
        }
        Progress::Bar(bar)
    }

    /// A pass begins, the first of `times` or a later one.
    pub fn pass(&self, case: &str, pass: &str, number: u32, times: u32) {
        match self {
            Progress::Quiet => {}
            Progress::Lines if number > 1 => {}
            Progress::Lines if times > 1 => {
                super::terminal::note(&format!("{case}: {pass} pass, {times} times"))
            }
            Progress::Lines => super::terminal::note(&format!("{case}: {pass} pass")),
            Progress::Bar(bar) => {
                let pass = if times > 1 { format!("{pass} {number}/{times}") } else { pass.to_owned() };
                // Made new here and not when it is cleared: that would draw it once more.
                bar.reset();
                bar.set_prefix(format!("{case} {pass:7}"));
                bar.set_message("");
                bar.set_position(0);
            }
        }
    }

    /// The pass is so far.
    pub fn at(&self, phase: &str, done: u64, total: u64) {
        if let Progress::Bar(bar) = self {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(phase.to_owned());
        }
    }

    /// Makes room for other output.
    pub fn clear(&self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
