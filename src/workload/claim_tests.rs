use super::*;
use crate::workload::toml_reader::Source;

const GOOD: &str = r#"[[claim]]
number = 3
text = """
Boxes cost
an allocation."""
source = "A0"
figure = "100,000 against 0"
metric = "allocs_per_op"
left = "boxed"
right = { variant = "plain", map = "btree", threads = 2, phase = "fill", metric = "live_bytes" }
comparison = "at least"
factor = 2
tolerance = 0.1
when = { cores = 4 }
mechanism = "Because."
shown_by = ["payload"]
"#;

fn read_all(text: &str) -> Result<Vec<Claim>> {
    let source = Source::new("own/w.toml", text);
    let mut document = Table::document(&source, source.parse()?);
    read(document.optional("claim"))
}

#[test]
fn a_claim_is_what_its_table_says() {
    let claims = read_all(GOOD).unwrap();
    let [claim] = claims.as_slice() else { panic!("{claims:?}") };
    assert_eq!((claim.number, claim.place.as_str()), (3, "own/w.toml:1"));
    assert_eq!(claim.text, "Boxes cost an allocation.");
    assert_eq!((claim.factor, claim.tolerance, claim.when.cores), (2.0, 0.1, Some(4)));
    let names: Vec<String> = claim.sides().map(Side::name).collect();
    assert_eq!(names, ["boxed", "btree@plain, 2 threads, phase fill"]);
    let metrics: Vec<&str> = claim.sides().map(|side| claim.metric_of(side)).collect();
    assert_eq!(metrics, ["allocs_per_op", "live_bytes"]);
    assert_eq!(claim.comparison.name(), "at least");
    let number = GOOD.replace(
        "{ variant = \"plain\", map = \"btree\", threads = 2, phase = \"fill\", metric = \"live_bytes\" }",
        "2.5",
    );
    assert_eq!(read_all(&number).unwrap()[0].right, Right::Number(2.5));
}

#[test]
fn what_is_wrong_with_a_claim_is_told_with_its_line() {
    for (from, to, said) in [
        ("figure = \"100,000 against 0\"\n", "", "own/w.toml:1: the claim needs a figure"),
        ("100,000 against 0", "many against few", "own/w.toml:7: claim[1].figure must have a number in it"),
        (
            "\"at least\"",
            "\"atleast\"",
            "own/w.toml:11: unknown comparison \"atleast\": did you mean \"at least\"",
        ),
        ("tolerance = 0.1", "tolerance = 3", "own/w.toml:13: claim[1].tolerance must be from 0 to 1"),
        ("factor = 2", "factor = 0", "own/w.toml:12: claim[1].factor must be more than 0"),
        ("source = \"A0\"", "sourze = \"A0\"", "own/w.toml:6: unknown key \"sourze\""),
        ("\"boxed\"", "{}", "own/w.toml:9: claim[1].left must name a variant, a map or a phase"),
        ("number = 3", "number = 0", "own/w.toml:2: claim[1].number must be"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let message = read_all(&GOOD.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(message.starts_with(said), "{from} -> {to}: {message}");
    }
    let same = GOOD.replace("left = \"boxed\"", "left = { variant = \"plain\", map = \"btree\", threads = 2, phase = \"fill\", metric = \"live_bytes\" }");
    assert!(read_all(&same).unwrap_err().to_string().contains("both sides are"), "{same}");
}

#[test]
fn sides_name_variants_that_are_there() {
    let claim = read_all(GOOD).unwrap().remove(0);
    assert!(claim.check_variants("w", &["boxed", "plain"]).is_ok());
    let wrong = |variants: &[&str]| claim.check_variants("w", variants).unwrap_err().to_string();
    assert_eq!(
        wrong(&["boxes", "plain"]),
        "own/w.toml:1: unknown variant \"boxed\": did you mean \"boxes\"?"
    );
    assert!(wrong(&[]).contains("has no variants"));
    let unnamed = GOOD.replace("left = \"boxed\"", "left = { map = \"std\" }");
    let unnamed = read_all(&unnamed).unwrap().remove(0).check_variants("w", &["plain"]).unwrap_err();
    assert!(unnamed.to_string().contains("write variant = \"plain\""), "{unnamed}");
}
