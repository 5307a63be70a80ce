//! `mapprof convert`: a profile of any kind that is known to any other.

use std::io::Read;
use std::path::Path;

use super::{note, print, print_bytes, whole};
use crate::cli::{ConvertArgs, InputFormat, OutputFormat};
use crate::error::{Error, Result, unknown};
use crate::output::{View, flamegraph, folded, speedscope};
use crate::printable::Shown;
use crate::profile::gzip::{self, Limit};
use crate::profile::sniff::{Kind, sniff};
use crate::profile::symbolize::Symbolizer;
use crate::profile::{Profile, folded as folded_stacks, heap_v2, pprof};
use crate::run::case::{profile_in, read_bytes};

/// Names that end so say what is written, the longer ones first.
const ENDINGS: [(&str, OutputFormat); 8] = [
    (".speedscope.json", OutputFormat::Speedscope),
    (".pb.gz", OutputFormat::Pprof),
    (".pprof", OutputFormat::Pprof),
    (".pb", OutputFormat::Pprof),
    (".folded", OutputFormat::Folded),
    (".txt", OutputFormat::Folded),
    (".svg", OutputFormat::Svg),
    (".json", OutputFormat::Speedscope),
];

/// Reads a profile and writes it in another format.
pub fn convert(args: &ConvertArgs) -> Result<()> {
    let to_stdout = args.output == Path::new("-");
    let to = target(args)?;
    check_unit(&args.unit)?;
    if !to_stdout {
        whole::check(&args.output)?;
    }
    let profile = read(args)?;
    let bytes = render(args, &profile, to)?;
    match (to_stdout, to) {
        (false, _) => whole::write(&args.output, &bytes),
        (true, OutputFormat::Pprof) => print_bytes(&bytes),
        (true, _) => print(&String::from_utf8_lossy(&bytes)),
    }
}

/// What is to be written.
fn target(args: &ConvertArgs) -> Result<OutputFormat> {
    let name = args.output.to_string_lossy();
    let by_name = || ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| *format);
    args.to.or_else(by_name).ok_or_else(|| {
        let endings: Vec<&str> = ENDINGS.iter().map(|(ending, _)| *ending).collect();
        let what = if name == "-" { "standard output".to_owned() } else { args.output.shown() };
        Error::input(format!(
            "{what}: the name does not say what to write: say it with --to, or end the name in {}",
            endings.join(", ")
        ))
    })
}

fn check_unit(unit: &str) -> Result<()> {
    let mut units = folded_stacks::UNITS.iter().map(|(name, _)| *name);
    if units.clone().any(|name| name == unit) {
        return Ok(());
    }
    Err(Error::input(unknown("unit", unit, units.by_ref().collect::<Vec<_>>())))
}

/// The profile that is to be converted; what could not be known of it is told on standard error.
fn read(args: &ConvertArgs) -> Result<Profile> {
    let limit = Limit::mib(args.limit.max_unpacked_mib);
    let (name, packed) = if args.input == Path::new("-") {
        ("standard input".to_owned(), read_stdin(limit)?)
    } else {
        let file = if args.input.is_dir() { profile_in(&args.input)? } else { args.input.clone() };
        (file.shown().to_string(), read_bytes(&file, limit)?)
    };
    let wrong = |error: &dyn std::fmt::Display| Error::input(format!("{name}: {error}"));
    let bytes = gzip::content(packed, limit).map_err(|error| wrong(&error))?;
    if bytes.is_empty() {
        return Err(wrong(&pprof::DecodeError::Empty));
    }
    let kind = match args.from {
        Some(InputFormat::Pprof) => Kind::Pprof,
        Some(InputFormat::HeapV2) => Kind::HeapV2,
        Some(InputFormat::Folded) => Kind::Folded,
        None => sniff(&bytes).ok_or_else(|| {
            wrong(&"neither pprof, nor a heap dump of jemalloc (heap_v2), nor folded stacks; --from says which it is")
        })?,
    };
    let profile = match kind {
        Kind::Pprof => pprof::decode_plain(&bytes, limit).map_err(|error| wrong(&error))?,
        Kind::Folded => folded_stacks::read(&bytes, &args.unit).map_err(|error| wrong(&error))?,
        Kind::HeapV2 => {
            let converted = heap_v2::read(&bytes, &mut Symbolizer::new()).map_err(|error| wrong(&error))?;
            converted.notes.iter().for_each(|line| note(&format!("note: {line}")));
            converted.profile
        }
    };
    if profile.samples.is_empty() {
        return Err(wrong(&"the profile has no samples"));
    }
    Ok(profile)
}

fn read_stdin(limit: Limit) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(limit.unpacked.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Error::input(format!("standard input: cannot be read: {error}")))?;
    Ok(bytes)
}

fn render(args: &ConvertArgs, profile: &Profile, to: OutputFormat) -> Result<Vec<u8>> {
    let index = match &args.sample_type {
        None => profile.default_type(),
        Some(kind) => profile
            .sample_type(kind)
            .ok_or_else(|| Error::input(unknown("sample type", kind, profile.kinds())))?,
    };
    let title = match args.input.file_name() {
        Some(name) if args.input != Path::new("-") => Path::new(name).shown(),
        _ => String::new(),
    };
    let view = View { title, show_harness: args.harness_frames };
    Ok(match to {
        // The name says that it is not packed.
        OutputFormat::Pprof if args.output.extension().is_some_and(|ending| ending == "pb") => {
            pprof::encode_plain(profile)
        }
        OutputFormat::Pprof => pprof::encode(profile),
        OutputFormat::Folded => folded::render(profile, index, &view),
        OutputFormat::Svg => {
            let what = profile.kinds().get(index).copied().unwrap_or("").to_owned();
            flamegraph::render(profile, index, &what, &view)?
        }
        OutputFormat::Speedscope => speedscope::render(profile, &view)?,
    })
}
