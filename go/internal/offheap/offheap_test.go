package offheap

import "testing"

func TestElementsStayWhenTheMemoryGrows(t *testing.T) {
	var list Slice[uint32]
	defer list.Free()
	for n := uint32(0); n < 1_000_000; n++ {
		list.Append(n)
	}
	for n, item := range list.Items() {
		if item != uint32(n) {
			t.Fatalf("element %d is %d", n, item)
		}
	}
	if list.Len() != 1_000_000 || list.Cap() < list.Len() || list.Bytes() < 4*list.Len() {
		t.Errorf("%d elements, room for %d in %d bytes", list.Len(), list.Cap(), list.Bytes())
	}
}

func TestElementsAreTakenOut(t *testing.T) {
	var list Slice[byte]
	defer list.Free()
	copy(list.Extend(6), "abcdef")
	list.DropFront(2)
	if got := string(list.Items()); got != "cdef" {
		t.Errorf("without the first two: %s", got)
	}
	list.SwapRemove(1)
	if got := string(list.Items()); got != "cfe" {
		t.Errorf("without the second: %s", got)
	}
	list.Truncate(1)
	list.Append('z')
	if got := string(list.Items()); got != "cz" {
		t.Errorf("truncated and appended to: %s", got)
	}
	list.DropFront(2)
	list.Reserve(1 << 20)
	if list.Len() != 0 || list.Cap() < 1<<20 {
		t.Errorf("%d elements, room for %d", list.Len(), list.Cap())
	}
	list.Free()
	if list.Cap() != 0 || list.Bytes() != 0 {
		t.Error("memory is left after it was given back")
	}
}

func TestNothingComesFromTheGoHeap(t *testing.T) {
	allocs := testing.AllocsPerRun(10, func() {
		var list Slice[uint64]
		for n := uint64(0); n < 100_000; n++ {
			list.Append(n)
		}
		list.Free()
		*New[[3]uint64]() = [3]uint64{1, 2, 3}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
