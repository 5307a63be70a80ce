// Package maps has the maps that operations are replayed on.
//
// A map does a run of calls of one kind at a time. Its loops are then compiled for the types of its keys and values as a
// program's own loop would be, and calls through an interface cost next to nothing a call. Keys and values lie ready in
// slices; what a call answers is left in others.
package maps

import "mapprof/internal/mapshape"

// Map is a map, or one of several, under test.
//
// All slices of a call are of one length. Look has keys that are only looked up: the map must not keep them. Keys has
// keys that it may keep.
type Map[K comparable, V any] interface {
	// Get looks keys up. It leaves the values that were found and whether they were there.
	Get(look []K, values []V, there []bool)
	// Insert puts entries in, in the place of those of the same keys, and leaves whether the keys were new.
	Insert(keys []K, values []V, fresh []bool)
	// Update replaces the values of keys that are there.
	Update(look, keys []K, values []V, there []bool)
	// Remove takes entries out.
	Remove(look []K, there []bool)
	// Entry looks keys up and puts in those that are absent. It leaves the values that were there in found.
	Entry(look, keys []K, values, found []V, there []bool)
	// Modify changes the values of keys that are there. It leaves their fingerprints before that.
	Modify(look, keys []K, types Changer[V], before []uint64, there []bool)
	// Each shows all values, at most as many at a time as some has room for.
	Each(some []V, show func(values []V))
	// Entries calls visit with every entry.
	Entries(visit func(key K, value V))
	// Clear takes all entries out.
	Clear()
	// Len is the number of entries.
	Len() int
	// Shape is what the map's own storage is made of, as far as it is known.
	Shape() Shape
	// Mark is a number that changes when the storage does, as far as that is seen at a glance, or with a deeper look.
	Mark(deep bool) uint64
}

// Scanner is a map that knows the order of its keys.
type Scanner[K comparable, V any] interface {
	// Scan shows the values of at most most entries whose keys are not below key, in the order of the keys.
	Scan(key K, most int, some []V, show func(values []V))
}

// Shrinker is a map that can give storage back without being made anew.
type Shrinker interface{ Shrink() }

// Reserver is a map that can make room for further entries.
type Reserver interface{ Reserve(additional int) }

// Changer knows how values of a type are read and changed in place.
type Changer[V any] interface {
	// Fingerprint is the number that a look-up makes of a value.
	Fingerprint(value V) uint64
	// Change changes a value. If the value is not held by reference, the changed one has to be put back.
	Change(value *V) (putBack bool)
}

// Shape is what a map's own storage is made of: its blocks without those of keys and values.
type Shape struct {
	mapshape.Shape
	// Known: the other fields are.
	Known bool
}

// Add adds the shape of another map.
func (s *Shape) Add(other Shape) {
	s.Known = s.Known && other.Known
	s.Capacity += other.Capacity
	s.Slots += other.Slots
	s.SlotBytes = other.SlotBytes
	s.Requested += other.Requested
	s.Usable += other.Usable
	s.Blocks += other.Blocks
	s.Overflow += other.Overflow
	s.Tables += other.Tables
	s.IsGrowing = s.IsGrowing || other.IsGrowing
	s.Outgrown += other.Outgrown
	s.Directory += other.Directory
	s.Newest += other.Newest
}

// withHead adds the block, with pointers, in which the map itself lies: what leads to its storage.
func (s Shape) withHead(bytes uintptr) Shape {
	s.Requested += uint64(bytes)
	s.Usable += mapshape.Usable(uint64(bytes), true)
	s.Blocks++
	return s
}

// Order compares keys: below 0 if a comes before b.
type Order[K comparable] func(a, b K) int

// Hash spreads keys over shards.
type Hash[K comparable] func(key K) uint64

// Config is what a map is made with.
type Config[K comparable] struct {
	// Capacity is the number of entries to make room for; 0 if nothing is said.
	Capacity int
	// Shards is the number of shards; 0 for the map's own.
	Shards int
	Order  Order[K]
	Hash   Hash[K]
}
