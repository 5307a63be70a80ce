//! A record of a workload file against the struct that it stands for: a program that pushes and allocates, with an allocator that
//! does nothing but count, must have the same bytes.

#[path = "cli/scratch.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which need more of it")]
mod scratch;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap;

use scratch::Scratch;

thread_local! {
    /// Live bytes of this thread, and the most that there were.
    static LIVE: Cell<(i64, i64)> = const { Cell::new((0, 0)) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count(bytes: i64) {
    // Only a thread that ends has none, and what it frees then is not looked at.
    let _ = LIVE.try_with(|live| {
        let now = live.get().0 + bytes;
        live.set((now, live.get().1.max(now)));
    });
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        unsafe { System.realloc(block, layout, size) }
    }
}

/// What a service keeps of a user.
#[allow(dead_code, reason = "its fields are there for their bytes")]
struct Session {
    id: u64,
    user: String,
    tags: Vec<[u8; 24]>,
    last_seen: u64,
}

/// The same as a record.
const WORKLOAD: &str = r#"name = "sessions"
about = "Sessions by their names."
entries = 30_000
[key]
type = "string"
length = 20
[value]
type = "record"
inline = 64
heap = ["18", "0..3 x 24"]
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "serve"
ops = 60_000
mix = { get = 50, update = 50 }
"#;

const ENTRIES: u64 = 30_000;

/// Live bytes of the map after it was filled and half of its values were replaced, and the most that there were.
fn by_hand() -> (f64, f64) {
    // A generator that has nothing to do with that of the streams.
    let mut state = 7u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut session = |id: u64| {
        let mut tags = Vec::new();
        for tag in 0..random() % 4 {
            tags.push([tag as u8; 24]);
        }
        Session { id, user: format!("user-{id:013}").as_str().to_owned(), tags, last_seen: id }
    };
    let key = |id: u64| format!("session-{id:012}").as_str().to_owned();
    LIVE.set((0, 0));
    let mut sessions: HashMap<String, Session> = HashMap::new();
    for id in 0..ENTRIES {
        sessions.insert(key(id), session(id));
    }
    for id in 0..ENTRIES {
        // Made in front of the call, as an operation makes it, while the old one is there too.
        let new = session(id);
        if let Some(old) = sessions.get_mut(key(id).as_str()) {
            *old = new;
        }
    }
    let (live, peak) = LIVE.get();
    (live as f64, peak as f64)
}

#[test]
fn a_record_has_the_bytes_of_the_struct_that_it_stands_for() {
    assert_eq!(size_of::<Session>(), 64);
    let (live, peak) = by_hand();
    let scratch = Scratch::new();
    scratch.write("own/sessions.toml", WORKLOAD);
    let run =
        ["run", "sessions", "--workloads", "own", "--map", "std", "--quiet", "--verify", "--skip", "time"];
    scratch.mapprof(&run).ended_with(0);
    let record = scratch.record("sessions/std");
    let counts = &record["passes"]["memory"]["phases"][1]["counts"];
    let number = |name: &str| counts[name].as_f64().unwrap_or_else(|| panic!("{counts} has no {name}"));
    let (record_live, record_peak) = (number("live_bytes"), number("peak_live_bytes"));
    let near = |ours: f64, real: f64| (ours / real - 1.0).abs() < 0.01;
    assert!(near(record_live, live), "live: {record_live} of the record, {live} of the struct");
    let (ours, real) = (record_peak / record_live, peak / live);
    assert!(near(ours, real), "peak over live: {ours} of the record, {real} of the struct");
}
