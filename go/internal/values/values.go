// Package values makes the values of operations, as Go's types.
//
// What this package allocates is a value: the profiles of a heap say so by its name.
package values

import (
	"math"

	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// Type makes values of one Go type, and reads them.
type Type[V any] struct {
	// Fill makes the values that the calls from from on hand over.
	Fill func(b *stream.Batch, from int, out []V)
	// Print is the number that a look-up makes of a value.
	Print func(value V) uint64
	// Alter changes a value in place. It says whether the changed one has to be put back, for it is no reference.
	Alter func(value *V) (putBack bool)
	// Clone is a copy of a value.
	Clone func(value V) V
	// Release lets the values go that somebody else holds too, and returns the bytes of the list of them; nil if nobody
	// does.
	Release func() uint64
}

// Fingerprint implements maps.Changer.
func (t Type[V]) Fingerprint(value V) uint64 { return t.Print(value) }

// Change implements maps.Changer.
func (t Type[V]) Change(value *V) bool { return t.Alter(value) }

func own[V any](value V) V { return value }

// Inline makes values that follow from their tags and have nothing beside themselves.
func inline[V any](of func(tag uint64) V, print func(value V) uint64, change func(value V) V) Type[V] {
	return Type[V]{
		Fill: func(b *stream.Batch, from int, out []V) {
			for i := range out {
				out[i] = of(b.Tag(from + i))
			}
		},
		Print: print,
		Alter: func(value *V) bool {
			*value = change(*value)
			return true
		},
		Clone: own[V],
	}
}

// Units are values of no bytes.
func Units() Type[struct{}] {
	return inline(
		func(uint64) struct{} { return struct{}{} },
		func(struct{}) uint64 { return 1 },
		own[struct{}],
	)
}

// UnitPointers are pointers to nothing. Go makes no block for what has no bytes.
func UnitPointers() Type[*struct{}] {
	return Type[*struct{}]{
		Fill: func(_ *stream.Batch, _ int, out []*struct{}) {
			for i := range out {
				out[i] = new(struct{})
			}
		},
		Print: func(*struct{}) uint64 { return 1 },
		Alter: func(**struct{}) bool { return false },
		Clone: own[*struct{}],
	}
}

// Bools are flags.
func Bools() Type[bool] {
	return inline(
		func(tag uint64) bool { return tag&1 == 1 },
		func(value bool) uint64 {
			if value {
				return 3
			}
			return 2
		},
		func(value bool) bool { return !value },
	)
}

// Uint64s are numbers.
func Uint64s() Type[uint64] {
	return inline(
		func(tag uint64) uint64 { return tag },
		PrintWord,
		func(value uint64) uint64 { return workload.Changed(value, 64, 1) },
	)
}

// Float64s are numbers with a fraction. Their bits are only kept, and never computed with.
func Float64s() Type[float64] {
	return inline(
		math.Float64frombits,
		func(value float64) uint64 { return math.Float64bits(value) + 9 },
		func(value float64) float64 {
			return math.Float64frombits(workload.Changed(math.Float64bits(value), 64, 1))
		},
	)
}

// BytePointers are pointers to a byte.
func BytePointers() Type[*byte] {
	return Type[*byte]{
		Fill:  fillBytePointers,
		Print: func(value *byte) uint64 { return uint64(*value) + 2 },
		Alter: func(value **byte) bool {
			**value = byte(workload.Changed(uint64(**value), 8, 1))
			return false
		},
		Clone: func(value *byte) *byte {
			fresh := *value
			return &fresh
		},
	}
}

func fillBytePointers(b *stream.Batch, from int, out []*byte) {
	for i := range out {
		value := new(byte)
		*value = byte(b.Tag(from + i))
		out[i] = value
	}
}

// Slices are slices of bytes.
func Slices() Type[[]byte] {
	return Type[[]byte]{
		Fill:  fillSlices,
		Print: printBytes,
		Alter: func(value *[]byte) bool {
			workload.ChangeValue(*value)
			return false
		},
		Clone: func(value []byte) []byte { return append(make([]byte, 0, len(value)), value...) },
	}
}

func fillSlices(b *stream.Batch, from int, out [][]byte) {
	for i := range out {
		out[i] = MakeSlice(b.Size(from+i), b.Tag(from+i))
	}
}

// MakeSlice is a slice of so many bytes that carries a tag.
func MakeSlice(bytes uint32, tag uint64) []byte {
	value := make([]byte, bytes)
	workload.WriteValue(value, tag)
	return value
}

// PrintWord is the number that a look-up makes of a number, and PrintSlice of a slice of bytes.
func PrintWord(value uint64) uint64 { return value + 9 }

// PrintSlice is that of a slice of bytes.
func PrintSlice(value []byte) uint64 { return printBytes(value) }

func printBytes(value []byte) uint64 {
	return workload.ReadTag(value) + uint64(len(value)) + 1
}

// Interfaces are slices of bytes in an interface.
func Interfaces() Type[any] {
	slices := Slices()
	return Type[any]{
		Fill:  fillInterfaces,
		Print: func(value any) uint64 { return printBytes(value.([]byte)) },
		Alter: func(value *any) bool {
			workload.ChangeValue((*value).([]byte))
			return false
		},
		Clone: func(value any) any { return slices.Clone(value.([]byte)) },
	}
}

func fillInterfaces(b *stream.Batch, from int, out []any) {
	for i := range out {
		value := make([]byte, b.Size(from+i))
		workload.WriteValue(value, b.Tag(from+i))
		out[i] = value
	}
}

// Padded is a struct whose fields lie as they are written, half of it padding.
type Padded struct {
	flag  uint8
	id    uint64
	kind  uint8
	count uint32
	state uint8
}

// PaddedStructs are structs with padding between their fields.
func PaddedStructs() Type[Padded] {
	return inline(
		func(tag uint64) Padded { return Padded{1, tag, 2, 3, 4} },
		func(value Padded) uint64 {
			// A field that is never read could be left out of the struct.
			rest := uint64(value.flag) + uint64(value.kind) + uint64(value.count) + uint64(value.state)
			return value.id + rest - 10 + 16
		},
		func(value Padded) Padded {
			value.id = workload.Changed(value.id, 64, 1)
			return value
		},
	)
}

// Reordered has the same fields, the largest first. Go leaves fields where they are written; this order is by hand.
type Reordered struct {
	id                uint64
	count             uint32
	flag, kind, state uint8
}

// ReorderedStructs are the same structs without padding between their fields.
func ReorderedStructs() Type[Reordered] {
	return inline(
		func(tag uint64) Reordered { return Reordered{tag, 3, 1, 2, 4} },
		func(value Reordered) uint64 {
			rest := uint64(value.flag) + uint64(value.kind) + uint64(value.count) + uint64(value.state)
			return value.id + rest - 10 + 16
		},
		func(value Reordered) Reordered {
			value.id = workload.Changed(value.id, 64, 1)
			return value
		},
	)
}
