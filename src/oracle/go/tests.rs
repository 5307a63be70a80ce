//! The forms against sizes that Go's maps had, counted by its own runtime.

use super::growth::Event;
use super::lying::Entries;
use super::storage::Storage;
use super::{doublings, size_class::SizeClasses};
use crate::maps::closed_form::{GoForm, GoStorage};
use crate::oracle::bounds::Span;
use crate::workload::{Catalog, Overrides, Workload};

fn workload(set: &[&str]) -> Workload {
    let set = set.iter().map(|set| (*set).to_owned()).collect();
    Catalog::load(None).unwrap().get("churn", &Overrides { set, ..Overrides::default() }).unwrap()
}

const BUCKETS: GoForm = GoForm { storage: GoStorage::Buckets, release: 19, head: 8 };
const SWISS: GoForm = GoForm { storage: GoStorage::Swiss, release: 27, head: 8 };
const SLICE: GoForm = GoForm { storage: GoStorage::Slice, release: 27, head: 32 };
const NUMBERS: &[&str] = &["key.type=u64", "value.type=u64"];

/// The bytes of the storage of a map made for `capacity` entries, with so many in it.
fn bytes(form: GoForm, set: &[&str], capacity: u64, entries: u64) -> Span {
    let lying =
        Entries::of(&workload(set), SizeClasses { release: form.release }, form.storage == GoStorage::Slice)
            .unwrap();
    let mut storage = Storage::new(form, &lying, capacity);
    for _ in 0..entries {
        storage.insert().unwrap();
    }
    // The last bucket has moved.
    while storage.write(false).unwrap() == Event::None && storage.is_in_window() {}
    storage.bytes().unwrap()
}

#[test]
fn a_small_swiss_map_is_exact() {
    // Header 48; a group is 8 + 8 * 16 = 136, in a block of 144; a table is 32, a directory of one 8.
    for (entries, due) in [
        (0, 48),
        (1, 48 + 144),
        (8, 48 + 144),
        (9, 48 + 8 + 32 + 288),
        (14, 48 + 8 + 32 + 288),
        (15, 48 + 8 + 32 + 576),
        (896, 48 + 8 + 32 + 18_432),
    ] {
        assert_eq!(bytes(SWISS, NUMBERS, 0, entries), Span::exactly(due), "{entries}");
    }
    // 897 entries are two tables, whatever the hash.
    assert_eq!(bytes(SWISS, NUMBERS, 0, 897), Span::exactly(48 + 16 + 2 * (32 + 18_432)));
    // A struct that ends with nothing has a byte there: eight slots of 16 bytes.
    assert_eq!(bytes(SWISS, &["key.type=u64", "value.type=unit"], 0, 8), Span::exactly(48 + 144));
}

#[test]
fn many_swiss_tables_have_bounds_that_hold_their_number() {
    let of = bytes(SWISS, NUMBERS, 0, 100_000);
    let tables = |bytes: u64| (bytes - 48 - 1024) as f64 / 18_464.0;
    // 128 tables on average hold 781 each; few of them had more than 896 and were split.
    assert!(tables(of.low) >= 127.0 && tables(of.high) <= 132.0, "{of:?}");
}

#[test]
fn buckets_are_exact_but_for_those_that_overflow() {
    // A bucket is 8 + 64 + 64 + 8 = 144. Up to eight entries there is one.
    assert_eq!(bytes(BUCKETS, NUMBERS, 0, 0), Span::exactly(48));
    assert_eq!(bytes(BUCKETS, NUMBERS, 0, 8), Span::exactly(48 + 144));
    let of = bytes(BUCKETS, NUMBERS, 0, 9);
    // Two, and at most one behind them, with the list of it.
    assert!(of.low == 48 + 288 && of.high <= 48 + 288 + 144 + 24 + 24 + 8, "{of:?}");
    let of = bytes(BUCKETS, NUMBERS, 0, 100_000);
    // 2^14 buckets and a sixteenth more hold up to 106,496.
    assert!(of.low > 17_408 * 144 && of.high < 22_000 * 144, "{of:?}");
    assert!(((of.high - of.low) as f64) < 0.08 * of.low as f64, "{of:?}");
}

#[test]
fn a_slice_grows_as_append_does() {
    let of = |entries| bytes(SLICE, NUMBERS, 0, entries);
    assert_eq!([1, 2, 3, 5].map(of), [16, 32, 64, 128].map(Span::exactly));
    // 256 and then (256 + 3 * 256) / 4 more: 512. Then 848 in a block of 13,568 bytes.
    assert_eq!([257, 513].map(of), [8192, 13_568].map(Span::exactly));
}

#[test]
fn sizes_before_each_growth() {
    let of = |form| doublings(&workload(NUMBERS), form, 8, 2000).unwrap();
    assert_eq!(of(BUCKETS), [8, 13, 26, 52, 104, 208, 416, 832, 1664]);
    assert_eq!(of(SWISS), [8, 14, 28, 56, 112, 224, 448, 896]);
    assert_eq!(of(SLICE)[..5], [8, 16, 32, 64, 128]);
}
