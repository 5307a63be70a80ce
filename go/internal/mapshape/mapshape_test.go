package mapshape

import (
	"fmt"
	"runtime"
	"testing"
)

// sizes around each doubling of a map, and some between.
func sizes() (all []int) {
	for full := 8; full <= 1<<12; full *= 2 {
		for _, near := range []int{full * 13 / 16, full * 7 / 8, full} {
			all = append(all, near-1, near, near+1)
		}
	}
	return append(all, 0, 1, 2, 3, 100_000)
}

// live is the bytes of live blocks after a collection.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

var kept any

func check[K comparable, V any](t *testing.T, name string, key func(i int) K, value V) {
	for _, size := range sizes() {
		for _, hint := range []int{0, size} {
			var counted uint64
			var shape Shape
			// The runtime and the testing package allocate now and then. No two maps are alike, and every one is as its
			// shape says; a few tries find one beside which nobody else allocated.
			for try := 0; try < 8; try++ {
				kept = nil
				before := live()
				m := make(map[K]V, hint)
				for i := 0; i < size; i++ {
					m[key(i)] = value
				}
				kept = m
				counted = live() - before
				var ok bool
				if shape, ok = Of(m); !ok {
					t.Fatalf("%s of %d: the map is not known", name, size)
				}
				if counted == shape.Usable {
					break
				}
			}
			if counted != shape.Usable {
				t.Errorf("%s of %d, made for %d: %d bytes are counted, and its shape comes to %d: %+v",
					name, size, hint, counted, shape.Usable, shape)
			}
			if shape.Slots < uint64(size) || shape.Capacity < uint64(size) || shape.Requested > shape.Usable {
				t.Errorf("%s of %d: %+v", name, size, shape)
			}
		}
	}
}

func TestShapesComeToWhatIsCounted(t *testing.T) {
	if Generation() == "" {
		t.Skip("the maps of " + runtime.Version() + " are not known")
	}
	// Texts that are no blocks of their own.
	texts := make([]string, 100_001)
	for i := range texts {
		texts[i] = fmt.Sprintf("key-%d", i)
	}
	number := func(i int) uint64 { return uint64(i) * 0x9E3779B97F4A7C15 }
	check(t, "uint64 to uint64", number, uint64(1))
	check(t, "uint64 to nothing", number, struct{}{})
	check(t, "uint64 to bool", number, true)
	check(t, "uint64 to a slice", number, []byte(nil))
	check(t, "uint64 to 128 bytes", number, [128]byte{})
	check(t, "string to uint64", func(i int) string { return texts[i] }, uint64(1))
	check(t, "string to nothing", func(i int) string { return texts[i] }, struct{}{})
	check(t, "16 bytes to 64 bytes", func(i int) [16]byte { return [16]byte{byte(i), byte(i >> 8), byte(i >> 16)} }, [64]byte{})
}

func TestClassesAreThoseOfTheRuntime(t *testing.T) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	for i, class := range stats.BySize[1:] {
		if class.Size != uint32(classes[i]) {
			t.Fatalf("class %d has %d bytes in the runtime, and %d here", i, class.Size, classes[i])
		}
	}
}

func TestMinorOf(t *testing.T) {
	for version, due := range map[string]int{
		"go1.19.8": 19, "go1.27": 27, "go1.27rc1": 27, "devel go1.28-abc": 0, "go1.24 X:noswissmap": 0, "": 0, "go2.0": 0,
	} {
		if got := minorOf(version); got != due {
			t.Errorf("%q: %d, not %d", version, got, due)
		}
	}
}
