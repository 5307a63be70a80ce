package values

import (
	"unsafe"

	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// Arrays makes values of a type that is an array of bytes. A map of Go's keeps those of more than 128 bytes in blocks of
// their own.
func Arrays[V [16]byte | [32]byte | [64]byte | [128]byte | [256]byte]() Type[V] {
	return Type[V]{
		Fill: func(b *stream.Batch, from int, out []V) {
			for i := range out {
				workload.WriteValue(bytesOf(&out[i]), b.Tag(from+i))
			}
		},
		Print: func(value V) uint64 { return printBytes(bytesOf(&value)) },
		Alter: func(value *V) bool {
			workload.ChangeValue(bytesOf(value))
			return true
		},
		Clone: own[V],
	}
}

// bytesOf is the contents of an array of bytes. A function that is handed in could not be looked into by the compiler,
// which would then move every value to the heap.
func bytesOf[V any](value *V) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}
