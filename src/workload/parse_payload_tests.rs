//! Tests of what workload files say of keys and values.

use crate::workload::describe::describe;
use crate::workload::key_length::{KeyLength, Share, Varied};
use crate::workload::overrides::Overrides;
use crate::workload::parse::{parse, parse_variant};
use crate::workload::spec::{Size, Workload};

/// A workload with these tables of keys and values; `[value]` is in line 7, its fields in those that follow.
fn text(key: &str, value: &str) -> String {
    format!(
        r#"name = "sample"
about = "A sample."
entries = 1000
[key]
{key}

[value]
{value}

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
"#
    )
}

const RECORD: &str = "type = \"record\"\ninline = 64\nheap = [\"18\", \"0..3 x 24\", \"8..40\"]";

fn of(value: &str, set: &[&str]) -> Result<Workload, String> {
    of_text(&text("type = \"u64\"", value), set)
}

fn of_key(key: &str, set: &[&str]) -> Result<Workload, String> {
    of_text(&text(key, "type = \"u64\""), set)
}

fn of_text(text: &str, set: &[&str]) -> Result<Workload, String> {
    let set = set.iter().map(|&set| set.to_owned()).collect();
    let overrides = Overrides { set, ..Overrides::default() };
    parse(text, "sample.toml", &overrides).map_err(|error| error.to_string())
}

#[test]
fn a_record_has_its_bytes_and_its_parts() {
    let workload = of(RECORD, &[]).unwrap();
    let value = &workload.value;
    assert_eq!((value.rust.as_str(), value.size, value.layout.size), ("Record<64>", Size::Fixed(64), 64));
    let parts = Vec::from(value.heap);
    assert_eq!(parts, ["18", "0..3 x 24", "8..40"]);
    let text = describe(&workload);
    let due = "values    Record<64>, inside the entry, that owns a block of 18 bytes; a vector of 0 to 3 elements of 24 \
               bytes; a block of 8 to 40 bytes\n";
    assert!(text.contains(due), "{text}");
    let json = serde_json::to_value(&workload).unwrap();
    assert_eq!(json["value"]["heap"][1], "0..3 x 24");
    assert_eq!(serde_json::from_value::<Workload>(json).unwrap(), workload);
    // One that owns nothing, and one that gives numbers with units.
    assert!(of("type = \"record\"\ninline = 32", &[]).unwrap().value.heap.is_empty());
    let large = of("type = \"record\"\ninline = 40\nheap = [\"4K\", \"1k x 1KiB\"]", &[]).unwrap();
    assert_eq!(large.value.heap.contents(0), 4096 + 1000 * 1024);
}

#[test]
fn a_record_is_changed_as_other_values_are() {
    let workload = of(RECORD, &["value.inline=80", "value.heap=[\"5\"]"]).unwrap();
    assert_eq!((workload.value.layout.size, workload.value.heap.contents(0)), (80, 5));
    let number = of(RECORD, &["value.type=u64"]).unwrap();
    assert_eq!((number.value.kind.as_str(), number.value.heap.is_empty()), ("u64", true));
    let vec = of(RECORD, &["value.type=vec", "value.size=9"]).unwrap();
    assert_eq!(vec.value.size, Size::Fixed(9));
    let record = of("type = \"vec\"\nsize = 9", &["value.type=record", "value.inline=32"]).unwrap();
    assert_eq!(record.value.rust, "Record<32>");
    let variants = "[[variant]]\nname = \"flat\"\nabout = \"x\"\nvalue = { type = \"array\", size = 64 }\n\
                    [[variant]]\nname = \"small\"\nabout = \"x\"\nvalue = { inline = 40, heap = [\"18\"] }\n";
    let text = text("type = \"u64\"", RECORD) + variants;
    let variant =
        |name| parse_variant(&text, "sample.toml", Some(name), &Overrides::default()).unwrap().value;
    assert_eq!((variant("flat").rust.as_str(), variant("flat").heap.is_empty()), ("[u8; 64]", true));
    assert_eq!((variant("small").rust.as_str(), variant("small").heap.contents(0)), ("Record<40>", 18));
}

