package worker

import (
	"mapprof/internal/mapshape"
	"mapprof/internal/workload"
)

// setLayouts replaces the layouts of a workload's keys and values, which are those of Rust, by those of Go. The blocks
// that the stream then adds up are in the bytes of size classes.
//
// It says whether there are blocks of less than 16 bytes, which share one of 16 with others: how many share each depends
// on what was allocated between them.
func setLayouts(w *workload.Workload, ofBuiltins bool) (hasTiny bool) {
	w.Key.Layout = keyLayout(w.Key.Type.Name)
	w.Value.Layout = valueLayout(w.Value.Type.Name)
	if block := w.Key.Layout.Block; block != nil {
		hasTiny = w.Key.Length.Least() < tinyBytes
	}
	if block := w.Value.Layout.Block; block != nil {
		hasTiny = hasTiny || w.Value.Type.Name == "box-u8" || w.Value.Size.LeastBytes() < tinyBytes
	} else if ofBuiltins && w.Value.Type.Name == "array" && w.Value.Type.Bytes > mapshape.MostInline {
		w.Value.Layout.Block = &workload.Block{Rounded: func(bytes uint64) uint64 { return mapshape.Usable(bytes, false) }}
	}
	return hasTiny
}

// tinyBytes is the size from which a block has a place of its own (runtime.maxTinySize).
const tinyBytes = 16

// contents is the block of so many bytes without pointers.
func contents(bytes uint64) uint64 {
	if bytes >= tinyBytes {
		return mapshape.Usable(bytes, false)
	}
	// What it takes of a shared block, without what is left free there.
	return bytes
}

func keyLayout(name string) workload.Layout {
	if name == "string" || name == "bytes" {
		return workload.Layout{Size: 16, Align: 8, Block: &workload.Block{Rounded: contents}}
	}
	return workload.Layout{}
}

func valueLayout(name string) workload.Layout {
	switch name {
	case "vec", "arc-bytes":
		return workload.Layout{Size: 24, Align: 8, Block: &workload.Block{Rounded: contents}}
	case "boxed":
		// The interface points to a slice header in a block of its own.
		return workload.Layout{Size: 16, Align: 8, Block: &workload.Block{Rounded: func(bytes uint64) uint64 {
			return mapshape.Usable(sliceHeader, true) + contents(bytes)
		}}}
	case "box-u8":
		return workload.Layout{Size: 8, Align: 8, Block: &workload.Block{Rounded: contents}}
	default:
		return workload.Layout{}
	}
}

// sliceHeader is the bytes of a slice: pointer, length and capacity.
const sliceHeader = 24

// requestedBlocks is the bytes of the blocks of so many entries as they are asked for, of whose keys and values payload
// is the sum.
func requestedBlocks(w *workload.Workload, entries, payload uint64) uint64 {
	keys, values := w.Key.Layout.Block != nil, w.Value.Layout.Block != nil
	switch {
	case keys && values:
	case keys:
		payload -= entries * w.Value.Size.Bytes
	case values:
		length, _ := w.Key.Length.Fixed()
		payload -= entries * uint64(length)
	default:
		return 0
	}
	if w.Value.Type.Name == "boxed" {
		payload += entries * sliceHeader
	}
	return payload
}
