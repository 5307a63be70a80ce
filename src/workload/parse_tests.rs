//! Tests of the wire form: what it takes, and what it says about what it refuses.

use super::*;
use crate::workload::describe::describe;
use crate::workload::spec::{KeyOrder, Size};

const GOOD: &str = r#"
name = "sample"
about = "A sample."
entries = 1000
access = { distribution = "zipf", theta = 0.9 }

[key]
type = "string"
length = 24

[value]
type = "vec"
size = { distribution = "uniform", min = 1, max = 9 }

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }

[[phase]]
name = "serve"
ops = 4_000
mix = { get = 90, update = 10 }
access = { distribution = "hotspot", operations = 0.8, keys = 0.2 }

[[phase]]
name = "churn"
ops = 500
each = ["remove", "insert"]

[expect]
length = 1000
"#;

fn overrides(set: &[&str]) -> Overrides {
    Overrides { set: set.iter().map(|&s| s.to_owned()).collect(), ..Overrides::default() }
}

fn good(set: &[&str]) -> Workload {
    parse(GOOD, "sample.toml", &overrides(set)).unwrap()
}

/// The complaint about the sample with `from` replaced by `to`.
fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    parse(&text, "sample.toml", &Overrides::default()).unwrap_err().to_string()
}

fn set_refused(set: &str) -> String {
    parse(GOOD, "sample.toml", &overrides(&[set])).unwrap_err().to_string()
}

#[test]
fn the_sample_is_what_it_says() {
    let workload = good(&[]);
    assert_eq!((workload.entries, workload.key.length.fixed()), (1000, Some(24)));
    assert_eq!(workload.value.size, Size::Uniform { min: 1, max: 9 });
    assert_eq!(workload.phases[0].ops, 1000);
    assert_eq!(workload.phases[0].access, Access::Zipf { theta: 0.9 });
    assert_eq!(workload.phases[1].access, Access::Hotspot { operations: 0.8, keys: 0.2 });
    assert_eq!(workload.phases[1].work, Work::Mix(vec![(Op::Get, 90.0), (Op::Update, 10.0)]));
    assert_eq!(workload.phases[2].work.calls_per_op(), 2);
    assert_eq!(workload.expect.length, Some(1000));
    let travelled: Workload = serde_json::from_str(&serde_json::to_string(&workload).unwrap()).unwrap();
    assert_eq!(travelled, workload);
}

