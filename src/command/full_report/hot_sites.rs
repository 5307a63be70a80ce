//! The hottest sites of a profile.

use crate::error::Result;
use crate::output::{number_format, top_table};
use crate::profile::Profile;
use crate::profile::top::{By, TopOptions, TopTable, top};

/// Sites that are shown of each profile.
const SITES: usize = 5;

/// The hottest sites by one sample type, without the harness's own.
pub fn hottest_sites(profile: &Profile, sample_type: &str, limit: usize) -> Result<TopTable> {
    let sample_type = Some(sample_type.to_owned());
    top(profile, &TopOptions { by: By::Site, sample_type, limit: Some(limit), harness: false })
}

/// The hottest sites by one sample type, with how far each is off.
pub(super) fn hottest(profile: &Profile, sample_type: &str, what: &str, width: usize) -> String {
    match hottest_sites(profile, sample_type, SITES) {
        Ok(rows) => format!(
            "Hottest sites, {} {what}:\n{}{}",
            number_format::value(rows.total, &rows.unit),
            top_table::render(&rows, u16::try_from(width).unwrap_or(u16::MAX)),
            top_table::warnings(&rows, profile.sample_bytes())
        ),
        Err(error) => format!("{error}\n"),
    }
}
