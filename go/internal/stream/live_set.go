package stream

import (
	"mapprof/internal/offheap"
	"mapprof/internal/workload"
)

const (
	// versionBits is the number of bits of a version or a number of changes.
	versionBits = 3
	// changedBit says that there were changes: their number comes round to 0.
	changedBit = 1 << (2 * versionBits)
	// mostGone is the number of entries that are gone and not yet dropped from a list, unless they are less than half of
	// it: moving the others costs more.
	mostGone = 4096
)

// entry is a live entry.
type entry struct {
	// id is its place in this thread's order of insertion.
	id uint32
	// packed has how often its value was replaced, how often that value was changed in place, and whether it was.
	packed uint8
}

func (e entry) version() uint8  { return e.packed % workload.Versions }
func (e entry) changes() uint8  { return e.packed >> versionBits % workload.Versions }
func (e entry) isChanged() bool { return e.packed&changedBit != 0 }

// liveSet is the live entries of one thread, by rank. An entry is a local id, counted from 0 in the order of insertion,
// and a version, raised by each update.
//
// While nothing but the oldest entry was ever removed, the ids are a range and ranks are ages. The first other removal
// writes them out, 4 bytes an entry; from then on the newest entry takes over the rank of each removed one, until the
// set runs empty and is a range again. Versions are kept from the first update on, a byte an entry.
type liveSet struct {
	// ranged: the ids are oldest to next, without that; otherwise they are in ids.
	ranged bool
	// versioned: versions are kept; otherwise all are 0.
	versioned bool
	oldest    uint32
	// next is the id of the next insertion.
	next uint32
	// gone is the number of versions of entries that left a range at its old end and were not yet dropped.
	gone int
	ids  offheap.Slice[uint32]
	// versions and changes, by rank, behind the first gone.
	versions offheap.Slice[uint8]
}

// len is the number of entries.
func (l *liveSet) len() uint64 {
	if l.ranged {
		return uint64(l.next - l.oldest)
	}
	return uint64(l.ids.Len())
}

// entry is the entry of a rank, which must be below len.
func (l *liveSet) entry(rank uint64) entry {
	e := entry{id: l.oldest + uint32(rank)}
	if !l.ranged {
		e.id = l.ids.Items()[rank]
	}
	if l.versioned {
		e.packed = l.versions.Items()[uint64(l.gone)+rank]
	}
	return e
}

// insert puts a fresh entry in and returns its id.
func (l *liveSet) insert() uint32 {
	id := l.next
	l.next++
	if !l.ranged {
		l.ids.Append(id)
	}
	if l.versioned {
		l.versions.Append(0)
	}
	return id
}

// bump raises the version of the entry of a rank and returns the new one. The new value has no changes yet.
func (l *liveSet) bump(rank uint64) uint8 {
	packed := l.packed(rank)
	*packed = (*packed + 1) % workload.Versions
	return *packed
}

// change counts a change of the value of the entry of a rank.
func (l *liveSet) change(rank uint64) {
	packed := l.packed(rank)
	changes := (*packed>>versionBits + 1) % workload.Versions
	*packed = changedBit | changes<<versionBits | *packed%workload.Versions
}

// packed is the version and the changes of the entry of a rank.
func (l *liveSet) packed(rank uint64) *uint8 {
	if !l.versioned {
		l.versioned, l.gone = true, 0
		l.versions.Truncate(0)
		versions := l.versions.Extend(int(l.len()))
		for i := range versions {
			versions[i] = 0
		}
	}
	return &l.versions.Items()[uint64(l.gone)+rank]
}

// remove takes out the entry of a rank, which must be below len.
func (l *liveSet) remove(rank uint64) entry {
	e := l.entry(rank)
	if l.ranged && rank == 0 {
		l.oldest++
		if l.versioned {
			l.gone++
			if l.gone > mostGone && l.gone > l.versions.Len()/2 {
				l.dropGone()
			}
		}
		return e
	}
	if l.ranged {
		l.writeOut()
	}
	l.ids.SwapRemove(int(rank))
	if l.versioned {
		l.versions.SwapRemove(int(rank))
	}
	if l.ids.Len() == 0 {
		l.clear()
	}
	return e
}

// clear takes every entry out.
func (l *liveSet) clear() {
	l.ranged, l.versioned = true, false
	l.oldest, l.gone = l.next, 0
	l.ids.Truncate(0)
	l.versions.Truncate(0)
}

// writeOut turns the range into a list of ids.
func (l *liveSet) writeOut() {
	l.ids.Truncate(0)
	ids := l.ids.Extend(int(l.next - l.oldest))
	for i := range ids {
		ids[i] = l.oldest + uint32(i)
	}
	l.dropGone()
	l.ranged = false
}

// dropGone drops the versions of entries that are gone.
func (l *liveSet) dropGone() {
	if l.gone > 0 {
		l.versions.DropFront(l.gone)
		l.gone = 0
	}
}
