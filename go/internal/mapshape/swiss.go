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
			shape.Outgrown = Usable(group.bytes, group.pointers)
			shape.Newest = shape.Outgrown
		}
		return shape, true
	}
	directory := uint64(header.dirLen) * uint64(unsafe.Sizeof(data))
	shape.made(directory, true)
	shape.Directory = Usable(directory, true)
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
		before := shape.Usable
		shape.made(uint64(unsafe.Sizeof(swissTable{})), true)
		shape.made(uint64(table.capacity)/slotsOfGroup*group.bytes, group.pointers)
		if bytes := shape.Usable - before; bytes > shape.Outgrown {
			shape.Outgrown, shape.Newest = bytes, bytes
		}
		// Several places in a row of the directory may lead to one table.
		i += 1 << (header.small[0] - table.localDepth)
	}
	return shape, used == uint64(entries)
}

// tables is the number of tables behind the directory. Several places in a row of it may lead to one.
func (m *swissMap) tables() (count uint64) {
	tables := unsafe.Slice((**swissTable)(m.dirPtr), m.dirLen)
	for i := 0; i < len(tables); count++ {
		i += 1 << (m.small[0] - tables[i].localDepth)
	}
	return count
}
