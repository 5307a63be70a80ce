//! Values that stand for a struct of a program: so many bytes inside of the entry, and the parts that the struct owns beside it.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::workload::payload::heap_parts::{Bounds, Drawn, MOST_PARTS, Part, Parts, fold_blocks};
use crate::workload::payload::{FILL, Layout, Value, ValueInfo, changed, fingerprint};

/// The block of a part. The slack of a vector is not written to, as a vector does not write to it.
type Block = Box<[MaybeUninit<u8>]>;

/// A struct of `8 + 16 * PARTS + FILLER` bytes.
#[derive(Debug, Clone)]
pub struct Record<const PARTS: usize, const FILLER: usize> {
    tag: u64,
    parts: [Block; PARTS],
    #[expect(dead_code, reason = "it is there for its bytes")]
    filler: [u8; FILLER],
}

/// The parts of every record of this process.
///
/// [`Value::make`] is handed a size and a tag, which every loop derives for every type. What else records need is the same for a whole
/// run, so it is set once before the run, and the loops of other types do not pay for it. Threads only read it.
static DESCRIBED: [PartCell; MOST_PARTS] = [const { PartCell::empty() }; MOST_PARTS];

/// How many parts are described. The others are empty and are never read.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A [`Part`] in atomic numbers, which cost what plain ones cost to read.
struct PartCell {
    count: AtomicU64,
    size: AtomicU64,
}

/// In place of the bounds of a count: the part is no vector.
const NO_COUNT: u64 = u64::MAX;

/// Says which parts the records of this process own, from now on.
pub fn set_parts(parts: &Parts) {
    COUNT.store(parts.list().len(), Relaxed);
    let none = Part::default();
    for (cell, part) in DESCRIBED.iter().zip(parts.list().iter().chain(std::iter::repeat(&none))) {
        let packed = |bounds: Bounds| u64::from(bounds.max) << 32 | u64::from(bounds.min);
        cell.count.store(part.count.map_or(NO_COUNT, packed), Relaxed);
        cell.size.store(packed(part.size), Relaxed);
    }
}

impl PartCell {
    /// A block without any byte.
    const fn empty() -> PartCell {
        PartCell { count: AtomicU64::new(NO_COUNT), size: AtomicU64::new(0) }
    }

    #[inline]
    fn part(&self) -> Part {
        let bounds = |packed: u64| Bounds { min: packed as u32, max: (packed >> 32) as u32 };
        let count = Some(self.count.load(Relaxed)).filter(|packed| *packed != NO_COUNT);
        Part { count: count.map(bounds), size: bounds(self.size.load(Relaxed)) }
    }
}

/// Makes the block of a part. That of a vector grows through all of its capacities, as if its elements were pushed.
#[inline]
fn make_block(drawn: Drawn) -> Block {
    if drawn.count.is_none() {
        return vec![MaybeUninit::new(FILL); drawn.size as usize].into_boxed_slice();
    }
    let mut bytes = Vec::new();
    for capacity in drawn.capacities() {
        let capacity = capacity as usize;
        bytes.reserve_exact(capacity - bytes.len());
        bytes.resize(capacity.min(drawn.contents() as usize), MaybeUninit::new(FILL));
    }
    // As long as its capacity, so making it a box moves and frees nothing.
    bytes.resize(bytes.capacity(), MaybeUninit::uninit());
    bytes.into_boxed_slice()
}

/// The Rust type, of the sizes that are compiled in.
const fn rust(size: usize) -> &'static str {
    match size {
        32 => "Record<32>",
        40 => "Record<40>",
        48 => "Record<48>",
        56 => "Record<56>",
        64 => "Record<64>",
        80 => "Record<80>",
        96 => "Record<96>",
        128 => "Record<128>",
        _ => "Record<N>",
    }
}

impl<const PARTS: usize, const FILLER: usize> Value for Record<PARTS, FILLER> {
    const INFO: ValueInfo = ValueInfo {
        about: "a struct of so many bytes that owns the parts that the workload describes",
        tag_bits: Some(64),
        layout: Layout { parts: PARTS, ..Layout::inline::<Self>() },
        ..ValueInfo::fixed::<Self>("record", rust(size_of::<Self>()))
    };

    #[inline]
    fn make(_size: usize, tag: u64) -> Self {
        let mut parts = std::array::from_fn(|_| Block::default());
        for (place, (part, cell)) in parts.iter_mut().zip(&DESCRIBED).take(COUNT.load(Relaxed)).enumerate() {
            *part = make_block(cell.part().drawn(place, tag));
        }
        Record { tag, parts, filler: [FILL; FILLER] }
    }

    #[inline]
    fn change(&mut self) {
        self.tag = changed(self.tag, 64, 1);
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        let described = self.parts.iter().take(COUNT.load(Relaxed));
        let blocks = fold_blocks(described.map(|part| part.len() as u64));
        fingerprint(size_of::<Self>(), self.tag).wrapping_add(blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Record32, Record40, Record48, Record56, Record64, Record80, Record96, Record128};
    use super::*;

    #[test]
    fn records_have_their_sizes_and_as_many_parts_as_fit() {
        macro_rules! each {
            ($($record:ty: $size:literal;)*) => {$(
                assert_eq!(size_of::<$record>(), $size);
                let info = <$record as Value>::INFO;
                assert_eq!(info.rust, concat!("Record<", $size, ">"));
                assert_eq!(info.layout.parts, ($size - 8) / size_of::<Block>());
                assert!(info.layout.parts <= MOST_PARTS);
            )*};
        }
        each! {
            Record32: 32; Record40: 40; Record48: 48; Record56: 56; Record64: 64; Record80: 80; Record96: 96; Record128: 128;
        }
    }

    #[test]
    fn a_block_has_its_contents_and_its_slack() {
        let block = make_block(Drawn { count: Some(5), size: 24 });
        assert_eq!(block.len(), 8 * 24);
        assert_eq!(make_block(Drawn { count: None, size: 18 }).len(), 18);
        assert_eq!(make_block(Drawn { count: Some(0), size: 18 }).len(), 0);
    }
}