#[test]
fn impossible_numbers_and_wrong_names_are_refused_by_line() {
    for (from, to, message) in [
        ("entries = 1000", "entries = 0", "sample.toml:4: entries must be from 1 to 4_000_000_000, got 0"),
        (
            "theta = 0.9",
            "thta = 0.9",
            "sample.toml:5: unknown key \"thta\" in [access]: did you mean \"theta\"?",
        ),
        ("theta = 0.9", "theta = 5", "sample.toml:5: access.theta must be more than 0 and at most 4, got 5"),
        (
            "\"zipf\"",
            "\"zpif\"",
            "sample.toml:5: unknown access distribution \"zpif\": did you mean \"zipf\"?",
        ),
        (
            "min = 1",
            "min = 10",
            "sample.toml:13: value.size.min must not be more than max, which is 9; got 10",
        ),
        (
            "type = \"vec\"\nsize = { distribution = \"uniform\", min = 1, max = 9 }",
            "type = \"array\"\nsize = 65",
            "sample.toml:13: value.size must be one of 16, 32, 64, 128, 256 for array values, got 65",
        ),
        (
            "\"uniform\", min = 1, max = 9",
            "\"pareto\", min = 1, max = 9, alpha = 0",
            "sample.toml:13: value.size.alpha must be more than 0 and at most 100, got 0",
        ),
        ("get = 90", "get = 85", "sample.toml:23: [phase.serve.mix] adds up to 95 percent, not to 100"),
        (
            "update = 10",
            "updaet = 10",
            "sample.toml:23: unknown key \"updaet\" in [phase.serve.mix]: did you mean \"update\" or \"upsert\"?",
        ),
        (
            "name = \"serve\"",
            "name = \"fill\"",
            "sample.toml:21: phase[2].name \"fill\" is the name of an earlier phase too",
        ),
        (
            "[\"remove\", \"insert\"]",
            "[\"remvoe\", \"insert\"]",
            "sample.toml:29: unknown operation \"remvoe\": did you mean \"remove\"?",
        ),
        (
            "[\"remove\", \"insert\"]",
            "[]",
            "sample.toml:29: phase.churn.each must list from 1 to 64 operations",
        ),
        ("ops = 500\n", "", "sample.toml:26: \"ops\" is missing in [phase.churn]"),
        (
            "ops = 500\n",
            "ops = 500\nops_per_entry = 2\n",
            "sample.toml:29: phase.churn.ops_per_entry and ops exclude each other: give one of them",
        ),
        (
            "each = [\"remove\", \"insert\"]\n",
            "",
            "sample.toml:26: [phase.churn] does nothing: give it a mix, such as mix = { get = 100 }, or each, or a step",
        ),
        (
            "length = 24",
            "length = 1",
            "workload \"sample\": a run can insert 1500 keys, and 1 letters tell only 64 keys apart: set key.length to 2 \
             or more, or lower entries or the ops of fill, churn until it inserts at most 64",
        ),
        (
            "ops = 500",
            "ops = 5_000_000_000",
            "workload \"sample\" can insert 5000001000 keys, more than there are 32-bit ids for: make its phases shorter",
        ),
        ("name = \"sample\"\n", "", "sample.toml:1: \"name\" is missing"),
        (
            "name = \"sample\"",
            "name = \"A b\"",
            "sample.toml:2: name must be lower-case letters, digits and hyphens, a letter first and 64 at most, got \"A b\"",
        ),
        (
            "entries = 1000",
            "entries = 1000\ntime_to_live = 0",
            "sample.toml:5: time_to_live must be from 1 to 2_000_000_000, got 0",
        ),
        (
            "entries = 1000",
            "entries = 1000\nremovals = \"picked\"\ntime_to_live = 9",
            "sample.toml:5: removals and time_to_live exclude each other: entries are removed when their time is over",
        ),
        (
            "entries = 1000",
            "entries = 1000\ntime_to_live = 9",
            "workload \"sample\" has a time_to_live, and its phase churn lists its calls in each, so none can be the removal of \
             an entry whose time is over: give it a mix",
        ),
        (
            "ops = 500\n",
            "ops = 500\nhand_over = 1\n",
            "sample.toml:29: phase.churn.hand_over must be true or false, got 1",
        ),
        ("[expect]", "[expct]", "sample.toml:31: unknown key \"expct\": did you mean \"expect\"?"),
    ] {
        assert_eq!(refused(from, to), message, "{from} -> {to}");
    }
    let none = GOOD.split("[[phase]]").next().unwrap();
    let missing = parse(none, "a", &Overrides::default()).unwrap_err().to_string();
    assert_eq!(missing, "a:1: \"phase\" is missing");
    let empty = parse(&format!("phase = []\n{none}"), "a", &Overrides::default());
    assert!(empty.unwrap_err().to_string().contains("at least one [[phase]]"));
}

#[test]
fn overrides_change_what_they_name_and_drop_the_promises() {
    let workload =
        good(&["phase.serve.mix.get=80", "phase.serve.mix.update=20", "key.length=16", "value.size=128"]);
    assert_eq!(workload.phases[1].work, Work::Mix(vec![(Op::Get, 80.0), (Op::Update, 20.0)]));
    assert_eq!((workload.key.length.fixed(), workload.value.size), (Some(16), Size::Fixed(128)));
    assert_eq!(workload.expect, Expect::default());

    let workload = good(&[
        "key.order=ascending",
        "value.type=boxed",
        "access={ distribution = \"latest\", theta = 0.5 }",
    ]);
    assert_eq!(workload.key.order, KeyOrder::Ascending);
    assert_eq!(workload.value.kind, "boxed");
    assert_eq!(workload.phases[0].access, Access::Latest { theta: 0.5 });

    assert_eq!(good(&["phase.fill.ops=7"]).phases[0].ops, 7);
    assert_eq!(good(&["phase.churn.mix={ get = 100 }"]).phases[2].work.calls_per_op(), 1);
    assert_eq!(good(&["capacity=9"]).expect.length, Some(1000));
    assert_eq!(good(&["expect.hits=9"]).expect, Expect { length: Some(1000), hits: Some(9) });
    assert_eq!(good(&["entries=5", "expect.hits=9"]).expect, Expect { length: None, hits: Some(9) });

    let sizes = Overrides { entries: Some(10), ops: Some(20), set: Vec::new() };
    let workload = parse(GOOD, "sample.toml", &sizes).unwrap();
    let ops: Vec<u64> = workload.phases.iter().map(|phase| phase.ops).collect();
    assert_eq!((workload.entries, ops), (10, vec![10, 20, 20]));
}

