//! The blocks of Go's runtime.

/// The sizes, in bytes, of small blocks. Source: runtime/sizeclasses.go; the same from Go 1.18 to 1.27.
const CLASSES: [u64; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416,
    448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200,
    3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336,
    16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// The largest small block, bytes; larger ones are whole pages.
const MOST_SMALL: u64 = 32768;
/// Bytes of the runtime's pages.
const PAGE: u64 = 8192;
/// Bytes of the header before a small block with pointers of more than [`MOST_IN_SPAN`] bytes, from Go 1.22 on.
const HEADER: u64 = 8;
const MOST_IN_SPAN: u64 = 512;
const FIRST_HEADERS: u32 = 22;

/// Blocks as the runtime of a release gives them.
#[derive(Debug, Clone, Copy)]
pub struct SizeClasses {
    /// The number of the release: 19 of Go 1.19.
    pub release: u32,
}

impl SizeClasses {
    /// Bytes that a block of so many takes.
    pub fn usable(self, bytes: u64, pointers: bool) -> u64 {
        if bytes == 0 {
            return 0;
        }
        if !self.is_small(bytes) {
            return bytes.next_multiple_of(PAGE);
        }
        let wanted = bytes + self.header(bytes, pointers);
        CLASSES.iter().copied().find(|class| *class >= wanted).unwrap_or(MOST_SMALL)
    }

    /// The most bytes that fit into a block of so many. Source: runtime.roundupsize.
    pub fn round_up(self, bytes: u64, pointers: bool) -> u64 {
        self.usable(bytes, pointers) - self.header(bytes, pointers)
    }

    fn header(self, bytes: u64, pointers: bool) -> u64 {
        let has = self.release >= FIRST_HEADERS && pointers && bytes > MOST_IN_SPAN && self.is_small(bytes);
        if has { HEADER } else { 0 }
    }

    /// Whether a block is of a class. From Go 1.22 on a header must fit beside it, whether it has one or not.
    fn is_small(self, bytes: u64) -> bool {
        let beside = if self.release >= FIRST_HEADERS { HEADER } else { 0 };
        bytes + beside <= MOST_SMALL
    }
}
