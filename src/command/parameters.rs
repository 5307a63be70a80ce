//! What a case is run with besides its plan: the program as it was called, its environment and its arguments, as they
//! stand in the command that runs the case again.

use std::collections::BTreeMap;

use super::plan::Wanted;
use crate::capture::recording;
use crate::cli::HeapHow;
use crate::error::{Error, Result};
use crate::printable::is_shown;
use crate::record::CaseId;
use crate::run::program::OWN_MAP;
use crate::run::rerun::Rerun;

/// This program as it was called, as a shell takes it: `mapprof`, or the binary of a user's own crate.
pub fn called() -> String {
    let name = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    quoted(name.as_deref().filter(|name| !name.is_empty()).unwrap_or("mapprof"))
}

/// The environment that `--env` asks for.
///
/// # Errors
/// When one is no variable, is mapprof's own, or has no value.
pub fn environment(typed: &[String]) -> Result<BTreeMap<String, String>> {
    let mut environment = BTreeMap::new();
    for text in typed {
        let wrong = |why: &str| Error::input(format!("--env {text}: {why}"));
        let whole = with_value(text);
        let Some((name, value)) = whole.split_once('=') else {
            return Err(wrong("is not set here; give it a value with NAME=VALUE"));
        };
        if name.is_empty() || whole.contains('\0') {
            return Err(wrong("a variable is wanted, as NAME=VALUE"));
        }
        if recording::VARIABLES.contains(&name) {
            return Err(wrong("mapprof sets it itself, by the pass"));
        }
        environment.insert(name.to_owned(), value.to_owned());
    }
    Ok(environment)
}

/// A variable with its value, which is that of this process if none was given.
fn with_value(text: &str) -> String {
    match text.contains('=') {
        true => text.to_owned(),
        false => std::env::var(text).map_or(text.to_owned(), |value| format!("{text}={value}")),
    }
}

/// The command that runs one case of this run again; who serves it is added by whoever starts that program.
pub fn rerun_command(wanted: &Wanted, case: &CaseId) -> Rerun {
    let (args, profiles) = (wanted.cases, wanted.profiles);
    let mut words = vec!["run".to_owned(), quoted(&case.workload_and_variant())];
    if case.map != OWN_MAP {
        words.push(format!("--map {}", quoted(&case.map)));
    }
    let mut number =
        |flag: &str, value: Option<u64>| words.extend(value.map(|value| format!("--{flag} {value}")));
    number("entries", args.of.entries);
    number("ops", args.of.ops);
    number("seed", Some(args.seed));
    number("threads", args.threads.map(u64::from));
    number("repeat", (args.repeat != 1).then_some(u64::from(args.repeat)));
    if let Some(folder) = &args.of.workloads {
        words.push(format!("--workloads {}", quoted(&folder.to_string_lossy())));
    }
    words.extend(args.of.set.iter().map(|set| format!("--set {}", quoted(set))));
    words.extend(profiles.heap.map(|how| match how {
        HeapHow::Jemalloc => "--heap".to_owned(),
        HeapHow::Exact => "--heap=exact".to_owned(),
        HeapHow::Dump => "--heap=dump".to_owned(),
    }));
    if args.latency {
        words.push("--latency".to_owned());
    }
    words.extend(args.skip.iter().map(|skip| format!("--skip {}", skip.kind().name())));
    if let Some(bytes) = &profiles.sample_bytes {
        words.push(format!("--sample-bytes {}", quoted(bytes)));
    }
    if let Some(how) = profiles.cpu {
        let backend = how.backend().map_or(String::new(), |backend| format!("={}", backend.name()));
        words.push(format!("--cpu{backend} --hertz {}", profiles.hertz));
    }
    if profiles.harness_frames {
        words.push("--harness-frames".to_owned());
    }
    if wanted.verify {
        words.push("--verify".to_owned());
    }
    words.extend(args.env.iter().map(|set| format!("--env {}", quoted(&with_value(set)))));
    let arguments: String = args.arguments.iter().map(|argument| format!(" {}", quoted(argument))).collect();
    Rerun {
        program: called(),
        words: words.join(" "),
        arguments: if arguments.is_empty() { arguments } else { format!(" --{arguments}") },
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if !word.chars().all(is_shown) {
        // What is not shown is written as its bytes.
        let byte = |byte: &u8| match byte {
            b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
            b' '..=b'~' => char::from(*byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        format!("$'{}'", word.as_bytes().iter().map(byte).collect::<String>())
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("phase.serve.ops=5"), "phase.serve.ops=5");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("it's\n\u{202e}é"), r"$'it\'s\x0a\xe2\x80\xae\xc3\xa9'");
    }

    #[test]
    fn the_environment_has_names_and_values() {
        let parse = |text: &str| environment(&[text.to_owned()]);
        assert_eq!(parse("A=b=c").unwrap(), BTreeMap::from([("A".to_owned(), "b=c".to_owned())]));
        assert_eq!(parse("A=").unwrap()["A"], "");
        assert!(!parse("PATH").unwrap()["PATH"].is_empty(), "its value here");
        for (text, why) in [
            ("=b", "NAME=VALUE"),
            ("NOT_SET_ANYWHERE_HERE", "is not set here"),
            ("_RJEM_MALLOC_CONF=prof:true", "mapprof sets it itself"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(why) && said.starts_with(&format!("--env {text}: ")), "{said}");
        }
    }
}
