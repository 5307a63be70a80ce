package stream

import (
	"mapprof/internal/bitmix"
	"mapprof/internal/offheap"
	"mapprof/internal/workload"
)

// keyLengths draws the length of a key from its code, so that nothing about lengths has to be stored.
type keyLengths struct {
	kind workload.LengthKind
	// min is the length itself if it is fixed, in bytes.
	min  int
	span uint64
	// bounds of the random bits: the length is that of the first bound above them. Of generalised extreme values they
	// stand for the lengths from min on, and the search begins at the place that the bits' high byte has in starts.
	bounds offheap.Slice[uint64]
	bytes  offheap.Slice[uint32]
	starts offheap.Slice[uint16]
}

func newKeyLengths(length *workload.KeyLength) keyLengths {
	lengths := keyLengths{kind: length.Kind, min: length.Min}
	switch length.Kind {
	case workload.LengthFixed:
		lengths.min = length.Bytes
	case workload.LengthUniform:
		lengths.span = uint64(length.Max-length.Min) + 1
	case workload.LengthShares:
		sum := 0.0
		for _, share := range length.Shares {
			sum += share.Share
			lengths.bounds.Append(bitmix.Share(sum))
			lengths.bytes.Append(uint32(share.Bytes))
		}
	case workload.LengthGev:
		for bytes := length.Min; bytes < length.Max; bytes++ {
			lengths.bounds.Append(bitmix.Share(length.AtMost(bytes)))
		}
		start := 0
		for high := uint64(0); high < 256; high++ {
			for start < lengths.bounds.Len() && lengths.bounds.Items()[start] <= high<<56 {
				start++
			}
			lengths.starts.Append(uint16(start))
		}
	}
	return lengths
}

// of is the length of the key of a code, in bytes.
func (l *keyLengths) of(code uint64) int {
	if l.kind == workload.LengthFixed {
		return l.min
	}
	return l.draw(bitmix.Mix(code ^ bitmix.Golden))
}

func (l *keyLengths) draw(random uint64) int {
	bounds := l.bounds.Items()
	switch l.kind {
	case workload.LengthUniform:
		return l.min + int(bitmix.Below(random, l.span))
	case workload.LengthShares:
		last := len(bounds) - 1
		for place, bound := range bounds[:last] {
			if random < bound {
				return int(l.bytes.Items()[place])
			}
		}
		// The last one takes what rounding leaves.
		return int(l.bytes.Items()[last])
	default:
		place := int(l.starts.Items()[random>>56])
		for place < len(bounds) && bounds[place] <= random {
			place++
		}
		return l.min + place
	}
}
