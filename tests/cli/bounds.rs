//! Files that are made to take memory and time: what is made of a file of N bytes, unpacked, takes 64 MiB and 12 N at most,
//! or the file is refused in a line that names the limit.

use std::process::{Command, Stdio};

use mapprof::profile::{Limit, gzip};

use crate::scratch::{MAPPROF, Scratch};

/// A pprof message in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u8, number: u64) -> Self {
        self.0.push(field << 3);
        varint(&mut self.0, number);
        self
    }

    fn bytes(mut self, field: u8, bytes: &[u8]) -> Self {
        self.0.push(field << 3 | 2);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn message(self, field: u8, message: Message) -> Self {
        self.bytes(field, &message.0)
    }

    /// The sample type `space`/`bytes`, and these strings from number 3 on.
    fn profile<'a>(strings: impl IntoIterator<Item = &'a str>) -> Self {
        let kind = Message::default().number(1, 1).number(2, 2);
        ["", "space", "bytes"]
            .into_iter()
            .chain(strings)
            .fold(Message::default().message(1, kind), |profile, string| profile.bytes(6, string.as_bytes()))
    }

    fn function(self, id: u64, name: u64, file: u64) -> Self {
        self.message(5, Message::default().number(1, id).number(2, name).number(4, file))
    }

    /// A location with a line of each of these functions.
    fn location(self, id: u64, functions: impl IntoIterator<Item = u64>) -> Self {
        let line = |location: Message, function| {
            location.message(4, Message::default().number(1, function).number(2, id))
        };
        self.message(4, functions.into_iter().fold(Message::default().number(1, id), line))
    }

    fn sample(self, stack: impl IntoIterator<Item = u64>) -> Self {
        let mut ids = Vec::new();
        stack.into_iter().for_each(|id| varint(&mut ids, id));
        self.message(2, Message::default().bytes(1, &ids).number(2, 8))
    }
}

fn varint(out: &mut Vec<u8>, number: u64) {
    prost::encoding::encode_varint(number, out);
}

/// Numbers that look like chance.
fn mixed(n: u64) -> u64 {
    (n ^ 0x9e37_79b9).wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(23).wrapping_mul(0x94d0_49bb_1331_11eb)
}

/// How a command ended, what it said, and the most memory that it had, bytes.
struct Ended {
    code: i32,
    stderr: String,
    peak: usize,
}

/// What the stand-in below is to run, and where it is to say what came of it.
const ARGUMENTS: &str = "MAPPROF_TEST_ARGUMENTS";
const SAID: &str = "MAPPROF_TEST_SAID";