#[test]
fn what_a_record_cannot_be_is_refused_by_its_line() {
    let record = |inline: &str, heap: &str| format!("type = \"record\"\ninline = {inline}\nheap = {heap}");
    for (value, due) in [
        (
            record("50", "[]"),
            "sample.toml:9: value.inline must be one of 32, 40, 48, 56, 64, 80, 96, 128 for record values, got 50",
        ),
        (
            record("64", "[\"1\", \"2\", \"3\", \"4\"]"),
            "sample.toml:10: value.heap lists 4 parts, and a record of 64 bytes has room for 3: set inline to 80 or more, or \
             merge parts",
        ),
        (
            record("32", "[\"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\"]"),
            "sample.toml:10: value.heap lists 8 parts, and a record of 32 bytes has room for 1: merge parts until there are at \
             most 7",
        ),
        (
            record("64", "[\"18\", \"3 * 24\"]"),
            "sample.toml:10: value.heap[2] must be the size of a block, such as \"18\" or \"8..40\", or a vector of elements, such \
             as \"0..3 x 24\"; got \"3 * 24\"",
        ),
        (
            record("64", "[\"40..8\"]"),
            "sample.toml:10: value.heap[1] begins above its end: write 8..40 in place of 40..8",
        ),
        (record("64", "[18]"), "sample.toml:10: value.heap[1] must be a string, got 18"),
        (record("64", "\"18\""), "sample.toml:10: value.heap must be an array, got \"18\""),
        (
            record("64", "[\"2G\"]"),
            "sample.toml:10: value.heap[1] must be from 0 to 1_073_741_824 in each number, got \"2G\"",
        ),
        (
            record("64", "[\"1k x 1M\"]"),
            "sample.toml:10: value.heap makes values of up to 1_073_741_888 bytes",
        ),
        (
            record("64", "[\"600M\", \"600M\"]"),
            "sample.toml:10: value.heap makes values of up to 1_258_291_264 bytes, with the slack of vectors; at most \
             1_073_741_824 are possible",
        ),
        (
            "type = \"record\"\nsize = 64".to_owned(),
            "sample.toml:9: value.size is not for record values: give inline, and the parts that are owned as heap",
        ),
        ("type = \"record\"".to_owned(), "sample.toml:7: \"inline\" is missing in [value]"),
        (
            "type = \"vec\"\nsize = 9\nheap = [\"18\"]".to_owned(),
            "sample.toml:10: value.heap is for records alone: vec values have a size",
        ),
        (
            "type = \"u64\"\ninline = 64".to_owned(),
            "sample.toml:9: value.inline is for records alone: u64 values have a size",
        ),
    ] {
        let said = of(&value, &[]).unwrap_err();
        assert!(said.starts_with(due), "{said}\n{due}");
    }
    let said = of(RECORD, &["value.inline=65"]).unwrap_err();
    assert!(said.starts_with("--set value.inline=65: value.inline must be one of"), "{said}");
}

const UNIFORM: &str = "type = \"string\"\nlength = { distribution = \"uniform\", min = 8, max = 40 }";
const SHARES: &str = "type = \"bytes\"\nlength = [{ bytes = 8, share = 0.7 }, { bytes = 40, share = 0.3 }]";

#[test]
fn keys_may_have_several_lengths() {
    let uniform = of_key(UNIFORM, &[]).unwrap();
    assert_eq!(uniform.key.length, KeyLength::Varied(Varied::Uniform { min: 8, max: 40 }));
    let text = describe(&uniform);
    assert!(
        text.contains("keys      String of 8 to 40 bytes, each length as likely, in random order\n"),
        "{text}"
    );
    let shares = of_key(SHARES, &[]).unwrap();
    let due = vec![Share { bytes: 8, share: 0.7 }, Share { bytes: 40, share: 0.3 }];
    assert_eq!(shares.key.length, KeyLength::Varied(Varied::Shares(due)));
    assert!(
        describe(&shares).contains("Vec<u8> of 8 bytes (70%) or 40 bytes (30%), in"),
        "{}",
        describe(&shares)
    );
    for workload in [uniform, shares] {
        let json = serde_json::to_string(&workload).unwrap();
        assert_eq!(serde_json::from_str::<Workload>(&json).unwrap(), workload);
    }
    let longer = of_key(UNIFORM, &["key.length.max=64"]).unwrap();
    assert_eq!(longer.key.length, KeyLength::Varied(Varied::Uniform { min: 8, max: 64 }));
    assert_eq!(of_key(UNIFORM, &["key.length=24"]).unwrap().key.length, KeyLength::Fixed(24));
    assert_eq!(of_key(SHARES, &["key.type=u64"]).unwrap().key.length, KeyLength::Fixed(8));
}

#[test]
fn lengths_that_cannot_be_are_refused_by_their_line() {
    let string = |length: &str| format!("type = \"string\"\nlength = {length}");
    let fixed = |kind: &str| format!("type = \"{kind}\"\nlength = [{{ bytes = 8, share = 1.0 }}]");
    for (key, due) in [
        (
            string("[{ bytes = 8, share = 0.7 }, { bytes = 40, share = 0.2 }]"),
            "sample.toml:6: the shares of key.length add up to 0.8999999999999999, not to 1",
        ),
        (string("[]"), "sample.toml:6: key.length must list from 1 to 64 lengths with their shares"),
        (
            string("[{ bytes = 8, share = 0.5 }, { bytes = 8, share = 0.5 }]"),
            "sample.toml:6: key.length[2].bytes is 8, which is the length of an earlier share too",
        ),
        (
            string("[{ bytes = 8, share = 1.5 }]"),
            "sample.toml:6: key.length[1].share must be more than 0 and at most 1, got 1.5",
        ),
        (string("[8, 40]"), "sample.toml:6: key.length[1] must be a table, got 8"),
        (
            string("{ distribution = \"uniform\", min = 40, max = 8 }"),
            "sample.toml:6: key.length.min must not be more than max, which is 8; got 40",
        ),
        (
            string("{ distribution = \"zipf\", min = 4, max = 8 }"),
            "sample.toml:6: unknown length distribution \"zipf\"",
        ),
        (
            string("{ distribution = \"uniform\", min = 0, max = 8 }"),
            "sample.toml:6: key.length.min must be from 1 to 4_096, got 0",
        ),
        (
            string("{ distribution = \"uniform\", min = 1, max = 8 }"),
            "workload \"sample\": a run can insert 1000 keys, and the 1 letters of the shortest keys tell only 64 keys apart: set the \
             least key.length to 2 or more",
        ),
        (
            fixed("u64"),
            "sample.toml:6: key.length describes several, and all u64 keys are 8 bytes: remove it",
        ),
        (fixed("array"), "sample.toml:6: key.length must be a whole number, got an array"),
    ] {
        let said = of_key(&key, &[]).unwrap_err();
        assert!(said.starts_with(due), "{said}\n{due}");
    }
}
