package workload

import "fmt"

// Op is an operation. Its number stands in the byte of a call and enters the trace, so it never changes.
type Op uint8

const (
	// Insert puts in a key that was never there.
	Insert Op = iota
	// Get looks up a live key.
	Get
	// GetMissing looks up a key that was never there.
	GetMissing
	// Update replaces the value of a live key.
	Update
	// Upsert inserts or replaces: a live key or a fresh one, with even odds.
	Upsert
	// Remove takes out a live key.
	Remove
	// Iterate visits every entry.
	Iterate
	// Clear takes out every entry.
	Clear
	// Entry looks a key up and inserts it if it is absent: a live key or a fresh one, with even odds.
	Entry
	// Modify reads the value of a live key and changes it in place.
	Modify
	// Scan visits entries from a live key on, in the order of the keys.
	Scan
	// OpCount is the number of operations.
	OpCount
)

// About says what an operation is about.
type About uint8

const (
	// AboutAbsent is a key that is not in the map.
	AboutAbsent About = iota
	// AboutLive is a live entry, chosen by the phase's access distribution.
	AboutLive
	// AboutEither is one of both.
	AboutEither
	// AboutAll is all entries. The answer depends on what other threads have just done.
	AboutAll
	// AboutFrom is a live entry and those that follow it in the order of the keys. So does this answer.
	AboutFrom
)

// Touch says what an operation does to the entry of a live key.
type Touch uint8

const (
	// Reads: it reads the value, if it does anything.
	Reads Touch = iota
	// Replaces: it puts another value in its place.
	Replaces
	// Modifies: it changes the value in place.
	Modifies
	// Removes: it takes the entry out.
	Removes
)

// Answers says what an operation answers.
type Answers uint8

const (
	// WhetherNew is whether the key was new.
	WhetherNew Answers = iota
	// WhetherThere is whether the key was there.
	WhetherThere
	// Value is the value that was there, if one was.
	Value
	// ValueOrNew is the value that was there, or that the key was new.
	ValueOrNew
	// AllValues is all values.
	AllValues
	// ValuesFrom is the values from the key on.
	ValuesFrom
	// Nothing is no answer.
	Nothing
)

// OpInfo is what is known of an operation.
type OpInfo struct {
	// Name stands in workloads and reports.
	Name    string
	About   About
	Touch   Touch
	Answers Answers
	// Inserts: it can put in a key that was not there.
	Inserts bool
	// HandsOver: it hands over a value.
	HandsOver bool
	// Optional: a map needs not have it.
	Optional bool
}

// Ops are all operations, by their numbers.
var Ops = [OpCount]OpInfo{
	Insert:     {"insert", AboutAbsent, Replaces, WhetherNew, true, true, false},
	Get:        {"get", AboutLive, Reads, Value, false, false, false},
	GetMissing: {"get_missing", AboutAbsent, Reads, Value, false, false, false},
	Update:     {"update", AboutLive, Replaces, WhetherThere, false, true, false},
	Upsert:     {"upsert", AboutEither, Replaces, WhetherNew, true, true, false},
	Remove:     {"remove", AboutLive, Removes, WhetherThere, false, false, false},
	Iterate:    {"iterate", AboutAll, Reads, AllValues, false, false, false},
	Clear:      {"clear", AboutAll, Removes, Nothing, false, false, false},
	Entry:      {"entry", AboutEither, Reads, ValueOrNew, true, true, true},
	Modify:     {"modify", AboutLive, Modifies, Value, false, false, true},
	Scan:       {"scan", AboutFrom, Reads, ValuesFrom, false, false, true},
}

// Info is the row of an operation.
func (op Op) Info() *OpInfo { return &Ops[op] }

// String is the operation's name.
func (op Op) String() string {
	if op < OpCount {
		return Ops[op].Name
	}
	return fmt.Sprintf("operation %d", uint8(op))
}

// SeesOthers says whether the answer depends on what other threads have just done.
func (op Op) SeesOthers() bool {
	about := Ops[op].About
	return about == AboutAll || about == AboutFrom
}

// Loop is the operation whose loop does op too: a look-up is the same call whether it finds its key or not, and so is
// an insertion.
func (op Op) Loop() Op {
	switch op {
	case GetMissing:
		return Get
	case Upsert:
		return Insert
	default:
		return op
	}
}

// opNamed is the operation of that name.
func opNamed(name string) (Op, error) {
	for op := range Ops {
		if Ops[op].Name == name {
			return Op(op), nil
		}
	}
	return 0, fmt.Errorf("there is no operation %q", name)
}
