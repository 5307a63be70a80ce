//! What a frame holds: a sum of samples, and whose they are.

use crate::compare::sampled_sum::SampledSum;
use crate::profile::attribute::Role;

/// A sum of samples, with the roles that they have.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Held {
    /// The sum, with what its 95 % interval follows from.
    pub sum: SampledSum,
    /// Who owns the samples behind it.
    pub roles: Roles,
}

impl Held {
    /// Adds what other samples hold.
    pub fn add(&mut self, other: &Held) {
        self.sum.add(&other.sum);
        self.roles.add(other.roles);
    }
}

/// The roles of some samples. Samples of another program have none, which counts as a role of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u8);

impl Roles {
    /// The role of one sample.
    pub fn of(role: Option<Role>) -> Roles {
        Roles(match role {
            Some(Role::Key) => 1,
            Some(Role::Value) => 2,
            Some(Role::Table) => 4,
            Some(Role::Harness) => 8,
            None => 16,
            Some(Role::Collector) => 32,
        })
    }

    /// Adds the roles of other samples.
    pub fn add(&mut self, other: Roles) {
        self.0 |= other.0;
    }

    /// Whether some of the samples have this role.
    pub fn has(self, role: Role) -> bool {
        self.0 & Roles::of(Some(role)).0 != 0
    }

    /// Whether the samples have several roles.
    pub fn is_mixed(self) -> bool {
        self.0.count_ones() > 1
    }

    /// The role that all samples have. None if they have several, if there are no samples, and for another program.
    pub fn one(self) -> Option<Role> {
        Role::ALL.into_iter().find(|role| self == Roles::of(Some(*role)))
    }

    /// The name of the role that all samples have, or `mixed`; empty for another program and if there are no samples.
    pub fn name(self) -> &'static str {
        if self.is_mixed() { "mixed" } else { self.one().map_or("", Role::name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_one_or_mixed() {
        let of = |roles: &[Option<Role>]| {
            let mut found = Roles::default();
            roles.iter().for_each(|role| found.add(Roles::of(*role)));
            (found.name(), found.one(), found.is_mixed())
        };
        assert_eq!(of(&[]), ("", None, false));
        assert_eq!(of(&[None, None]), ("", None, false));
        assert_eq!(of(&[Some(Role::Key); 2]), ("key", Some(Role::Key), false));
        assert_eq!(of(&[Some(Role::Key), Some(Role::Table)]), ("mixed", None, true));
        assert_eq!(of(&[Some(Role::Value), None]), ("mixed", None, true));
        let mut both = Roles::of(Some(Role::Key));
        both.add(Roles::of(Some(Role::Harness)));
        assert_eq!(Role::ALL.map(|role| both.has(role)), [true, false, false, false, true]);
    }
}
