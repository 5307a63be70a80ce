//! Sums per site, role, phase and function.

use super::*;
use crate::profile::fixtures::{self, with_labels};

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
    let table = table(&fixtures::heap(), By::Site, Some("alloc_space"));
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
    let profile = fixtures::heap();
    assert_eq!(table(&profile, By::Role, None).sample_type, "inuse_space");
    assert_eq!(
        rows(&table(&profile, By::Role, None)),
        [("table", 17_825_808), ("key", 7_340_032), ("value", 32_000)]
    );
    let options = TopOptions { by: By::Role, harness: true, ..Default::default() };
    let all = top(&profile, &options).unwrap();
    assert_eq!(all.rows[3].name, "harness");
    assert_eq!(all.total, profile.total("inuse_space").unwrap());
}

#[test]
fn phases_and_functions() {
    let profile = fixtures::heap();
    assert_eq!(rows(&table(&profile, By::Phase, None)), [("fill", 25_165_840), ("serve", 32_000)]);
    assert_eq!(table(&profile, By::Function, None).rows[0].name, "__rustc::__rust_alloc");
}

#[test]
fn a_limit_leaves_the_total_whole() {
    let options = TopOptions { limit: Some(1), ..Default::default() };
    let table = top(&fixtures::heap(), &options).unwrap();
    assert_eq!((table.rows.len(), table.left_out, table.total), (1, 2, 25_197_840));
}

#[test]
fn cpu_time_stays_in_the_c_library() {
    let table = table(&fixtures::cpu(), By::Site, None);
    assert_eq!(table.unit, "nanoseconds");
    assert_eq!(
        rows(&table),
        [("core::hash::sip::Hasher<S>::write", 61_000_000), ("__memcmp_evex_movbe", 30_500_000)]
    );
    assert_eq!(table.rows[0].count, Some(60));
}

#[test]
fn another_programs_profile_has_no_roles() {
    let table = table(&fixtures::foreign(), By::Site, None);
    assert_eq!(rows(&table), [("main.(*Server).handle", 2048), ("bytes.makeSlice", 512)]);
    assert_eq!((&table.rows[0].role, &table.rows[0].phase), (&None, &None));
    assert_eq!(table.rows[0].caller.as_ref().unwrap().name, "main.main");
}

/// Names of the rows, each with its own and its cumulative value.
fn cumulative(profile: &Profile, options: &TopOptions) -> Vec<(String, i64, Option<i64>)> {
    let mut table = top(profile, options).unwrap();
    add_cumulative(&mut table, profile, options).unwrap();
    table.rows.into_iter().map(|row| (row.name, row.value, row.cumulative)).collect()
}

#[test]
fn a_recursive_function_is_in_its_cumulative_value_once() {
    let stacks = b"main;a;b;a 3\nmain;a 4\nmain;b;c 5\nmain 1\nother;b;b;b 7\n";
    let profile = mapprof_profile::folded::read(stacks, "count", crate::profile::Limit::default()).unwrap();
    let options = TopOptions { by: By::Function, ..Default::default() };
    let due = [("a", 7, 7), ("b", 7, 3 + 5 + 7), ("c", 5, 5), ("main", 1, 3 + 4 + 5 + 1)];
    let due = due.map(|(name, own, all)| (name.to_owned(), own, Some(all)));
    assert_eq!(cumulative(&profile, &options), due);
    // Of rows that the limit left out nothing is asked.
    let few = TopOptions { limit: Some(2), ..options };
    assert_eq!(cumulative(&profile, &few), due[..2]);
}

#[test]
fn cumulative_values_are_of_functions_and_without_what_is_hidden() {
    let profile = fixtures::heap();
    for by in [By::Role, By::Phase] {
        let rows = cumulative(&profile, &TopOptions { by, ..Default::default() });
        assert!(rows.iter().all(|(_, _, all)| all.is_none()), "{rows:?}");
    }
    let make_key = "mapprof::workload::payload::make_key";
    for (harness, by) in [(false, By::Site), (true, By::Site), (true, By::Function)] {
        for kind in ["alloc_space", "inuse_space"] {
            let sample_type = Some(kind.to_owned());
            let rows = cumulative(&profile, &TopOptions { by, harness, sample_type, limit: None });
            let place = profile.sample_type(kind).unwrap();
            for (name, own, all) in rows {
                let on_stack = |sample: &crate::profile::Sample| {
                    profile.frames(sample.locations).any(|line| profile.function_name(line) == name)
                };
                let due: i64 =
                    profile.samples.iter().filter(on_stack).map(|sample| sample.values[place]).sum();
                assert_eq!(all, Some(due), "{name}");
                assert!(own <= due, "{name}");
                assert!(own == due || name != make_key);
            }
        }
    }
}

