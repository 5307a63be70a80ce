use super::*;
use crate::workload::Overrides;
use crate::workload::parse::parse;

fn workload(text: &str) -> Workload {
    parse(text, "test.toml", &Overrides::default()).unwrap()
}

/// `entries` inserts one after the other, and then the phases of `more`.
fn filled(entries: u64, key: &str, value: &str, more: &str) -> Workload {
    workload(&format!(
        r#"
name = "filled"
about = "Puts entries in."
entries = {entries}
[key]
{key}
[value]
{value}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
{more}
"#
    ))
}

const TWO_CORES: Ground = Ground { cores: 2, map_bytes: Some(48) };

const U64: &str = "type = \"u64\"";
const ASCENDING: &str = "type = \"u64\"\norder = \"ascending\"";

/// What the row of a map states.
fn form(map: &str) -> ClosedForm {
    use crate::maps::{self, MapFamily};
    let rows = [
        maps::std_hash::StdHash::INFO,
        maps::hash_brown::HashBrown::INFO,
        maps::b_tree::BTree::INFO,
        maps::index_map::IndexMapFamily::INFO,
        maps::sorted_vec::SortedVec::INFO,
        maps::mutex_std::MutexStd::INFO,
        maps::rwlock_std::RwLockStd::INFO,
        maps::dash_map::Dash::INFO,
        maps::null::Null::INFO,
    ];
    rows.iter().find(|info| info.name == map).unwrap().closed_form.unwrap()
}

/// Live bytes and peak of the last phase, both of which must be exact.
#[track_caller]
fn exact(workload: &Workload, map: &str) -> (u64, u64) {
    let forecast = replay::forecast(workload, form(map), 1, 1, TWO_CORES).unwrap();
    let last = forecast.phases.last().unwrap();
    match (&last.live, &last.peak) {
        (Figure::Exact(live), Figure::Exact(peak)) => (*live, *peak),
        other => panic!("{map}: {other:?}"),
    }
}

fn phase(name: &str, work: &str) -> String {
    format!("[[phase]]\nname = \"{name}\"\nops = 1000\n{work}\n")
}

#[test]
#[cfg(target_arch = "x86_64")]
fn forecasts_are_what_was_measured_without_mapprof() {
    for map in ["std", "hashbrown", "mutex-std", "rwlock-std"] {
        assert_eq!(exact(&filled(917_504, U64, U64, ""), map), (17_825_808, 26_738_720));
        assert_eq!(exact(&filled(917_505, U64, U64, ""), map), (35_651_600, 53_477_408));
    }
    let million = filled(1_000_000, ASCENDING, U64, "");
    assert_eq!(exact(&million, "btree"), (34_284_960, 34_284_960));
    assert_eq!(exact(&million, "indexmap"), (62_914_576, 62_914_576));
    // On two processors; the peak was measured to four digits only.
    let (live, peak) = exact(&million, "dashmap");
    assert_eq!((live, peak / 100_000), (35_652_736, 378));
    // 85.2 M and 118.5 M with values of eight bytes, 68.4 M without values.
    let strings = "type = \"string\"\nlength = 16";
    let (live, peak) = exact(&filled(1_000_000, strings, U64, ""), "std");
    assert_eq!((live / 100_000, (peak + 50_000) / 100_000), (852, 1185));
    let (live, _) = exact(&filled(1_000_000, strings, "type = \"unit\"", ""), "std");
    assert_eq!(live / 100_000, 684);
}

