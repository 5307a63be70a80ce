package heapprofile

import (
	"math/rand"
	"runtime"
	"testing"
)

// record is what the runtime would say of a bucket.
func record(pc uintptr, size, allocs, frees int64) runtime.MemProfileRecord {
	return runtime.MemProfileRecord{
		AllocBytes: allocs * size, FreeBytes: frees * size, AllocObjects: allocs, FreeObjects: frees,
		Stack0: [32]uintptr{pc, 99},
	}
}

// blocksOf are the rows of a bucket by phase.
func blocksOf(l *ledger, pc uintptr, size uint64) map[int]Blocks {
	found := map[int]Blocks{}
	number := l.places.Items()[l.place(&[32]uintptr{pc, 99}, size)]
	if number > 0 {
		rows(l.cellsOf(int(number)-1), func(phase int, row Blocks) { found[phase] = row })
	}
	return found
}

func TestTheOldestBlocksAreFreedFirst(t *testing.T) {
	l := newLedger(3)
	// Of before the run: 5 are alive.
	l.take([]runtime.MemProfileRecord{record(1, 64, 15, 10), record(2, 64, 1, 1)})
	l.base()
	// Phase 0 allocates 10 and frees 4; at a look in its midst 8 are alive.
	l.take([]runtime.MemProfileRecord{record(1, 64, 23, 10), record(1, 32, 3, 0)})
	l.reach(0)
	l.peak()
	l.take([]runtime.MemProfileRecord{record(1, 64, 25, 14), record(1, 32, 3, 0)})
	l.reach(0)
	l.end(0)
	// Phase 1 allocates 3 and frees 8: the 6 that were there, and 2 of its own. At a look 5 of the 6 and all 3 are alive.
	l.take([]runtime.MemProfileRecord{record(1, 64, 28, 15), record(1, 32, 3, 0)})
	l.reach(1)
	l.take([]runtime.MemProfileRecord{record(1, 64, 28, 22), record(1, 32, 3, 0)})
	l.reach(1)
	l.end(1)
	// Phase 2 allocates 20, all of which are alive at the peak with the one of phase 1, and frees that and 4 of its own.
	l.take([]runtime.MemProfileRecord{record(1, 64, 48, 22), record(1, 32, 3, 1)})
	l.reach(2)
	l.peak()
	l.take([]runtime.MemProfileRecord{record(1, 64, 48, 27), record(1, 32, 3, 3)})
	l.reach(2)
	l.end(2)
	got := blocksOf(l, 1, 64)
	for phase, want := range map[int]Blocks{
		0: {Allocated: 10, InUse: 0, AtPeak: 0, Temporary: 4},
		1: {Allocated: 3, InUse: 0, AtPeak: 1, Temporary: 2},
		2: {Allocated: 20, InUse: 16, AtPeak: 20, Temporary: 4},
	} {
		if got[phase] != want {
			t.Errorf("phase %d: %+v, not %+v", phase, got[phase], want)
		}
	}
	if small := blocksOf(l, 1, 32); len(small) != 1 || small[0] != (Blocks{Allocated: 3, AtPeak: 2}) {
		t.Errorf("%+v", small)
	}
	if before := blocksOf(l, 2, 64); len(before) != 0 {
		t.Errorf("blocks of before the run are told: %+v", before)
	}
	if ends := l.cellsOf(0); ends[0].atEnd != 6 || ends[1].atEnd != 1 || ends[2].atEnd != 16 {
		t.Errorf("alive at the ends of phases: %+v", ends)
	}
}

func TestTheLedgerIsAQueue(t *testing.T) {
	const phases = 4
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 200; round++ {
		l := newLedger(phases)
		queue, allocs, frees := []int{}, int64(0), int64(0)
		want := map[int]Blocks{}
		for phase := 0; phase < phases; phase++ {
			for step := 0; step < 5; step++ {
				added := random.Intn(8)
				for i := 0; i < added; i++ {
					queue = append(queue, phase)
				}
				freed := random.Intn(len(queue) + 1)
				row := want[phase]
				row.Allocated += uint64(added)
				want[phase] = row
				for _, of := range queue[:freed] {
					if of == phase {
						row := want[phase]
						row.Temporary++
						want[phase] = row
					}
				}
				queue = queue[freed:]
				allocs, frees = allocs+int64(added), frees+int64(freed)
				l.take([]runtime.MemProfileRecord{record(1, 48, allocs, frees)})
				l.reach(phase)
				if random.Intn(4) == 0 {
					l.peak()
					for of, row := range want {
						row.AtPeak = 0
						want[of] = row
					}
					for _, of := range queue {
						row := want[of]
						row.AtPeak++
						want[of] = row
					}
				}
			}
			l.end(phase)
		}
		for _, of := range queue {
			row := want[of]
			row.InUse++
			want[of] = row
		}
		got := blocksOf(l, 1, 48)
		for phase, row := range want {
			if got[phase] != row {
				t.Fatalf("round %d, phase %d: %+v, not %+v", round, phase, got[phase], row)
			}
		}
	}
}

func TestManyBuckets(t *testing.T) {
	l := newLedger(2)
	const count = 3 * firstPlaces
	records := make([]runtime.MemProfileRecord, 0, count)
	for i := 0; i < count; i++ {
		records = append(records, record(uintptr(1+i/3), int64(16+16*(i%3)), int64(i+1), 0))
	}
	l.take(records)
	l.reach(0)
	l.end(0)
	l.take(records)
	l.reach(1)
	l.end(1)
	if l.buckets.Len() != count {
		t.Errorf("%d buckets, not %d", l.buckets.Len(), count)
	}
	for i := 0; i < count; i += 101 {
		got := blocksOf(l, uintptr(1+i/3), uint64(16+16*(i%3)))
		if want := (Blocks{Allocated: uint64(i + 1), InUse: uint64(i + 1)}); len(got) != 1 || got[0] != want {
			t.Fatalf("bucket %d: %+v", i, got)
		}
	}
}
