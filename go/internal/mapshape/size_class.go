package mapshape

import "unsafe"

// classes are the sizes, in bytes, of the runtime's small blocks (runtime/sizeclasses.go; the same from Go 1.18 to 1.27).
var classes = [...]uint16{
	8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
	512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
	5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760,
	24576, 27264, 28672, 32768,
}

const (
	// mostSmall is the largest small block, bytes. Larger ones are whole pages of pageBytes.
	mostSmall, pageBytes = 32768, 8192
	// headerBytes is the header before a small block with pointers of more than mostInSpan bytes, from Go 1.22 on.
	headerBytes, mostInSpan = 8, 512
)

// headerOf is the bytes of the header before a block.
func headerOf(bytes uint64, pointers bool) uint64 {
	if minor >= firstHeaders && pointers && bytes > mostInSpan && isSmall(bytes) {
		return headerBytes
	}
	return 0
}

// isSmall says whether a block is of a size class. From Go 1.22 on a header must fit beside it, whether it has one or not.
func isSmall(bytes uint64) bool {
	if minor >= firstHeaders {
		return bytes <= mostSmall-headerBytes
	}
	return bytes <= mostSmall
}

// Usable is the bytes that a block of so many takes on the heap: those of its size class, or whole pages. Blocks of less
// than 16 bytes without pointers may share one of 16.
func Usable(bytes uint64, pointers bool) uint64 {
	if bytes == 0 {
		return 0
	}
	if !isSmall(bytes) {
		return (bytes + pageBytes - 1) / pageBytes * pageBytes
	}
	bytes += headerOf(bytes, pointers)
	low, high := 0, len(classes)-1
	for low < high {
		middle := (low + high) / 2
		if uint64(classes[middle]) < bytes {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return uint64(classes[low])
}

// RoundUp is the most bytes that fit into the block of so many (runtime.roundupsize).
func RoundUp(bytes uint64, pointers bool) uint64 {
	return Usable(bytes, pointers) - headerOf(bytes, pointers)
}

// HasPointers says whether values of a type have pointers, so that the collector looks at them.
func HasPointers[T any]() bool {
	kind := any((*T)(nil))
	// The type of a pointer has the type that it points to behind what all types have.
	of := (*header)(unsafe.Pointer(&kind))
	pointed := *(**[2]uintptr)(unsafe.Add(of.kind, 48))
	return pointed[1] != 0
}
