//! A mapprof with odd company, for the tests: programs that allocate in every way there is, maps that lie about
//! themselves, maps that free late, and maps that leak.

mod late;
mod leaky;

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::process::ExitCode;

use mapprof::maps::{Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, Shape, common_pairs};
use mapprof::worker::program::Bench;
use mapprof::workload::{Key, Value};

mapprof::install_allocator!();

fn main() -> ExitCode {
    mapprof::App::new()
        .program("torture", "Allocates in every way there is", torture)
        .program("strangers", "Frees what it did not allocate while it was watched", strangers)
        .program("owners", "Keeps keys and values of its own in a map of its own", owners)
        .program("parameters", "Allocates what it is told to", parameters)
        .program("settings", "Allocates blocks of a size that can be set", settings)
        .entries(300)
        .param("size", 8)
        .variant("large", "Blocks of 100 bytes", [("size", 100)])
        .variant("small", "As it stands", [("size", 8)])
        .program("forgetful", "Asks for a parameter that it does not have", |bench| {
            let size = bench.param("size").len() as u64;
            bench.phase("nothing", 10, |n| n + size);
        })
        .map::<Hollow>()
        .map::<Boastful>()
        .map::<late::Late>()
        .map::<leaky::NeverFrees>()
        .map::<leaky::LeakyRemove>()
        .map::<leaky::LeakyDrop>()
        .map::<leaky::LeakyKeeper>()
        .main()
}

/// A block by hand: the layout may be one that no collection asks for.
struct Block(*mut u8, Layout);

impl Block {
    fn new(size: usize, align: usize, zeroed: bool) -> Block {
        let layout = Layout::from_size_align(size, align).expect("it is a layout");
        assert!(size > 0, "the allocator need not know empty blocks");
        // SAFETY: the size is not zero.
        let start = unsafe { if zeroed { alloc_zeroed(layout) } else { alloc(layout) } };
        assert!(!start.is_null(), "no memory");
        assert!((start as usize).is_multiple_of(align), "a block at {start:p} is not aligned by {align}");
        let mut block = Block(start, layout);
        if zeroed {
            assert!(block.bytes().iter().all(|byte| *byte == 0), "a zeroed block is not");
        }
        block.bytes().fill(0xa5);
        block
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the block is this one's alone, of that size, and written to when it was made.
        unsafe { std::slice::from_raw_parts_mut(self.0, self.1.size()) }
    }

    fn resize(&mut self, size: usize) {
        let kept = size.min(self.1.size());
        self.bytes()[..kept].iter_mut().enumerate().for_each(|(n, byte)| *byte = n as u8);
        // SAFETY: the block is live, has this layout, and the size is not zero.
        self.0 = unsafe { realloc(self.0, self.1, size) };
        assert!(!self.0.is_null(), "no memory");
        self.1 = Layout::from_size_align(size, self.1.align()).expect("it is a layout");
        assert!(
            (self.0 as usize).is_multiple_of(self.1.align()),
            "it moved to {:p}, which is not aligned",
            self.0
        );
        // SAFETY: so many bytes were written before, and the others are written now.
        unsafe { self.0.add(kept).write_bytes(0xa5, size - kept) };
        let same = self.bytes()[..kept].iter().enumerate().all(|(n, byte)| *byte == n as u8);
        assert!(same, "a resized block lost its bytes");
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout and is freed once.
        unsafe { dealloc(self.0, self.1) }
    }
}

const ALIGNMENTS: [usize; 7] = [1, 2, 8, 16, 64, 512, 4096];

/// Deeper than any stack that is kept, and allocating at the bottom.
#[inline(never)]
fn deep(depth: u64) -> Vec<u64> {
    if depth == 0 {
        return black_box(vec![7; 9]);
    }
    let mut found = deep(depth - 1);
    found[0] += black_box(depth);
    found
}

fn torture(bench: &mut Bench) {
    let mut kept: Vec<Block> = Vec::with_capacity(10_000);
    bench.phase("aligned", 2_000, |n| {
        let n = n as usize;
        let mut block = Block::new(1 + n * 37 % 9_000, ALIGNMENTS[n % 7], n.is_multiple_of(3));
        let sum: u64 = block.bytes().iter().map(|byte| u64::from(*byte)).sum();
        if n.is_multiple_of(2) {
            kept.push(block);
        }
        sum
    });
    bench.phase("resized", 2_000, |n| {
        let n = n as usize;
        let many = kept.len();
        // Up and down, to nearly nothing and beyond what has pages of its own.
        kept[n % many].resize(1 + n * n % 70_000);
        let mut text = String::new();
        (0..n % 200).for_each(|_| text.push('x'));
        text.truncate(n % 7);
        text.shrink_to_fit();
        text.len() as u64
    });
    bench.phase("nothing", 500, |n| {
        let mut nothings: Vec<()> = Vec::with_capacity(n as usize);
        (0..n).for_each(|_| nothings.push(()));
        black_box(Box::new(()));
        black_box(vec![0u8; 0]);
        black_box(String::from(""));
        nothings.len() as u64
    });
    bench.phase("too-much", 50, |n| {
        let mut small = vec![1u8; 10 + n as usize];
        // Neither is a block there nor may the old one be lost.
        assert!(small.try_reserve_exact(isize::MAX as usize - 100).is_err());
        assert!(Vec::<u8>::new().try_reserve_exact(isize::MAX as usize).is_err());
        assert!(Vec::<[u64; 8]>::new().try_reserve_exact((isize::MAX as usize - 4096) / 64).is_err());
        small.iter().map(|byte| u64::from(*byte)).sum()
    });
    bench.phase("deep", 200, |n| deep(n)[0]);
    let mut boxes: Vec<Vec<u8>> = Vec::with_capacity(100);
    bench.phase("elsewhere", 20, |n| {
        // What another thread frees was allocated here; that thread is not watched.
        let given = vec![n as u8; 1000 + n as usize];
        let other = std::thread::spawn(move || given.len() as u64);
        boxes.push(vec![1; 50]);
        other.join().expect("it does not fail")
    });
    bench.phase("gone", 100, |n| {
        let _ = kept.pop();
        let _ = boxes.pop();
        n
    });
    bench.holds(kept.len() as u64, 0);
}

