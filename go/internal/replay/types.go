package replay

import (
	"fmt"

	"mapprof/internal/keys"
	"mapprof/internal/maps"
	"mapprof/internal/values"
	"mapprof/internal/workload"
)

// New is maps of a kind for the keys and values of a workload.
//
// Numbers and strings go with every type of values, other keys with the common ones: each pair of types is compiled for
// every map.
func New(kind *maps.Kind, w *workload.Workload) (Set, error) {
	length, _ := w.Key.Length.Fixed()
	switch name := w.Key.Type.Name; {
	case name == "u64":
		return withAnyValue(kind, w, keys.Uint64())
	case name == "string" || name == "bytes":
		return withAnyValue(kind, w, keys.Texts())
	case name == "u32":
		return withCommonValue(kind, w, keys.Uint32())
	case name == "u128":
		return withCommonValue(kind, w, keys.Uint128())
	case name == "composite":
		return withCommonValue(kind, w, keys.Composites())
	case name == "array" && length == 16:
		return withCommonValue(kind, w, keys.Arrays16())
	case name == "array" && length == 32:
		return withCommonValue(kind, w, keys.Arrays32())
	default:
		return nil, fmt.Errorf("Go has no type of keys like %s; it has u64, u32, u128, string, bytes, array and composite", name)
	}
}

func withAnyValue[K comparable](kind *maps.Kind, w *workload.Workload, keyType keys.Type[K]) (Set, error) {
	switch name, size := w.Value.Type.Name, w.Value.Type.Bytes; {
	case name == "box-unit":
		return newSet(kind, w, keyType, values.UnitPointers()), nil
	case name == "bool":
		return newSet(kind, w, keyType, values.Bools()), nil
	case name == "f64":
		return newSet(kind, w, keyType, values.Float64s()), nil
	case name == "box-u8":
		return newSet(kind, w, keyType, values.BytePointers()), nil
	case name == "array" && size == 32:
		return newSet(kind, w, keyType, values.Arrays[[32]byte]()), nil
	case name == "array" && size == 128:
		return newSet(kind, w, keyType, values.Arrays[[128]byte]()), nil
	case name == "array" && size == 256:
		return newSet(kind, w, keyType, values.Arrays[[256]byte]()), nil
	case name == "arc-bytes":
		return newSet(kind, w, keyType, values.Shared(w)), nil
	case name == "padded":
		return newSet(kind, w, keyType, values.PaddedStructs()), nil
	case name == "reordered":
		return newSet(kind, w, keyType, values.ReorderedStructs()), nil
	case name == "boxed":
		return newSet(kind, w, keyType, values.Interfaces()), nil
	default:
		return withCommonValue(kind, w, keyType)
	}
}

func withCommonValue[K comparable](kind *maps.Kind, w *workload.Workload, keyType keys.Type[K]) (Set, error) {
	switch name, size := w.Value.Type.Name, w.Value.Type.Bytes; {
	case name == "unit":
		return newSet(kind, w, keyType, values.Units()), nil
	case name == "u64":
		return newSet(kind, w, keyType, values.Uint64s()), nil
	case name == "vec":
		return newSet(kind, w, keyType, values.Slices()), nil
	case name == "array" && size == 16:
		return newSet(kind, w, keyType, values.Arrays[[16]byte]()), nil
	case name == "array" && size == 64:
		return newSet(kind, w, keyType, values.Arrays[[64]byte]()), nil
	default:
		return nil, fmt.Errorf("values of the type %s beside keys of the type %s are not compiled into this worker", name, w.Key.Type.Name)
	}
}
