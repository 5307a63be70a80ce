//! The hottest sites of a profile.

use crate::error::Result;
use crate::output::number_format;
use crate::profile::Profile;
use crate::profile::top::{By, TopOptions, TopTable, top};
use crate::report::{Block, SiteList};

/// Sites that are shown of each profile.
const SITES: usize = 5;

/// The hottest sites by one sample type, without the harness's own.
pub fn hottest_sites(profile: &Profile, sample_type: &str, limit: usize) -> Result<TopTable> {
    let sample_type = Some(sample_type.to_owned());
    top(profile, &TopOptions { by: By::Site, sample_type, limit: Some(limit), harness: false })
}

/// The hottest sites by one sample type, with how far each is off.
pub(super) fn hottest(profile: &Profile, sample_type: &str, what: &str) -> Block {
    match hottest_sites(profile, sample_type, SITES) {
        Ok(table) => Block::Sites(SiteList {
            heading: format!("Hottest sites, {} {what}:", number_format::value(table.total, &table.unit)),
            table,
            sample_bytes: profile.sample_bytes(),
            is_brief: false,
        }),
        Err(error) => Block::Paragraph(error.to_string()),
    }
}
