//! Who owns the live bytes of a program of the user's own, from its heap profile to its waterfalls.

use crate::profile::Profile;
use crate::profile::attribute::Role;
use crate::profile::top::{By, TopOptions, TopTable, top};
use crate::record::{LiveSite, Moment, Owners, Waterfall};

/// Sites that a waterfall has at most.
const SITES: usize = 10;

/// Tells the owners of live bytes in the waterfalls whose moment the profile has: the end of the last phase, and the peak.
pub fn tell(waterfalls: &mut [Waterfall], profile: &Profile) {
    let end = waterfalls.iter().rposition(|waterfall| waterfall.moment == Moment::PhaseEnd);
    let peak = waterfalls.iter().position(|waterfall| waterfall.moment == Moment::Peak);
    for (at, sample_type) in [(end, "inuse_space"), (peak, "peak_space")] {
        if let Some(waterfall) = at.and_then(|at| waterfalls.get_mut(at))
            && let Some(owners) = owners(profile, sample_type)
        {
            waterfall.tell_owners(owners);
        }
    }
}

/// The owners of a sample type's bytes; none if the profile does not have it.
fn owners(profile: &Profile, sample_type: &str) -> Option<Owners> {
    let table = |by| {
        let sample_type = Some(sample_type.to_owned());
        top(profile, &TopOptions { by, sample_type, limit: None, harness: true }).ok()
    };
    let roles: TopTable = table(By::Role)?;
    let bytes = |value: i64| value.max(0) as u64;
    let of = |role: Role| {
        let row = roles.rows.iter().find(|row| row.name == role.name());
        row.map_or(0, |row| bytes(row.value))
    };
    let site = |row: crate::profile::top::TopRow| LiveSite {
        site: row.name,
        role: row.role.map(|role| role.name).unwrap_or_default(),
        bytes: bytes(row.value),
    };
    let sites = table(By::Site)?.rows.into_iter().take(SITES).map(site).collect();
    Some(Owners { keys: of(Role::Key), values: of(Role::Value), sites })
}