#[test]
fn a_type_that_is_set_drops_the_parameters_that_it_does_not_have() {
    let workload = good(&["key.type=u64"]);
    assert_eq!((workload.key.kind.as_str(), workload.key.length.fixed()), ("u64", Some(8)));
    assert_eq!(good(&["key.type=bytes"]).key.length.fixed(), Some(24), "both kinds have a length");
    let workload = good(&["value.type=u64"]);
    assert_eq!((workload.value.kind.as_str(), workload.value.size), ("u64", Size::Fixed(8)));
    assert_eq!(good(&["value.type=boxed"]).value.size, Size::Uniform { min: 1, max: 9 });
    let size = good(&["value.size.distribution=fixed", "value.size.size=40"]).value.size;
    assert_eq!(size, Size::Fixed(40), "without min and max");
    let pareto = good(&["value.size.distribution=pareto", "value.size.alpha=1.5"]).value.size;
    assert_eq!(pareto, Size::Pareto { min: 1, max: 9, alpha: 1.5 });
    assert_eq!(good(&["access.distribution=uniform"]).phases[0].access, Access::Uniform);
    assert_eq!(good(&["access.distribution=latest"]).phases[0].access, Access::Latest { theta: 0.9 });
    let serve = good(&["phase.serve.access.distribution=zipf", "phase.serve.access.theta=0.5"]);
    assert_eq!(serve.phases[1].access, Access::Zipf { theta: 0.5 });
    // What was asked for is not dropped, and neither is what no kind has.
    let both = parse(GOOD, "sample.toml", &overrides(&["key.length=24", "key.type=u64"])).unwrap_err();
    let due = "--set key.length=24: key.length is 24, and u64 keys are 8 bytes: remove it or set it to 8";
    assert_eq!(both.to_string(), due);
    assert!(refused("length = 24", "lenth = 24").contains("lenth"));
    assert!(set_refused("key.type=u46").contains("\"u64\""), "the type is wrong, not the length");
}

#[test]
fn keys_are_as_many_as_a_run_can_insert() {
    let small = |set: &[&str]| {
        let overrides = Overrides { entries: Some(32), ops: Some(32), ..overrides(set) };
        parse(GOOD, "sample.toml", &overrides)
    };
    let workload = small(&["key.length=1"]).unwrap();
    assert_eq!(workload.key.length.fixed(), Some(1), "64 letters for 64 keys");
    cross_checks::keys(&workload, 1).unwrap();
    cross_checks::keys(&workload, 32).unwrap();
    // Each of 33 threads deals out keys of its own in both phases.
    let refused = cross_checks::keys(&workload, 33).unwrap_err().to_string();
    assert!(refused.contains("a run can insert 66 keys, and 1 letters tell only 64 keys apart"), "{refused}");
    let missing = small(&["key.length=1", "phase.serve.mix={ get_missing = 100 }"]).unwrap_err().to_string();
    let due = "a run can insert 64 keys, and looks up as many that are missing, and 1 letters tell only 64 keys apart: set \
               key.length to 2 or more, or lower entries or the ops of fill, churn until it inserts at most 32";
    assert!(missing.contains(due), "{missing}");
    assert_eq!(small(&["key.type=bytes", "key.length=1"]).unwrap().key.length.fixed(), Some(1));
}

