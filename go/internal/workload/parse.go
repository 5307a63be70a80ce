package workload

import (
	"encoding/json"
	"fmt"
)

// Parse reads the workload of a request. Fields that it does not know are ignored. The error is one line that says what
// cannot be understood.
func Parse(data []byte) (*Workload, error) {
	var wire wireWorkload
	if err := json.Unmarshal(data, &wire); err != nil {
		return nil, fmt.Errorf("the workload of the request cannot be read: %w", err)
	}
	w, err := wire.workload()
	if err != nil {
		return nil, fmt.Errorf("workload %q: %w", wire.Name, err)
	}
	return w, nil
}

// UnmarshalJSON reads a workload as Parse does, so that it can be a field of a request.
func (w *Workload) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data)
	if err != nil {
		return err
	}
	*w = *parsed
	return nil
}

// wireWorkload is a workload as it is written. Fields that may not be missing are pointers.
type wireWorkload struct {
	Name          string          `json:"name"`
	About         string          `json:"about"`
	Entries       *uint64         `json:"entries"`
	Key           *wireKey        `json:"key"`
	Value         *wireValue      `json:"value"`
	Hasher        *wireHasher     `json:"hasher"`
	Capacity      *uint64         `json:"capacity"`
	Shards        *uint64         `json:"shards"`
	Instances     *uint64         `json:"instances"`
	ScanEntries   *uint64         `json:"scan_entries"`
	OneHitWonders float64         `json:"one_hit_wonders"`
	TimeToLive    *uint64         `json:"time_to_live"`
	Removals      *string         `json:"removals"`
	Access        json.RawMessage `json:"access"`
	Phases        []wirePhase     `json:"phases"`
	Expect        struct {
		Length *uint64 `json:"length"`
		Hits   *uint64 `json:"hits"`
	} `json:"expect"`
}

type wireKey struct {
	Type    string          `json:"type"`
	Length  json.RawMessage `json:"length"`
	Order   string          `json:"order"`
	Rust    string          `json:"rust"`
	Letters bool            `json:"letters"`
	Layout  Layout          `json:"layout"`
}

type wireValue struct {
	Type      string          `json:"type"`
	Size      json.RawMessage `json:"size"`
	Heap      []string        `json:"heap"`
	HeldShare float64         `json:"held_share"`
	Rust      string          `json:"rust"`
	TagBits   *uint32         `json:"tag_bits"`
	Layout    Layout          `json:"layout"`
}

type wireHasher struct {
	Type     string  `json:"type"`
	Distinct *uint64 `json:"distinct"`
}

type wirePhase struct {
	Name     string          `json:"name"`
	Ops      *uint64         `json:"ops"`
	Work     json.RawMessage `json:"work"`
	Access   json.RawMessage `json:"access"`
	HandOver bool            `json:"hand_over"`
}

func (wire *wireWorkload) workload() (*Workload, error) {
	switch {
	case wire.Name == "":
		return nil, fmt.Errorf("it has no name")
	case wire.Entries == nil:
		return nil, fmt.Errorf("it has no entries")
	case wire.Key == nil:
		return nil, fmt.Errorf("it has no key")
	case wire.Value == nil:
		return nil, fmt.Errorf("it has no value")
	case len(wire.Phases) == 0:
		return nil, fmt.Errorf("it has no phases")
	}
	w := &Workload{
		Name: wire.Name, About: wire.About, Entries: *wire.Entries,
		Capacity: wire.Capacity, Shards: wire.Shards,
		Instances: 1, ScanEntries: 100,
		OneHitWonders: wire.OneHitWonders, TimeToLive: wire.TimeToLive,
		Expect: Expect{Length: wire.Expect.Length, Hits: wire.Expect.Hits},
	}
	if wire.Instances != nil && *wire.Instances > 1 {
		w.Instances = *wire.Instances
	}
	if wire.ScanEntries != nil {
		w.ScanEntries = *wire.ScanEntries
	}
	if wire.Hasher != nil {
		w.Hasher = &HasherSpec{Type: wire.Hasher.Type, Distinct: wire.Hasher.Distinct}
	}
	if wire.Removals != nil {
		switch *wire.Removals {
		case "oldest":
			w.RemovesOldest = true
		case "picked":
		default:
			return nil, fmt.Errorf("there are no removals %q", *wire.Removals)
		}
	}
	var err error
	if w.Key, err = wire.Key.spec(); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if w.Value, err = wire.Value.spec(); err != nil {
		return nil, fmt.Errorf("value: %w", err)
	}
	if w.Access, err = parseAccess(wire.Access); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	for i := range wire.Phases {
		phase, err := wire.Phases[i].phase()
		if err != nil {
			return nil, fmt.Errorf("phase %q: %w", wire.Phases[i].Name, err)
		}
		w.Phases = append(w.Phases, phase)
	}
	return w, w.check()
}

func (wire *wireKey) spec() (KeySpec, error) {
	key := KeySpec{Rust: wire.Rust, Letters: wire.Letters, Layout: wire.Layout}
	switch wire.Order {
	case "random":
	case "ascending":
		key.Ascending = true
	default:
		return key, fmt.Errorf("there is no order %q", wire.Order)
	}
	var err error
	if key.Length, err = parseLength(wire.Length); err != nil {
		return key, fmt.Errorf("length: %w", err)
	}
	key.Type, err = keyTypeOf(wire.Type, &key.Length)
	return key, err
}

func (wire *wireValue) spec() (ValueSpec, error) {
	value := ValueSpec{HeldShare: wire.HeldShare, Rust: wire.Rust, TagBits: wire.TagBits, Layout: wire.Layout}
	var err error
	if value.Size, err = parseSize(wire.Size); err != nil {
		return value, fmt.Errorf("size: %w", err)
	}
	if value.Heap, err = parseParts(wire.Heap); err != nil {
		return value, fmt.Errorf("heap: %w", err)
	}
	if value.Type, err = valueTypeOf(wire.Type, &value.Size); err != nil {
		return value, err
	}
	if value.Heap.Len() > value.Type.Room {
		return value, fmt.Errorf("heap lists %d parts, and there is room for %d", value.Heap.Len(), value.Type.Room)
	}
	return value, nil
}

func (wire *wirePhase) phase() (Phase, error) {
	phase := Phase{Name: wire.Name, HandOver: wire.HandOver}
	if wire.Ops == nil {
		return phase, fmt.Errorf("it has no ops")
	}
	phase.Ops = *wire.Ops
	var err error
	if phase.Work, err = parseWork(wire.Work); err != nil {
		return phase, fmt.Errorf("work: %w", err)
	}
	if phase.Access, err = parseAccess(wire.Access); err != nil {
		return phase, fmt.Errorf("access: %w", err)
	}
	return phase, nil
}
