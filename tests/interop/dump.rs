//! The files of `--heap=dump`, read by `go tool pprof`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::outside::{answer, present};

#[test]
fn go_reads_the_dump_of_each_phase() {
    let go = || {
        let mut command = Command::new("go");
        command.args(["tool", "pprof"]);
        command
    };
    if !present("go tool pprof", go().arg("-h"), "-tagroot") {
        return;
    }
    let out = tempfile::tempdir().expect("a folder can be made");
    let ended = Command::new(env!("CARGO_BIN_EXE_mapprof"))
        .args(["run", "skewed-keys", "--map", "hashbrown", "--entries", "5000", "--ops", "5000", "--quiet"])
        .args(["--heap=dump", "--sample-bytes", "4096", "--out"])
        .arg(out.path())
        .stdin(Stdio::null())
        .status()
        .expect("the binary under test starts");
    assert!(ended.success(), "the run ended with {ended}");
    let folder = out.path().join("skewed-keys/hashbrown");
    let pprof = |flags: &[&str], file: &Path| {
        let said = answer(go().args(flags).arg(file)).expect("go starts");
        assert!(said.success, "{} {}:\n{}{}", flags.join(" "), file.display(), said.stdout, said.stderr);
        said.stdout
    };
    for (file, phase) in [("heap-fill.pb.gz", "fill"), ("heap-serve.pb.gz", "serve"), ("heap.pb.gz", "drain")]
    {
        let file = folder.join(file);
        let top = pprof(&["-top", "-trim=false", "-sample_index=inuse_space"], &file);
        for name in ["make_key", "make_value", "hashbrown::"] {
            assert!(top.contains(name), "no {name} in\n{top}");
        }
        let tags = pprof(&["-tags"], &file);
        for tag in ["key", "value", "table", phase] {
            assert!(tags.contains(tag), "no {tag} in\n{tags}");
        }
        assert!(pprof(&["-raw"], &file).contains("inuse_space/bytes[dflt]"));
    }
}
