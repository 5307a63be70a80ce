package maps

import (
	"mapprof/internal/mapshape"
	"mapprof/internal/workload"
)

// Kind is what is known of a map before it is made.
type Kind struct {
	// Name is what it is called on the command line, and About one line: what it is.
	Name, About string
	// Package it is from.
	Package string
	// IsConcurrent: several threads may call it at once.
	IsConcurrent bool
	// OfBuiltins: its entries lie in Go's own maps.
	OfBuiltins bool
	// IsOrdered: it knows the order of its keys, and scans.
	IsOrdered bool
	// Reserves: it can make room for further entries. Shrinks: it can give storage back.
	Reserves, Shrinks bool
	// IsDense: its keys are uint64, from 0 on without large gaps.
	IsDense bool
	// TakesShards: it takes a number of shards.
	TakesShards bool
	// IsSeeded: it hashes with a seed that is another one in each run, which moves overflow buckets and splits of tables.
	IsSeeded bool
	// Answers: its answers mean anything.
	Answers bool
	// HeadBytes is the bytes of the blocks that lead to its storage: those that it has without entries, as the runtime
	// gives them.
	HeadBytes uint64
	// NoForm is why its bytes do not follow from the calls; empty if they do.
	NoForm string
}

// Storage is the kind of a map's storage, as closed forms know it: "buckets", "swiss", "slice" or "nothing"; empty if
// there is no form.
func (k *Kind) Storage() string {
	switch {
	case k.NoForm != "":
		return ""
	case !k.Answers:
		return "nothing"
	case k.IsOrdered:
		return "slice"
	default:
		return mapshape.Generation()
	}
}

// Kinds are all maps.
var Kinds = []*Kind{
	{
		Name: "go", About: "Go's own map", Package: "go", OfBuiltins: true, IsSeeded: true, Answers: true,
		HeadBytes: 8,
	},
	{
		Name: "go-syncmap", About: "sync.Map, whose keys and values lie in interfaces", Package: "sync",
		IsConcurrent: true, IsSeeded: true, Answers: true,
		NoForm: "keeps entries that were taken out, and for how long depends on look-ups",
	},
	{
		Name: "go-rwmutex", About: "Go's own map behind a sync.RWMutex", Package: "go", IsConcurrent: true,
		OfBuiltins: true, IsSeeded: true, Answers: true,
		HeadBytes: 32 + 64,
	},
	{
		Name: "go-sharded", About: "32 of Go's own maps, each behind a sync.RWMutex", Package: "go", IsConcurrent: true,
		OfBuiltins: true, TakesShards: true, IsSeeded: true, Answers: true,
		NoForm: "deals its keys to maps by a hash with a random seed",
	},
	{
		Name: "go-sorted", About: "a slice of entries in the order of their keys", Package: "go", IsOrdered: true,
		Reserves: true, Shrinks: true, Answers: true,
		HeadBytes: 32,
	},
	{
		Name: "go-dense", About: "a slice of values by the numbers of their keys, with a bit for each; it keeps no keys",
		Package: "go", IsOrdered: true, IsDense: true, Reserves: true, Shrinks: true, Answers: true,
		NoForm: "keeps values and bits in two slices, which its form does not have",
	},
	{
		Name: "go-cow", About: "Go's own map behind an atomic pointer; each write makes a copy of the map", Package: "go",
		IsConcurrent: true, OfBuiltins: true, IsSeeded: true, Answers: true,
		NoForm: "has a fresh map after each write, and when the old one goes is the collector's",
	},
	{
		Name: "go-null", About: "keeps nothing, so a pass of it counts what the harness does", Package: "go",
		Reserves: true, Shrinks: true,
	},
}

// KindNamed is the map of that name; nil if there is none.
func KindNamed(name string) *Kind {
	for _, kind := range Kinds {
		if kind.Name == name {
			return kind
		}
	}
	return nil
}

// Offers says whether the map has an operation that not every map has.
func (k *Kind) Offers(op workload.Op) bool {
	return !op.Info().Optional || op != workload.Scan || k.IsOrdered
}

// GrowsIn is the function that makes new storage for the map, as it is called in profiles; empty if it is not known.
func (k *Kind) GrowsIn() string {
	switch {
	case k.IsOrdered:
		return "runtime.growslice"
	case mapshape.Generation() == "buckets":
		return "runtime.hashGrow"
	case mapshape.Generation() == "swiss":
		return "internal/runtime/maps.(*table).rehash"
	default:
		return ""
	}
}

// Make is a new map of a kind.
func Make[K comparable, V any](kind *Kind, config Config[K]) Map[K, V] {
	switch kind.Name {
	case "go-syncmap":
		return newSyncMap[K, V](config)
	case "go-rwmutex":
		return newLocked[K, V](config)
	case "go-sharded":
		return newSharded[K, V](config)
	case "go-sorted":
		return newSorted[K, V](config)
	case "go-dense":
		// The worker checks that keys are uint64.
		made, _ := any(newDense[V](config.Capacity)).(Map[K, V])
		return made
	case "go-cow":
		return newCopied[K, V](config)
	case "go-null":
		return newNull[K, V](config)
	default:
		return newBuiltin[K, V](config)
	}
}
