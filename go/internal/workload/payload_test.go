package workload

import (
	"bytes"
	"testing"

	"mapprof/internal/bitmix"
)

func TestKeysFollowFromTheirCodes(t *testing.T) {
	const code = 0x0123456789ABCDEF
	key := make([]byte, 24)
	WriteKey(key, code, 24, KeyLetters)
	// The six-bit digits of the code, most significant first.
	digits := []int{0, 4, 35, 17, 22, 30, 9, 42, 60, 55, 47}
	for place, digit := range digits {
		if key[place] != Letters[digit] {
			t.Errorf("letter %d is %c, not %c", place, key[place], Letters[digit])
		}
	}
	first := bitmix.Mix(code)
	for place := 0; place < 13; place++ {
		state := first
		if place >= 10 {
			state = bitmix.Mix(first)
		}
		if due := Letters[state>>(6*uint(place%10))&63]; key[11+place] != due {
			t.Errorf("letter %d is %c, not %c", 11+place, key[11+place], due)
		}
	}
	WriteKey(key[:3], 0xB67A5B9AE, 3, KeyLetters)
	if due := []byte{Letters[0xB67A5B9AE>>12&63], Letters[0xB67A5B9AE>>6&63], Letters[0xB67A5B9AE&63]}; !bytes.Equal(key[:3], due) {
		t.Errorf("a short key is %s, not %s", key[:3], due)
	}
	key = key[:19]
	WriteKey(key, code, 19, KeyBytes)
	if !bytes.Equal(key[:8], []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}) {
		t.Errorf("the code is written as % x", key[:8])
	}
	second := bitmix.Mix(first)
	if key[8] != byte(first) || key[15] != byte(first>>56) || key[16] != byte(second) || key[18] != byte(second>>16) {
		t.Errorf("what follows is % x", key[8:])
	}
	WriteKey(key[:7], code, 3, KeyBytes)
	if !bytes.Equal(key[:3], []byte{0xAB, 0xCD, 0xEF}) || key[3] != byte(first) {
		t.Errorf("a short key is % x", key[:7])
	}
}

func TestLargerCodesMakeLargerKeys(t *testing.T) {
	for _, kind := range []KeyKind{KeyBytes, KeyLetters} {
		for _, length := range []int{2, 3, 11, 12, 40} {
			var before []byte
			for code := uint64(0); code < 4096; code += 7 {
				key := make([]byte, length)
				WriteKey(key, code, length, kind)
				if before != nil && bytes.Compare(before, key) >= 0 {
					t.Fatalf("the key of %d is not above that of the code before: %x, %x", code, key, before)
				}
				before = key
			}
		}
	}
}

func TestDigestsAreOfTheFirstSixteenBytes(t *testing.T) {
	key := []byte("abcdefghijklmnopqrstuvwxyz")
	word := func(from int) (word uint64) {
		for place := 7; place >= 0; place-- {
			word = word<<8 | uint64(key[from+place])
		}
		return word
	}
	for length, due := range map[int]uint64{
		0: 0, 3: 'c'<<16 | 'b'<<8 | 'a',
		8: word(0)*bitmix.Golden ^ word(0), 11: word(0)*bitmix.Golden ^ word(3),
		16: word(0)*bitmix.Golden ^ word(8), 26: word(0)*bitmix.Golden ^ word(8),
	} {
		if got := Digest(key[:length]); got != due {
			t.Errorf("of %d bytes: %x, not %x", length, got, due)
		}
	}
}

// A value of bytes is what its fingerprint says, however often it was changed.
func TestValuesHaveTheirFingerprints(t *testing.T) {
	spec := ValueSpec{}
	for size := 0; size < 12; size++ {
		const tag = 0xFEDCBA9876543210
		value := make([]byte, size)
		WriteValue(value, tag)
		for changes := uint8(0); changes < Versions; changes++ {
			if got, due := ReadTag(value)+uint64(size)+1, spec.Fingerprint(tag, changes, uint32(size)); got != due {
				t.Errorf("%d bytes, %d changes: %x, not %x", size, changes, got, due)
			}
			ChangeValue(value)
		}
		if got, due := ReadTag(value), tag&mask(FittingBits(size)); got != due {
			t.Errorf("%d bytes: eight changes come to %x, not to the first one, %x", size, got, due)
		}
	}
	one := uint32(1)
	spec.TagBits = &one
	if spec.Fingerprint(3, 0, 1) != 3 || spec.Fingerprint(3, 1, 1) != 2 || spec.Fingerprint(2, 2, 1) != 2 {
		t.Error("a bool has the fingerprint of another value")
	}
}

func TestPartsAreDrawnAndGrowAsInRust(t *testing.T) {
	parts, err := parseParts([]string{"18", "5 x 24", " 0..3x24 ", "8..40"})
	if err != nil {
		t.Fatal(err)
	}
	if parts.Fixed() {
		t.Error("parts that are drawn are fixed")
	}
	fixed, _ := parseParts([]string{"18", "5 x 24"})
	if !fixed.Fixed() || fixed.Contents(7) != 138 || fixed.BlockBytes(7) != 210 || fixed.FoldedBlocks(7) != 18+2*192 {
		t.Errorf("%d of %d bytes", fixed.Contents(7), fixed.BlockBytes(7))
	}
	counts := [4]int{}
	for n := uint64(0); n < 4000; n++ {
		drawn := parts.Drawn(2, n*bitmix.Golden)
		counts[drawn.Count]++
		if size := parts.Drawn(3, n*bitmix.Golden).Size; size < 8 || size > 40 {
			t.Fatalf("a size of %d", size)
		}
	}
	for count, times := range counts {
		if times < 900 || times > 1100 {
			t.Errorf("%d elements come %d times", count, times)
		}
	}
	for _, one := range []struct {
		drawn Drawn
		due   uint64
	}{
		{Drawn{true, 1, 1}, 8}, {Drawn{true, 9, 1}, 16}, {Drawn{true, 5, 1024}, 8192}, {Drawn{true, 3, 1025}, 4100},
		{Drawn{true, 0, 24}, 0}, {Drawn{true, 7, 0}, 0}, {Drawn{false, 1, 18}, 18}, {Drawn{false, 1, 0}, 0},
	} {
		if got := one.drawn.BlockBytes(); got != one.due {
			t.Errorf("%+v has %d bytes, not %d", one.drawn, got, one.due)
		}
	}
}

func TestABlockFollowsFromTheLength(t *testing.T) {
	above := uint64(23)
	for _, one := range []struct {
		block Block
		due   [4]uint64
	}{
		{Block{Header: 16, Multiple: 8}, [4]uint64{16, 24, 40, 40}},
		{Block{Above: &above, Least: 32, Multiple: 1}, [4]uint64{0, 0, 0, 32}},
	} {
		layout := Layout{Block: &one.block}
		for n, length := range []uint64{0, 1, 23, 24} {
			if got := layout.BlockBytes(length); got != one.due[n] {
				t.Errorf("%+v, %d bytes: a block of %d, not %d", one.block, length, got, one.due[n])
			}
		}
	}
}
