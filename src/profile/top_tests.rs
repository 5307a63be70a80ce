//! Sums per site, role, phase and function.

use super::*;
use crate::profile::planted;

fn table(profile: &Profile, by: By, sample_type: Option<&str>) -> TopTable {
    let options =
        TopOptions { by, sample_type: sample_type.map(str::to_string), limit: None, harness: false };
    top(profile, &options).unwrap()
}

fn rows(table: &TopTable) -> Vec<(&str, i64)> {
    table.rows.iter().map(|r| (r.name.as_str(), r.value)).collect()
}

#[test]
fn sites_carry_phase_place_and_caller() {
    let table = table(&planted::heap(), By::Site, Some("alloc_space"));
    assert_eq!(
        rows(&table),
        [
            ("hashbrown::raw::RawTable<T,A>::reserve_rehash", 36_651_600),
            ("mapprof::workload::payload::make_key", 14_680_064),
            ("mapprof::workload::payload::make_value::<[u8; 32]>", 32_000),
        ]
    );
    let row = &table.rows[0];
    assert_eq!(row.count, Some(21));
    assert_eq!((row.file.as_str(), row.line), ("hashbrown-0.16.1/src/raw/mod.rs", 1231));
    let phase = row.phase.as_ref().unwrap();
    assert_eq!(phase.name, "fill");
    assert!((phase.share - 35_651_600.0 / 36_651_600.0).abs() < 1e-9);
    assert_eq!(row.caller.as_ref().unwrap().name, "std::collections::hash::map::HashMap<K,V,S,A>::insert");
    assert_eq!(row.role.as_ref().unwrap().name, "table");
    assert_eq!(table.total, 36_651_600 + 14_680_064 + 32_000);
}

#[test]
fn the_default_sample_type_and_the_harness() {
    let profile = planted::heap();
    assert_eq!(table(&profile, By::Role, None).sample_type, "inuse_space");
    assert_eq!(
        rows(&table(&profile, By::Role, None)),
        [("table", 17_825_808), ("key", 7_340_032), ("value", 32_000)]
    );
    let options = TopOptions { by: By::Role, harness: true, ..Default::default() };
    let all = top(&profile, &options).unwrap();
    assert_eq!(all.rows[3].name, "harness");
    assert_eq!(all.total, crate::profile::totals(&profile, "inuse_space").unwrap());
}

#[test]
fn phases_and_functions() {
    let profile = planted::heap();
    assert_eq!(rows(&table(&profile, By::Phase, None)), [("fill", 25_165_840), ("serve", 32_000)]);
    assert_eq!(table(&profile, By::Function, None).rows[0].name, "__rustc::__rust_alloc");
}

#[test]
fn a_limit_leaves_the_total_whole() {
    let options = TopOptions { limit: Some(1), ..Default::default() };
    let table = top(&planted::heap(), &options).unwrap();
    assert_eq!((table.rows.len(), table.left_out, table.total), (1, 2, 25_197_840));
}

#[test]
fn cpu_time_stays_in_the_c_library() {
    let table = table(&planted::cpu(), By::Site, None);
    assert_eq!(table.unit, "nanoseconds");
    assert_eq!(
        rows(&table),
        [("core::hash::sip::Hasher<S>::write", 61_000_000), ("__memcmp_evex_movbe", 30_500_000)]
    );
    assert_eq!(table.rows[0].count, Some(60));
}

#[test]
fn another_programs_profile_has_no_roles() {
    let table = table(&planted::foreign(), By::Site, None);
    assert_eq!(rows(&table), [("main.(*Server).handle", 2048), ("bytes.makeSlice", 512)]);
    assert_eq!((&table.rows[0].role, &table.rows[0].phase), (&None, &None));
    assert_eq!(table.rows[0].caller.as_ref().unwrap().name, "main.main");
}

#[test]
fn an_unknown_sample_type_is_answered_with_the_near_ones() {
    let options = TopOptions { sample_type: Some("inuse_spaec".into()), ..Default::default() };
    let error = top(&planted::heap(), &options).unwrap_err();
    assert!(
        error.to_string().starts_with("unknown sample type \"inuse_spaec\": did you mean \"inuse_space\"")
    );
}
