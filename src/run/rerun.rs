//! The command that runs a case again.

use std::path::Path;

use crate::printable::is_shown;

/// The command that runs a case again, as its words are before a shell reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rerun {
    /// The program, as it was called.
    pub program: String,
    /// The command and its flags.
    pub words: Vec<String>,
    /// The arguments of a user's own program, which come last.
    pub arguments: Vec<String>,
}

impl Rerun {
    /// The whole command, as a shell takes it; `with` says which program serves the passes, if another one does.
    pub fn command(&self, with: &str) -> String {
        self.command_of(&self.program, with)
    }

    /// The command without the folder that the program is in, which is another one on another machine.
    pub fn anywhere(&self) -> String {
        let name = Path::new(&self.program).file_name().and_then(|name| name.to_str());
        self.command_of(name.unwrap_or(&self.program), "")
    }

    /// What the command ends with: ` -- ` and the program's own arguments. Empty if there are none.
    pub fn ending(&self) -> String {
        if self.arguments.is_empty() {
            String::new()
        } else {
            format!(" --{}", after_blanks(&self.arguments))
        }
    }

    fn command_of(&self, program: &str, with: &str) -> String {
        format!("{}{}{with}{}", quoted(program), after_blanks(&self.words), self.ending())
    }
}

fn after_blanks(words: &[String]) -> String {
    words.iter().map(|word| format!(" {}", quoted(word))).collect()
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

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("phase.serve.ops=5"), "phase.serve.ops=5");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("it's\n\u{202e}é"), r"$'it\'s\x0a\xe2\x80\xae\xc3\xa9'");
    }

    #[test]
    fn arguments_stand_at_the_end_and_folders_are_left_out_elsewhere() {
        let rerun = Rerun {
            program: "/my maps/own".into(),
            words: owned(&["run", "sessions", "--seed", "1"]),
            arguments: owned(&["5"]),
        };
        assert_eq!(rerun.command(" --worker w"), "'/my maps/own' run sessions --seed 1 --worker w -- 5");
        assert_eq!(rerun.anywhere(), "own run sessions --seed 1 -- 5");
        assert_eq!(Rerun { program: "own".into(), ..Rerun::default() }.anywhere(), "own");
    }

    /// A shell that reads the command gives each word as it was, wherever the program lies.
    #[test]
    fn every_word_survives_a_shell() {
        let odd =
            ["", "'", "it's", "a b", "a\tb\nc", "\\", "$HOME `x` \"y\"", "--worker", " -- ", "é\u{202e}'\\"];
        for program in odd.iter().skip(1) {
            let rerun = Rerun {
                program: format!("/a folder's/{program}"),
                words: owned(&odd),
                arguments: owned(&odd),
            };
            let commands = [(rerun.command(""), rerun.program.as_str()), (rerun.anywhere(), *program)];
            for (command, program) in commands {
                let script = format!("printf '%s\\0' {command}");
                let said = std::process::Command::new("bash").arg("-c").arg(&script).output().unwrap();
                let read = String::from_utf8(said.stdout).unwrap();
                let due = [&[program], &odd[..], &["--"], &odd[..]].concat();
                assert_eq!(read.split_terminator('\0').collect::<Vec<_>>(), due, "{script}");
            }
        }
    }
}
