//! `mapprof man`: manual pages from the definition of the command line, which `--help` prints too.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::atomic_file;
use super::terminal;
use crate::cli::Cli;
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::run::run_dir::check_writable;

/// What a paragraph of a help text begins with, and the heading of the section that it becomes.
const HEADINGS: [(&str, &str); 4] =
    [("Examples:", EXAMPLES), ("Example:", EXAMPLES), ("Exit codes:", EXIT_STATUS), ("Files:", "FILES")];
const EXAMPLES: &str = "EXAMPLES";
const EXIT_STATUS: &str = "EXIT STATUS";
/// The heading of paragraphs that begin with none of these.
const NOTES: &str = "NOTES";

/// A manual page, by the name of its file.
struct Page {
    file: String,
    text: String,
}

/// Writes a page for mapprof and one for each command to the folder `out`, or prints the first.
///
/// # Errors
/// When `out` is no folder, or a page cannot be written. None is written if one has no place.
pub fn man(out: Option<&Path>) -> Result<()> {
    let pages = pages()?;
    let Some(folder) = out else {
        return terminal::print_bytes(pages[0].text.as_bytes());
    };
    if folder.exists() && !folder.is_dir() {
        return Err(Error::input(format!("{}: is a file, and a folder is to be written to", folder.shown())));
    }
    check_writable(folder)?;
    let places: Vec<_> = pages.iter().map(|page| (folder.join(&page.file), page)).collect();
    places.iter().try_for_each(|(path, _)| atomic_file::check(path))?;
    places.iter().try_for_each(|(path, page)| atomic_file::write(path, page.text.as_bytes()))
}

/// The page of mapprof, then those of its commands, as `--help` lists them.
fn pages() -> Result<Vec<Page>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let exit_codes = help_sections(&root).into_iter().find(|section| section.heading == EXIT_STATUS);
    let commands = root.get_subcommands().filter(|command| !command.is_hide_set());
    let pages = std::iter::once(&root).chain(commands).map(|command| page(command, exit_codes.as_ref()));
    pages.collect::<io::Result<_>>().map_err(Error::case)
}

/// What writes a part of a page.
type Part = fn(&Man, &mut dyn Write) -> io::Result<()>;

/// The page of one command. Where its help says nothing of exit codes, `exit_codes` has them.
fn page(command: &clap::Command, exit_codes: Option<&Section>) -> io::Result<Page> {
    let is_root = command.has_subcommands();
    let mut headed = headed(command.clone());
    let usage = headed.render_usage().to_string();
    let headed = headed.override_usage(usage.trim_start_matches("Usage: ").to_owned());
    // Without quotes, an empty date would leave its place to the version.
    let man = Man::new(headed).date("\"\"").source(concat!("mapprof ", env!("CARGO_PKG_VERSION")));
    let mut parts: Vec<Part> = vec![
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ];
    if is_root {
        parts.push(Man::render_subcommands_section);
    }
    // Each part begins with the lines that define the apostrophe.
    let preamble = Roff::new().render();
    let rendered = |part: Part| -> io::Result<String> {
        let mut text = Vec::new();
        part(&man, &mut text)?;
        Ok(String::from_utf8_lossy(&text).replacen(&preamble, "", 1))
    };
    // Names of files and options are not split, and lines are as long as they are.
    let mut text = format!("{preamble}{}.nh\n.ad l\n", rendered(Man::render_title)?);
    for part in parts {
        text.push_str(&rendered(part)?);
    }
    let mut rest = Roff::new();
    let sections = help_sections(command);
    sections.iter().for_each(|section| section.write(&mut rest));
    if let Some(exit_codes) = exit_codes.filter(|_| sections.iter().all(|own| own.heading != EXIT_STATUS)) {
        exit_codes.write(&mut rest);
    }
    if !is_root {
        rest.control("SH", ["SEE ALSO"]).text([bold("mapprof"), roman("(1)")]);
    }
    text.push_str(&rest.render().replacen(&preamble, "", 1));
    Ok(Page { file: man.get_filename(), text: ascii(&text) })
}

/// The command with a heading for each of its arguments, as its help has them. Without one, an operand would stand among the
/// options.
fn headed(command: clap::Command) -> clap::Command {
    let command = command.subcommand_help_heading("COMMANDS").subcommand_value_name("COMMAND");
    command.mut_args(|arg| {
        let heading = match (arg.is_positional(), arg.get_help_heading()) {
            (true, _) => "Arguments".to_owned(),
            (false, None) => "Options".to_owned(),
            (false, Some(group)) => group.to_owned(),
        };
        arg.help_heading(heading)
    })
}

/// What a help text says behind its flags, under one heading.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    heading: &'static str,
    lines: Vec<String>,
}

/// The sections behind the flags of a command's help.
fn help_sections(command: &clap::Command) -> Vec<Section> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.split("\n\n").map(Section::of).filter(|section| !section.lines.is_empty()).collect()
}

impl Section {
    fn of(paragraph: &str) -> Section {
        let titled =
            HEADINGS.iter().find_map(|(title, heading)| Some((*heading, paragraph.strip_prefix(title)?)));
        let (heading, text) = titled.unwrap_or((NOTES, paragraph));
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        Section { heading, lines }
    }

    fn write(&self, roff: &mut Roff) {
        roff.control("SH", [self.heading]);
        for line in &self.lines {
            // Of examples, a line that is indented further goes on with the remark of the one above.
            if self.heading != EXAMPLES || line.starts_with("    ") {
                roff.text([roman(line.trim())]);
                continue;
            }
            let (command, remark) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
            roff.control("TP", []).text([bold(command)]);
            if !remark.is_empty() {
                roff.text([roman(remark.trim())]);
            }
        }
    }
}

/// Letters beyond ASCII as escapes, which every formatter reads whatever the locale is.
fn ascii(text: &str) -> String {
    let escaped = |letter: char| match letter.is_ascii() {
        true => letter.to_string(),
        false => format!("\\[u{:04X}]", u32::from(letter)),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_of_a_help_text_becomes_a_section() {
        let command = clap::Command::new("a").after_help(
            "Examples:\n  a b            does b\n  a c --long\n                 does c\n\nFiles: a.json,\nb.svg\n\n\
             A note:\nof two lines.\n\nExit codes: 0 done.",
        );
        let sections = help_sections(&command);
        let headings: Vec<&str> = sections.iter().map(|section| section.heading).collect();
        assert_eq!(headings, ["EXAMPLES", "FILES", "NOTES", "EXIT STATUS"]);
        let mut roff = Roff::new();
        sections.iter().for_each(|section| section.write(&mut roff));
        assert_eq!(
            roff.to_roff(),
            ".SH EXAMPLES\n.TP\n\\fBa b\\fR\ndoes b\n.TP\n\\fBa c \\-\\-long\\fR\ndoes c\n\
             .SH FILES\na.json,\nb.svg\n.SH NOTES\nA note:\nof two lines.\n.SH \"EXIT STATUS\"\n0 done.\n"
        );
    }

    #[test]
    fn letters_beyond_ascii_are_escaped() {
        assert_eq!(ascii("cpu, \u{2026} [default]"), "cpu, \\[u2026] [default]");
    }
}
