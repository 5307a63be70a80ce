package workload

import "fmt"

// ValueType is what is known of a type of values. The number of bits of a tag that a value keeps is a workload's
// (ValueSpec.TagBits).
type ValueType struct {
	Name string
	// Fixed: every value has Bytes bytes, which count in its fingerprint; otherwise the workload says how large values
	// are.
	Fixed bool
	Bytes uint64
	// Room is the most parts that a record of this size owns.
	Room int
}

// ValueTypes are all types of values. Types of several sizes share a name.
var ValueTypes = []ValueType{
	{"unit", true, 0, 0},
	{"bool", true, 1, 0},
	{"u64", true, 8, 0},
	{"f64", true, 8, 0},
	{"box-unit", true, 0, 0},
	{"box-u8", true, 1, 0},
	{"array", true, 16, 0},
	{"array", true, 32, 0},
	{"array", true, 64, 0},
	{"array", true, 128, 0},
	{"array", true, 256, 0},
	{"padded", true, 15, 0},
	{"reordered", true, 15, 0},
	{"boxed", false, 0, 0},
	{"vec", false, 0, 0},
	{"arc-bytes", false, 0, 0},
	{"record", true, 32, 1},
	{"record", true, 40, 2},
	{"record", true, 48, 2},
	{"record", true, 56, 3},
	{"record", true, 64, 3},
	{"record", true, 80, 4},
	{"record", true, 96, 5},
	{"record", true, 128, 7},
}

// valueTypeOf is the row of the type of values of that name and size.
func valueTypeOf(name string, size *Size) (*ValueType, error) {
	isKnown := false
	for row := range ValueTypes {
		kind := &ValueTypes[row]
		if kind.Name != name {
			continue
		}
		isKnown = true
		if !kind.Fixed || size.Kind == SizeFixed && kind.Bytes == size.Bytes {
			return kind, nil
		}
	}
	if isKnown {
		return nil, fmt.Errorf("values of the type %q cannot have this size", name)
	}
	return nil, fmt.Errorf("values of the type %q are not known", name)
}
