//! A workload of your own as a closure: `cargo run --release --example own_workload -- run sessions --heap --cpu`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// What a service keeps of a user who is logged in.
struct Session {
    name: String,
    visits: Vec<u64>,
}

mapprof::install_allocator!();

fn main() -> std::process::ExitCode {
    mapprof::App::new()
        .program("sessions", "Logs users in, lets them visit pages, logs half of them out", |bench| {
            let users = bench.entries();
            let visits: u64 = bench.param("visits").parse().unwrap_or(5);
            let mut sessions: HashMap<u64, Session, BuildHasherDefault<DefaultHasher>> = HashMap::default();
            bench.phase("login", users, |user| {
                let session = Session { name: format!("user number {user}"), visits: Vec::new() };
                u64::from(sessions.insert(user, session).is_none())
            });
            bench.phase("visit", visits * users, |visit| match sessions.get_mut(&(visit * 7919 % users)) {
                Some(session) => {
                    session.visits.push(visit);
                    session.visits.len() as u64
                }
                None => 0,
            });
            let payload = sessions.values().map(|s| 8 + s.name.len() + 8 * s.visits.len()).sum::<usize>();
            bench.holds(sessions.len() as u64, payload as u64);
            bench.phase("logout", users / 2, |user| u64::from(sessions.remove(&(2 * user)).is_some()));
            bench.holds(sessions.len() as u64, 0);
        })
        .entries(200_000)
        .param("visits", 5)
        .main()
}
