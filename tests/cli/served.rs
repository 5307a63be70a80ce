//! `mapprof serve` at work on a folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server; it ends with the test.
pub struct Served {
    child: Child,
    pub port: u16,
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
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
