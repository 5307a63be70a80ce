package workload

import (
	"math"

	"mapprof/internal/bitmix"
	"mapprof/internal/libm"
)

// SizeKind is a distribution of the sizes of values.
type SizeKind uint8

const (
	// SizeFixed: all values are of one size.
	SizeFixed SizeKind = iota
	// SizeUniform: each size from Min to Max is as likely.
	SizeUniform
	// SizePareto: bounded Pareto from Min to Max.
	SizePareto
	// SizeGeneralisedPareto: generalised Pareto up to Max, beside sizes that have shares of their own.
	SizeGeneralisedPareto
)

// Size says how many bytes a value has.
type Size struct {
	Kind SizeKind
	// Bytes of every value, if all are of one size.
	Bytes uint64
	// Min and Max are the least and the greatest size, in bytes.
	Min, Max uint64
	// Alpha of a bounded Pareto distribution.
	Alpha float64
	// Location, Scale and Shape of a generalised Pareto distribution.
	Location, Scale, Shape float64
	// Head is the shares of the values of 0 bytes, of 1 byte and so on, at most 32.
	Head []float64
}

// LeastBytes is a size that no value is below.
func (s *Size) LeastBytes() uint64 {
	switch s.Kind {
	case SizeFixed:
		return s.Bytes
	case SizeUniform, SizePareto:
		return s.Min
	default:
		return 0
	}
}

// Sizes is a distribution of sizes made ready to draw from. It has no pointers.
type Sizes struct {
	kind sizesKind
	// min is the size itself if it is fixed, and the bytes inside of the entry of a record.
	min  uint32
	span uint64
	// low, high, mass and exponent of a bounded Pareto distribution.
	low, high, mass, exponent float64
	// location, scale, shape and max of a generalised one, and the sums of the shares of the first sizes.
	location, scale, shape, max float64
	bounds                      [mostHead]float64
	head                        int
	parts                       Parts
}

type sizesKind uint8

const (
	sizesFixed sizesKind = iota
	sizesUniform
	sizesPareto
	sizesTail
	sizesRecords
)

// mostHead is the most sizes that have shares of their own.
const mostHead = 32

// SizesOf are the sizes of these values, with the contents of what they own.
func SizesOf(value *ValueSpec) Sizes {
	sizes := newSizes(&value.Size)
	if sizes.kind == sizesFixed {
		if value.Heap.Fixed() {
			sizes.min += uint32(value.Heap.Contents(0))
		} else {
			sizes.kind, sizes.parts = sizesRecords, value.Heap
		}
	}
	return sizes
}

func newSizes(size *Size) Sizes {
	switch size.Kind {
	case SizeUniform:
		low, high := cut(size.Min), cut(size.Max)
		span := uint64(1)
		if high > low {
			span += uint64(high - low)
		}
		return Sizes{kind: sizesUniform, min: low, span: span}
	case SizePareto:
		low, high := math.Max(float64(cut(size.Min)), 1), float64(cut(size.Max))
		high = math.Max(high, low)
		mass := 1 - libm.Pow(low/high, size.Alpha)
		return Sizes{kind: sizesPareto, low: low, high: high, mass: mass, exponent: -1 / size.Alpha}
	case SizeGeneralisedPareto:
		sizes := Sizes{kind: sizesTail, location: size.Location, scale: size.Scale, shape: size.Shape}
		sizes.max, sizes.head = float64(size.Max), len(size.Head)
		sum := 0.0
		for n, share := range size.Head {
			sum += share
			sizes.bounds[n] = sum
		}
		return sizes
	default:
		return Sizes{kind: sizesFixed, min: cut(size.Bytes)}
	}
}

// cut is a size that fits into 32 bits.
func cut(bytes uint64) uint32 {
	if bytes > math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(bytes)
}

// Same is the size of every value, in bytes, if it is one.
func (s *Sizes) Same() (uint32, bool) { return s.min, s.kind == sizesFixed }

// Of is the size, in bytes, of the value that carries tag.
func (s *Sizes) Of(tag uint64) uint32 {
	switch s.kind {
	case sizesFixed:
		return s.min
	case sizesUniform:
		// The tag itself is what values hold; mixed once more, it says nothing about the size.
		return s.min + uint32(bitmix.Below(bitmix.Mix(tag^bitmix.Golden), s.span))
	case sizesPareto:
		u := bitmix.Unit(bitmix.Mix(tag ^ bitmix.Golden))
		x := s.low * libm.Pow(1-float64(u*s.mass), s.exponent)
		return uint32(math.Min(math.Max(float64(x), s.low), s.high) + 0.5)
	case sizesTail:
		return s.tail(bitmix.Unit(bitmix.Mix(tag ^ bitmix.Golden)))
	default:
		// All of a record are at most 1 GiB.
		return s.min + uint32(s.parts.Contents(tag))
	}
}

// tail is the size below which a share of u of all sizes lies, to the nearest byte. Behind the sizes that have shares
// of their own it is the inverse of the distribution function, location + scale ((1 - u)^-shape - 1) / shape.
func (s *Sizes) tail(u float64) uint32 {
	for size, bound := range s.bounds[:s.head] {
		if u < bound {
			return uint32(size)
		}
	}
	head := 0.0
	if s.head > 0 {
		head = s.bounds[s.head-1]
	}
	above := libm.Pow((1-u)/(1-head), -s.shape) - 1
	x := s.location + float64(s.scale*above)/s.shape
	return cut(bitmix.Saturate(math.Min(x, s.max) + 0.5))
}
