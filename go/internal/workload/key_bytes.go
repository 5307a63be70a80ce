package workload

import (
	"encoding/binary"

	"mapprof/internal/bitmix"
)

// Letters are those of text keys, in byte order: a larger digit is a larger letter, so that ascending codes make
// lexicographically ascending keys.
const Letters = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

// codeLetters is the number of letters that hold a whole code.
const codeLetters = 11

// pairs has two letters for each 12 bits: that of the low 6 bits first.
var pairs = func() (pairs [4096][2]byte) {
	for digits := range pairs {
		pairs[digits] = [2]byte{Letters[digits&63], Letters[digits>>6]}
	}
	return pairs
}()

func mix(x uint64) uint64 { return bitmix.Mix(x) }

// WriteKey writes the contents of the key of a code, of bytes or letters. The code lies in the first least bytes, which
// the shortest keys of a workload have.
func WriteKey(dst []byte, code uint64, least int, kind KeyKind) {
	if least > len(dst) {
		least = len(dst)
	}
	if kind == KeyLetters {
		writeLetters(dst, code, least)
	} else {
		writeBytes(dst, code, least)
	}
}

func writeBytes(dst []byte, code uint64, least int) {
	if least >= 8 {
		binary.BigEndian.PutUint64(dst, code)
		least = 8
	} else {
		for place := least - 1; place >= 0; place-- {
			dst[place] = byte(code >> (8 * uint(least-1-place)))
		}
	}
	state := code
	rest := dst[least:]
	for ; len(rest) >= 8; rest = rest[8:] {
		state = mix(state)
		binary.LittleEndian.PutUint64(rest, state)
	}
	if len(rest) > 0 {
		state = mix(state)
		for place := range rest {
			rest[place] = byte(state >> (8 * uint(place)))
		}
	}
}

func writeLetters(dst []byte, code uint64, least int) {
	if least > codeLetters {
		least = codeLetters
	}
	rest := code
	place := least
	for ; place >= 2; place -= 2 {
		pair := &pairs[rest&4095]
		dst[place-1], dst[place-2] = pair[0], pair[1]
		rest >>= 12
	}
	if place == 1 {
		dst[0] = Letters[rest&63]
	}
	// Letters after the code do not change which key is smaller, for no two codes are the same.
	state := code
	padding := dst[least:]
	for ; len(padding) >= 10; padding = padding[10:] {
		state = mix(state)
		rest = state
		ten := (*[10]byte)(padding)
		for place := 0; place < 10; place += 2 {
			pair := &pairs[rest&4095]
			ten[place], ten[place+1] = pair[0], pair[1]
			rest >>= 12
		}
	}
	if len(padding) > 0 {
		rest = mix(state)
		for place := range padding {
			padding[place] = Letters[rest&63]
			rest >>= 6
		}
	}
}
