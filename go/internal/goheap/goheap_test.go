package goheap

import (
	"testing"
)

var kept []byte

func TestWhatTheKernelSaysFitsWhatTheRuntimeSays(t *testing.T) {
	Collect()
	before, ok := ReadResident()
	if !ok {
		t.Skip("the kernel does not tell")
	}
	const size = 64 << 20
	kept = make([]byte, size)
	for i := 0; i < size; i += 4096 {
		kept[i] = 1
	}
	after, _ := ReadResident()
	if grown := after.Arenas - before.Arenas; grown < size-size/64 || grown > size+size/8 {
		t.Errorf("arenas grew by %d bytes, and %d were made and touched: %+v, %+v", grown, size, before, after)
	}
	if after.Arenas+after.Mapped > after.All {
		t.Errorf("parts are larger than the whole: %+v", after)
	}
	classes := ReadClasses()
	if sum := classes.Objects + classes.Unused + classes.Free + classes.Stacks; after.Arenas > sum+sum/50 {
		t.Errorf("%d bytes of arenas are resident, and the runtime has %d there: %+v", after.Arenas, sum, classes)
	}
	kept = nil
}

func TestReadingAllocatesNothing(t *testing.T) {
	ReadClasses()
	if count := testing.AllocsPerRun(10, func() {
		ReadClasses()
		ReadResident()
		ReadCounts()
	}); count != 0 {
		t.Errorf("reading allocates %.0f blocks", count)
	}
}
