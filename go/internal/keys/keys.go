// Package keys makes the keys of operations, as Go's types.
//
// What this package allocates is a key: the profiles of a heap say so by its name.
package keys

import (
	"hash/maphash"
	"strings"

	"mapprof/internal/bitmix"
	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// Type makes keys of one Go type.
type Type[K comparable] struct {
	// Look fills out with the keys of calls from from on, to be looked up. Their contents lie in the batch.
	Look func(b *stream.Batch, from int, out []K)
	// Make fills out with the same keys, which a map may keep.
	Make func(b *stream.Batch, from int, out []K)
	// Clone is a copy of a key.
	Clone func(key K) K
	// Order is below 0 if a comes before b.
	Order func(a, b K) int
	// Hash spreads keys over shards.
	Hash func(key K) uint64
}

// own copies a key that has nothing beside itself.
func own[K any](key K) K { return key }

// Numbers makes keys that follow from their codes alone.
func Numbers[K comparable](of func(code uint64) K, order func(a, b K) int, hash func(key K) uint64) Type[K] {
	fill := func(b *stream.Batch, from int, out []K) {
		codes := b.Codes()[from : from+len(out)]
		for i, code := range codes {
			out[i] = of(code)
		}
	}
	return Type[K]{Look: fill, Make: fill, Clone: own[K], Order: order, Hash: hash}
}

// Uint64 are the codes themselves.
func Uint64() Type[uint64] {
	fill := func(b *stream.Batch, from int, out []uint64) { copy(out, b.Codes()[from:from+len(out)]) }
	return Type[uint64]{Look: fill, Make: fill, Clone: own[uint64], Order: ascending[uint64], Hash: bitmix.Mix}
}

// Uint32 are the low halves of codes, which have no high ones.
func Uint32() Type[uint32] {
	of := func(code uint64) uint32 { return uint32(code) }
	return Numbers(of, ascending[uint32], func(key uint32) uint64 { return bitmix.Mix(uint64(key)) })
}

// Pair is a number of 128 bits: its high half first.
type Pair [2]uint64

// Uint128 are numbers of 128 bits.
func Uint128() Type[Pair] {
	of := func(code uint64) Pair {
		high, low := workload.U128(code)
		return Pair{high, low}
	}
	order := func(a, b Pair) int {
		if a[0] != b[0] {
			return ascending(a[0], b[0])
		}
		return ascending(a[1], b[1])
	}
	return Numbers(of, order, func(key Pair) uint64 { return bitmix.Mix(key[0]) })
}

// Composite is a struct of three numbers.
type Composite struct {
	Tenant, User uint32
	Day          uint16
}

// Composites are structs of three numbers.
func Composites() Type[Composite] {
	of := func(code uint64) Composite {
		tenant, user, day := workload.Composite(code)
		return Composite{tenant, user, day}
	}
	order := func(a, b Composite) int {
		switch {
		case a.Tenant != b.Tenant:
			return ascending(a.Tenant, b.Tenant)
		case a.User != b.User:
			return ascending(a.User, b.User)
		default:
			return ascending(a.Day, b.Day)
		}
	}
	hash := func(key Composite) uint64 { return bitmix.Mix(uint64(key.Tenant)<<32 | uint64(key.User)) }
	return Numbers(of, order, hash)
}

// Texts are strings.
func Texts() Type[string] {
	seed := maphash.MakeSeed()
	return Type[string]{
		Look: func(b *stream.Batch, from int, out []string) {
			for i := range out {
				out[i] = b.KeyText(from + i)
			}
		},
		Make:  makeTexts,
		Clone: func(key string) string { return strings.Clone(key) },
		Order: strings.Compare,
		Hash:  func(key string) uint64 { return maphash.String(seed, key) },
	}
}

// makeTexts is a function of its own, so that profiles name it.
func makeTexts(b *stream.Batch, from int, out []string) {
	for i := range out {
		out[i] = MakeText(b.Key(from + i))
	}
}

// MakeText is the text of a key's contents.
func MakeText(contents []byte) string { return string(contents) }

// Arrays16 are arrays of 16 bytes.
func Arrays16() Type[[16]byte] {
	fill := func(b *stream.Batch, from int, out [][16]byte) {
		for i := range out {
			out[i] = *(*[16]byte)(b.Key(from + i))
		}
	}
	order := func(a, b [16]byte) int { return strings.Compare(string(a[:]), string(b[:])) }
	hash := func(key [16]byte) uint64 { return workload.Digest(key[:]) }
	return Type[[16]byte]{Look: fill, Make: fill, Clone: own[[16]byte], Order: order, Hash: hash}
}

// Arrays32 are arrays of 32 bytes.
func Arrays32() Type[[32]byte] {
	fill := func(b *stream.Batch, from int, out [][32]byte) {
		for i := range out {
			out[i] = *(*[32]byte)(b.Key(from + i))
		}
	}
	order := func(a, b [32]byte) int { return strings.Compare(string(a[:]), string(b[:])) }
	hash := func(key [32]byte) uint64 { return workload.Digest(key[:]) }
	return Type[[32]byte]{Look: fill, Make: fill, Clone: own[[32]byte], Order: order, Hash: hash}
}

func ascending[N uint16 | uint32 | uint64](a, b N) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
