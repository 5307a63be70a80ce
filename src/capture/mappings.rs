//! Where the code of this process is mapped, for the parent to give addresses their names.

use mapprof_profile::proc_maps;

use super::raw_samples::RawMapping;
use crate::error::{Error, Result};

/// The executable mappings of this process, in the order of their addresses.
pub fn executable() -> Result<Vec<RawMapping>> {
    let maps = std::fs::read_to_string("/proc/self/maps")
        .map_err(|e| Error::case(format!("/proc/self/maps cannot be read ({e}); mapprof needs /proc")))?;
    let mut mappings: Vec<RawMapping> =
        maps.lines().filter_map(proc_maps::parse).map(RawMapping::from).collect();
    for (address, name) in chosen_at_start() {
        if let Some(mapping) = mappings.iter_mut().find(|m| (m.start..m.end).contains(&address)) {
            mapping.functions.push((address, name.to_owned()));
        }
    }
    Ok(mappings)
}

/// Where the C library's copying and comparing really lie. It has several of each and chooses by processor when it is
/// loaded; a stripped library has no names for the chosen ones, and they are where maps spend much of their time.
fn chosen_at_start() -> [(u64, &'static str); 6] {
    [
        (libc::memcpy as *const () as u64, "memcpy"),
        (libc::memmove as *const () as u64, "memmove"),
        (libc::memset as *const () as u64, "memset"),
        (libc::memcmp as *const () as u64, "memcmp"),
        (libc::memchr as *const () as u64, "memchr"),
        (libc::strlen as *const () as u64, "strlen"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_among_its_mappings() {
        let me = std::env::current_exe().unwrap();
        assert!(
            executable().unwrap().iter().any(|m| me.ends_with(&m.path) || m.path == me.to_str().unwrap())
        );
    }
}
