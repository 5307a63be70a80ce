package maps

import (
	"testing"
	"unsafe"

	"mapprof/internal/mapshape"
)

// The bytes that the table of maps states are those of the types.
func TestHeadsAreThoseOfTheTypes(t *testing.T) {
	block := func(bytes uintptr) uint64 { return mapshape.Usable(uint64(bytes), true) }
	for name, due := range map[string]uint64{
		"go":         block(unsafe.Sizeof(builtin[int, int]{})),
		"go-rwmutex": block(unsafe.Sizeof(sharded[int, int]{})) + block(unsafe.Sizeof(shard[int, int]{})),
		"go-sorted":  block(unsafe.Sizeof(sorted[int, int]{})),
		"go-null":    0,
	} {
		if stated := KindNamed(name).HeadBytes; stated != due {
			t.Errorf("%s: %d bytes are stated, and its types have %d", name, stated, due)
		}
	}
}
