package stream

import "mapprof/internal/offheap"

const (
	// chunkEntries is the most entries of a chunk.
	chunkEntries = 256
	// chunkFew is the number of entries below which a chunk is joined with the next one, if both fit into one.
	chunkFew = chunkEntries / 4
)

// orderedSet is the live entries in the order of their keys, for scans: what a correct ordered map finds from a key on.
// Larger codes make larger keys, so the order of the keys of a map is that of their codes.
//
// Entries lie sorted in chunks, and the chunks in a directory by their first entries: a scan reads memory in its order,
// and a change moves the entries of one chunk.
type orderedSet struct {
	chunks offheap.Slice[chunk]
	// directory has the chunks in use, in order.
	directory offheap.Slice[chunkPlace]
	// free has the chunks that are not in use.
	free offheap.Slice[uint32]
}

// orderedEntry is the fingerprint of a live value by map and code.
type orderedEntry struct {
	code, fingerprint uint64
	instance          uint32
}

type chunk struct {
	count   int
	entries [chunkEntries]orderedEntry
}

// chunkPlace is a chunk and its first entry.
type chunkPlace struct {
	code     uint64
	instance uint32
	chunk    uint32
}

func less(instance uint32, code uint64, instance2 uint32, code2 uint64) bool {
	return instance < instance2 || instance == instance2 && code < code2
}

// find is the place in the directory of the chunk in which an entry is or would be.
func (o *orderedSet) find(instance uint32, code uint64) int {
	places := o.directory.Items()
	low, high := 0, len(places)
	// The last chunk whose first entry is not behind it.
	for low < high {
		middle := (low + high) / 2
		if less(instance, code, places[middle].instance, places[middle].code) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	if low > 0 {
		low--
	}
	return low
}

// at is the place of the first entry of a chunk that is not before this one.
func (c *chunk) at(instance uint32, code uint64) int {
	low, high := 0, c.count
	for low < high {
		middle := (low + high) / 2
		if less(c.entries[middle].instance, c.entries[middle].code, instance, code) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (c *chunk) has(at int, instance uint32, code uint64) bool {
	return at < c.count && c.entries[at].code == code && c.entries[at].instance == instance
}

func (o *orderedSet) chunkAt(place int) *chunk {
	return &o.chunks.Items()[o.directory.Items()[place].chunk]
}

// name has the directory say which entry is the first one of a chunk.
func (o *orderedSet) name(place int) {
	first := &o.chunkAt(place).entries[0]
	o.directory.Items()[place].instance, o.directory.Items()[place].code = first.instance, first.code
}

// put puts a value in, or replaces it.
func (o *orderedSet) put(instance uint32, code, fingerprint uint64) {
	if o.directory.Len() == 0 {
		o.addChunk(0)
	}
	place := o.find(instance, code)
	c := o.chunkAt(place)
	at := c.at(instance, code)
	if c.has(at, instance, code) {
		c.entries[at].fingerprint = fingerprint
		return
	}
	if c.count == chunkEntries {
		place, at = o.split(place, at)
		c = o.chunkAt(place)
	}
	copy(c.entries[at+1:c.count+1], c.entries[at:c.count])
	c.entries[at] = orderedEntry{code, fingerprint, instance}
	c.count++
	if at == 0 {
		o.name(place)
	}
}

// split moves a part of a full chunk into a new one behind it. It returns where an entry goes that would have gone to a
// place of the full one.
func (o *orderedSet) split(place, at int) (int, int) {
	fresh := o.addChunk(place + 1)
	c := o.chunkAt(place)
	keep := chunkEntries / 2
	if at == chunkEntries {
		// Entries that come in ascending order fill their chunks.
		keep = chunkEntries - 1
	}
	fresh.count = copy(fresh.entries[:], c.entries[keep:])
	c.count = keep
	o.name(place + 1)
	if at > keep {
		return place + 1, at - keep
	}
	return place, at
}

// addChunk puts an empty chunk into the directory.
func (o *orderedSet) addChunk(place int) *chunk {
	index := uint32(o.chunks.Len())
	if free := o.free.Len(); free > 0 {
		index = o.free.Items()[free-1]
		o.free.Truncate(free - 1)
	} else {
		o.chunks.Extend(1)
	}
	o.directory.Extend(1)
	places := o.directory.Items()
	copy(places[place+1:], places[place:])
	places[place] = chunkPlace{chunk: index}
	c := &o.chunks.Items()[index]
	c.count = 0
	return c
}

// remove takes an entry out.
func (o *orderedSet) remove(instance uint32, code uint64) {
	if o.directory.Len() == 0 {
		return
	}
	place := o.find(instance, code)
	c := o.chunkAt(place)
	at := c.at(instance, code)
	if !c.has(at, instance, code) {
		return
	}
	copy(c.entries[at:], c.entries[at+1:c.count])
	c.count--
	switch {
	case c.count == 0:
		o.dropChunk(place)
		return
	case at == 0:
		o.name(place)
	}
	if c.count < chunkFew && place+1 < o.directory.Len() {
		if next := o.chunkAt(place + 1); c.count+next.count <= chunkEntries/2 {
			c.count += copy(c.entries[c.count:], next.entries[:next.count])
			o.dropChunk(place + 1)
		}
	}
}

// dropChunk takes a chunk out of the directory.
func (o *orderedSet) dropChunk(place int) {
	places := o.directory.Items()
	o.free.Append(places[place].chunk)
	copy(places[place:], places[place+1:])
	o.directory.Truncate(len(places) - 1)
}

// clear takes every entry out.
func (o *orderedSet) clear() {
	o.chunks.Truncate(0)
	o.directory.Truncate(0)
	o.free.Truncate(0)
}

// scan is what a scan of at most so many entries of a map answers, from a code on.
func (o *orderedSet) scan(instance uint32, code uint64, entries int) uint64 {
	sum := uint64(0)
	if o.directory.Len() == 0 {
		return sum
	}
	place := o.find(instance, code)
	at := o.chunkAt(place).at(instance, code)
	for ; place < o.directory.Len(); place++ {
		c := o.chunkAt(place)
		for _, e := range c.entries[at:c.count] {
			if entries == 0 || e.instance != instance {
				return sum
			}
			sum += e.fingerprint + Visited
			entries--
		}
		at = 0
	}
	return sum
}
