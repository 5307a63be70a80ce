//! A served folder in a real browser, and read by `go tool pprof`.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::outside::{answer, browser_present, present, shown};
use crate::served::Served;

/// What `tests/tools/serve.mjs` prints.
#[derive(Debug, Deserialize)]
struct Seen {
    loaded: bool,
    before: Vec<String>,
    after: Vec<String>,
    still_ticked: Vec<String>,
    report: Vec<String>,
    compared: String,
    errors: Vec<String>,
}

/// Runs with a heap profile, and the folder that they are in.
struct Runs(std::path::PathBuf);

impl Runs {
    fn new(name: &str) -> Runs {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let run = Command::new(env!("CARGO_BIN_EXE_mapprof"))
            .args(["run", "churn", "--map", "std,btree,hashbrown", "--entries", "2000", "--ops", "20000"])
            .args(["--heap=exact", "--quiet", "--out"])
            .arg(&folder)
            .stdin(Stdio::null())
            .output()
            .expect("the binary under test starts");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Runs(folder)
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_browser_lists_chooses_and_sees_a_run_land() {
    if !browser_present() {
        return;
    }
    let runs = Runs::new("serve");
    // This one lands later.
    let aside = runs.0.join(".aside");
    std::fs::rename(runs.0.join("churn/hashbrown"), &aside).expect("it can be renamed");
    let served = Served::new(&runs.0);
    let address = runs.0.join("address");
    std::fs::write(&address, format!("http://127.0.0.1:{}/", served.port)).expect("the file can be written");
    let place = runs.0.join("churn/hashbrown");
    let options =
        ["--from", aside.to_str().expect("a path of ours"), "--to", place.to_str().expect("a path of ours")];
    let seen: Seen = shown("serve.mjs", &address, &options);
    assert!(seen.loaded, "{:?}", seen.errors);
    assert_eq!(seen.before, ["churn/btree", "churn/std"]);
    assert_eq!(seen.after, ["churn/btree", "churn/hashbrown", "churn/std"]);
    assert_eq!(seen.still_ticked, ["churn/std"]);
    assert_eq!(seen.report, ["churn, 2,000 entries, seed 1", "churn/hashbrown", "churn/std"]);
    assert!(seen.compared.contains("bytes_per_entry"), "{}", seen.compared);
}

#[test]
fn go_tool_pprof_takes_the_address() {
    let tool = || {
        let mut command = Command::new("go");
        command.args(["tool", "pprof"]);
        command
    };
    if !present("go tool pprof", tool().arg("-h"), "-tagroot") {
        return;
    }
    let runs = Runs::new("serve-pprof");
    let served = Served::new(&runs.0);
    // It keeps what it fetches in its own folder.
    let kept = runs.0.join(".pprof");
    let url = format!("http://127.0.0.1:{}/debug/pprof/heap?run=churn%2Fstd", served.port);
    let said =
        answer(tool().args(["-top", "-sample_index=inuse_space"]).arg(&url).env("PPROF_TMPDIR", &kept))
            .expect("go starts");
    assert!(said.success && said.stdout.contains("make_value"), "{}{}", said.stdout, said.stderr);
}