#[test]
fn what_is_handed_over_is_keys_and_values() {
    let bytes = |set: &[&str]| cross_checks::handed_over(&good(set));
    // 1000 and 500 insertions of 24 and about 5 bytes; a tenth of 4000 calls replaces a value.
    assert_eq!(bytes(&[]), 1_500 * 29 + 400 * 5);
    assert_eq!(bytes(&["value.type=u64"]), 1_500 * 32, "a number is replaced in its place");
    assert_eq!(bytes(&["phase.churn.mix={ upsert = 100 }"]), 1_500 * 29 + 400 * 5);
}

#[test]
fn a_wrong_override_is_named_as_it_was_typed() {
    for (set, message) in [
        ("key.ordr=random", "--set key.ordr=random: unknown key \"ordr\" in [key]: did you mean \"order\"?"),
        ("keys.length=3", "--set keys.length=3: unknown key \"keys\": did you mean \"key\"?"),
        ("phase.srve.ops=3", "--set phase.srve.ops=3: unknown phase \"srve\": did you mean \"serve\"?"),
        ("key.length", "--set key.length: write it as path.to.key=value, for example key.length=16"),
        ("key..length=1", "--set key..length=1: \"key..length\" has an empty name in it"),
        ("key.length.min=1", "--set key.length.min=1: \"length\" is not a table here: set it as a whole"),
        ("phase.fill=1", "--set phase.fill=1: write the fields of phases as phase.<name>.<key>"),
        ("name=x", "--set name=x: a name cannot be set: results are filed under it"),
        (
            "value.size=5_000_000_000",
            "--set value.size=5_000_000_000: value.size must be from 0 to 1_073_741_824, got 5000000000",
        ),
        ("value.size.max=0", "sample.toml:13: value.size.min must not be more than max, which is 0; got 1"),
    ] {
        assert_eq!(set_refused(set), message);
    }
    assert!(set_refused("about=two words").contains("need quotes"));
    assert!(set_refused("about=").contains("is no TOML value"));
    let zero = Overrides { entries: Some(0), ..Overrides::default() };
    assert_eq!(
        parse(GOOD, "sample.toml", &zero).unwrap_err().to_string(),
        "--entries 0: entries must be from 1 to 4_000_000_000, got 0"
    );
    let ops = Overrides { ops: Some(1), ..Overrides::default() };
    let text = GOOD.replace("ops = 4_000", "ops_per_entry = 4").replace("ops = 500", "ops_per_entry = 1");
    assert_eq!(
        parse(&text, "sample.toml", &ops).unwrap_err().to_string(),
        "--ops 1: no phase gives its operations as a number (`ops`): all of them follow --entries"
    );
}

#[test]
fn threads_are_refused_where_answers_would_depend_on_them() {
    let workload = good(&["phase.churn.each=[\"iterate\"]"]);
    assert!(cross_checks::threads(&workload, 1).is_ok());
    let message = cross_checks::threads(&workload, 2).unwrap_err().to_string();
    assert!(message.contains("calls iterate"), "{message}");
    assert!(cross_checks::threads(&good(&[]), 0).is_err());
    assert!(cross_checks::threads(&good(&[]), 8).is_ok());
}

#[test]
fn a_description_names_all_that_is_in_force() {
    let text = describe(&good(&["key.order=ascending"]));
    assert_eq!(
        text,
        "\
sample

A sample.

entries   1_000
keys      String of 24 bytes, in ascending order
values    Vec<u8> of 1 to 9 bytes, each size as likely
hasher    the map's own
capacity  not pre-sized
phases
  fill   1_000 operations: 100% insert
  serve  4_000 operations: 90% get, 10% update
         picks: 80% of them among the first 20% of the entries
  churn  500 operations: remove, then insert
         picks: zipf over age, theta 0.9
expect    nothing promised
"
    );
}

const VARIANTS: &str = r#"
[[variant]]
name = "plain"
about = "As it stands."

[[variant]]
name = "boxed"
about = "Smaller values, each in a box."
map = ["std", "btree"]
threads = 4
capacity = 2000
value = { type = "boxed", size = 8 }
phase.serve = { access = "uniform", ops_per_entry = 2.0 }
"#;