#[test]
fn a_random_tree_has_bounds() {
    let forecast = forecast(&filled(100_000, U64, U64, ""), form("btree"), 1, 1).unwrap();
    match forecast.phases[0].live {
        Figure::Between { low, high } => assert!(low < 2_710_000 && 2_710_000 < high, "{low} {high}"),
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn an_update_holds_both_values_for_a_moment() {
    let value = "type = \"vec\"\nsize = 100";
    let updates = phase("serve", "mix = { update = 50, get = 50 }");
    let (live, peak) = exact(&filled(20, U64, value, &updates), "std");
    let table = crate::maps::hashbrown_layout::Table::of::<(u64, Vec<u8>)>().bytes(32);
    assert_eq!((live, peak), (table + 2000, table + 2100));
}

#[test]
fn what_is_taken_out_frees_its_payload_and_keeps_the_table() {
    let key = "type = \"string\"\nlength = 20";
    let value = "type = \"boxed\"\nsize = { distribution = \"uniform\", min = 0, max = 90 }";
    let drain = "[[phase]]\nname = \"drain\"\nops_per_entry = 1.0\nmix = { remove = 100 }\n";
    let (live, peak) = exact(&filled(1000, key, value, drain), "std");
    let table = crate::maps::hashbrown_layout::Table::of::<(String, Box<[u8]>)>();
    assert_eq!(live, table.bytes(2048));
    assert!(peak > table.bytes(2048) + 20_000 + 30_000);
    let (live, _) = exact(&filled(1000, ASCENDING, U64, drain), "btree");
    assert_eq!(live, 192, "an empty tree keeps a leaf");
}

#[test]
fn insertions_after_removals_have_no_form_where_the_table_could_grow() {
    let churn = phase("churn", "each = [\"remove\", \"insert\"]");
    let forecast = forecast(&filled(100, U64, U64, &churn), form("std"), 1, 1).unwrap();
    assert!(matches!(forecast.phases[0].live, Figure::Exact(_)));
    match &forecast.phases[1].peak {
        Figure::Unknown(why) => assert!(why.contains("after a removal"), "{why}"),
        other => panic!("{other:?}"),
    }
    // In a vector nothing depends on what was removed.
    exact(&filled(100, U64, U64, &churn), "sorted-vec");
}

#[test]
fn several_threads_leave_live_bytes_known() {
    let workload = filled(10_000, U64, U64, "");
    let alone = replay::forecast(&workload, form("dashmap"), 1, 1, TWO_CORES).unwrap();
    let sixteen = replay::forecast(&workload, form("dashmap"), 1, 16, TWO_CORES).unwrap();
    let Figure::Exact(live) = alone.phases[0].live else { panic!("{alone:?}") };
    // The locks' tables of waiting threads come to that, if threads had to wait.
    assert_eq!(sixteen.phases[0].live, Figure::Between { low: live, high: live + 7264 });
    let locked = replay::forecast(&workload, form("mutex-std"), 1, 16, TWO_CORES).unwrap();
    assert!(matches!(locked.phases[0].live, Figure::Exact(_)));
    assert!(matches!(&sixteen.phases[0].peak, Figure::Unknown(why) if why.contains("interleave")));
}

#[test]
fn the_map_that_keeps_nothing_has_one_value_at_its_peak() {
    let value = "type = \"vec\"\nsize = 100";
    assert_eq!(exact(&filled(10, "type = \"string\"\nlength = 16", value, ""), "null"), (0, 116));
}

#[test]
fn maps_without_a_form_say_so() {
    let mut record = crate::record::fixtures::case();
    record.definition = Some(filled(10, U64, U64, ""));
    for why in ["resizes at times of its own", crate::maps::MapInfo::new("std").closed_form.unwrap_err()] {
        let said = format!("std {why}");
        let checks = verify(&record, Err(why)).checks;
        assert!(!checks.is_empty());
        assert!(checks.iter().all(|check| check.outcome == Outcome::NoForm(said.clone())), "{checks:?}");
    }
}

#[test]
fn a_figure_beside_its_forecast() {
    assert_eq!(Figure::Exact(5).check(5), Outcome::Equal);
    assert_eq!(Figure::Exact(5).check(6), Outcome::Differs { due: 5 });
    let between = Figure::Between { low: 5, high: 7 };
    assert_eq!(between.check(5), Outcome::Within { low: 5, high: 7 });
    assert_eq!(between.check(4), Outcome::Differs { due: 5 });
    assert_eq!(between.check(8), Outcome::Differs { due: 7 });
    assert_eq!(Figure::Unknown("why".into()).check(8), Outcome::NoForm("why".into()));
}