#[test]
fn an_unknown_sample_type_is_answered_with_the_near_ones() {
    let options = TopOptions { sample_type: Some("inuse_spaec".into()), ..Default::default() };
    let error = top(&fixtures::heap(), &options).unwrap_err();
    assert!(
        error.to_string().starts_with("unknown sample type \"inuse_spaec\": did you mean \"inuse_space\"")
    );
}

#[test]
fn rows_know_their_interval_their_temporary_bytes_and_lifetimes() {
    let table = table(&fixtures::heap(), By::Site, Some("alloc_space"));
    let [grow, key, value] = &table.rows[..] else { panic!("three rows") };
    assert_eq!((grow.temporary, key.temporary, value.temporary), (Some(18_825_792), Some(0), Some(0)));
    // 19 of 21 tables lived for 65,536 calls and one for 16; half of the keys were removed; all values stay.
    assert_eq!((grow.median_lifetime, grow.freed), (Some(65_536), Some(20.0 / 21.0)));
    assert_eq!((key.median_lifetime, key.freed), (Some(917_504), Some(0.5)));
    assert_eq!((value.median_lifetime, value.freed), (None, Some(0.0)));
    // 28 samples of keys: Garwood's interval of 28 is 18.61 to 40.47.
    let each = 14_680_064.0 / 28.0;
    assert!((key.low.unwrap() as f64 / each - 18.61).abs() < 0.01, "{:?}", key.low);
    assert!((key.high.unwrap() as f64 / each - 40.47).abs() < 0.01, "{:?}", key.high);
    // Large blocks are known better than their number says.
    assert!(grow.half_width().unwrap() < 0.1, "{:?}", grow.half_width());
}

#[test]
fn lifetimes_are_of_what_was_allocated_whatever_is_added_up() {
    let table = table(&fixtures::heap(), By::Site, None);
    assert_eq!(table.rows[0].count, Some(1));
    assert_eq!((table.rows[0].temporary, table.rows[0].median_lifetime), (Some(18_825_792), Some(65_536)));
}

#[test]
fn what_a_profile_does_not_know_is_none() {
    // Of a child that does not tell when blocks were freed.
    let mut silent = fixtures::heap();
    silent.period = 0;
    silent.samples = with_labels(&silent.samples, |label| silent.strings.get(label.key) != "lifetime");
    for index in 0..silent.samples.len() {
        silent.samples.values_mut(index)[6..].fill(0);
    }
    let mut cpu = fixtures::cpu();
    cpu.period = 0;
    for profile in [cpu, fixtures::foreign(), silent] {
        for row in table(&profile, By::Site, None).rows {
            assert_eq!((row.low, row.high, row.temporary), (None, None, None), "{}", row.name);
            assert_eq!((row.freed, row.median_lifetime), (None, None), "{}", row.name);
        }
    }
}

#[test]
fn an_exact_profile_has_intervals_without_width() {
    let mut profile = fixtures::heap();
    profile.period = 1;
    let table = table(&profile, By::Site, None);
    for row in &table.rows {
        assert_eq!((row.low, row.high), (Some(row.value), Some(row.value)), "{}", row.name);
    }
    assert_eq!(too_wide(&table, 1), []);
}

#[test]
fn a_wide_row_is_told_with_what_would_mend_it() {
    let mut table = table(&fixtures::heap(), By::Site, None);
    let wide = too_wide(&table, 524_288);
    // The values are below one percent; the table is known well.
    assert_eq!(
        wide.iter().map(|w| w.name.as_str()).collect::<Vec<_>>(),
        ["mapprof::workload::payload::make_key"]
    );
    let row = &mut table.rows[1];
    (row.value, row.low, row.high) = (1000, Some(500), Some(1500));
    // Four times too wide, so sixteen times the samples.
    let warning = &too_wide(&table, 524_288)[0];
    assert_eq!((warning.width, warning.sample_bytes), (1.0, 32_768));
    assert_eq!(too_wide(&table, 600)[0].sample_bytes, 32, "37.5, down to a power of two");
    assert_eq!(too_wide(&table, 8)[0].sample_bytes, 1);
    (table.rows[1].low, table.rows[1].high) = (Some(875), Some(1125));
    assert_eq!(too_wide(&table, 524_288), [], "a quarter is not wider than a quarter");
}
