package stream

import (
	"math/bits"

	"mapprof/internal/bitmix"
)

// rng is Xoshiro256++, as the Rust crate rand has it.
type rng struct{ s0, s1, s2, s3 uint64 }

// newRng is seeded with the first four outputs of SplitMix64.
func newRng(state uint64) rng {
	var words [4]uint64
	for n := range words {
		state += bitmix.Golden
		words[n] = bitmix.Mix(state)
	}
	return rng{words[0], words[1], words[2], words[3]}
}

// next is 64 random bits.
func (r *rng) next() uint64 {
	s0, s1 := r.s0, r.s1
	s2, s3 := r.s2^s0, r.s3^s1
	result := bits.RotateLeft64(s0+r.s3, 23) + s0
	r.s0, r.s1 = s0^s3, s1^s2
	r.s2, r.s3 = s2^s1<<17, bits.RotateLeft64(s3, 45)
	return result
}