fn with_variants(variants: &str, chosen: Option<&str>) -> Result<Workload> {
    parse_variant(&format!("{GOOD}{variants}"), "sample.toml", chosen, &Overrides::default())
}

#[test]
fn a_variant_changes_what_it_names_and_nothing_else() {
    let [plain, boxed] = ["plain", "boxed"].map(|name| with_variants(VARIANTS, Some(name)).unwrap());
    assert_eq!(plain, good(&[]));
    assert_eq!(boxed.capacity, Some(2000));
    assert_eq!((boxed.value.kind.as_str(), boxed.value.size), ("boxed", Size::Fixed(8)));
    assert_eq!((boxed.phases[1].access, boxed.phases[1].ops), (Access::Uniform, 2000));
    assert_eq!(boxed.expect, Expect::default(), "it may have other answers");
    let unchanged =
        |workload: &Workload| (workload.key.clone(), workload.phases[2].clone(), workload.entries);
    assert_eq!(unchanged(&boxed), unchanged(&plain));
    let found = variants(&format!("{GOOD}{VARIANTS}"), "sample.toml").unwrap();
    assert_eq!(
        (found[1].maps.as_slice(), found[1].threads),
        (&["std".to_owned(), "btree".to_owned()][..], Some(4))
    );
}

#[test]
fn flags_come_after_a_variant_and_promises_of_its_own_stay() {
    let text =
        format!("{GOOD}[[variant]]\nname = \"b\"\nabout = \"x\"\nentries = 500\nexpect.length = 500\n");
    let of = |set: &[&str]| parse_variant(&text, "sample.toml", Some("b"), &overrides(set)).unwrap();
    assert_eq!((of(&[]).entries, of(&[]).expect.length), (500, Some(500)));
    assert_eq!(of(&["entries=70"]).entries, 70);
}

#[test]
fn a_wrong_variant_is_refused_by_its_line() {
    let head = "[[variant]]\nname = \"a\"\nabout = \"x\"\n";
    for (variants, parts) in [
        ("variant = 3\n", &["are tables: write [[variant]]"][..]),
        ("[[variant]]\nabout = \"x\"\n", &["sample.toml:33", "needs a name"]),
        ("[[variant]]\nname = \"a\"\n", &["\"a\" needs an about"]),
        ("[[variant]]\nname = \"../a\"\nabout = \"x\"\n", &["sample.toml:34", "lower-case letters", "../a"]),
        (&format!("{head}{head}"), &["sample.toml:36", "\"a\" is the name of an earlier variant too"]),
        (&format!("{head}valeu.size = 3\n"), &["sample.toml:36", "\"valeu\"", "\"value\""]),
        (&format!("{head}value.szie = 3\n"), &["sample.toml:36", "\"szie\"", "\"size\""]),
        (&format!("{head}phase.srve.ops = 3\n"), &["sample.toml:36", "\"srve\"", "\"serve\""]),
        (&format!("{head}phase = 3\n"), &["sample.toml:36", "phase.<name>"]),
        (&format!("{head}threads = 5000\n"), &["sample.toml:36", "from 1 to 1024"]),
        (&format!("{head}by_name = 1\n"), &["sample.toml:36", "variant.by_name must be true or false"]),
        (&format!("{head}map = []\n"), &["sample.toml:36", "the name of a map"]),
        (&format!("{head}about2 = 3\n"), &["sample.toml:36", "\"about2\""]),
    ] {
        let variants = if variants.starts_with("variant =") {
            // A bare key belongs above the tables.
            let text = format!("{variants}{GOOD}");
            parse_variant(&text, "sample.toml", Some("a"), &Overrides::default()).unwrap_err()
        } else {
            with_variants(variants, Some("a")).unwrap_err()
        };
        let said = variants.to_string();
        assert!(parts.iter().all(|part| said.contains(part)), "{parts:?}: {said}");
    }
    assert!(with_variants("", Some("a")).unwrap_err().to_string().contains("has no variants"));
    assert!(with_variants(VARIANTS, Some("boxd")).unwrap_err().to_string().contains("\"boxed\""));
}
