//! The one error type that reaches a user: a line that says what is wrong, and the exit code that goes with it.

use std::fmt::Display;
use std::path::Path;

use mapprof_profile::Exceeded;

use crate::printable::PrintablePath;

/// What went wrong, sorted by the exit code that the shell sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Wrong usage or input: an unknown name, an impossible number, a file that is not what it should be. Exit code 2.
    #[error("{0}")]
    Input(String),
    /// A case could not be run, or its files could not be written. Exit code 3.
    #[error("{0}")]
    Case(String),
    /// The user asked to stop. Exit code 130.
    #[error("{0}")]
    Interrupted(String),
}

/// A result whose error is ready to be shown.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Input`] from anything that can be shown.
    pub fn input(message: impl Display) -> Self {
        Error::Input(message.to_string())
    }

    /// An [`Error::Case`] from anything that can be shown.
    pub fn case(message: impl Display) -> Self {
        Error::Case(message.to_string())
    }

    /// An [`Error::Input`] of a profile that cannot be read, with its name and the option that would help.
    pub fn profile(name: impl Display, error: impl Into<mapprof_profile::Error>) -> Self {
        let error = error.into();
        let hint = match (error.exceeded(), &error) {
            (Some(Exceeded::Unpacked), _) => "; --max-unpacked raises it",
            (Some(Exceeded::Frames), _) => "; --max-frames raises it",
            (_, mapprof_profile::Error::UnknownFormat) => "; --from says which it is",
            _ => "",
        };
        Error::input(format!("{name}: {error}{hint}"))
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Input(_) => 2,
            Error::Case(_) => 3,
            Error::Interrupted(_) => 130,
        }
    }

    /// An input or output failure, with the path that it happened at.
    pub fn at(path: &Path, what: &str, error: &std::io::Error) -> Self {
        Error::Case(format!("{}: {what}: {error}", path.shown()))
    }
}

/// The entries of `names` nearest to `wanted`, best first: what a message about an unknown name suggests.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| {
            let prefix = !wanted.is_empty() && (name.starts_with(wanted) || wanted.starts_with(name));
            // A slip of a letter or two: in short names the measure above sees no likeness at all.
            let slip = strsim::osa_distance(wanted, name) <= 1 + name.chars().count() / 6;
            let bonus = if prefix || slip { 0.5 } else { 0.0 };
            (strsim::jaro_winkler(wanted, name) + bonus, name)
        })
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.truncate(3);
    scored.into_iter().map(|(_, name)| name).collect()
}

/// The most names that a message lists: more are no longer one line that can be read.
const MOST_LISTED: usize = 20;

/// The message for a name that is not among `names`: `unknown map "hashbrwon": did you mean "hashbrown"?`
pub fn unknown<'a>(what: &str, wanted: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let near = nearest(wanted, names.clone());
    if near.is_empty() {
        let all: Vec<&str> = names.into_iter().collect();
        match all.len() > MOST_LISTED {
            true => format!("unknown {what} \"{wanted}\": there are {}; mapprof list has them", all.len()),
            false => format!("unknown {what} \"{wanted}\": known are {}", all.join(", ")),
        }
    } else {
        let near: Vec<String> = near.iter().map(|n| format!("\"{n}\"")).collect();
        format!("unknown {what} \"{wanted}\": did you mean {}?", near.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapprof_profile::{Limit, gzip, pprof};

    #[test]
    fn an_unreadable_profile_is_wrong_input_and_names_the_option_that_helps() {
        let says = |error: Error| (error.to_string(), error.exit_code());
        let limit = Limit::mib(2).with_frames(1);
        let error = gzip::content(vec![0; 3 << 20], limit).unwrap_err();
        assert_eq!(
            says(Error::profile("a.pb", error)),
            ("a.pb: the file has more than the limit of 2 MiB, unpacked; --max-unpacked raises it".into(), 2)
        );
        let error = mapprof_profile::read(b"main;f 3\n", limit).unwrap_err();
        assert_eq!(
            says(Error::profile("a", error)).0,
            "a: line 1: the stack has 2 frames, more than the limit of 1; --max-frames raises it"
        );
        let error = pprof::decode(b"", limit).unwrap_err();
        assert_eq!(says(Error::profile("a", error)), ("a: the file is empty".into(), 2));
        let error = mapprof_profile::Error::UnknownFormat;
        assert_eq!(
            says(Error::profile("a", error)).0,
            "a: neither pprof, nor a heap dump of jemalloc (heap_v2), nor folded stacks; --from says which it is"
        );
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_lists_all() {
        let names = ["hashbrown", "btree", "std"];
        assert_eq!(
            unknown("map", "hashbrwon", names),
            "unknown map \"hashbrwon\": did you mean \"hashbrown\"?"
        );
        assert_eq!(unknown("map", "zzz", names), "unknown map \"zzz\": known are hashbrown, btree, std");
    }
}
