//! How CPU samples are taken: the one type that says so, from the command line over the request to the sampler.

use serde::{Deserialize, Serialize};

/// How CPU samples are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuSampling {
    /// Samples per second of CPU time, from 1 to [`MOST_HERTZ`].
    pub hertz: u64,
    /// Who takes them first; the backends after it in [`CpuBackend::ALL`] stand in where it cannot. None: the best one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<CpuBackend>,
}

/// The highest rate that is taken.
pub const MOST_HERTZ: u64 = 10_000;

impl CpuSampling {
    /// CPU time between two samples, nanoseconds.
    pub fn period_ns(self) -> u64 {
        1_000_000_000 / self.hertz.clamp(1, MOST_HERTZ)
    }

    /// The backends to try, in order.
    pub fn backends(self) -> &'static [CpuBackend] {
        let wanted = self.backend.unwrap_or(CpuBackend::ALL[0]);
        let first = CpuBackend::ALL.iter().position(|backend| *backend == wanted).unwrap_or(0);
        &CpuBackend::ALL[first..]
    }
}

/// Who takes CPU samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CpuBackend {
    /// A perf event of each thread: the kernel copies registers and stack.
    Perf,
    /// A timer of each thread, whose signal handler copies them.
    Timer,
    /// The package pprof-rs: one timer for the process, stacks walked in the signal handler.
    PprofRs,
}

impl CpuBackend {
    /// Every backend, the best first.
    pub const ALL: [CpuBackend; 3] = [CpuBackend::Perf, CpuBackend::Timer, CpuBackend::PprofRs];

    /// What takes its samples, in a sentence.
    pub fn plural(self) -> &'static str {
        match self {
            CpuBackend::Perf => "perf events",
            CpuBackend::Timer => "timers",
            CpuBackend::PprofRs => "pprof-rs's signals",
        }
    }

    /// Its name in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            CpuBackend::Perf => "perf",
            CpuBackend::Timer => "timer",
            CpuBackend::PprofRs => "pprof-rs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_followed_by_those_that_stand_in_for_it() {
        let backends = |backend| CpuSampling { hertz: 1000, backend }.backends();
        assert_eq!(backends(None), CpuBackend::ALL);
        assert_eq!(backends(Some(CpuBackend::Timer)), [CpuBackend::Timer, CpuBackend::PprofRs]);
        assert_eq!(backends(Some(CpuBackend::PprofRs)), [CpuBackend::PprofRs]);
    }

    #[test]
    fn it_has_one_form_on_the_wire() {
        let json = |sampling: CpuSampling| serde_json::to_string(&sampling).unwrap();
        assert_eq!(json(CpuSampling { hertz: 1000, backend: None }), r#"{"hertz":1000}"#);
        for backend in CpuBackend::ALL {
            assert_eq!(serde_json::to_value(backend).unwrap(), backend.name());
        }
    }
}
