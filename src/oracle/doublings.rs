//! The sizes at which a map's table doubles, from its closed form.

use super::map_plan::MapPlan;
use super::{Ground, go};
use crate::maps::ClosedForm;
use crate::workload::Workload;

/// How much larger a structure is at once, at least, when it doubles.
const JUMP: f64 = 1.5;

/// The most entries between `from` and `to` that the structures of a map of that form hold before each doubling: one entry
/// more, and they are larger by half or more. `None` if the form has none of that kind: it keeps no table, or several that
/// double one by one.
///
/// # Errors
/// In words, where the form does not say, or the workload deals its entries over several maps.
pub fn doublings(
    workload: &Workload,
    form: ClosedForm,
    from: u64,
    to: u64,
) -> Result<Option<Vec<u64>>, String> {
    if workload.instances != 1 {
        return Err("its entries are dealt over several maps".to_owned());
    }
    if let ClosedForm::Go(form) = form {
        return go::doublings(workload, form, from, to).map(Some);
    }
    if !matches!(form, ClosedForm::Table | ClosedForm::Indexed | ClosedForm::Vector) {
        return Ok(None);
    }
    let plan = MapPlan::new(workload, form, Ground { cores: 1, map_bytes: None })?;
    let mut structure = plan.structure(workload.capacity.unwrap_or(0));
    let mut sizes = Vec::new();
    let mut before = structure.bytes().low;
    for entries in 0..to {
        if structure.insert(entries, true)?.is_none() {
            continue;
        }
        let after = structure.bytes().low;
        if entries >= from && before > 0 && after as f64 >= JUMP * before as f64 {
            sizes.push(entries);
        }
        before = after;
    }
    Ok(Some(sizes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Catalog, Overrides};

    fn sizes(form: ClosedForm, set: &[&str]) -> Result<Option<Vec<u64>>, String> {
        let set = set.iter().map(|set| (*set).to_owned()).collect();
        let overrides = Overrides { set, ..Overrides::default() };
        doublings(&Catalog::load(None).unwrap().get("churn", &overrides).unwrap(), form, 20, 2000)
    }

    #[test]
    fn a_table_doubles_beyond_seven_eighths_of_its_buckets() {
        let due = Some(vec![28, 56, 112, 224, 448, 896, 1792]);
        assert_eq!(sizes(ClosedForm::Table, &[]), Ok(due.clone()));
        assert_eq!(sizes(ClosedForm::Indexed, &[]), Ok(due));
        assert_eq!(sizes(ClosedForm::Vector, &[]), Ok(Some(vec![32, 64, 128, 256, 512, 1024])));
        // Pre-sized for 500, it has 1024 buckets from the beginning.
        assert_eq!(sizes(ClosedForm::Table, &["capacity=500"]), Ok(Some(vec![896, 1792])));
    }

    #[test]
    fn what_keeps_no_table_of_its_own_has_none() {
        assert_eq!(sizes(ClosedForm::Tree, &[]), Ok(None));
        assert_eq!(sizes(ClosedForm::Nothing, &[]), Ok(None));
        assert!(sizes(ClosedForm::Table, &["instances=4"]).unwrap_err().contains("several maps"));
    }
}
