//! Who owns what a program of the user's own requested: its adapter tells nothing, so its heap profile is asked.

use super::live_site::LiveSite;
use super::waterfall::{Step, Waterfall};

/// The live bytes of one moment by their owners, as a heap profile has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Bytes of keys.
    pub keys: u64,
    /// Bytes of values.
    pub values: u64,
    /// The sites with the most bytes, most first.
    pub sites: Vec<LiveSite>,
}

impl Waterfall {
    /// Takes the keys and values that are not payload already out of `structure`. The steps add up as before: what a
    /// sampled profile is off by stays in `structure`.
    pub fn tell_owners(&mut self, owners: Owners) {
        let Some(at) = self.steps.iter().position(|step| step.name == "structure") else { return };
        let Some(structure) = self.steps.get(at).map(|step| step.bytes.max(0)) else { return };
        let narrow = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let payload = self.bytes("payload").unwrap_or(0).max(0);
        let values = (narrow(owners.values) - payload).max(0).min(structure);
        let left = (payload - narrow(owners.values)).max(0);
        let keys = (narrow(owners.keys) - left).max(0).min(structure - values);
        let step = |name: &str, bytes| Step { name: name.to_owned(), bytes };
        let parts = [
            step("own-keys", keys),
            step("own-values", values),
            step("structure", structure - keys - values),
        ];
        self.steps.splice(at..=at, parts);
        self.sites = owners.sites;
    }

    /// The same without what a heap profile told: as it follows from the readings of the memory pass alone.
    pub fn without_owners(&self) -> Waterfall {
        let is_own = |step: &Step| matches!(step.name.as_str(), "own-keys" | "own-values");
        let own: i64 = self.steps.iter().filter(|step| is_own(step)).map(|step| step.bytes).sum();
        let whole = |step: &Step| match step.name.as_str() {
            "structure" => Step { bytes: step.bytes + own, ..step.clone() },
            _ => step.clone(),
        };
        let steps = self.steps.iter().filter(|step| !is_own(step)).map(whole).collect();
        Waterfall { steps, sites: Vec::new(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A waterfall of so many payload and structure bytes.
    fn told(payload: Option<i64>, structure: i64, keys: u64, values: u64) -> [i64; 3] {
        let step = |name: &str, bytes| Step { name: name.to_owned(), bytes };
        let steps = payload
            .map(|bytes| step("payload", bytes))
            .into_iter()
            .chain([step("structure", structure), step("rounding", 7)]);
        let mut waterfall = Waterfall { steps: steps.collect(), ..Waterfall::default() };
        let sum = |waterfall: &Waterfall| waterfall.steps.iter().map(|step| step.bytes).sum::<i64>();
        let before = sum(&waterfall);
        let untold = waterfall.clone();
        waterfall.tell_owners(Owners { keys, values, sites: vec![LiveSite::default()] });
        assert_eq!(sum(&waterfall), before, "nothing is lost");
        assert_eq!(waterfall.without_owners(), untold);
        assert_eq!(waterfall.sites.len(), 1);
        ["own-keys", "own-values", "structure"].map(|name| waterfall.bytes(name).unwrap())
    }

    #[test]
    fn keys_and_values_beyond_the_payload_leave_the_structure() {
        assert_eq!(told(None, 1000, 200, 500), [200, 500, 300], "payload is not known");
        assert_eq!(told(Some(400), 600, 200, 500), [200, 100, 300], "values are payload first");
        assert_eq!(told(Some(600), 400, 200, 500), [100, 0, 300], "then keys");
        assert_eq!(told(Some(900), 100, 200, 500), [0, 0, 100]);
        assert_eq!(told(None, 1000, 300, 900), [100, 900, 0], "a sampled profile may have too much");
        assert_eq!(told(None, 1000, u64::MAX, u64::MAX), [0, 1000, 0]);
    }

    #[test]
    fn what_has_no_structure_is_left_as_it_is() {
        let mut waterfall = Waterfall::default();
        waterfall.tell_owners(Owners { keys: 1, ..Owners::default() });
        assert_eq!(waterfall, Waterfall::default());
    }
}
