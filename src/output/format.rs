//! The table of formats that a profile can be written in.

use std::io::{self, Write};

use super::display_options::DisplayOptions;
use super::{callgrind, dhat, firefox, flamegraph, folded, speedscope};
use crate::profile::{Profile, pprof};

/// What of a profile is written.
#[derive(Debug, Clone, Copy)]
pub struct FormatInput<'a> {
    /// The place of the sample type, for formats that have only one.
    pub index: usize,
    /// What that sample type is, for the title of a picture.
    pub what: &'a str,
    /// How it is shown.
    pub view: &'a DisplayOptions,
}

/// How text of a file that is printed is made harmless for a terminal or the log of a CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleaning {
    /// It is not text.
    None,
    /// In JSON a sign may be written by its number.
    Json,
    /// Names are written whole, and what begins a line begins a piece.
    Lines,
}

/// A format that a profile can be written in.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The name that users type.
    pub name: &'static str,
    /// One line: what it is.
    pub about: &'static str,
    /// The endings of file names that ask for it.
    pub endings: &'static [&'static str],
    /// How it is printed.
    pub cleaning: Cleaning,
    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be drawn, or `out` does not take it.
    pub write: fn(&Profile, &FormatInput<'_>, &mut dyn Write) -> io::Result<()>,
}

/// pprof's protobuf, gzipped.
pub const PPROF: Format = Format {
    name: "pprof",
    about: "pprof's protobuf, gzipped",
    endings: &[".pb.gz", ".pprof"],
    cleaning: Cleaning::None,
    write: |profile, _, out| out.write_all(&pprof::encode(profile)),
};

/// pprof's protobuf as it is.
pub const PLAIN_PPROF: Format = Format {
    name: "pprof-plain",
    about: "pprof's protobuf, not gzipped",
    endings: &[".pb"],
    cleaning: Cleaning::None,
    write: |profile, _, out| out.write_all(&pprof::encode_plain(profile)),
};

/// Folded stacks.
pub const FOLDED: Format = Format {
    name: "folded",
    about: "Folded stacks",
    endings: &[".folded", ".txt"],
    cleaning: Cleaning::Lines,
    write: |profile, shown, out| folded::write(profile, shown.index, shown.view, out),
};

/// A flame graph.
pub const SVG: Format = Format {
    name: "svg",
    about: "A flame graph",
    endings: &[".svg"],
    cleaning: Cleaning::Lines,
    write: |profile, shown, out| {
        let drawn = flamegraph::render(profile, shown.index, shown.what, shown.view);
        out.write_all(&drawn.map_err(io::Error::other)?)
    },
};

/// speedscope's JSON.
pub const SPEEDSCOPE: Format = Format {
    name: "speedscope",
    about: "speedscope's JSON",
    endings: &[".speedscope.json", ".json"],
    cleaning: Cleaning::Json,
    write: |profile, shown, out| speedscope::write(profile, shown.view, out),
};

/// callgrind's profile format.
pub const CALLGRIND: Format = Format {
    name: "callgrind",
    about: "For callgrind_annotate and KCachegrind",
    endings: &[".callgrind"],
    cleaning: Cleaning::Lines,
    write: |profile, shown, out| callgrind::write(profile, shown.view, out),
};

/// DHAT's JSON.
pub const DHAT: Format = Format {
    name: "dhat",
    about: "DHAT's JSON, for dh_view.html and the Firefox Profiler",
    endings: &[".dhat.json"],
    cleaning: Cleaning::Json,
    write: |profile, shown, out| dhat::write(profile, shown.index, shown.view, out),
};

/// The processed format of the Firefox Profiler.
pub const FIREFOX: Format = Format {
    name: "firefox",
    about: "For the Firefox Profiler",
    endings: &[".firefox.json"],
    cleaning: Cleaning::Json,
    write: |profile, shown, out| firefox::write(profile, shown.view, out),
};

/// Every format.
pub const FORMATS: &[Format] = &[PPROF, PLAIN_PPROF, FOLDED, SVG, SPEEDSCOPE, CALLGRIND, DHAT, FIREFOX];

impl Format {
    /// The format that the name of a file asks for: of all endings that fit, the longest one says.
    pub fn by_file_name(name: &str) -> Option<&'static Format> {
        let fitting =
            FORMATS.iter().flat_map(|format| format.endings.iter().map(move |ending| (ending, format)));
        let fitting = fitting.filter(|(ending, _)| name.ends_with(**ending));
        fitting.max_by_key(|(ending, _)| ending.len()).map(|(_, format)| format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_ending_says_the_format() {
        let named = |name: &str| Format::by_file_name(name).map_or("none", |format| format.name);
        assert_eq!(named("a.pb.gz"), "pprof");
        assert_eq!(named("a.pb"), "pprof-plain");
        assert_eq!((named("a.speedscope.json"), named("a.json")), ("speedscope", "speedscope"));
        assert_eq!((named("a.dhat.json"), named("a.firefox.json")), ("dhat", "firefox"));
        assert_eq!((named("a.txt"), named("a.gz"), named("-")), ("folded", "none", "none"));
    }
}
