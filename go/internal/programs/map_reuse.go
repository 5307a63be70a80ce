package programs

import "mapprof/internal/bitmix"

// mapReuse has a map for each request: made anew, cleared, or emptied entry by entry between the requests.
var mapReuse = &Program{
	Name:    "map-reuse",
	About:   "Fills a map for each request, and then clears it, drops it or removes its entries one by one",
	Entries: 1000,
	Parameters: map[string]string{
		"requests": "1000", "end": "clear", "capacity": "0",
	},
	start: func(s *settings) []Phase {
		r := &requests{entries: s.entries, capacity: int(s.whole("capacity")), end: s.parameters["end"], seed: s.seed, look: s.look}
		return []Phase{{
			Name: "requests", Ops: s.whole("requests"), Do: r.request,
			Holds: func() (uint64, uint64) { return uint64(len(r.entriesOf)), 0 },
		}}
	},
}

// requests is the map of the requests.
type requests struct {
	entriesOf     map[uint64]uint64
	entries, seed uint64
	capacity      int
	end           string
	look          func()
}

func (r *requests) emptyMap() map[uint64]uint64 {
	if r.capacity == 0 {
		return make(map[uint64]uint64)
	}
	return make(map[uint64]uint64, r.capacity)
}

func (r *requests) key(entry uint64) uint64 { return bitmix.Mix(r.seed + entry*bitmix.Golden) }

// request puts the entries of a request in, and ends it. The answer says how many there were.
func (r *requests) request(number uint64) uint64 {
	if r.entriesOf == nil {
		// The first map is made in a request too.
		r.entriesOf = r.emptyMap()
	}
	m := r.entriesOf
	for entry := uint64(0); entry < r.entries; entry++ {
		m[r.key(entry)] = number
	}
	held := uint64(len(m))
	if r.look != nil {
		r.look()
	}
	switch r.end {
	case "fresh":
		// First, so that there are never two alive.
		r.entriesOf, m = nil, nil
		r.entriesOf = r.emptyMap()
	case "remove-each":
		for entry := uint64(0); entry < r.entries; entry++ {
			delete(m, r.key(entry))
		}
	default:
		// The compiler makes this loop one call that clears the map.
		for key := range m {
			delete(m, key)
		}
	}
	return held<<8 | uint64(len(r.entriesOf))
}
