package workload

import (
	"fmt"
	"strconv"
	"strings"

	"mapprof/internal/bitmix"
)

// MostParts is the most parts of one record.
const MostParts = 7

// mostPartBytes is the largest number in the description of a part, and the most bytes of all parts.
const mostPartBytes = 1 << 30

// bounds are the numbers from min to max, both included; each is as likely.
type bounds struct{ min, max uint32 }

// Part describes a part that a record owns in a block of its own.
type Part struct {
	// vector: elements are pushed to it, so many as count says; otherwise it is one block.
	vector      bool
	count, size bounds
}

// Drawn is a part of one record.
type Drawn struct {
	// Vector: Count elements of Size bytes each; otherwise one block of Size bytes.
	Vector      bool
	Count, Size uint32
}

// Parts are the parts of a record, in order. They have no pointers.
type Parts struct {
	list  [MostParts]Part
	count int
}

// Len is the number of parts.
func (p *Parts) Len() int { return p.count }

// Fixed says whether the parts of all records are alike; so they are if there are none.
func (p *Parts) Fixed() bool {
	for _, part := range p.list[:p.count] {
		if part.size.min != part.size.max || part.vector && part.count.min != part.count.max {
			return false
		}
	}
	return true
}

// Drawn is the part at a place of the record that carries tag.
func (p *Parts) Drawn(place int, tag uint64) Drawn {
	part := &p.list[place]
	// Mixed first: the tags of successive keys may differ by the constant that the draws of one tag are apart.
	state := bitmix.Mix(tag ^ bitmix.Golden)
	drawn := Drawn{Vector: part.vector, Count: 1, Size: part.size.draw(state, 2*place+1)}
	if part.vector {
		drawn.Count = part.count.draw(state, 2*place)
	}
	return drawn
}

func (b bounds) draw(state uint64, number int) uint32 {
	if b.min == b.max {
		return b.min
	}
	random := bitmix.Mix(state + uint64(number)*bitmix.Golden)
	return b.min + uint32(bitmix.Below(random, uint64(b.max-b.min)+1))
}

// Contents is the number of bytes that are written to the parts of the record that carries tag.
func (p *Parts) Contents(tag uint64) uint64 {
	sum := uint64(0)
	for place := 0; place < p.count; place++ {
		drawn := p.Drawn(place, tag)
		sum += uint64(drawn.Count) * uint64(drawn.Size)
	}
	return sum
}

// BlockBytes is the requested size, in bytes, of the blocks of the record that carries tag, in Rust.
func (p *Parts) BlockBytes(tag uint64) uint64 {
	sum := uint64(0)
	for place := 0; place < p.count; place++ {
		sum += p.Drawn(place, tag).BlockBytes()
	}
	return sum
}

// FoldedBlocks is what the blocks of a record add to its fingerprint: it tells one that is lost, and two that changed
// places.
func (p *Parts) FoldedBlocks(tag uint64) uint64 {
	sum := uint64(0)
	for place := 0; place < p.count; place++ {
		sum += uint64(place+1) * p.Drawn(place, tag).BlockBytes()
	}
	return sum
}

// FirstCapacity is the number of elements that a vector of this part has room for after the first one was pushed, as
// Rust's standard library has it: 8 of one byte, 4 of at most 1 KiB, else 1. It doubles from then on.
func (d Drawn) FirstCapacity() uint64 {
	switch {
	case d.Size == 1:
		return 8
	case d.Size <= 1024:
		return 4
	default:
		return 1
	}
}

// BlockBytes is the requested size, in bytes, of the block, with the slack of a vector; 0 if it has none.
func (d Drawn) BlockBytes() uint64 {
	if !d.Vector || d.Size == 0 || d.Count == 0 {
		return uint64(d.Size) * uint64(d.Count)
	}
	room := d.FirstCapacity()
	for room < uint64(d.Count) {
		room *= 2
	}
	return room * uint64(d.Size)
}

// parseParts reads parts as a request has them.
func parseParts(list []string) (Parts, error) {
	var parts Parts
	if len(list) > MostParts {
		return parts, fmt.Errorf("a record has at most %d parts, not %d", MostParts, len(list))
	}
	largest := uint64(0)
	for place, text := range list {
		part, err := parsePart(text)
		if err != nil {
			return parts, err
		}
		parts.list[place] = part
		largest += Drawn{part.vector, part.count.max, part.size.max}.BlockBytes()
	}
	if largest > mostPartBytes {
		return parts, fmt.Errorf("the parts of a record are of up to %d bytes, and at most %d are possible", largest, mostPartBytes)
	}
	parts.count = len(list)
	return parts, nil
}

func parsePart(text string) (Part, error) {
	count, size, vector := strings.Cut(text, "x")
	part := Part{vector: vector, count: bounds{1, 1}}
	if !vector {
		size = count
	}
	ok := true
	if part.size, ok = parseBounds(size); ok && vector {
		part.count, ok = parseBounds(count)
	}
	if !ok {
		return part, fmt.Errorf(`%q is no part of a record such as "18", "8..40" or "0..3 x 24"`, text)
	}
	return part, nil
}

func parseBounds(text string) (bounds, bool) {
	low, high, apart := strings.Cut(text, "..")
	if !apart {
		high = low
	}
	min, err := strconv.ParseUint(strings.TrimSpace(low), 10, 32)
	max, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 32)
	ok := err == nil && err2 == nil && min <= max && max <= mostPartBytes
	return bounds{uint32(min), uint32(max)}, ok
}
