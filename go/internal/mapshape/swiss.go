package mapshape

import "unsafe"

// swissMap is the header of a Swiss map as far as it is read (internal/runtime/maps/map.go of Go 1.24 to 1.27).
type swissMap struct {
	used   uint64
	seed   uintptr
	dirPtr unsafe.Pointer
	dirLen int
	// globalDepth, globalShift, writing and, from 1.25 on, tombstonePossible.
	small    [8]uint8
	clearSeq uint64
}

// swissTable is a table of a Swiss map (internal/runtime/maps/table.go).
type swissTable struct {
	used, capacity, growthLeft uint16
	localDepth                 uint8
	index                      int
	groups                     unsafe.Pointer
	lengthMask                 uint64
}

func ofSwiss(data unsafe.Pointer, group storage, entries int) (Shape, bool) {
	header := (*swissMap)(data)
	if header.used != uint64(entries) || header.dirLen < 0 {
		return Shape{}, false
	}
	shape := Shape{}
	shape.made(uint64(unsafe.Sizeof(swissMap{})), true)
	if header.dirLen == 0 {
		// Up to eight entries lie in a single group, which is made with the first one.
		shape.Capacity = slotsOfGroup
		if header.dirPtr != nil {
			shape.Slots = slotsOfGroup
			shape.made(group.bytes, group.pointers)
		}
		return shape, true
	}
	shape.made(uint64(header.dirLen)*uint64(unsafe.Sizeof(data)), true)
	used := uint64(0)
	tables := unsafe.Slice((**swissTable)(header.dirPtr), header.dirLen)
	for i := 0; i < len(tables); {
		table := tables[i]
		if table == nil || table.index != i || table.localDepth > header.small[0] {
			return Shape{}, false
		}
		used += uint64(table.used)
		shape.Tables++
		shape.Capacity += uint64(table.used) + uint64(table.growthLeft)
		shape.Slots += uint64(table.capacity)
		shape.made(uint64(unsafe.Sizeof(swissTable{})), true)
		shape.made(uint64(table.capacity)/slotsOfGroup*group.bytes, group.pointers)
		// Several places in a row of the directory may lead to one table.
		i += 1 << (header.small[0] - table.localDepth)
	}
	return shape, used == uint64(entries)
}
