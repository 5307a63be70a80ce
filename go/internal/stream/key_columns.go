package stream

import (
	"unsafe"

	"mapprof/internal/offheap"
	"mapprof/internal/workload"
)

// keyColumns are the keys of a batch. Iterations and clearances have one too, without meaning, so that places agree.
type keyColumns struct {
	kind workload.KeyKind
	// codes of keys that are numbers.
	codes offheap.Slice[uint64]
	// contents of keys of bytes or letters, one after the other.
	contents offheap.Slice[byte]
	// length of each key, in bytes, if all have the same; otherwise ends says where each ends.
	length  int
	isFixed bool
	ends    offheap.Slice[uint32]
	// least is the length of the shortest keys, in bytes.
	least int
}

func (k *keyColumns) begin(s *Stream, calls int) {
	k.kind, k.least = s.keyKind, s.leastLength
	k.isFixed, k.length = s.lengths.kind == workload.LengthFixed, s.lengths.min
	k.codes.Truncate(0)
	k.contents.Truncate(0)
	k.ends.Truncate(0)
	switch {
	case k.kind == workload.KeyNumber:
		k.codes.Reserve(calls)
	case k.isFixed:
		k.contents.Reserve(calls * k.length)
	default:
		k.ends.Reserve(calls)
	}
}

func (k *keyColumns) free() {
	k.codes.Free()
	k.contents.Free()
	k.ends.Free()
}

// pushContents adds the key of a code, of bytes or letters, and returns its digest.
func (k *keyColumns) pushContents(code uint64, length int) uint64 {
	key := k.contents.Extend(length)
	workload.WriteKey(key, code, k.least, k.kind)
	if !k.isFixed {
		k.ends.Push(uint32(k.contents.Len()))
	}
	return workload.Digest(key)
}

// Codes are the codes of the keys, in a batch of keys that are numbers; empty in any other.
func (b *Batch) Codes() []uint64 { return b.keys.codes.Items() }

// Contents are the keys one after the other, in a batch of keys of bytes or letters. Each has KeyBytes bytes, or ends
// where KeyEnds says.
func (b *Batch) Contents() []byte { return b.keys.contents.Items() }

// KeyBytes is the length of every key, in bytes; 0 where lengths differ.
func (b *Batch) KeyBytes() int {
	if b.keys.isFixed {
		return b.keys.length
	}
	return 0
}

// KeyEnds is where each key ends in Contents, where lengths differ; empty elsewhere.
func (b *Batch) KeyEnds() []uint32 { return b.keys.ends.Items() }

// Key is the contents of a key of bytes or letters. They lie off the heap and are good until the batch is filled again.
func (b *Batch) Key(place int) []byte {
	k := &b.keys
	if k.isFixed {
		return k.contents.Items()[place*k.length : (place+1)*k.length]
	}
	ends, start := k.ends.Items(), uint32(0)
	if place > 0 {
		start = ends[place-1]
	}
	return k.contents.Items()[start:ends[place]]
}

// KeyText is the same as text, and is not copied either: whoever keeps it must copy it.
func (b *Batch) KeyText(place int) string {
	key := b.Key(place)
	return *(*string)(unsafe.Pointer(&key))
}

// Digest is the number that a key's values derive from.
func (b *Batch) Digest(place int) uint64 {
	if b.keys.kind == workload.KeyNumber {
		return b.keys.codes.Items()[place]
	}
	return workload.Digest(b.Key(place))
}
