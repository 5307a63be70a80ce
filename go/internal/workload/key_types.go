package workload

import "fmt"

// KeyKind says how the bytes of a key follow from its code.
type KeyKind uint8

const (
	// KeyNumber: the key is the code, or numbers that follow from it, and the digest is the code.
	KeyNumber KeyKind = iota
	// KeyBytes: the key is bytes, the code big-endian and then others that follow from it.
	KeyBytes
	// KeyLetters: the key is letters of 6 bits each.
	KeyLetters
)

// KeyType is what is known of a type of keys.
type KeyType struct {
	Name string
	Kind KeyKind
	// Bytes of every key; 0 where the workload says how long keys are.
	Bytes int
}

// KeyTypes are all types of keys. Types of several lengths share a name.
var KeyTypes = []KeyType{
	{"u64", KeyNumber, 8},
	{"u32", KeyNumber, 4},
	{"u128", KeyNumber, 16},
	{"string", KeyLetters, 0},
	{"box-str", KeyLetters, 0},
	{"arc-str", KeyLetters, 0},
	{"compact-str", KeyLetters, 0},
	{"smol-str", KeyLetters, 0},
	{"array", KeyBytes, 16},
	{"array", KeyBytes, 32},
	{"bytes", KeyBytes, 0},
	{"box-bytes", KeyBytes, 0},
	{"composite", KeyNumber, 10},
}

// keyTypeOf is the row of the type of keys of that name and length.
func keyTypeOf(name string, length *KeyLength) (*KeyType, error) {
	isKnown := false
	for row := range KeyTypes {
		kind := &KeyTypes[row]
		if kind.Name != name {
			continue
		}
		isKnown = true
		if bytes, fixed := length.Fixed(); kind.Bytes == 0 || fixed && kind.Bytes == bytes {
			return kind, nil
		}
	}
	if isKnown {
		return nil, fmt.Errorf("keys of the type %q cannot have this length", name)
	}
	return nil, fmt.Errorf("keys of the type %q are not known", name)
}

// U128 is the halves of a u128 key.
func U128(code uint64) (high, low uint64) { return code, mix(code) }

// Composite is the fields of a composite key.
func Composite(code uint64) (tenant, user uint32, day uint16) {
	return uint32(code >> 32), uint32(code), uint16(mix(code))
}
