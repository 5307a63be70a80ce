//! CPU samples by a perf event of the thread: a software clock that counts its CPU time. At each tick the kernel copies
//! registers and the top of the user stack into a ring that it shares with this process; no signal is sent, and no code
//! of ours runs on the thread.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use perf_event_open_sys as sys;
use rustix::mm::{MapFlags, ProtFlags};
use sys::bindings;

use super::stack_copy::{MOST_STACK_BYTES, Registers};

/// Bytes of a ring: the first of these that the kernel grants. The smallest has room for 31 samples.
const RING_BYTES: [usize; 3] = [1 << 20, 512 << 10, 256 << 10];

/// Bytes in the ring at which the event is readable: three quarters of the smallest one.
const WAKEUP_BYTES: u32 = 192 << 10;

/// The registers that are copied, as bits of the kernel's numbers: in the order of these, frame, stack, instruction.
#[cfg(target_arch = "x86_64")]
const REGISTERS: u64 =
    1 << bindings::PERF_REG_X86_BP | 1 << bindings::PERF_REG_X86_SP | 1 << bindings::PERF_REG_X86_IP;
/// Frame, link, stack, instruction.
#[cfg(target_arch = "aarch64")]
const REGISTERS: u64 = 1 << bindings::PERF_REG_ARM64_X29
    | 1 << bindings::PERF_REG_ARM64_LR
    | 1 << bindings::PERF_REG_ARM64_SP
    | 1 << bindings::PERF_REG_ARM64_PC;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const REGISTERS: u64 = 0;

fn registers(values: &[u64]) -> Option<Registers> {
    match *values {
        #[cfg(target_arch = "x86_64")]
        [fp, sp, ip] => Some(Registers { ip, sp, fp, lr: 0 }),
        #[cfg(target_arch = "aarch64")]
        [fp, lr, sp, ip] => Some(Registers { ip, sp, fp, lr }),
        _ => None,
    }
}

/// What the kernel put into the ring.
pub enum Record<'a> {
    /// A sample: the CPU time that the event has counted so far, registers, and stack words from the stack pointer on.
    Sample { counted_ns: u64, registers: Registers, stack: &'a [u64] },
    /// So many samples found no room. Only kernels that do not count lost samples in the event write this record.
    Lost(u64),
}

/// The perf event of one thread, with its ring.
pub struct PerfEvent {
    event: OwnedFd,
    /// The kernel's page of head and tail, and the ring behind it.
    control: NonNull<bindings::perf_event_mmap_page>,
    page: usize,
    ring_bytes: usize,
    sees_kernel: bool,
    /// Whether the event counts the samples that found no room (Linux 6.0).
    counts_lost: bool,
}

// SAFETY: the mapping lives as long as the event and belongs to no thread. Head and tail are read and written atomically,
// and the ring is read by one thread at a time, as `drain` asks.
unsafe impl Send for PerfEvent {}
// SAFETY: as above.
unsafe impl Sync for PerfEvent {}

impl PerfEvent {
    /// An event that counts the CPU time of the current thread and takes a sample every `period_ns` of it; not yet
    /// enabled.
    ///
    /// # Errors
    /// Why the kernel does not let this process have one.
    pub fn open(period_ns: u64) -> Result<PerfEvent, String> {
        if REGISTERS == 0 {
            return Err("perf events are not supported on this processor".to_owned());
        }
        // With ticks that fall into the kernel, page faults are seen where they happen. An unprivileged process may not
        // have them; their time then goes to the next sample.
        let attempt = |counts_lost: bool| {
            open(period_ns, true, counts_lost).map(|event| (event, true, counts_lost)).or_else(|error| {
                match error.raw_os_error() {
                    Some(libc::EACCES | libc::EPERM) => {
                        open(period_ns, false, counts_lost).map(|event| (event, false, counts_lost))
                    }
                    _ => Err(error),
                }
            })
        };
        let (event, sees_kernel, counts_lost) = attempt(true)
            .or_else(|error| match error.raw_os_error() {
                // An older kernel.
                Some(libc::EINVAL) => attempt(false),
                _ => Err(error),
            })
            .map_err(|error| format!("perf events cannot be opened ({})", why(&error)))?;
        let page = rustix::param::page_size();
        let mut refusal = None;
        for ring_bytes in RING_BYTES {
            // SAFETY: a fresh mapping of the event's own memory, at an address that the kernel chooses.
            let mapped = unsafe {
                rustix::mm::mmap(
                    std::ptr::null_mut(),
                    page + ring_bytes,
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::SHARED,
                    &event,
                    0,
                )
            };
            match mapped.map(|start| NonNull::new(start.cast())) {
                Ok(Some(control)) => {
                    return Ok(PerfEvent { event, control, page, ring_bytes, sees_kernel, counts_lost });
                }
                Ok(None) => {}
                Err(error) => refusal = Some(error),
            }
        }
        Err(match refusal {
            Some(rustix::io::Errno::PERM) => {
                "perf events cannot have their rings: the limit on locked memory (ulimit -l) is used up"
                    .to_owned()
            }
            Some(error) => format!("perf events cannot have their rings ({error})"),
            None => "perf events cannot have their rings".to_owned(),
        })
    }

