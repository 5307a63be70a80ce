// Package mapshape tells what one of Go's own maps is made of: its buckets, or its tables and their groups.
//
// The runtime does not tell. So this package reads the map's header with the layout of the runtime that it was built
// with: buckets of eight up to Go 1.23, Swiss tables from 1.24 on. Of a runtime that it does not know it tells nothing.
// It reads, and never writes. Nobody may change the map meanwhile.
package mapshape

import (
	"runtime"
	"strconv"
	"strings"
	"unsafe"
)

// Shape is what a map is made of, without the blocks that its keys and values own.
type Shape struct {
	// Capacity is the number of entries that fit before the map grows.
	Capacity uint64
	// Slots, full or empty, and the bytes of one key and one value as they lie in the map.
	Slots, SlotBytes uint64
	// Requested and Usable are the bytes of all blocks as they are asked for and as their size classes give them.
	Requested, Usable uint64
	// Blocks is the number of them.
	Blocks uint64
	// Overflow is the number of overflow buckets with a block of their own.
	Overflow uint64
	// Tables is the number of Swiss tables behind the directory.
	Tables uint64
	// IsGrowing: the buckets from before the growth are still alive.
	IsGrowing bool
	// Outgrown is the usable bytes that are let go when the storage has grown: of a map of buckets all of them, or those
	// from before the growth while it is on; of Swiss tables one table. Directory is those of the directory, which goes
	// with a table when it doubles.
	Outgrown, Directory uint64
	// Newest is the usable bytes of the storage that a growth makes: buckets without those of overflow, or one table.
	Newest uint64
}

// Made is the bytes of storage that a call made when it turned a map of the shape before into this one.
func (s *Shape) Made(before *Shape) uint64 {
	made := s.Newest
	if before.Tables > 0 && s.Tables > before.Tables {
		// A table was split in two.
		made *= 2
	}
	if s.Directory > before.Directory {
		made += s.Directory
	}
	return made
}

// Replaced is the bytes of storage that a call let go when it turned a map of the shape before into this one. They were
// alive until the call's end.
func (s *Shape) Replaced(before *Shape) uint64 {
	grew := s.Slots > before.Slots || before.IsGrowing
	if s.IsGrowing || !grew {
		return 0
	}
	if s.Directory > before.Directory {
		return before.Outgrown + before.Directory
	}
	return before.Outgrown
}

// slotsOfGroup is the number of slots of a bucket and of a group.
const slotsOfGroup = 8

// MostInline is the size, in bytes, up to which keys and values lie in the map itself. Larger ones have a block each.
const MostInline = 128

// minor is the number of the Go version: 19 of go1.19.8; 0 if it cannot be told.
var minor = minorOf(runtime.Version())

func minorOf(version string) int {
	rest := strings.TrimPrefix(version, "go1.")
	// What is built with experiments says so behind a blank; its maps may be others.
	if rest == version || strings.Contains(version, " ") {
		return 0
	}
	if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		rest = rest[:end]
	}
	number, err := strconv.Atoi(rest)
	if err != nil {
		return 0
	}
	return number
}

const (
	// oldest and newest are the Go versions whose maps this package was checked with.
	oldest, newest = 18, 27
	// firstSwiss is the first version with Swiss tables.
	firstSwiss = 24
	// firstHeaders is the first version whose allocator puts a header before some blocks with pointers.
	firstHeaders = 22
)

// Generation is the kind of the runtime's own maps: "buckets", "swiss", or "" if it is not known.
func Generation() string {
	switch {
	case minor < oldest || minor > newest:
		return ""
	case minor < firstSwiss:
		return "buckets"
	default:
		return "swiss"
	}
}

// Release is the number of the Go release, 19 of Go 1.19; not known if this package was not checked with its maps.
func Release() (number int, known bool) { return minor, Generation() != "" }

// made adds up blocks.
func (s *Shape) made(bytes uint64, pointers bool) {
	if bytes > 0 {
		s.Requested += bytes
		s.Usable += Usable(bytes, pointers)
		s.Blocks++
	}
}

// header is a map as an interface has it: its type and the pointer to its header.
type header struct{ kind, data unsafe.Pointer }

// storage is what is known of the type of a map's buckets or groups.
type storage struct {
	bytes    uint64
	pointers bool
}

// offsetOfStorage is where the type of a map has the type of its buckets or groups: behind what all types have and the
// types of key and value. It is the same in both generations (runtime.maptype, abi.MapType).
const offsetOfStorage = 48 + 2*unsafe.Sizeof(uintptr(0))

// Of tells what a map is made of; not ok if the runtime's maps are not known, or the map is nil.
func Of[K comparable, V any](m map[K]V) (shape Shape, ok bool) {
	if m == nil || Generation() == "" {
		return Shape{}, false
	}
	kind := any(m)
	found := (*header)(unsafe.Pointer(&kind))
	// A type begins with its size and the length of its part with pointers.
	of := *(**[2]uintptr)(unsafe.Add(found.kind, offsetOfStorage))
	stored := storage{uint64(of[0]), of[1] != 0}
	key, value := Lying[K](), Lying[V]()
	if least := slotsOfGroup * (key + value); stored.bytes < least || stored.bytes > 2*least+64*slotsOfGroup {
		// No bucket and no group has this size: the layout is another one.
		return Shape{}, false
	}
	if Generation() == "buckets" {
		shape, ok = ofBuckets(found.data, stored, len(m))
	} else {
		shape, ok = ofSwiss(found.data, stored, len(m))
	}
	// With a value of no bytes behind it, a slot may be padded; what is left is the map's own.
	shape.SlotBytes = key + value
	return shape, ok
}

// Lying is the bytes of a key or a value as it lies in one of Go's maps.
func Lying[T any]() uint64 {
	var item T
	if bytes := unsafe.Sizeof(item); bytes <= MostInline {
		return uint64(bytes)
	}
	return uint64(unsafe.Sizeof(uintptr(0)))
}

// Mark is a number that changes when a map grows to twice its buckets and when it has moved to them, or when its only
// table grows or its directory does. It is read at a glance. With more than a glance (deep) it also changes when one of
// several tables is split.
func Mark[K comparable, V any](m map[K]V, deep bool) uint64 {
	if m == nil || Generation() == "" {
		return 0
	}
	kind := any(m)
	data := (*header)(unsafe.Pointer(&kind)).data
	if Generation() == "buckets" {
		header := (*hmap)(data)
		mark := uint64(header.b) << 1
		if header.oldbuckets != nil {
			mark |= 1
		}
		return mark
	}
	header := (*swissMap)(data)
	switch {
	case header.dirLen == 1:
		// A single table grows by itself.
		return 1<<32 | uint64((*(**swissTable)(header.dirPtr)).capacity)
	case deep && header.dirLen > 0 && header.dirLen <= mostSeen:
		return uint64(header.dirLen)<<32 | header.tables()
	default:
		return uint64(header.dirLen) << 32
	}
}

// mostSeen is the most places of a directory that are looked at after a call. In a larger one the split of a table is not
// seen, and adds less than 1 % to what is live.
const mostSeen = 256
