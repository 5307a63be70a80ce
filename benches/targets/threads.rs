//! Whether counters lose anything when many threads allocate and free at once.

use mapprof::maps::MapFamily;
use mapprof::maps::dash_map::Dash;
use mapprof::oracle::{Figure, forecast};
use mapprof::worker::protocol::Pass;

use super::passes::{pass_with, workload};
use super::row;

const THREADS: u16 = 16;

pub fn section() {
    for name in ["skewed-keys", "churn"] {
        let workload = workload(name, &[]);
        let record = pass_with(&workload, "dashmap", 1, THREADS, Pass::Memory).record;
        let (mut allocated, mut freed, mut lost) = (0, 0, 0);
        for phase in &record.phases {
            let phase = phase.counted();
            allocated += phase.alloc_bytes;
            freed += phase.freed_bytes;
            lost += phase.live_bytes.abs_diff(allocated - freed);
        }
        println!("{name} on dashmap, {THREADS} threads, {allocated} B allocated, {freed} B freed");
        row("allocated less freed beside live, all phases", format!("{lost} B off"), "0 B", lost == 0);
        let forecast = forecast(&workload, Dash::INFO.closed_form.unwrap(), 1, THREADS).unwrap();
        for (phase, due) in record.phases.iter().zip(&forecast.phases) {
            let live = phase.counted().live_bytes;
            let (figure, kept) = match &due.live {
                Figure::Exact(due) => (live.abs_diff(*due), live == *due),
                Figure::Between { low, high } => {
                    (live.abs_diff(live.clamp(*low, *high)), (*low..=*high).contains(&live))
                }
                Figure::Unknown(_) => continue,
            };
            row(
                &format!("live beside the closed form's bounds, {}", phase.name),
                format!("{figure} B off"),
                "0 B",
                kept,
            );
        }
    }
}
