package bitmix

import (
	"math"
	"testing"
)

func TestMixHasKnownOutputs(t *testing.T) {
	// The first outputs of SplitMix64 with the state 0.
	for n, due := range []uint64{0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F} {
		if got := Mix(Golden * uint64(n+1)); got != due {
			t.Errorf("output %d is %x, not %x", n, got, due)
		}
	}
}

func TestMixWithinIsABijection(t *testing.T) {
	for _, width := range []uint{1, 2, 3, 6, 8, 12, 16} {
		seen := make([]bool, 1<<width)
		for x := range seen {
			seen[MixWithin(uint64(x), width)] = true
		}
		for x, hit := range seen {
			if !hit {
				t.Fatalf("%d bits: nothing becomes %d", width, x)
			}
		}
	}
	if MixWithin(7, 64) != Mix(7) {
		t.Error("64 bits are mixed in another way")
	}
}

func TestPicksStayBelow(t *testing.T) {
	if Below(math.MaxUint64, 10) != 9 || Below(0, 10) != 0 || Below(math.MaxUint64, 0) != 0 {
		t.Error("a pick is not below its bound")
	}
	if Unit(math.MaxUint64) >= 1 || Unit(0) != 0 || Unit(1<<63) != 0.5 {
		t.Error("a unit is not from 0 to 1")
	}
}

func TestSharesSaturate(t *testing.T) {
	for share, due := range map[float64]uint64{-1: 0, 0: 0, 0.5: 1 << 63, 1: math.MaxUint64, 2: math.MaxUint64} {
		if got := Share(share); got != due {
			t.Errorf("%v becomes %d, not %d", share, got, due)
		}
	}
	if Saturate(math.NaN()) != 0 || Saturate(1e300) != math.MaxUint64 || Saturate(1.9) != 1 {
		t.Error("a conversion does not saturate")
	}
}
