package stream

import (
	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

// picker picks ranks of live entries as an access distribution says. Entries are ranked in the order of their
// insertion, the oldest first.
type picker struct {
	kind workload.AccessKind
	// next is the rank that comes next, of sequential access.
	next uint64
	// zipf is shared by all pickers of one theta: what it draws depends on nothing that was drawn before.
	zipf *zipf
	// hot is the bound of the random bits that pick a hot entry, keys the share of the entries that are hot.
	hot  uint64
	keys float64
}

// newPicker is a picker that starts over.
func newPicker(access *workload.Access, zipf *zipf) picker {
	return picker{kind: access.Kind, zipf: zipf, hot: bitmix.Share(access.Operations), keys: access.Keys}
}

// pick is a rank below n; 0 if n is 0.
func (p *picker) pick(n uint64, rng *rng) uint64 {
	switch p.kind {
	case workload.Uniform:
		return bitmix.Below(rng.next(), n)
	case workload.Sequential:
		rank := p.next
		if rank >= n {
			rank = 0
		}
		p.next = rank + 1
		return rank
	case workload.Zipf:
		return p.zipf.rank(rng.next(), n)
	case workload.ScrambledZipf:
		// A product instead of a remainder keeps hot entries where they are, in proportion, when n changes.
		return bitmix.Below(bitmix.Mix(p.zipf.rank(rng.next(), n)+bitmix.Golden), n)
	case workload.Latest:
		rank := p.zipf.rank(rng.next(), n)
		if n == 0 {
			return 0
		}
		return n - 1 - rank
	default:
		return p.pickHotspot(n, rng)
	}
}

func (p *picker) pickHotspot(n uint64, rng *rng) uint64 {
	hot := bitmix.Saturate(float64(float64(n)*p.keys) + 0.5)
	if most := max(n, 1); hot > most {
		hot = most
	}
	hot = max(hot, 1)
	if rng.next() < p.hot || hot >= n {
		if hot > n {
			hot = n
		}
		return bitmix.Below(rng.next(), hot)
	}
	return hot + bitmix.Below(rng.next(), n-hot)
}

// pickRemoval is the rank of the entry that a removal takes. It differs for sequential access alone: while ranks are
// ages, the oldest goes first, and the others move up behind it.
func (p *picker) pickRemoval(n uint64, ordered bool, rng *rng) uint64 {
	if p.kind == workload.Sequential && ordered {
		return 0
	}
	return p.pick(n, rng)
}

func max(a, b uint64) uint64 {
	if a > b {
		return a
	}
	return b
}
