package stream

import (
	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

const (
	// mostPicks is the most draws of an entry that may be picked, while others may not.
	mostPicks = 64
	// mostNeighbours is how many entries are tried after these.
	mostNeighbours = 4096
)

// entryPicker picks live entries, of which there must be one: a pick of the access distribution, with what the workload
// says of entries that are never picked and of those that are removed.
type entryPicker struct {
	picker picker
	// wondersBelow: entries whose number, mixed, is below it are only put in and removed.
	wondersBelow uint64
	// removesOldest: removals take the oldest entry.
	removesOldest bool
}

func newEntryPicker(w *workload.Workload) entryPicker {
	return entryPicker{wondersBelow: bitmix.Share(w.OneHitWonders), removesOldest: w.RemovesOldest}
}

// removal is the rank of the entry that a removal takes.
func (p *entryPicker) removal(live *liveSet, rng *rng) uint64 {
	if p.removesOldest {
		// All removals did, so ranks are ages.
		return 0
	}
	return p.picker.pickRemoval(live.len(), live.ranged, rng)
}

// pick is the rank of the entry that any other call is about.
func (p *entryPicker) pick(live *liveSet, ids *keyIds, rng *rng) uint64 {
	rank := p.picker.pick(live.len(), rng)
	if p.wondersBelow != 0 && p.isWonder(live, ids, rank) {
		return p.pickAgain(live, ids, rng)
	}
	return rank
}

// pickAgain draws again, and if that does not help, goes on to the next entries. What is left then is one of a map with
// none or nearly none that may be picked.
func (p *entryPicker) pickAgain(live *liveSet, ids *keyIds, rng *rng) uint64 {
	rank := uint64(0)
	for n := 0; n < mostPicks; n++ {
		rank = p.picker.pick(live.len(), rng)
		if !p.isWonder(live, ids, rank) {
			return rank
		}
	}
	for n := 0; n < mostNeighbours; n++ {
		rank++
		if rank >= live.len() {
			rank = 0
		}
		if !p.isWonder(live, ids, rank) {
			return rank
		}
	}
	return rank
}

// isWonder says whether nothing but removals pick the entry.
func (p *entryPicker) isWonder(live *liveSet, ids *keyIds, rank uint64) bool {
	return bitmix.Mix(ids.global(live.entry(rank).id)+bitmix.Golden) < p.wondersBelow
}
