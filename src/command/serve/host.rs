//! Whom a request was meant for.

use std::net::{IpAddr, Ipv4Addr};

/// Whether the value of a `Host` header names this machine by its loopback address, and `port`. A page of another site whose
/// name leads to 127.0.0.1 (DNS rebinding) sends that name.
pub(super) fn is_here(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, digits)) => (name, digits.parse().ok()),
        // Port 80 is left out.
        None => (host, Some(80)),
    };
    let is_loopback = name.parse::<IpAddr>().is_ok_and(|address| address == Ipv4Addr::LOCALHOST);
    given == Some(port) && (is_loopback || name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_this_machine_by_its_own_names_and_port() {
        for host in ["127.0.0.1:8719", "localhost:8719", "LocalHost:8719"] {
            assert!(is_here(host, 8719), "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.2:8719",
            "[::1]:8719",
            "example.org:8719",
            "localhost.example.org:8719",
            "127.0.0.1.example.org:8719",
            "localhost:8719:8719",
            ":8719",
            "",
        ] {
            assert!(!is_here(host, 8719), "{host}");
        }
        assert!(is_here("localhost", 80));
    }
}
