//! Files whose text is meant for the terminal, the CI service, the browser or the spreadsheet of whoever looks at them:
//! records, manifests, failures, profiles, workloads, budgets and paths.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::poison::{
    Step, assert_no_markup, assert_printable, assert_strings_clean, kinds, places, poison, poisoned,
    with_strings,
};
use crate::scratch::{MAPPROF, Said, Scratch, read_json};
use crate::workloads;

/// Runs mapprof, which may refuse but not fail, and looks at all that it prints.
#[track_caller]
fn said(scratch: &Scratch, arguments: &[&str]) -> Said {
    let mut command = scratch.command(MAPPROF);
    command.args(arguments).env("GITHUB_STEP_SUMMARY", scratch.path("summary.md"));
    let said = Said::of(command.env_remove("GITHUB_ACTIONS"));
    let what = arguments.join(" ");
    assert!(matches!(said.code, Some(0..=3)), "{what}: {said:?}");
    assert!(!said.stderr.contains("panicked"), "{what}: {}", said.stderr);
    assert_printable(&what, &said.stderr);
    match arguments.contains(&"github") {
        // Its lines are commands of mapprof's own.
        true => {
            assert!(crate::poison::is_clean(&said.stdout), "{what}: {:?}", said.stdout);
            let own =
                |line: &str| ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own));
            assert!(said.stdout.lines().all(own), "{what}: {}", said.stdout);
        }
        false => assert_printable(&what, &said.stdout),
    }
    if arguments.contains(&"markdown") {
        assert_markdown(&what, &said.stdout);
    }
    if arguments.contains(&"csv") {
        assert_csv(&what, &said.stdout);
    }
    if let Ok(value) = serde_json::from_str::<Value>(&said.stdout) {
        assert_strings_clean(&what, &value);
    }
    said
}

/// Looks at a file that a command wrote, if it did.
#[track_caller]
fn look_at(scratch: &Scratch, name: &str) -> bool {
    let Ok(bytes) = std::fs::read(scratch.path(name)) else { return false };
    let text = String::from_utf8(bytes).expect("it is text");
    match name.rsplit('.').next() {
        Some("json") => assert_strings_clean(name, &serde_json::from_str(&text).expect("it is JSON")),
        Some("md") => assert_markdown(name, &text),
        Some("folded") => assert!(crate::poison::is_clean(&text), "{name}: {text:?}"),
        _ => assert_no_markup(name, &text),
    }
    std::fs::remove_file(scratch.path(name)).expect("it is there");
    true
}

/// Markdown without its code, which lies between as many backticks on either side.
fn without_code(text: &str) -> String {
    let ticks = |text: &str| text.bytes().take_while(|byte| *byte == b'`').count();
    let (mut out, mut rest) = (String::new(), text);
    while let Some(begin) = rest.find('`') {
        let fence = ticks(&rest[begin..]);
        out.push_str(&rest[..begin]);
        rest = &rest[begin + fence..];
        let mut inside = 0;
        let end = loop {
            let Some(next) = rest[inside..].find('`').map(|next| inside + next) else { break None };
            let found = ticks(&rest[next..]);
            if found == fence {
                break Some(next + fence);
            }
            inside = next + found;
        };
        // What is never closed is no code.
        rest = end.map_or(rest, |end| &rest[end..]);
    }
    out + rest
}

#[track_caller]
fn assert_markdown(what: &str, text: &str) {
    // Nothing between two backticks is markup.
    assert_no_markup(what, &without_code(&text.replace("\\`", "")));
    let bars = |row: &str| row.replace("\\\\", "").replace("\\|", "").matches('|').count();
    let mut columns = 0;
    for line in text.lines() {
        if line.starts_with('|') && columns > 0 {
            assert_eq!(bars(line), columns, "{what}: {line}");
        }
        columns = if line.starts_with('|') { bars(line) } else { 0 };
    }
}

