package stream

import (
	"fmt"
	"math/bits"

	"mapprof/internal/bitmix"
)

const (
	// Miss is the answer of a look-up that found nothing.
	Miss uint64 = 0x6D697373
	// Visited is what each visited entry adds to the answer of an iteration or a scan beside its value's fingerprint.
	Visited = bitmix.Golden
)

// Checksum is a running number over answers or calls, in their order.
type Checksum uint64

// EmptyChecksum is the checksum of nothing.
const EmptyChecksum Checksum = 0x6D617070726F6621

// Fold takes one more number in. Each step is a bijection of the old checksum, so a difference never fades.
func (c *Checksum) Fold(number uint64) {
	*c = Checksum((bits.RotateLeft64(uint64(*c), 23) ^ number) * bitmix.Golden)
}

// String is 16 hexadecimal digits.
func (c Checksum) String() string { return fmt.Sprintf("%016x", uint64(c)) }
