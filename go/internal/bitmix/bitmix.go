// Package bitmix holds the integer arithmetic of the operation stream: how ids become key codes and tags that look
// random and never collide, and how random bits become numbers.
package bitmix

import "math/bits"

// Golden is the increment of SplitMix64: 2^64 divided by the golden ratio.
const Golden uint64 = 0x9E3779B97F4A7C15

const (
	factor1 uint64 = 0xBF58476D1CE4E5B9
	factor2 uint64 = 0x94D049BB133111EB
)

// Mix is the finalizer of SplitMix64, a bijection on 64 bits.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * factor1
	x = (x ^ x>>27) * factor2
	return x ^ x>>31
}

// MixWithin is a bijection on the numbers below 2^width, for a width from 1 to 64 bits. At 64 bits it is Mix.
func MixWithin(x uint64, width uint) uint64 {
	if width >= 64 {
		return Mix(x)
	}
	mask := uint64(1)<<width - 1
	half := (width + 1) / 2
	x &= mask
	x = (x ^ x>>half) * factor1 & mask
	x = (x ^ x>>half) * factor2 & mask
	x = (x ^ x>>half) * Golden & mask
	return x ^ x>>half
}

// Below is a number below n from 64 random bits: the high half of their product. It is 0 if n is 0.
func Below(random, n uint64) uint64 {
	high, _ := bits.Mul64(random, n)
	return high
}

// Unit is a number from 0 to 1, without 1, from the high 53 of 64 random bits.
func Unit(random uint64) float64 {
	return float64(random>>11) * (1.0 / (1 << 53))
}

// Share is a share from 0 to 1 as a bound for 64 random bits: the share times 2^64, truncated. What is beyond 64 bits
// becomes the largest number, what is below 0 or not a number becomes 0.
func Share(share float64) uint64 {
	return Saturate(float64(share * (1 << 64)))
}

// Saturate is the whole part of x, cut off at both ends of 64 bits. Go leaves open what the plain conversion does there.
func Saturate(x float64) uint64 {
	switch {
	case !(x > 0):
		return 0
	case x >= 1<<64:
		return 1<<64 - 1
	default:
		return uint64(x)
	}
}