    /// Whether ticks that fall into the kernel, such as into a page fault, are samples too.
    pub fn sees_kernel(&self) -> bool {
        self.sees_kernel
    }

    /// Lets the event count. Returns whether the system did so: a filter of system calls may have come since.
    #[must_use]
    pub fn enable(&self) -> bool {
        // SAFETY: a request of the event that takes no memory.
        unsafe { sys::ioctls::ENABLE(self.event.as_raw_fd(), 0) == 0 }
    }

    /// Stops it. What is left of the period stays for the next time.
    pub fn disable(&self) {
        // SAFETY: as above. Where enabling was allowed, so is this.
        let _ = unsafe { sys::ioctls::DISABLE(self.event.as_raw_fd(), 0) };
    }

    /// The CPU time that it has counted so far, by the clock that samples are weighed by, nanoseconds.
    pub fn counted_ns(&self) -> Option<u64> {
        self.read().map(|[counted, _]| counted)
    }

    /// Samples that found no room so far. `None` if the kernel does not count them in the event.
    pub fn lost(&self) -> Option<u64> {
        self.read().filter(|_| self.counts_lost).map(|[_, lost]| lost)
    }

    /// The time counted and, if the kernel counts them, the samples lost.
    fn read(&self) -> Option<[u64; 2]> {
        let mut counts = [0u8; 16];
        let expected = if self.counts_lost { 16 } else { 8 };
        let read = rustix::io::read(&self.event, &mut counts).ok()?;
        let (words, _) = counts.as_chunks::<8>();
        (read == expected).then(|| [u64::from_ne_bytes(words[0]), u64::from_ne_bytes(words[1])])
    }

    /// The event's descriptor. It is readable when three quarters of the smallest ring are full.
    pub fn descriptor(&self) -> libc::c_int {
        self.event.as_raw_fd()
    }

    /// Takes all records out of the ring. One thread at a time.
    pub fn drain(&self, take: &mut dyn FnMut(Record<'_>)) {
        // SAFETY: the kernel and this process share the two words and change them atomically, and the mapping is alive.
        let (head, tail) = unsafe {
            let control = self.control.as_ptr();
            (
                AtomicU64::from_ptr(&raw mut (*control).data_head),
                AtomicU64::from_ptr(&raw mut (*control).data_tail),
            )
        };
        // What the kernel wrote before it moved the head is visible from here on.
        let end = head.load(Ordering::Acquire);
        let mut from = tail.load(Ordering::Relaxed);
        let mut words = Vec::new();
        while from < end {
            let header = self.word(from);
            // `struct perf_event_header`: type, misc and size, of 4, 2 and 2 bytes. Sizes are multiples of 8.
            let (kind, size) = if cfg!(target_endian = "little") {
                (header as u32, header >> 48)
            } else {
                ((header >> 32) as u32, header & 0xffff)
            };
            if size < 8 || size > end - from {
                // The kernel writes no such size: what follows cannot be read.
                tail.store(end, Ordering::Release);
                break;
            }
            words.clear();
            words.extend((8..size).step_by(8).map(|offset| self.word(from + offset)));
            match kind {
                bindings::PERF_RECORD_SAMPLE => {
                    if let Some(sample) = sample(&words, self.counts_lost) {
                        take(sample);
                    }
                }
                // The event's number, then how many.
                bindings::PERF_RECORD_LOST if !self.counts_lost => {
                    take(Record::Lost(words.get(1).copied().unwrap_or(0)));
                }
                _ => {}
            }
            from += size;
            tail.store(from, Ordering::Release);
        }
    }

    /// The word at a place in the sequence of all bytes that were ever put into the ring.
    fn word(&self, place: u64) -> u64 {
        let offset = self.page + place as usize % self.ring_bytes / 8 * 8;
        // SAFETY: the offset lies in the ring, which begins behind the first page, and is aligned. The kernel writes no
        // byte between tail and head.
        unsafe { self.control.as_ptr().byte_add(offset).cast::<u64>().read_volatile() }
    }
}

impl Drop for PerfEvent {
    fn drop(&mut self) {
        // SAFETY: the mapping has this length and is not used after this.
        let _ = unsafe { rustix::mm::munmap(self.control.as_ptr().cast(), self.page + self.ring_bytes) };
    }
}

fn open(period_ns: u64, in_kernel: bool, counts_lost: bool) -> io::Result<OwnedFd> {
    let mut attributes = bindings::perf_event_attr {
        type_: bindings::PERF_TYPE_SOFTWARE,
        size: size_of::<bindings::perf_event_attr>() as u32,
        config: bindings::PERF_COUNT_SW_TASK_CLOCK.into(),
        sample_type: (bindings::PERF_SAMPLE_READ
            | bindings::PERF_SAMPLE_REGS_USER
            | bindings::PERF_SAMPLE_STACK_USER)
            .into(),
        read_format: if counts_lost { bindings::PERF_FORMAT_LOST.into() } else { 0 },
        sample_regs_user: REGISTERS,
        sample_stack_user: MOST_STACK_BYTES as u32,
        ..Default::default()
    };
    attributes.sample_period = period_ns;
    attributes.wakeup_watermark = WAKEUP_BYTES;
    attributes.set_watermark(1);
    attributes.set_disabled(1);
    attributes.set_exclude_hv(1);
    attributes.set_exclude_kernel(u64::from(!in_kernel));
    // SAFETY: the attributes are whole, and ask for nothing but samples of this thread.
    let opened = unsafe {
        sys::perf_event_open(&raw mut attributes, 0, -1, -1, bindings::PERF_FLAG_FD_CLOEXEC.into())
    };
    if opened < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call returned a new descriptor, which has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(opened) })
}