/// Not a test: a process that starts mapprof and sees how much memory that had. It is a small one: to the kernel the memory of a
/// process begins with that of the process that started it, and this one's may be large.
#[test]
#[ignore = "it is the process that the other tests of this module start"]
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
fn meter() {
    let (Ok(arguments), Ok(said)) = (std::env::var(ARGUMENTS), std::env::var(SAID)) else { return };
    let stderr = std::fs::File::create(format!("{said}.stderr")).unwrap();
    let mut command = Command::new(MAPPROF);
    command.args(arguments.split('\n')).stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let child = command.spawn().expect("it starts");
    // SAFETY: a plain structure of numbers, all of which may be zero.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let mut status = 0;
    // SAFETY: the child is ours and is waited for here alone; both places are valid for writing.
    let waited = unsafe { libc::wait4(child.id() as i32, &mut status, 0, &mut usage) };
    assert_eq!(waited, child.id() as i32);
    let code = if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { -libc::WTERMSIG(status) };
    std::fs::write(said, format!("{code} {}", usage.ru_maxrss)).unwrap();
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Ended {
    let said = scratch.path("said");
    let mut meter = scratch.command(std::env::current_exe().unwrap());
    meter.args(["--exact", "bounds::meter", "--ignored"]).stdout(Stdio::null());
    meter.env(ARGUMENTS, arguments.join("\n")).env(SAID, &said);
    assert!(meter.status().unwrap().success());
    let text = std::fs::read_to_string(said).unwrap();
    let (code, peak) = text.split_once(' ').unwrap();
    Ended {
        code: code.parse().unwrap(),
        stderr: std::fs::read_to_string(scratch.path("said.stderr")).unwrap(),
        peak: peak.parse::<usize>().unwrap() << 10,
    }
}

/// Everything that is made of a profile.
const COMMANDS: [&[&str]; 9] = [
    &["top", "FILE"],
    &["top", "FILE", "--by", "function", "--json"],
    &["top", "FILE", "--by", "phase"],
    &["diff", "FILE", "FILE"],
    &["diff", "small.folded.pb", "FILE", "--svg", "diff.svg"],
    &["convert", "FILE", "out.folded"],
    &["convert", "FILE", "out.speedscope.json"],
    &["convert", "FILE", "out.svg"],
    &["convert", "FILE", "out.pb.gz"],
];

/// Has everything made of a profile, and returns what was said by those commands that refused it.
#[track_caller]
fn all_of(what: &str, bytes: &[u8]) -> Vec<String> {
    let scratch = Scratch::new();
    scratch.write("small.folded", "main;f 1\n");
    scratch.mapprof(&["convert", "small.folded", "small.folded.pb", "--unit", "bytes"]).ended_with(0);
    let small = std::fs::read(scratch.path("small.folded.pb")).unwrap();
    // The names that `diff` must find on both sides.
    scratch.write("small.folded.pb", small);
    scratch.write("FILE", bytes);
    let unpacked = if gzip::is_gzip(bytes) {
        gzip::unpack(bytes, Limit::default()).map_or(0, |unpacked| unpacked.len())
    } else {
        bytes.len()
    };
    let mut refused = Vec::new();
    for arguments in COMMANDS {
        let ended = run(&scratch, arguments);
        let sides = arguments.iter().filter(|word| **word == "FILE").count();
        let most = (64 << 20) + 12 * unpacked * sides;
        assert!(
            ended.peak <= most,
            "{what}, {unpacked} bytes: {arguments:?} had {} MiB, of {} MiB; {}",
            ended.peak >> 20,
            most >> 20,
            ended.stderr
        );
        match ended.code {
            0 => {}
            2 => refused.push(ended.stderr),
            code => panic!("{what}: {arguments:?} ended with {code}: {}", ended.stderr),
        }
        let left = std::fs::read_dir(scratch.path(".")).unwrap().flatten();
        let partial = left.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count();
        assert_eq!(partial, 0, "{what}: {arguments:?} left a half-written file");
    }
    refused
}

/// The same of a file that every command must refuse in words with `part`.
#[track_caller]
fn refused(what: &str, bytes: &[u8], part: &str) {
    let refused = all_of(what, bytes);
    assert_eq!(refused.len(), COMMANDS.len(), "{what} is not refused by all");
    for line in refused {
        assert!(line.contains(part) && line.lines().count() == 1, "{what}: {line}");
    }
}

#[test]
fn a_stack_without_end_is_refused_and_a_flag_lets_it_in() {
    let of = |frames: usize| {
        let profile = Message::profile(["f"]).function(1, 3, 0).location(1, [1]);
        gzip::pack(&profile.sample(std::iter::repeat_n(1, frames)).0)
    };
    let bomb = of(1_000_000);
    assert!(bomb.len() < 5000, "{}", bomb.len());
    refused(
        "a million frames",
        &bomb,
        "sample 1 has 1000000 frames, more than the limit of 16384; --max-frames",
    );
    refused("twenty million frames", &of(20_000_000), "--max-frames raises it");
    let scratch = Scratch::new();
    scratch.write("deep.pb.gz", of(20_000));
    scratch.write("deep.folded", format!("{}g 1\n", "f;".repeat(20_000)));
    scratch.write("deep.heap", format!("heap_v2/1\n@{}\n  t*: 1: 2 [0: 0]\n", " 0x1".repeat(20_000)));
    for (file, part) in [
        ("deep.pb.gz", "sample 1 has 20000 frames"),
        ("deep.folded", "line 1: the stack has 20001 frames"),
        ("deep.heap", "stack 1 has 20000 frames"),
    ] {
        let convert = ["convert", file, "out.folded"];
        let said = scratch.mapprof(&convert).ended_with(2);
        assert!(said.stderr.contains(part) && said.stderr.contains("--max-frames"), "{}", said.stderr);
        scratch.mapprof(&[&convert[..], &["--max-frames", "20001"]].concat()).ended_with(0);
    }
}

#[test]
fn locations_of_many_frames_do_not_make_a_small_file_large() {
    let lines = |profile: Message| profile.location(1, std::iter::repeat_n(1, 10_000));
    let mut profile = lines(Message::profile(["f"]).function(1, 3, 0));
    for _ in 0..20_000 {
        profile = profile.sample([1]);
    }
    refused("inlined frames", &profile.0, "more frames than a file of this size is worth");
}

#[test]
fn a_long_name_is_not_counted_once_and_taken_many_times() {
    let long = "longer".repeat(2000);
    for (what, name, file) in [("name", 3, 0), ("file", 4, 3)] {
        let mut profile = Message::profile([long.as_str(), "f"]);
        for id in 1..=20_000 {
            profile = profile.function(id, name, file).location(id, [id]).sample([id]);
        }
        refused(what, &profile.0, "full of empty entries");
    }
    // In one function it is that of many lines, and stands in each stack.
    let mut profile = Message::profile([long.as_str()]).function(1, 3, 0);
    for id in 1..=20_000 {
        profile = profile.location(id, [1]).sample(std::iter::repeat_n(id, 50));
    }
    let said = all_of("a long name", &profile.0);
    assert!(said.iter().any(|line| line.contains("--max-output raises the limit")), "{said:?}");
}

#[test]
fn as_many_groups_and_frames_as_a_file_may_have_take_no_more_than_it_is_worth() {
    let names: Vec<String> = (0..40_000).map(|n| format!("{n:x}")).collect();
    let mut profile = Message::profile(names.iter().map(String::as_str));
    for id in 1..=40_000 {
        profile = profile.function(id, id + 2, id + 2).location(id, [id]).sample([id]);
    }
    all_of("groups", &profile.0);

    let mut profile = Message::profile(names.iter().take(100).map(String::as_str));
    for id in 1..=100 {
        profile = profile.function(id, id + 2, 0).location(id, [id]);
    }
    for stack in 0..3000 {
        profile = profile.sample((0..1000).map(|n| 1 + mixed(stack * 1000 + n) % 100));
    }
    all_of("frames", &profile.0);
}

#[test]
fn as_many_sites_as_two_profiles_may_have_take_no_more_than_they_are_worth() {
    // A role of its own for each sample: in a file nothing makes a site shorter.
    let of = |sites: u64| {
        let texts: Vec<String> = (0..sites).map(|n| format!("{n:x}")).collect();
        let profile = Message::profile(["role"].into_iter().chain(texts.iter().map(String::as_str)));
        let sample = |site: u64| {
            let label = Message::default().number(1, 3).number(2, 4 + site);
            Message::default().number(2, 5 + site % 7).message(3, label)
        };
        (0..sites).fold(profile, |profile, site| profile.message(2, sample(site)))
    };
    assert!(all_of("as many sites as may be", &of(48_000).0).is_empty());
    let said = all_of("more sites than may be", &of(50_000).0);
    let refused = "has sites on more than 49152 lines, the limit; --max-sites raises it";
    assert!(said.len() == 2 && said.iter().all(|line| line.contains(refused)), "{said:?}");
    let scratch = Scratch::new();
    scratch.write("FILE", of(50_000).0);
    scratch.mapprof(&["diff", "FILE", "FILE", "--max-sites", "50000"]).ended_with(0);
}

#[test]
fn many_sample_types_do_not_multiply_the_stacks() {
    let kinds = 2000;
    let strings = Message::profile(["f"]).function(1, 3, 0).location(1, [1]);
    let kind = || Message::default().number(1, 1).number(2, 2);
    let profile = (1..kinds).fold(strings, |profile, _| profile.message(1, kind()));
    let sample = Message::default().bytes(1, &[1; 1000]).bytes(2, &[8; 2000]);
    let profile = (0..500).fold(profile, |profile, _| profile.bytes(2, &sample.0));
    assert!(all_of("sample types", &profile.0).is_empty());
}

#[test]
fn what_is_packed_well_is_unpacked_once() {
    let scratch = Scratch::new();
    let length = 96 << 20;
    scratch.write("zeros.gz", gzip::pack(&vec![0; length]));
    let ended = run(&scratch, &["top", "zeros.gz"]);
    assert_eq!(ended.code, 2);
    assert!(ended.peak < length + (48 << 20), "{} MiB", ended.peak >> 20);
}

#[test]
fn records_and_budgets_that_no_mapprof_writes_are_refused_or_cheap() {
    let scratch = Scratch::new();
    let peak = |arguments: &[&str]| {
        let ended = run(&scratch, arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        ended.peak
    };
    let files = "\"\",".repeat(4 << 20);
    let record = format!("{{\"format\": {}, \"files\": [{files}\"\"]}}", mapprof::record::FORMAT);
    scratch.write("run/run.json", &record);
    assert!(peak(&["compare", "run"]) < (64 << 20) + 12 * record.len());
    let budget = format!("budget = [{}]\n", "0,".repeat(120 << 10));
    scratch.write("budget.toml", &budget);
    scratch.write("own/x.toml", &budget);
    assert!(peak(&["check", "run", "--budget", "budget.toml"]) < (64 << 20) + 12 * budget.len());
    assert!(peak(&["list", "--workloads", "own"]) < (64 << 20) + 12 * budget.len());
    scratch.write("own/x.toml", " ".repeat(300 << 10));
    let said = scratch.mapprof(&["list", "--workloads", "own"]).ended_with(2);
    assert!(said.stderr.contains("own/x.toml: larger than 256 KiB"), "{}", said.stderr);
}
