//! A pool of buffers: each request takes one, fills a part of it, holds it for a while and gives it back.
//!
//! The list of requests in flight is the harness's. What is measured is the pool and its buffers.

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::{Bench, value};
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, below, mix};

/// The most requests in flight, and idle buffers.
const MOST_BUFFERS: u64 = 1_000_000;

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "buffer-pool",
    about: "Takes a buffer for each request, fills a part of it, holds it for a while and gives it back",
    entries: Entries { about: "requests in each phase", default: 200_000, most: 1_000_000_000 },
    parameters: &[
        Parameter {
            name: "buffer_bytes",
            about: "bytes of each buffer; a request fills from 1 byte to all of them",
            default: "16384",
            takes: Takes::Bytes { least: 1, most: 64 << 20 },
        },
        Parameter {
            name: "in_flight",
            about: "requests that hold a buffer at the same time",
            default: "64",
            takes: Takes::Count { least: 1, most: MOST_BUFFERS },
        },
        Parameter {
            name: "burst",
            about: "further requests in flight during the burst",
            default: "960",
            takes: Takes::Count { least: 0, most: MOST_BUFFERS },
        },
        Parameter {
            name: "keep",
            about: "the most idle buffers that the pool keeps",
            default: "1000000",
            takes: Takes::Count { least: 0, most: MOST_BUFFERS },
        },
        Parameter {
            name: "reuse",
            about: "whether there is a pool; without one each request has a fresh buffer",
            default: "true",
            takes: Takes::Bool,
        },
    ],
    run,
};

/// The pool.
struct Pool {
    idle: Vec<Vec<u8>>,
    buffer_bytes: u64,
    keep: u64,
}

impl Pool {
    /// An empty buffer: the one that was given back last, or a new one.
    fn take(&mut self) -> Vec<u8> {
        match self.idle.pop() {
            Some(buffer) => buffer,
            None => value(|| Vec::with_capacity(self.buffer_bytes as usize)),
        }
    }

    /// Takes a buffer back, or frees it if the pool has enough.
    fn give_back(&mut self, mut buffer: Vec<u8>) {
        if (self.idle.len() as u64) < self.keep {
            buffer.clear();
            self.idle.push(buffer);
        }
    }
}

/// The service: its pool, and the buffers of the requests in flight.
struct Service {
    pool: Pool,
    in_flight: Vec<Vec<u8>>,
    seed: u64,
}

impl Service {
    /// Request number `number`, at a time when `most` requests may be in flight: one of those beyond that ends, and a random one if
    /// there is no room. Gives what the random one had in its buffer, in short.
    fn request(&mut self, number: u64, most: u64) -> u64 {
        let draw = mix(self.seed.wrapping_add(number.wrapping_mul(GOLDEN)));
        if self.in_flight.len() as u64 > most && !self.in_flight.is_empty() {
            // One that came early.
            let buffer = self.in_flight.swap_remove(0);
            self.pool.give_back(buffer);
        }
        let mut answer = 0;
        if self.in_flight.len() as u64 >= most {
            let place = below(mix(draw), self.in_flight.len() as u64) as usize;
            let buffer = self.in_flight.swap_remove(place);
            answer = (buffer.len() as u64) << 8 | u64::from(buffer.last().copied().unwrap_or(0));
            self.pool.give_back(buffer);
        }
        let mut buffer = self.pool.take();
        buffer.resize(1 + below(draw, self.pool.buffer_bytes) as usize, draw as u8);
        self.in_flight.push(buffer);
        answer
    }

    /// Says what the requests in flight hold.
    fn tell(&self, bench: &mut Bench) {
        let filled = self.in_flight.iter().map(|buffer| buffer.len() as u64).sum();
        bench.holds(self.in_flight.len() as u64, filled);
    }
}

fn run(bench: &mut Bench) {
    let requests = bench.entries();
    let (in_flight, burst) = (bench.whole("in_flight"), bench.whole("burst"));
    let keep = if bench.param("reuse") == "true" { bench.whole("keep") } else { 0 };
    let pool = Pool { idle: Vec::new(), buffer_bytes: bench.whole("buffer_bytes"), keep };
    // Made before anything is measured, and with room for all.
    let held = Vec::with_capacity((in_flight + burst) as usize);
    let mut service = Service { pool, in_flight: held, seed: bench.seed() };
    for (phase, most) in [("serve", in_flight), ("burst", in_flight + burst), ("calm", in_flight)] {
        bench.phase(phase, requests, |number| service.request(number, most));
        service.tell(bench);
    }
}
