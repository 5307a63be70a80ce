//! How the heap is recorded: the one type that says so, from the command line over the request and the child's
//! environment to the raw samples and the record.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

/// Mean bytes between samples where nothing says how many allocations there will be: jemalloc's own default.
pub const DEFAULT_SAMPLE_BYTES: u64 = 512 << 10;

/// How the heap is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeapRecording {
    /// Samples of allocations, through jemalloc's hooks.
    Sampled {
        /// Mean bytes between samples, a power of two. None in a plan: chosen from what the memory pass counted. A
        /// request, a profile and a record always have it.
        sample_bytes: Option<u64>,
    },
    /// Every allocation.
    Exact,
    /// jemalloc's own profile, dumped through `jemalloc_pprof` at each phase's end.
    Dump {
        /// As of [`HeapRecording::Sampled`].
        sample_bytes: Option<u64>,
    },
}

impl HeapRecording {
    /// The same with a mean distance between samples, if it samples and has none yet.
    pub fn with_sample_bytes(self, chosen: u64) -> Self {
        match self {
            HeapRecording::Sampled { sample_bytes } => {
                HeapRecording::Sampled { sample_bytes: Some(sample_bytes.unwrap_or(chosen)) }
            }
            HeapRecording::Dump { sample_bytes } => {
                HeapRecording::Dump { sample_bytes: Some(sample_bytes.unwrap_or(chosen)) }
            }
            HeapRecording::Exact => self,
        }
    }

    /// Mean bytes between samples, at least 1; none if every allocation is recorded.
    pub fn sample_bytes(self) -> Option<u64> {
        match self {
            HeapRecording::Sampled { sample_bytes } | HeapRecording::Dump { sample_bytes } => {
                Some(sample_bytes.unwrap_or(DEFAULT_SAMPLE_BYTES).max(1))
            }
            HeapRecording::Exact => None,
        }
    }

    /// The environment variable that a process needs when it starts, since its allocator must know before the first
    /// block.
    pub fn environment(self) -> (&'static str, String) {
        match self.sample_bytes() {
            Some(bytes) => (MALLOC_CONF, format!("{SAMPLES}{}", bytes.ilog2())),
            None => (RECORD_VARIABLE, "1".to_owned()),
        }
    }
}

/// The options of a process whose samples are taken, up to the logarithm of the bytes between two.
pub(super) const SAMPLES: &str = "prof:true,prof_active:false,lg_prof_sample:";

/// The environment variable that has jemalloc's options, as C knows it.
pub(super) const MALLOC_CONF_C: &CStr = c"_RJEM_MALLOC_CONF";

/// The environment variable that has jemalloc's options.
pub const MALLOC_CONF: &str = match MALLOC_CONF_C.to_str() {
    Ok(name) => name,
    Err(_) => "",
};

/// The environment variable that has every allocation recorded, set to anything, as C knows it.
const RECORD_VARIABLE_C: &CStr = c"_MAPPROF_RECORD";

/// The environment variable that has every allocation recorded, set to anything.
pub const RECORD_VARIABLE: &str = match RECORD_VARIABLE_C.to_str() {
    Ok(name) => name,
    Err(_) => "",
};

/// Whether this process records every allocation. 0: not asked yet, 1: no, 2: yes.
static RECORDS_ALL: AtomicU8 = AtomicU8::new(0);

/// Whether this process records every allocation: it was started with [`RECORD_VARIABLE`] in its environment.
#[inline]
pub fn records_all() -> bool {
    match RECORDS_ALL.load(Relaxed) {
        0 => ask(),
        answer => answer == 2,
    }
}

#[cold]
fn ask() -> bool {
    // SAFETY: the name ends with a zero. The first allocation comes before there are threads that could change the
    // environment meanwhile.
    let found = unsafe { libc::getenv(RECORD_VARIABLE_C.as_ptr()) };
    RECORDS_ALL.store(if found.is_null() { 1 } else { 2 }, Relaxed);
    !found.is_null()
}

/// Every environment variable that an allocator reads. A pass that does not ask for one must not have it.
pub const VARIABLES: [&str; 2] = [MALLOC_CONF, RECORD_VARIABLE];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_to_record() {
        let sampled = HeapRecording::Sampled { sample_bytes: None };
        assert_eq!(sampled.with_sample_bytes(4096).sample_bytes(), Some(4096));
        assert_eq!(sampled.with_sample_bytes(4096).with_sample_bytes(8192).sample_bytes(), Some(4096));
        let (name, value) = sampled.with_sample_bytes(4096).environment();
        assert_eq!((name, value.as_str()), (MALLOC_CONF, "prof:true,prof_active:false,lg_prof_sample:12"));
        assert_eq!(HeapRecording::Exact.with_sample_bytes(4096), HeapRecording::Exact);
        assert_eq!(HeapRecording::Exact.environment(), (RECORD_VARIABLE, "1".to_owned()));
        let dump = HeapRecording::Dump { sample_bytes: None }.with_sample_bytes(4096);
        assert_eq!(dump, HeapRecording::Dump { sample_bytes: Some(4096) });
        assert_eq!(dump.environment(), sampled.with_sample_bytes(4096).environment());
    }

    #[test]
    fn it_has_one_form_on_the_wire() {
        let json = |recording: HeapRecording| serde_json::to_string(&recording).unwrap();
        assert_eq!(json(HeapRecording::Exact), r#""exact""#);
        let sampled = HeapRecording::Sampled { sample_bytes: Some(65536) };
        assert_eq!(json(sampled), r#"{"sampled":{"sample_bytes":65536}}"#);
        assert_eq!(serde_json::from_str::<HeapRecording>(&json(sampled)).unwrap(), sampled);
        let dump = HeapRecording::Dump { sample_bytes: Some(65536) };
        assert_eq!(json(dump), r#"{"dump":{"sample_bytes":65536}}"#);
    }
}
