package stream

import (
	"math"
	"reflect"
	"testing"

	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

func TestXoshiroHasKnownOutputs(t *testing.T) {
	// Of the state 1, 2, 3, 4, as the reference implementation has them.
	r := rng{1, 2, 3, 4}
	for n, due := range []uint64{41943041, 58720359, 3588806011781223, 3591011842654386} {
		if got := r.next(); got != due {
			t.Errorf("output %d is %d, not %d", n, got, due)
		}
	}
}

func TestZipfRanksAreThoseOfMapprof(t *testing.T) {
	z := newZipf(0.99)
	var ranks [8]uint64
	for n := range ranks {
		ranks[n] = z.rank(bitmix.Mix(uint64(n)+1), 1_000_000)
	}
	if due := [8]uint64{97, 149_601, 3, 21_567, 20_550, 86_221, 1, 106_440}; ranks != due {
		t.Errorf("%v, not %v", ranks, due)
	}
}

func TestZipfRanksHaveTheirOdds(t *testing.T) {
	const draws = 200_000
	for _, one := range []struct {
		theta float64
		n     int
	}{{0.3, 40}, {0.99, 1000}, {1, 777}, {2.7, 50}, {4, 9}} {
		z, r := newZipf(one.theta), newRng(11)
		counts := make([]float64, one.n)
		for n := 0; n < draws; n++ {
			counts[z.rank(r.next(), uint64(one.n))]++
		}
		sum := 0.0
		for k := 1; k <= one.n; k++ {
			sum += math.Pow(float64(k), -one.theta)
		}
		for rank, count := range counts {
			due := math.Pow(float64(rank+1), -one.theta) / sum * draws
			if math.Abs(count-due) > 5*math.Sqrt(due)+3 {
				t.Errorf("theta %v: rank %d comes %v times, not %v", one.theta, rank, count, due)
			}
		}
	}
}

func TestWhatWasDrawnBeforeChangesNoRank(t *testing.T) {
	r, used := newRng(7), newZipf(0.8)
	for _, n := range []uint64{3, 1 << 32, 5, 1000, 999, 1001, 70, 1 << 40, 31, 32, 33} {
		for draw := 0; draw < 20; draw++ {
			random := r.next()
			if got, due := used.rank(random, n), newZipf(0.8).rank(random, n); got != due {
				t.Errorf("of %d ranks: %d, not %d", n, got, due)
			}
		}
	}
}

func TestPicksStayBelowTheNumberOfEntries(t *testing.T) {
	for _, access := range []workload.Access{
		{Kind: workload.Uniform}, {Kind: workload.Sequential},
		{Kind: workload.Zipf, Theta: 4}, {Kind: workload.ScrambledZipf, Theta: 0.5}, {Kind: workload.Latest, Theta: 0.01},
		{Kind: workload.Hotspot, Operations: 0.8, Keys: 0.2}, {Kind: workload.Hotspot, Keys: 1}, {Kind: workload.Hotspot, Operations: 1},
	} {
		r, p := newRng(5), newPicker(&access, newZipf(math.Max(access.Theta, 0.1)))
		for _, n := range []uint64{0, 1, 2, 3, 64, 65, 1000, 1 << 32, 1, 0} {
			for draw := 0; draw < 500; draw++ {
				if rank := p.pick(n, &r); rank >= max(n, 1) {
					t.Fatalf("%+v picks %d of %d", access, rank, n)
				}
			}
		}
	}
}

func TestSequentialRemovalsTakeTheOldestWhileRanksAreAges(t *testing.T) {
	r, p := newRng(5), picker{kind: workload.Sequential}
	var ranks []uint64
	for n := 0; n < 4; n++ {
		ranks = append(ranks, p.pick(3, &r))
	}
	ranks = append(ranks, p.pickRemoval(3, true, &r), p.pickRemoval(3, false, &r))
	if due := []uint64{0, 1, 2, 0, 0, 1}; !reflect.DeepEqual(ranks, due) {
		t.Errorf("%v, not %v", ranks, due)
	}
}

func TestAnEntryLivesAsManyOperationsAsItWasGiven(t *testing.T) {
	e := expiry{isKept: true, after: 3, now: math.MaxUint32 - 10}
	var live []int
	for op := 0; op < 50_000; op++ {
		isOver := len(live) > 0 && op-live[0] >= 3
		if e.tick() != isOver {
			t.Fatalf("operation %d", op)
		}
		if isOver {
			live = live[1:]
			e.removeOldest()
		} else if op%7 != 0 {
			live = append(live, op)
			e.insert()
		}
	}
	if e.putIn.Len() > 10_000 {
		t.Error("what is gone is never dropped")
	}
}

func TestScansAreThoseOfASortedList(t *testing.T) {
	r := newRng(3)
	type place struct {
		instance uint32
		code     uint64
	}
	var set orderedSet
	plain := map[place]uint64{}
	scan := func(instance uint32, code uint64, entries int) (sum uint64) {
		for ; entries > 0 && code < 3000; code++ {
			if fingerprint, ok := plain[place{instance, code}]; ok {
				sum += fingerprint + Visited
				entries--
			}
		}
		return sum
	}
	for n := 0; n < 60_000; n++ {
		p := place{uint32(bitmix.Below(r.next(), 3)), bitmix.Below(r.next(), 3000)}
		// Grows at first, shrinks later.
		if bitmix.Below(r.next(), 60_000) > uint64(n) {
			plain[p] = uint64(n)
			set.put(p.instance, p.code, uint64(n))
		} else {
			delete(plain, p)
			set.remove(p.instance, p.code)
		}
		if n%50 == 0 {
			entries := int(bitmix.Below(r.next(), 900))
			if got, due := set.scan(p.instance, p.code, entries), scan(p.instance, p.code, entries); got != due {
				t.Fatalf("after %d changes: %x, not %x", n, got, due)
			}
		}
	}
	for p := range plain {
		set.remove(p.instance, p.code)
	}
	if set.directory.Len() != 0 || set.scan(0, 0, 9) != 0 {
		t.Error("something is left in an empty set")
	}
	for code := uint64(0); code < 10_000; code++ {
		set.put(0, code, 1)
	}
	if chunks := set.chunks.Len(); chunks > 10_000/200 {
		t.Errorf("ascending entries are in %d chunks", chunks)
	}
	set.clear()
	if set.scan(0, 0, 9) != 0 {
		t.Error("something is left in a set that was cleared")
	}
}
