//! `mapprof serve` at work on a folder, and requests to it by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server; it ends with the test.
pub struct Served {
    child: Child,
    pub port: u16,
}

/// What came back.
pub struct Got {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Served {
    /// Serves `folder` at a port that is free.
    pub fn new(folder: &Path) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mapprof"))
            .args(["serve", "--port", "0"])
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary under test starts");
        let mut line = String::new();
        let stderr = child.stderr.take().expect("it is piped");
        BufReader::new(stderr).read_line(&mut line).expect("it says where it is");
        let port = line.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next());
        let port =
            port.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no address in {line}"));
        Served { child, port }
    }

    /// A request by hand: the method, the path, and the value of `Host`.
    pub fn ask(&self, method: &str, path: &str, host: &str) -> Got {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
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
    pub fn get(&self, path: &str) -> Got {
        self.ask("GET", path, &format!("127.0.0.1:{}", self.port))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
