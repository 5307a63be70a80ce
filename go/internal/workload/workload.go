// Package workload is a workload as a request of the worker protocol describes it, and what is known of its operations,
// steps, keys and values.
//
// What is read here is checked once: whatever Parse accepts can be run.
package workload

// Workload is a workload, every number computed.
type Workload struct {
	// Name and About are the name and prose about it.
	Name, About string
	// Entries that the fill puts into the map.
	Entries uint64
	Key     KeySpec
	Value   ValueSpec
	// Hasher is nil if it is the map's own.
	Hasher *HasherSpec
	// Capacity is the number of entries that each map is pre-sized for; nil if it is not.
	Capacity *uint64
	// Shards of the map; nil if it is the map's own number.
	Shards *uint64
	// Instances is the number of maps that the entries are dealt over, at least 1.
	Instances uint64
	// ScanEntries is the most entries that a scan visits.
	ScanEntries uint64
	// OneHitWonders is the share of the entries that nothing picks, except to remove them.
	OneHitWonders float64
	// TimeToLive is the number of operations after which an entry is removed; nil if there is none.
	TimeToLive *uint64
	// RemovesOldest: removals take the oldest entry, not a picked one.
	RemovesOldest bool
	// Access is what picks live entries, unless a phase says otherwise.
	Access Access
	Phases []Phase
	Expect Expect
}

// KeySpec describes the keys.
type KeySpec struct {
	// Type is the row of their type.
	Type   *KeyType
	Length KeyLength
	// Ascending: the n-th inserted key is the n-th smallest; otherwise a bijection scatters them.
	Ascending bool
	// Rust is the Rust type.
	Rust string
	// Letters: a byte of a key is a letter, which holds 6 bits of the key's code and not 8.
	Letters bool
	Layout  Layout
}

// HasherSpec names a hasher.
type HasherSpec struct {
	Type string
	// Distinct is the number of values that it has; nil if the workload does not say so.
	Distinct *uint64
}

// Expect is what a workload promises; nil where it promises nothing.
type Expect struct {
	// Length is the number of entries after the last phase, Hits that of look-ups that find their key.
	Length, Hits *uint64
}

// Phase is a stretch of the operation stream.
type Phase struct {
	Name string
	// Ops is the number of operations over all threads.
	Ops    uint64
	Work   Work
	Access Access
	// HandOver: each thread first hands its entries over to the next one.
	HandOver bool
}

// Work is what the operations of a phase are. Exactly one of its fields is set.
type Work struct {
	// Mix: each operation is one call, drawn with these odds.
	Mix []Odds
	// Each: each operation is these calls, one after the other.
	Each []Op
	// Step: the only operation is a step of the map's life cycle.
	Step *Step
}

// Odds is an operation of a mix.
type Odds struct {
	Op      Op
	Percent float64
}

// Step is a step of the map's life cycle.
type Step struct {
	Kind StepKind
	// Entries that a new map is pre-sized for, or further entries that room is made for; nil if nothing is said.
	Entries *uint64
	// Readers is the number of threads that look keys up during a swap; nil if nothing is said.
	Readers *uint64
}

// Calls says whether any phase makes this call.
func (w *Workload) Calls(op Op) bool {
	if op == Remove && w.TimeToLive != nil {
		return true
	}
	for i := range w.Phases {
		for _, odds := range w.Phases[i].Work.Mix {
			if odds.Op == op && odds.Percent > 0 {
				return true
			}
		}
		for _, each := range w.Phases[i].Work.Each {
			if each == op {
				return true
			}
		}
	}
	return false
}

// Stride is how far apart the numbers of the keys of successive entries are: 2 if a missing key lies between them.
func (w *Workload) Stride() uint64 {
	if w.Calls(GetMissing) {
		return 2
	}
	return 1
}

// CallsPerOp is the number of calls that one operation makes.
func (w *Work) CallsPerOp() int {
	if len(w.Each) > 0 {
		return len(w.Each)
	}
	return 1
}

// CodeBits is the number of bits of a code that every key holds, even the shortest.
func (k *KeySpec) CodeBits() uint {
	perByte := uint(8)
	if k.Letters {
		perByte = 6
	}
	if least := uint(k.Length.Least()); least < 64/perByte+1 {
		if bits := least * perByte; bits < 64 {
			return bits
		}
	}
	return 64
}

// SameBlockBytes is the size of the block of a key in Rust, in bytes, if those of all keys are alike.
func (k *KeySpec) SameBlockBytes() (uint64, bool) {
	if k.Layout.Block == nil {
		return 0, true
	}
	if length, ok := k.Length.Fixed(); ok {
		return k.Layout.BlockBytes(uint64(length)), true
	}
	return 0, false
}
