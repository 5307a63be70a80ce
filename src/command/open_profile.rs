//! Opens a profile of any format that is known: a file, standard input, or the folder of a run. The format is told by the
//! content, unless the command line says it.

use std::io::Read;
use std::path::Path;

use super::terminal::note;
use crate::cli::{InputArgs, InputFormat};
use crate::error::{Error, Result, unknown};
use crate::printable::PrintablePath;
use crate::profile::symbolize::Symbolizer;
use crate::profile::{Format, Limit, Profile, folded, gzip, heap_v2, pprof, sniff};
use crate::run::stored_profile::{profile_in, read_bytes};

/// A profile that was read.
pub struct Opened {
    /// The profile. It has a sample.
    pub profile: Profile,
    /// The length of its file, unpacked, bytes.
    pub length: usize,
}

/// Reads the profile at `input`. What could not be known of it is told on standard error.
///
/// # Errors
/// When there is none, when it cannot be read, and when it is larger than `limit` allows.
pub fn open(input: &Path, from: &InputArgs, limit: Limit) -> Result<Opened> {
    check_unit(&from.unit)?;
    let (name, packed) = if input == Path::new("-") {
        ("standard input".to_owned(), read_stdin(limit)?)
    } else {
        let file = if input.is_dir() { profile_in(input)? } else { input.to_owned() };
        (file.shown(), read_bytes(&file, limit)?)
    };
    let bytes = gzip::content(packed, limit).map_err(|error| Error::profile(&name, error))?;
    let profile = decode(&bytes, from, limit).map_err(|error| Error::profile(&name, error))?;
    if profile.samples.is_empty() {
        return Err(Error::input(format!("{name}: the profile has no samples")));
    }
    Ok(Opened { profile, length: bytes.len() })
}

fn check_unit(unit: &str) -> Result<()> {
    let mut units = folded::UNITS.iter().map(|(name, _)| *name);
    if units.clone().any(|name| name == unit) {
        return Ok(());
    }
    Err(Error::input(unknown("unit", unit, units.by_ref().collect::<Vec<_>>())))
}

/// The profile in unpacked `bytes`, of the format that was asked for or that they look like.
fn decode(
    bytes: &[u8],
    from: &InputArgs,
    limit: Limit,
) -> std::result::Result<Profile, mapprof_profile::Error> {
    if bytes.is_empty() {
        return Err(mapprof_profile::Error::Empty);
    }
    let format = match from.from {
        Some(InputFormat::Pprof) => Format::Pprof,
        Some(InputFormat::HeapV2) => Format::HeapV2,
        Some(InputFormat::Folded) => Format::Folded,
        None => sniff(bytes).ok_or(mapprof_profile::Error::UnknownFormat)?,
    };
    Ok(match format {
        Format::Pprof => pprof::decode_plain(bytes, limit)?,
        Format::Folded => folded::read(bytes, &from.unit, limit)?,
        Format::HeapV2 => {
            let converted = heap_v2::read(bytes, &mut Symbolizer::new(), limit)?;
            converted.notes.iter().for_each(|line| note(&format!("note: {line}")));
            converted.profile
        }
        _ => return Err(mapprof_profile::Error::UnknownFormat),
    })
}

fn read_stdin(limit: Limit) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(limit.unpacked.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Error::input(format!("standard input: cannot be read: {error}")))?;
    Ok(bytes)
}