/// Why there is no event, with the setting that forbids it if one does.
fn why(error: &io::Error) -> String {
    let forbidden = matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM));
    let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok();
    match paranoid.filter(|_| forbidden) {
        Some(level) => format!("{error}; kernel.perf_event_paranoid is {}", level.trim()),
        None => error.to_string(),
    }
}

/// A sample of the type that [`open`] asks for. Its words are the count, the lost samples if the event counts them, the kind
/// of registers, their values, the bytes of stack that were asked for, the stack, and the bytes that were copied.
fn sample(words: &[u64], counts_lost: bool) -> Option<Record<'_>> {
    let (counted_ns, rest) = words.split_first()?;
    let rest = rest.get(usize::from(counts_lost)..)?;
    let (kind, rest) = rest.split_first()?;
    // The sample of a thread that has no user registers, such as one that ends.
    if *kind == bindings::PERF_SAMPLE_REGS_ABI_NONE as u64 {
        return None;
    }
    let (values, rest) = rest.split_at_checked(REGISTERS.count_ones() as usize)?;
    let (asked, rest) = rest.split_first()?;
    let (stack, rest) = rest.split_at_checked(*asked as usize / 8)?;
    let copied = rest.first().copied().unwrap_or(0) as usize / 8;
    let stack = stack.get(..copied)?;
    Some(Record::Sample { counted_ns: *counted_ns, registers: registers(values)?, stack })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::cpu::cpu_time::spin;

    /// Counted times of the samples, and how many were lost.
    fn drained(event: &PerfEvent) -> (Vec<u64>, u64) {
        let (mut counted, mut lost) = (Vec::new(), 0);
        event.drain(&mut |record| match record {
            Record::Sample { counted_ns, registers, stack } => {
                assert!(registers.ip != 0 && registers.sp != 0 && !stack.is_empty());
                counted.push(counted_ns);
            }
            Record::Lost(more) => lost += more,
        });
        (counted, lost)
    }

    #[test]
    fn what_a_full_ring_loses_is_counted_and_its_time_is_the_next_samples() {
        // Where perf events are forbidden there is nothing to see; the tests of the command line cover that.
        let Ok(event) = PerfEvent::open(100_000) else { return };
        assert!(event.enable());
        spin(200_000_000);
        let (before, none) = drained(&event);
        spin(5_000_000);
        event.disable();
        let (after, in_records) = drained(&event);
        let lost = event.lost().unwrap_or(in_records);
        // 1 MiB has room for 126 samples of 8 KiB, and 200 ms have 2000.
        assert!(!before.is_empty() && none == 0 && lost > 0, "{} {none} {lost}", before.len());
        assert!(before.is_sorted() && after.is_sorted());
        let gap = after[0] - before[before.len() - 1];
        assert!(gap >= lost * 100_000, "{gap} ns for {lost} samples");
    }

    #[test]
    fn a_disabled_event_takes_nothing() {
        let Ok(event) = PerfEvent::open(100_000) else { return };
        spin(10_000_000);
        assert_eq!(drained(&event), (vec![], 0));
    }
}