#[track_caller]
fn assert_csv(what: &str, text: &str) {
    // What is refused prints nothing.
    if text.is_empty() {
        return;
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("there is a header").clone();
    let place = |name: &str| names.iter().position(|column| column == name).expect("there is such a column");
    let figures = ["value", "ratio", "low", "high"].map(place);
    for row in reader.records() {
        let row = row.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(row.iter().all(|cell| !is_formula(cell)), "{what}: {row:?}");
        // Figures are numbers as they are, below zero too.
        let is_figure = |column: &usize| row[*column].is_empty() || is_number(&row[*column]);
        assert!(figures.iter().all(is_figure), "{what}: {row:?}");
    }
}

/// Whether a spreadsheet takes the cell for a formula, or may after it took blanks away.
fn is_formula(cell: &str) -> bool {
    let begins = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    (begins(cell) || begins(cell.trim_start())) && !is_number(cell)
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

#[test]
fn no_name_is_a_formula_of_a_spreadsheet() {
    let scratch = recorded();
    for start in ["=", "+", "-", "@", "\t=", "\r=", "\t", "\r", " -"] {
        // Of a tab or a carriage return a blank is left.
        let name = format!("{start}SUM(A1:A9)");
        assert!(is_formula(&name), "{name:?}");
        edit(&scratch, "new/quick/std/run.json", |record| {
            record["case"]["map"] = json!(name);
            record["case"]["workload"] = json!(name);
        });
        let said = said(&scratch, &["compare", "new", "--format", "csv"]).ended_with(0);
        let named = said.stdout.lines().skip(1).filter(|line| line.contains("SUM(A1:A9)")).count();
        assert_eq!(named, said.stdout.lines().count() - 1, "{name:?}: {}", said.stdout);
        assert!(named > 0, "{name:?}: {}", said.stdout);
    }
    assert!(!is_formula("-0.5") && is_formula("-0.5+1"));
}

/// Two runs of one case in `base` and `new`, whose figures differ.
fn recorded() -> Scratch {
    let scratch = workloads::scratch();
    scratch.plants_records();
    for out in ["base", "new"] {
        let how = ["--map", "std", "--quiet", "--heap", "--latency", "--out", out];
        scratch.mapprof(&[&["run", "quick", "--workloads", "own"][..], &how].concat()).ended_with(0);
    }
    scratch.write("budgets.toml", "[[budget]]\nlimits = [\"live_bytes <= 1\", \"payload_bytes >= 1\"]\n");
    edit(&scratch, "new/quick/std/run.json", |record| {
        for metric in record["metrics"].as_object_mut().unwrap().values_mut() {
            metric["value"] = json!(metric["value"].as_f64().unwrap() * 2.0 + 1.0);
        }
    });
    scratch
}

fn edit(scratch: &Scratch, name: &str, change: impl FnOnce(&mut Value)) {
    let mut value = read_json(&scratch.path(name));
    change(&mut value);
    scratch.write(name, serde_json::to_vec(&value).unwrap());
}

/// All that is made of two runs. Returns what the commands said.
fn compare_runs(scratch: &Scratch) -> Vec<Said> {
    let mut told = Vec::new();
    for format in ["table", "markdown", "json"] {
        told.push(said(
            scratch,
            &[
                "diff",
                "base",
                "new",
                "--format",
                format,
                "--allow-mismatch",
                "seed,size,threads,machine,version",
            ],
        ));
    }
    told.push(said(scratch, &["show", "base", "new"]));
    // It says no more than where the report is.
    said(scratch, &["report", "base", "new", "-o", "report.html"]);
    assert!(look_at(scratch, "report.html"), "there is a report");
    said(scratch, &["report", "base", "new", "-o", "report.md"]);
    assert!(look_at(scratch, "report.md"), "there is a report");
    for format in ["table", "markdown", "json", "csv"] {
        told.push(said(scratch, &["compare", "base", "new", "--format", format, "--svg", "plot.svg"]));
        look_at(scratch, "plot.svg");
    }
    for format in ["table", "github", "json", "junit"] {
        let files = ["--junit", "report.xml", "--json", "report.json", "--bencher", "bencher.json"];
        let files = [&files[..], &["--format", format]].concat();
        let check =
            ["check", "new", "--baseline", "base", "--budget", "budgets.toml", "--allow-mismatch", "machine"];
        told.push(said(scratch, &[&check[..], &files].concat()));
        for file in ["report.xml", "report.json", "bencher.json", "summary.md"] {
            look_at(scratch, file);
        }
    }
    told
}

#[test]
fn no_text_of_a_record_comes_out_uncleaned() {
    let scratch = recorded();
    let file = "new/quick/std/run.json";
    let whole = read_json(&scratch.path(file));
    let original = whole.clone();
    let readable = |value: &Value| {
        scratch.write(file, serde_json::to_vec(value).unwrap());
        mapprof::record::run_store::read(&scratch.path("new/quick/std")).is_ok()
    };
    // Without the profile's sites, which take their time.
    let profile = scratch.path("new/quick/std/heap.pb.gz");
    let aside = scratch.path("aside.pb.gz");
    std::fs::rename(&profile, &aside).unwrap();
    // Text that a record may have in place of its own, one at a time, on one side alone: what differs is told.
    let mut accepted = 0;
    for place in kinds(&whole) {
        let mut changed = whole.clone();
        poison(&mut changed, &place);
        if !readable(&changed) {
            said(&scratch, &["diff", "base", "new"]);
            continue;
        }
        accepted += 1;
        said(&scratch, &["diff", "base", "new"]);
        said(&scratch, &["check", "new", "--baseline", "base"]);
        said(&scratch, &["compare", "base", "new", "--format", "csv"]);
    }
    assert!(accepted > 20, "{accepted} places take any text");
    // And all of them on both sides, so that the runs are still of one case.
    let mut all = whole;
    std::fs::rename(&aside, &profile).unwrap();
    // But the names of metrics: `compare` shows those that it knows.
    for place in places(&original).into_iter().filter(|place| !matches!(place.last(), Some(Step::Name(_)))) {
        let before = all.clone();
        poison(&mut all, &place);
        if !readable(&all) {
            all = before;
        }
    }
    assert!(readable(&all));
    scratch.write("base/quick/std/run.json", serde_json::to_vec(&all).unwrap());
    for metric in all["metrics"].as_object_mut().unwrap().values_mut() {
        metric["value"] = json!(metric["value"].as_f64().unwrap() + 1.0);
    }
    assert!(readable(&all));
    let told = compare_runs(&scratch);
    for said in told {
        assert!(matches!(said.code, Some(0 | 1)) && said.stdout.contains("pwned"), "{}", said.stderr);
    }
}

#[test]
fn no_text_of_a_failure_comes_out_uncleaned() {
    let scratch = recorded();
    let failure = json!([{
        "case": {"workload": "quick", "map": "std", "threads": 1}, "pass": "heap", "kind": "crashed", "message": "it died",
        "last_words": ["one", "two"],
    }]);
    let mut all = failure.clone();
    for place in
        places(&failure).into_iter().rev().filter(|place| !matches!(place.last(), Some(Step::Name(_))))
    {
        let mut changed = failure.clone();
        poison(&mut changed, &place);
        poison(&mut all, &place);
        scratch.write("new/quick/std/error.json", changed.to_string());
        said(&scratch, &["check", "new", "--baseline", "base"]);
    }
    scratch.write("new/quick/std/error.json", all.to_string());
    let told = compare_runs(&scratch);
    assert!(told.iter().any(|said| said.code == Some(3) && said.stdout.contains("pwned")), "{told:?}");
}

#[test]
fn no_text_of_a_manifest_comes_out_uncleaned() {
    let scratch = workloads::scratch();
    scratch.plants_records();
    for (shard, out) in [("1/2", "one"), ("2/2", "two")] {
        let run = [
            "run",
            "quick",
            "--workloads",
            "own",
            "--map",
            "std,btree",
            "--quiet",
            "--shard",
            shard,
            "--out",
            out,
        ];
        scratch.mapprof(&run).ended_with(0);
    }
    let file = "two/shard-2-of-2.json";
    let whole = read_json(&scratch.path(file));
    let mut told = 0;
    for place in places(&whole) {
        let mut changed = whole.clone();
        poison(&mut changed, &place);
        scratch.write(file, changed.to_string());
        told +=
            usize::from(said(&scratch, &["merge", "one", "two", "--out", "all"]).stderr.contains("pwned"));
    }
    assert!(told > 2, "{told} places are told");
}

#[test]
fn no_text_of_a_profile_comes_out_uncleaned() {
    let scratch = Scratch::new();
    scratch.plants_records();
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/pprof/small.pb");
    let message = std::fs::read(seed).unwrap();
    scratch.write("base.pb", &message);
    let mut count = 0;
    with_strings(&message, |number, _| {
        count = number + 1;
        None
    });
    // Each string but the empty one alone, and then all that no label or unit is known by.
    let only = |chosen: usize| move |number: usize, text: &str| (number == chosen).then(|| poisoned(text));
    let mut variants: Vec<Vec<u8>> = (1..count).map(|chosen| with_strings(&message, only(chosen))).collect();
    let known = ["", "role", "phase", "lifetime", "inuse_space", "bytes"];
    variants.push(with_strings(&message, |_, text| (!known.contains(&text)).then(|| poisoned(text))));
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for variant in variants {
        scratch.write("new.pb", variant);
        for by in ["site", "role", "phase", "function"] {
            let top = said(&scratch, &["top", "new.pb", "--by", by]);
            *seen.entry(by).or_default() += usize::from(top.stdout.contains("pwned"));
        }
        said(&scratch, &["top", "new.pb", "--json"]);
        let folded = said(&scratch, &["convert", "new.pb", "-", "--to", "folded"]);
        *seen.entry("folded").or_default() += usize::from(folded.stdout.contains("pwned"));
        for format in ["table", "markdown", "json"] {
            said(&scratch, &["diff", "base.pb", "new.pb", "--format", format, "--svg", "diff.svg"]);
            look_at(&scratch, "diff.svg");
        }
        for name in ["out.svg", "out.folded", "out.speedscope.json", "out.firefox.json"] {
            said(&scratch, &["convert", "new.pb", name]);
            *seen.entry(name).or_default() += usize::from(look_at(&scratch, name));
        }
    }
    assert_eq!(seen.len(), 9, "{seen:?}");
    assert!(seen.values().all(|times| *times > 0), "{seen:?}");
}

#[test]
fn no_text_of_other_stacks_comes_out_uncleaned() {
    let scratch = Scratch::new();
    scratch.plants_records();
    let name = poisoned("read").replace(['\r', '\n'], "");
    scratch.write("a.folded", format!("{name};{name} 5\n{name};b{name} 3\n"));
    let folded = ["convert", "a.folded", "-", "--to", "folded", "--from", "folded"];
    let folded = said(&scratch, &folded).ended_with(0);
    assert!(folded.stdout.contains("pwned"), "{}", folded.stdout);
    // The seed of pprof files has negative values, which DHAT has not.
    let dhat = ["convert", "a.folded", "out.dhat.json", "--from", "folded", "--unit", "bytes"];
    said(&scratch, &dhat).ended_with(0);
    assert!(look_at(&scratch, "out.dhat.json"));
    scratch.write("b.folded", format!("::error::pwned;a 5\n{name}\n"));
    said(&scratch, &["convert", "b.folded", "-", "--to", "folded"]).ended_with(2);
    scratch.write("c.folded", "::error::pwned;a 5\n");
    said(&scratch, &["convert", "c.folded", "-", "--to", "folded"]).ended_with(0);
    let dump = format!(
        "heap_v2/4096\n  t*: 3: 12288 [0: 0]\n@ 0x401011 0x401021\n  t*: 3: 12288 [0: 0]\n\nMAPPED_LIBRARIES:\n\
         00400000-00402000 r-xp 00000000 08:01 42 /opt/{name}\n"
    );
    scratch.write("a.heap", dump);
    let told = said(&scratch, &["convert", "a.heap", "-", "--to", "folded"]).ended_with(0);
    assert!(told.stderr.contains("pwned"), "{}", told.stderr);
}

#[test]
fn no_text_of_a_workload_or_a_budget_comes_out_uncleaned() {
    let scratch = recorded();
    let text = std::fs::read_to_string(scratch.path("own/quick.toml")).unwrap();
    let budget =
        "[[budget]]\nworkload = \"*\"\nmap = [\"*\"]\nlimits = [\"live_bytes <= 1\"]\nwhy = \"so\"\n";
    for (text, file, command) in [
        (text.as_str(), "own/quick.toml", &["describe", "quick", "--workloads", "own"][..]),
        (text.as_str(), "own/quick.toml", &["list", "--workloads", "own"]),
        (budget, "b.toml", &["check", "new", "--budget", "b.toml"]),
        (budget, "b.toml", &["check", "new", "--budget", "b.toml", "--format", "github"]),
    ] {
        let whole: Value = toml::from_str(text).unwrap();
        let mut told = 0;
        for place in places(&whole) {
            let mut changed = whole.clone();
            poison(&mut changed, &place);
            scratch.write(file, toml::to_string(&changed).unwrap());
            let said = said(&scratch, command);
            told += usize::from(said.stdout.contains("pwned") || said.stderr.contains("pwned"));
        }
        assert!(told > 3, "{command:?}: {told}");
    }
}

#[test]
fn no_path_comes_out_uncleaned() {
    let scratch = recorded();
    let path = poisoned("").replace('/', "");
    std::fs::rename(scratch.path("base"), scratch.path(&path)).unwrap();
    let run = ["run", "quick", "--workloads", "own", "--map", "std", "--out", path.as_str()];
    let told = said(&scratch, &run).ended_with(0);
    assert!(told.stdout.contains("pwned"), "{}", told.stdout);
    let profile = format!("{path}/quick/std/heap.pb.gz");
    for arguments in [
        &["diff", path.as_str(), "new"][..],
        &["diff", path.as_str(), "new", "--format", "markdown"],
        &["diff", path.as_str(), "new", "--format", "json"],
        &["compare", path.as_str(), "new"],
        &["compare", path.as_str(), "new", "--format", "csv"],
        &["check", "new", "--baseline", path.as_str()],
        &["check", path.as_str(), "--budget", "budgets.toml", "--format", "github"],
        &["check", "new", "--budget", path.as_str()],
        &["merge", path.as_str(), "--out", path.as_str()],
        &["top", path.as_str()],
        &["top", profile.as_str()],
        &["convert", profile.as_str(), path.as_str()],
        &["convert", path.as_str(), "-", "--to", "folded"],
        &["describe", path.as_str()],
        &["list", "--workloads", path.as_str()],
        &["run", path.as_str()],
        &["run", "quick", "--map", path.as_str()],
        &["run", "quick", "--heap", path.as_str(), "--sample-bytes", path.as_str()],
        &[path.as_str()],
        &["diff", path.as_str(), "new", "--format", path.as_str()],
    ] {
        said(&scratch, arguments);
    }
}
