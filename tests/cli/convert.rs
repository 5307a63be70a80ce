//! `mapprof convert`: what it reads, what it writes, and what it tells whoever gives it something else.

use std::io::Write;
use std::process::Stdio;

use crate::scratch::{MAPPROF, Said, Scratch};

const FOLDED: &str = "# by hand\nmain;read;malloc 12\nmain;write 30\n";

/// A dump of jemalloc whose program is not here.
const DUMP: &str = "heap_v2/4096\n  t*: 3: 12288 [0: 0]\n  t0: 3: 12288 [0: 0] main\n\
    @ 0x401011 0x401021\n  t*: 3: 12288 [0: 0]\n  t0: 3: 12288 [0: 0]\n\n\
    MAPPED_LIBRARIES:\n00400000-00402000 r-xp 00000000 08:01 42 /opt/shop/bin/orders\n";

fn convert(scratch: &Scratch, arguments: &[&str]) -> Said {
    scratch.mapprof(&[&["convert"], arguments].concat())
}

/// The folded stacks of a file.
#[track_caller]
fn folded(scratch: &Scratch, file: &str) -> String {
    convert(scratch, &[file, "-", "--to", "folded"]).ended_with(0).stdout
}

#[test]
fn folded_stacks_go_through_every_format_and_back() {
    let scratch = Scratch::new();
    scratch.write("in.folded", FOLDED);
    let plain = "main;read;malloc 12\nmain;write 30\n";
    for name in ["out.pb.gz", "out.pb", "out.pprof", "out.folded", "out.txt"] {
        let said = convert(&scratch, &["in.folded", name, "--unit", "bytes"]).ended_with(0);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""), "{name}");
        assert_eq!(folded(&scratch, name), plain, "{name}");
    }
    let read = |name| std::fs::read(scratch.path(name)).expect("it was written");
    assert!(read("out.pb.gz").starts_with(&[0x1f, 0x8b]) && read("out.pprof").starts_with(&[0x1f, 0x8b]));
    assert_eq!(read("out.pb")[0], 0x0a, "a name in .pb is of a file that is not packed");
    convert(&scratch, &["out.pb.gz", "out.svg"]).ended_with(0);
    assert!(String::from_utf8(read("out.svg")).expect("it is text").contains("malloc 28.6 % (12 bytes"));
    convert(&scratch, &["out.pb.gz", "out.json"]).ended_with(0);
    convert(&scratch, &["out.pb.gz", "two.speedscope.json"]).ended_with(0);
    let json = crate::scratch::read_json(&scratch.path("out.json"));
    assert_eq!(
        (&json["profiles"][0]["unit"], &json["profiles"][0]["endValue"]),
        (&"bytes".into(), &42.into())
    );
    convert(&scratch, &["out.pb.gz", "out.dhat.json"]).ended_with(0);
    let json = crate::scratch::read_json(&scratch.path("out.dhat.json"));
    assert_eq!(json["ftbl"], serde_json::json!(["[root]", "main", "read", "malloc", "write"]));
    assert_eq!(json["pps"][0], serde_json::json!({"tb": 12, "tbk": 0, "fs": [3, 2, 1]}));
    convert(&scratch, &["out.pb.gz", "out.firefox.json"]).ended_with(0);
    let json = crate::scratch::read_json(&scratch.path("out.firefox.json"));
    assert_eq!(json["threads"][0]["samples"]["weight"], serde_json::json!([12, 30]));
    // Nothing is left beside the files.
    let partial = std::fs::read_dir(scratch.path(".")).expect("it is a folder");
    assert!(partial.flatten().all(|entry| !entry.file_name().to_string_lossy().starts_with('.')));
}

#[test]
fn pprof_to_pprof_keeps_every_byte() {
    let scratch = Scratch::new();
    scratch.write("in.folded", FOLDED);
    convert(&scratch, &["in.folded", "one.pb"]).ended_with(0);
    convert(&scratch, &["one.pb", "two.pb.gz"]).ended_with(0);
    convert(&scratch, &["two.pb.gz", "three.pb"]).ended_with(0);
    let read = |name| std::fs::read(scratch.path(name)).expect("it was written");
    assert_eq!(read("one.pb"), read("three.pb"));
}

