//! `mapprof convert`: a profile of any kind that is known to any other.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::arguments::limit;
use super::atomic_file;
use super::open_profile::{Opened, open};
use crate::cli::ConvertArgs;
use crate::error::{Error, Result, unknown};
use crate::output::{Cleaning, DisplayOptions, FORMATS, Format, FormatInput};
use crate::printable::{PrintablePath as _, lines};
use crate::profile::Profile;

/// Reads a profile and writes it in another format.
pub fn convert(args: &ConvertArgs) -> Result<()> {
    let to_stdout = args.output == Path::new("-");
    let to = target(args)?;
    if !to_stdout {
        atomic_file::check(&args.output)?;
    }
    let Opened { profile, length } = open(&args.input, &args.from, limit(&args.limit))?;
    let index = index(args, &profile)?;
    let most = args.max_output_mib.map_or_else(|| most_of(length), |mib| mib.saturating_mul(1 << 20));
    let render = |out: &mut dyn Write| {
        let mut out = Bounded { out, most, left: most };
        render(args, &profile, index, to, &mut out)
    };
    match (to_stdout, to.cleaning) {
        (false, _) => atomic_file::write_with(&args.output, render),
        (true, Cleaning::None) => pieces(render, |piece| Cow::Borrowed(piece)),
        (true, Cleaning::Json) => pieces(render, |piece| match std::str::from_utf8(piece) {
            Ok(text) if text.contains("##") => Cow::Owned(text.replace("##", "#\\u0023").into_bytes()),
            _ => Cow::Borrowed(piece),
        }),
        (true, Cleaning::Lines) => pieces(render, |piece| match std::str::from_utf8(piece).map(lines) {
            Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            _ => Cow::Borrowed(piece),
        }),
    }
}

/// What is to be written.
fn target(args: &ConvertArgs) -> Result<&'static Format> {
    let name = args.output.to_string_lossy();
    let asked = args.to.as_ref().and_then(|asked| FORMATS.iter().find(|format| format.name == asked));
    let named = Format::by_file_name(&name);
    match (asked, named) {
        // The name says that it is not packed.
        (Some(asked), Some(named)) if asked.name == "pprof" && named.name == "pprof-plain" => Ok(named),
        (Some(format), _) | (None, Some(format)) => Ok(format),
        (None, None) => {
            let endings: Vec<&str> = FORMATS.iter().flat_map(|format| format.endings).copied().collect();
            let what = if name == "-" { "standard output".to_owned() } else { args.output.shown() };
            Err(Error::input(format!(
                "{what}: the name does not say what to write: say it with --to, or end the name in {}",
                endings.join(", ")
            )))
        }
    }
}

/// Bytes that any file may be converted to, and for each byte of the input, unpacked: folded stacks have each name again
/// and again.
const FREE_OUTPUT: u64 = 64 << 20;
const OUTPUT_PER_BYTE: u64 = 64;

/// The most that is written of an input of so many bytes, unpacked.
fn most_of(length: usize) -> u64 {
    (length as u64).saturating_mul(OUTPUT_PER_BYTE).saturating_add(FREE_OUTPUT)
}

/// Writes up to a limit.
struct Bounded<'a> {
    out: &'a mut dyn Write,
    most: u64,
    left: u64,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            io::Error::other(Error::input(format!(
                "more than {} MiB would be written; --max-output raises the limit",
                self.most >> 20
            )))
        })?;
        self.out.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Prints what `render` writes, each piece as `clean` has it. A reader that went away is success.
fn pieces(
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    clean: impl Fn(&[u8]) -> Cow<'_, [u8]>,
) -> Result<()> {
    struct Cleaned<F>(BufWriter<io::Stdout>, F);
    impl<F: Fn(&[u8]) -> Cow<'_, [u8]>> Write for Cleaned<F> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write_all(&(self.1)(bytes)).map(|()| bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }
    let mut out = Cleaned(BufWriter::new(io::stdout()), clean);
    match render(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error
            .downcast::<Error>()
            .unwrap_or_else(|error| Error::case(format!("standard output cannot be written: {error}")))),
        Ok(()) => Ok(()),
    }
}

/// The place of the sample type of formats that have only one.
fn index(args: &ConvertArgs, profile: &Profile) -> Result<usize> {
    match &args.sample_type {
        None => Ok(profile.default_type()),
        Some(kind) => profile
            .sample_type(kind)
            .ok_or_else(|| Error::input(unknown("sample type", kind, profile.kinds()))),
    }
}

fn render(
    args: &ConvertArgs,
    profile: &Profile,
    index: usize,
    to: &Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let title = match args.input.file_name() {
        Some(name) if args.input != Path::new("-") => Path::new(name).shown(),
        _ => String::new(),
    };
    let view = DisplayOptions { title, show_harness: args.harness_frames };
    let what = profile.kinds().get(index).copied().unwrap_or("");
    (to.write)(profile, &FormatInput { index, what, view: &view }, out)
}