/// 24 bytes.
#[inline(never)]
fn make_key(n: u64) -> Vec<u8> {
    let mut key = vec![0; 24];
    key[..8].copy_from_slice(&n.to_le_bytes());
    key
}

/// 80 bytes.
#[inline(never)]
fn visits(n: u64) -> Vec<u64> {
    black_box(vec![n; 10])
}

/// What it holds is said after the second phase alone.
fn owners(bench: &mut Bench) {
    let mut map: HashMap<Vec<u8>, Vec<u64>, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    bench.phase("named", 1_000, |n| u64::from(map.insert(make_key(n), visits(n)).is_none()));
    bench.phase("marked", 1_000, |n| {
        let n = n + 1_000;
        let key = mapprof::key(|| [n.to_le_bytes(); 3].concat());
        let value = mapprof::value(|| black_box(vec![n; 10]));
        u64::from(map.insert(key, value).is_none())
    });
    bench.holds(map.len() as u64, map.len() as u64 * (24 + 80));
    bench.phase("touched", 100, |n| map.get(&make_key(n)).map_or(0, |value| value[0]));
}

/// So many blocks as the first argument says, each as large as the environment says.
fn parameters(bench: &mut Bench) {
    let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
    let count = number(bench.arguments().first().cloned()).unwrap_or(10);
    let size = number(std::env::var("MAPPROF_TEST_SIZE").ok()).unwrap_or(1);
    bench.phase("allocate", count, |n| black_box(vec![n as u8; size as usize]).len() as u64);
}

/// A block for each entry, of the size that its settings say.
fn settings(bench: &mut Bench) {
    let size: usize = bench.param("size").parse().unwrap_or(0);
    let mut blocks: Vec<Vec<u8>> = Vec::with_capacity(bench.entries() as usize);
    bench.phase("allocate", bench.entries(), |n| {
        blocks.push(vec![n as u8; size]);
        n
    });
    bench.holds(blocks.len() as u64, (blocks.len() * size) as u64);
}

/// What is made before a phase is not counted; 1000 of these blocks are freed in one, and 500 resized.
fn strangers(bench: &mut Bench) {
    let mut freed: Vec<Box<[u8]>> = (0..1000).map(|_| vec![1u8; 100].into_boxed_slice()).collect();
    let mut resized: Vec<Vec<u8>> = (0..500).map(|_| Vec::with_capacity(200)).collect();
    // These have pages of their own.
    let mut large: Vec<Vec<u8>> = (0..20).map(|_| Vec::with_capacity(20_000)).collect();
    let mut own: Vec<Vec<u8>> = Vec::with_capacity(1_000);
    bench.phase("own", 1_000, |n| {
        own.push(vec![n as u8; 1_000]);
        n
    });
    bench.phase("free", 1_000, |n| freed.pop().map_or(0, |block| block.len() as u64 + n));
    bench.phase("resize", 500, |n| {
        let block = &mut resized[n as usize];
        block.reserve_exact(300);
        block.capacity() as u64
    });
    bench.phase("large", 15, |n| match n {
        0..5 => {
            large[n as usize].reserve_exact(50_000);
            n
        }
        _ => large.pop().map_or(0, |block| block.capacity() as u64 + n),
    });
    drop(own);
}

/// A table that holds memory and says something else of itself.
struct Liar<K, V, const SLOTS: u64>(HashMap<K, V, BuildHasherDefault<DefaultHasher>>);

/// Says that it has no slots at all.
struct Hollow;

/// Says that it has more slots than there are bytes.
struct Boastful;

impl MapFamily for Hollow {
    const INFO: MapInfo = MapInfo { about: "says that it has no slots", ..MapInfo::new("hollow") };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Hollow {
    type Map = Liar<K, V, 0>;
}

impl MapFamily for Boastful {
    const INFO: MapInfo = MapInfo { about: "says that it has slots without end", ..MapInfo::new("boastful") };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Boastful {
    type Map = Liar<K, V, { u64::MAX }>;
}

impl<K: Key, V: Value, const SLOTS: u64> Collection<K, V> for Liar<K, V, SLOTS> {
    type Handle<'a> = &'a mut Liar<K, V, SLOTS>;

    fn new(_: MapConfig) -> Self {
        Liar(HashMap::default())
    }
    fn handles(&mut self, _: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value, const SLOTS: u64> Handle<K, V> for &mut Liar<K, V, SLOTS> {
    fn insert(&mut self, key: K, value: V) -> bool {
        self.0.insert(key, value).is_none()
    }
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.0.get(key).map(read)
    }
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        self.0.get_mut(key).map(|old| *old = value).is_some()
    }
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.0.remove(key).is_some()
    }
    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        self.0.iter().for_each(|(key, value)| visit(key, value));
    }
    fn clear(&mut self) {
        self.0.clear();
    }
    fn len(&mut self) -> usize {
        self.0.len()
    }
    fn shape(&mut self) -> Shape {
        let slot_bytes = size_of::<(K, V)>() as u64;
        Shape { capacity: Some(SLOTS), slots: Some(SLOTS), slot_bytes, own_bytes: None }
    }
}
