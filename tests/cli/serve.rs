//! `mapprof serve`: what each path answers, and what is refused. `tests/interop/serve.rs` has a browser and `go tool pprof`.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use crate::scratch::Scratch;
use crate::served::Served;

/// What came back.
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request by hand: the method, the path, and the value of `Host`.
fn ask(served: &Served, method: &str, path: &str, host: &str) -> Got {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, served.port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit can be set");
    let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
    write!(stream, "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n").expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
    let body = answer.split_off(end + 4);
    let head = String::from_utf8(answer).expect("a head is text");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a head has a status");
    Got { status, head, body }
}

/// What is at a path.
fn get(served: &Served, path: &str) -> Got {
    ask(served, "GET", path, &format!("127.0.0.1:{}", served.port))
}

/// Two runs with all profiles.
fn runs() -> Scratch {
    let scratch = Scratch::new();
    let run = ["run", "churn", "--map", "std,btree", "--entries", "2000", "--ops", "1000000"];
    scratch.mapprof(&[&run[..], &["--heap=exact", "--cpu", "--quiet"]].concat()).ended_with(0);
    scratch
}

#[test]
fn every_path_answers_with_what_is_in_the_folder() {
    let scratch = runs();
    let served = Served::new(&scratch.path("profiles"));
    let list = get(&served, "/");
    assert_eq!(list.status, 200);
    for part in ["churn/std", "churn/btree", "/report?run=churn%2Fstd", "/debug/pprof/heap?run=churn%2Fstd"] {
        assert!(list.text().contains(part), "no {part}");
    }
    let filtered = get(&served, "/?map=b*").text();
    assert!(filtered.contains("churn/btree") && !filtered.contains("churn/std"));
    let both = "run=churn%2Fstd&run=churn%2Fbtree";
    let report = get(&served, &format!("/report?{both}"));
    assert!(report.text().contains("Where every byte is") && report.text().contains("the least memory"));
    let compared = get(&served, &format!("/compare?{both}")).text();
    assert!(compared.contains("bytes_per_entry") && compared.contains("<svg"), "{compared}");
    assert!(compared.contains("<table class=\"sortable\">") && !compared.contains("<pre>"), "{compared}");
    let diff = get(&served, &format!("/diff?{both}")).text();
    assert!(diff.contains("churn/std") && diff.contains("ns_per_op"), "{diff}");
    for (path, file) in [
        ("/debug/pprof/heap?run=churn%2Fstd", "heap.pb.gz"),
        ("/debug/pprof/profile?run=churn%2Fstd&seconds=1", "cpu.pb.gz"),
        ("/file?run=churn%2Fstd&name=timeline.svg", "timeline.svg"),
    ] {
        let got = get(&served, path);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        assert!(got.body == fs::read(scratch.path("profiles/churn/std").join(file)).unwrap(), "{path}");
        assert!(got.head.to_lowercase().contains("x-content-type-options: nosniff"), "{}", got.head);
    }
    let profiles = get(&served, "/debug/pprof/").text();
    assert_eq!(profiles.lines().count(), 4, "{profiles}");
    let head = ask(&served, "HEAD", "/", &format!("localhost:{}", served.port));
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn foreign_hosts_and_anything_but_reading_are_refused() {
    let scratch = runs();
    fs::write(scratch.path("secret"), "what it says").unwrap();
    let served = Served::new(&scratch.path("profiles"));
    let here = format!("127.0.0.1:{}", served.port);
    assert_eq!(ask(&served, "GET", "/", "").status, 400, "HTTP/1.1 wants a host");
    for host in ["example.org", "127.0.0.1", "localhost:1", &format!("example.org:{}", served.port)] {
        let got = ask(&served, "GET", "/", host);
        assert_eq!(got.status, 403, "{host}");
        assert!(!got.text().contains("churn"), "{host}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        assert_eq!(ask(&served, method, "/", &here).status, 405, "{method}");
    }
    for path in [
        "/../secret",
        "/%2e%2e/secret",
        "/file?run=churn%2Fstd&name=..%2F..%2F..%2Fsecret",
        "/file?run=..&name=secret",
        "/file?run=churn%2F..%2Fchurn%2Fstd&name=run.json",
        "/report",
        "/report?run=nothing",
        "/diff?run=churn%2Fstd",
        "/debug/pprof/heap",
        "/debug/pprof/goroutine",
        "/nothing",
    ] {
        let got = get(&served, path);
        assert_eq!(got.status, 404, "{path}");
        assert!(!got.text().contains("what it says"), "{path}: {}", got.text());
    }
}

#[test]
fn a_folder_may_change_while_it_is_served() {
    let scratch = runs();
    fs::create_dir(scratch.path("served")).unwrap();
    let served = Served::new(&scratch.path("served"));
    assert!(get(&served, "/").text().contains("No run is here yet"));
    let empty = get(&served, "/state").text();
    fs::rename(scratch.path("profiles/churn"), scratch.path("served/churn")).unwrap();
    let full = get(&served, "/state").text();
    assert_ne!(empty, full);
    assert!(get(&served, "/").text().contains("churn/std"));
    // A record that cannot be read is told in its row, and takes no other with it.
    scratch.plants_records();
    fs::write(scratch.path("served/churn/btree/run.json"), "{\"format\": 1}").unwrap();
    let list = get(&served, "/").text();
    assert!(
        list.contains("format 1, and this mapprof reads format") && list.contains("/report?run=churn%2Fstd")
    );
    // So is a case that failed without a record.
    let failure = r#"[{"case":{"workload":"churn","map":"ring","threads":1},"pass":"memory","kind":"crashed","message":"signal 11","last_words":[]}]"#;
    fs::create_dir(scratch.path("served/churn/ring")).unwrap();
    fs::write(scratch.path("served/churn/ring/error.json"), failure).unwrap();
    let list = get(&served, "/").text();
    assert!(list.contains("churn/ring") && list.contains("failed in the memory pass: signal 11"), "{list}");
    fs::remove_dir_all(scratch.path("served")).unwrap();
    assert_eq!(get(&served, "/state").status, 404);
    let gone = get(&served, "/");
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("no such folder"), "{}", gone.text());
}

#[test]
fn a_port_in_use_and_a_missing_folder_are_refused_in_a_line() {
    let scratch = Scratch::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fs::create_dir(scratch.path("profiles")).unwrap();
    let said = scratch.mapprof(&["serve", "--port", &port]).ended_with(2);
    assert!(said.stderr.contains("in use") && said.stderr.contains("--port 0"), "{}", said.stderr);
    let said = scratch.mapprof(&["serve", "nowhere"]).ended_with(2);
    assert!(said.stderr.contains("nowhere: no such folder"), "{}", said.stderr);
    assert_eq!(said.stderr.lines().count(), 1);
}

/// Clients that send and take nothing are given up, and keep nobody else waiting.
#[test]
fn stalled_clients_keep_nobody_waiting() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("profiles")).unwrap();
    let served = Served::new(&scratch.path("profiles"));
    let stalled: Vec<TcpStream> = (0..32)
        .map(|number| {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, served.port)).expect("it listens");
            let method = if number % 2 == 0 { "GET" } else { "POST" };
            write!(
                stream,
                "{method} / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 2000\r\n\r\n",
                served.port
            )
            .expect("it reads");
            stream
        })
        .collect();
    assert_eq!(get(&served, "/").status, 200);
    drop(stalled);
    // A request has a size; what is larger is cut off, and the next one is answered.
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, served.port)).expect("it listens");
    let _ = write!(stream, "GET /?map={} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(1 << 20));
    assert_eq!(get(&served, "/").status, 200);
}

/// Sweeps are in the list and have a report.
#[test]
fn a_sweep_is_listed_and_reported() {
    let scratch = Scratch::new();
    scratch
        .mapprof(&["run", "churn", "--map", "std", "--sweep", "entries=100,200", "--skip", "time", "--quiet"])
        .ended_with(0);
    let served = Served::new(&scratch.path("profiles"));
    let list = get(&served, "/").text();
    let link = list.split("href=\"/report?").nth(1).and_then(|rest| rest.split('"').next());
    let report = get(&served, &format!("/report?{}", link.expect("the list has a link to it")));
    assert_eq!(report.status, 200, "{}", report.text());
    assert!(report.text().contains("churn by entries"));
}