#[test]
fn a_dump_without_its_program_keeps_its_addresses_and_says_so() {
    let scratch = Scratch::new();
    scratch.write("jeprof.1.0.f.heap", DUMP);
    let said = convert(&scratch, &["jeprof.1.0.f.heap", "out.pb.gz"]).ended_with(0);
    assert_eq!(said.stderr, "note: /opt/shop/bin/orders is not here: its addresses have no names\n");
    // 12288 / (1 - 1/e), and the calls before the return addresses.
    assert_eq!(folded(&scratch, "out.pb.gz"), "0x401020;0x401010 19439\n");
    let said = convert(&scratch, &["out.pb.gz", "-", "--to", "folded", "--type", "inuse_objects"]);
    assert_eq!(said.ended_with(0).stdout, "0x401020;0x401010 5\n");
}

#[test]
fn standard_input_may_be_anything_and_gzipped() {
    let scratch = Scratch::new();
    scratch.write("in.folded", FOLDED);
    scratch.write("dump", DUMP);
    convert(&scratch, &["in.folded", "out.pb.gz"]).ended_with(0);
    let pipe = |bytes: &[u8], arguments: &[&str]| {
        let mut command = scratch.command(MAPPROF);
        command.args(["convert", "-"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        child.stdin.take().expect("it is piped").write_all(bytes).expect("it is read");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let read = |name| std::fs::read(scratch.path(name)).expect("it was written");
    assert_eq!(pipe(&read("out.pb.gz"), &["-", "--to", "pprof"]), read("out.pb.gz"));
    let gzipped = mapprof::profile::gzip::pack(&read("dump"));
    assert_eq!(pipe(&gzipped, &["-", "--to", "folded"]), b"0x401020;0x401010 19439\n");
}

#[test]
fn what_cannot_be_converted_is_told_in_one_line() {
    let scratch = Scratch::new();
    scratch.write("in.folded", FOLDED);
    scratch.write("bad.folded", "main;f 1\nmain\n");
    scratch.write("two.folded", "main;f 1 2\nmain;g 3 4\n");
    scratch.write("letter", "Dear reader,\nthis is no profile.\n");
    scratch.write("gperftools", "heap profile: 1: 2 [3: 4] @ heapprofile\n");
    scratch.write("empty", "");
    scratch.write("cut.heap", "heap_v2/1\n@ 0x1\n");
    scratch.write("bomb", mapprof::profile::gzip::pack(&vec![b'\n'; 3 << 20]));
    let refused = |arguments: &[&str]| {
        let said = convert(&scratch, arguments).ended_with(2);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        assert_eq!(said.stdout, "");
        said.stderr
    };
    let cases: [(&[&str], &str); 15] = [
        (&["in.folded", "out.xyz"], "out.xyz: the name does not say what to write: say it with --to"),
        (&["in.folded", "-"], "standard output: the name does not say what to write: say it with --to"),
        (&["in.folded", "out.svg", "--unit", "byte"], "unknown unit \"byte\": did you mean \"bytes\"?"),
        (&["in.folded", "out.svg", "--type", "spac"], "unknown sample type \"spac\""),
        (&["in.folded", "out.dhat.json"], "a DHAT file is of bytes on the heap, and samples is not"),
        (&["in.folded", "no/out.svg"], "there is no folder no"),
        (&["absent", "out.svg"], "absent: cannot be read"),
        (
            &["letter", "out.svg"],
            "letter: neither pprof, nor a heap dump of jemalloc (heap_v2), nor folded stacks",
        ),
        (&["gperftools", "out.svg"], "gperftools: neither pprof"),
        (&["letter", "out.svg", "--from", "pprof"], "letter: not a pprof profile"),
        (&["letter", "out.svg", "--from", "heap_v2"], "letter: not a heap dump of jemalloc"),
        (&["bad.folded", "out.svg"], "bad.folded: line 2: not a folded stack"),
        (
            &["two.folded", "out.svg"],
            "two.folded: its lines have two numbers each, the difference of two profiles",
        ),
        (&["cut.heap", "out.svg"], "cut.heap: line 2: the stack has no figures"),
        (
            &["bomb", "out.svg", "--max-unpacked", "2"],
            "bomb: the file has more than the limit of 2 MiB, unpacked; --max-unpacked",
        ),
    ];
    for (arguments, line) in cases {
        let told = refused(arguments);
        assert!(told.contains(line), "{arguments:?}: {told}");
    }
    assert!(refused(&["empty", "out.svg"]).contains("empty: the file is empty"));
    assert!(!scratch.path("out.svg").exists());
}
