package workload

import (
	"encoding/binary"

	"mapprof/internal/bitmix"
)

// Versions is how many versions of a value, and changes of it, are told apart: both are counted modulo this.
const Versions = 8

// Fill is what a value is filled with after its tag. It is not zero, so that a page from the system is really written
// to.
const Fill = 0xA5

// ValueSpec describes the values.
type ValueSpec struct {
	// Type is the row of their type.
	Type *ValueType
	// Size of one value; of a record, the bytes inside of the entry.
	Size Size
	// Heap is what a record owns beside the entry.
	Heap Parts
	// HeldShare is the share of the values that somebody else holds too.
	HeldShare float64
	// Rust is the Rust type.
	Rust string
	// TagBits is the number of bits of a tag that a value keeps; nil if as many as fit into its contents.
	TagBits *uint32
	Layout  Layout
}

// BlockBytes is the requested size, in bytes, of the blocks that the value with this tag and size has in Rust.
func (v *ValueSpec) BlockBytes(size uint32, tag uint64) uint64 {
	return v.Layout.BlockBytes(uint64(size)) + v.Heap.BlockBytes(tag)
}

// SameBlockBytes is the same, if it is the same for all values.
func (v *ValueSpec) SameBlockBytes() (uint64, bool) {
	if v.Layout.Block == nil {
		return v.Heap.BlockBytes(0), v.Heap.Fixed()
	}
	return v.Layout.BlockBytes(v.Size.Bytes), v.Size.Kind == SizeFixed
}

// Fingerprint is the number that a look-up makes of the value that was made from tag and size and changed in place so
// many times.
func (v *ValueSpec) Fingerprint(tag uint64, changes uint8, size uint32) uint64 {
	if v.Heap.Len() > 0 {
		return Changed(tag, 64, changes) + v.Size.Bytes + 1 + v.Heap.FoldedBlocks(tag)
	}
	bits := v.tagBits(size)
	return Changed(tag, bits, changes)&mask(bits) + uint64(size) + 1
}

// tagBits is the number of bits of a tag that a value of so many bytes keeps.
func (v *ValueSpec) tagBits(size uint32) uint {
	if v.TagBits != nil {
		return uint(*v.TagBits)
	}
	return FittingBits(int(size))
}

// FittingBits is the number of bits of a tag that fit into so many bytes.
func FittingBits(bytes int) uint {
	if bytes >= 8 {
		return 64
	}
	return uint(8 * bytes)
}

// mask has the low bits set. A shift by all 64 leaves nothing.
func mask(bits uint) uint64 {
	if bits >= 64 {
		return ^uint64(0)
	}
	return uint64(1)<<bits - 1
}

// Tag is what the value of the key with this digest carries after so many replacements. Values of different keys carry
// different tags, and so do eight versions in a row of one value.
func Tag(digest uint64, version uint8, salt uint64) uint64 {
	return (digest^salt)*bitmix.Golden + uint64(version)
}

// Changed is what a value that keeps so many bits of a tag carries after so many changes in place. Only the bits that
// the value keeps count.
func Changed(tag uint64, bits uint, changes uint8) uint64 {
	switch {
	case bits < 3:
		bits = 3
	case bits > 64:
		bits = 64
	}
	return tag + uint64(changes)<<(bits-3)
}

// Digest is the number that a value's tag is made of, of a key of bytes or letters. It is made of the first 16 bytes,
// which hold the whole code.
func Digest(key []byte) uint64 {
	if len(key) > 16 {
		key = key[:16]
	}
	if len(key) >= 8 {
		return binary.LittleEndian.Uint64(key)*bitmix.Golden ^ binary.LittleEndian.Uint64(key[len(key)-8:])
	}
	digest := uint64(0)
	for place, b := range key {
		digest |= uint64(b) << (8 * uint(place))
	}
	return digest
}

// HeldBelow is the bound that IsHeld takes, of a share from 0 to 1.
func HeldBelow(share float64) uint64 { return bitmix.Share(share) }

// IsHeld says whether somebody else holds the value with this tag too.
func IsHeld(below, tag uint64) bool {
	// Other bits than those that sizes are drawn by: GOLDEN with its halves exchanged.
	return below > 0 && bitmix.Mix(tag^0x7F4A7C159E3779B9) <= below
}

// WriteValue fills a value of bytes: as much of the tag as fits, little-endian, then the filling.
func WriteValue(dst []byte, tag uint64) {
	if len(dst) < 8 {
		for place := range dst {
			dst[place] = byte(tag >> (8 * uint(place)))
		}
		return
	}
	binary.LittleEndian.PutUint64(dst, tag)
	rest := dst[8:]
	for place := range rest {
		rest[place] = Fill
	}
}

// ReadTag is the tag as far as a value of bytes holds it.
func ReadTag(value []byte) uint64 {
	if len(value) >= 8 {
		return binary.LittleEndian.Uint64(value)
	}
	tag := uint64(0)
	for place, b := range value {
		tag |= uint64(b) << (8 * uint(place))
	}
	return tag
}

// ChangeValue changes a value of bytes in place, once.
func ChangeValue(value []byte) {
	changed := Changed(ReadTag(value), FittingBits(len(value)), 1)
	if len(value) >= 8 {
		binary.LittleEndian.PutUint64(value, changed)
		return
	}
	for place := range value {
		value[place] = byte(changed >> (8 * uint(place)))
	}
}
