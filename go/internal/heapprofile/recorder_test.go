package heapprofile

import (
	"runtime"
	"testing"

	"mapprof/internal/goheap"
	"mapprof/internal/symbols"
)

var kept [][]byte

func TestReadingAllocatesNothing(t *testing.T) {
	SetRate(1)
	defer SetRate(0)
	r := New(1)
	defer r.Free()
	r.Base()
	if count := testing.AllocsPerRun(10, func() {
		r.Read(0)
		r.Peak()
		r.End(0)
	}); count != 0 {
		t.Errorf("reading allocates %.0f blocks", count)
	}
}

func TestThePlantedBlocksAreRead(t *testing.T) {
	SetRate(1)
	defer SetRate(0)
	r := New(1)
	defer r.Free()
	kept = make([][]byte, 0, 1000)
	goheap.Collect()
	r.Base()
	for i := 0; i < 1000; i++ {
		kept = append(kept, make([]byte, 100))
	}
	kept = kept[:700]
	for i := range kept[:1000][700:] {
		kept[:1000][700+i] = nil
	}
	goheap.Collect()
	r.Read(0)
	r.End(0)
	found := false
	for number := range r.ledger.buckets.Items() {
		rows(r.ledger.cellsOf(number), func(_ int, row Blocks) {
			if b := r.ledger.buckets.Items()[number]; b.size == 112 && row.Allocated == 1000 {
				found = found || row.InUse == 700 && row.Temporary == 300
			}
		})
	}
	if !found {
		t.Error("the blocks of this test are not in the profile")
	}
	// They were not made by operations.
	if sites := r.Sites(); len(sites) != 0 {
		t.Errorf("%+v", sites)
	}
	runtime.KeepAlive(kept)
	kept = nil
}

func TestWhatIsOfOperations(t *testing.T) {
	of := func(functions ...string) (stack []symbols.Location) {
		for _, function := range functions {
			stack = append(stack, symbols.Location{Frames: []symbols.Frame{{Function: function}}})
		}
		return stack
	}
	const loop = "mapprof/internal/replay.(*looper[...]).operationsChecked"
	const harness = "mapprof/internal/worker.(*crew).checkedSlice"
	for _, stack := range [][]symbols.Location{
		of("runtime.makeslice", "mapprof/internal/values.fillSlices", loop, harness),
		of("mapprof/internal/replay.(*set[...]).operationsRebuild.func1", harness), of(loop),
	} {
		if !isOfOperations(stack) {
			t.Errorf("%+v is of operations", stack)
		}
	}
	for _, stack := range [][]symbols.Location{
		nil, of(harness), of("runtime.GC", "mapprof/internal/worker.(*memoryObserver).grown", loop, harness),
		of("mapprof/internal/replay.(*set[...]).Looper", harness), of("main.operationsChecked"),
	} {
		if isOfOperations(stack) {
			t.Errorf("%+v is of the harness", stack)
		}
	}
	trimmed := withoutAllocator(of("runtime.mallocgcSmallNoscan", "runtime.mallocgc", "runtime.makeslice", loop))
	if len(trimmed) != 2 || trimmed[0].Frames[0].Function != "runtime.makeslice" {
		t.Errorf("%+v", trimmed)
	}
	if kept := withoutAllocator(of("runtime.mallocgc")); len(kept) != 1 {
		t.Errorf("%+v", kept)
	}
}
