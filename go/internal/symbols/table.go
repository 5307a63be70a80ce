package symbols

import (
	"encoding/binary"
	"sort"
)

// Table is all stacks of a profile, and what their addresses are.
type Table struct {
	// Stacks are look-up addresses, innermost first.
	Stacks [][]uint64
	frames map[uint64][]Frame
	// places of stacks in Stacks, by their addresses.
	places map[string]int
}

// NewTable is a table without stacks.
func NewTable() *Table {
	return &Table{Stacks: [][]uint64{}, frames: map[uint64][]Frame{}, places: map[string]int{}}
}

// Add is the place of a stack in Stacks. It is put there if it is not.
func (t *Table) Add(stack []Location) int {
	key := make([]byte, 0, 8*len(stack))
	addresses := make([]uint64, 0, len(stack))
	for _, at := range stack {
		key = binary.LittleEndian.AppendUint64(key, at.Address)
		addresses = append(addresses, at.Address)
		// A stack that was cut off has too few.
		if len(at.Frames) > len(t.frames[at.Address]) {
			frames := append([]Frame(nil), at.Frames...)
			for i := range frames {
				frames[i].Function = shortened(frames[i].Function)
			}
			t.frames[at.Address] = frames
		}
	}
	place, ok := t.places[string(key)]
	if !ok {
		place = len(t.Stacks)
		t.places[string(key)] = place
		t.Stacks = append(t.Stacks, addresses)
	}
	return place
}

// Symbol is what an address is.
type Symbol struct {
	Address uint64  `json:"address"`
	Frames  []Frame `json:"frames"`
}

// symbols of the addresses from start to end, without that, ascending.
func (t *Table) symbols(start, end uint64) []Symbol {
	found := []Symbol{}
	for address, frames := range t.frames {
		if address >= start && address < end {
			found = append(found, Symbol{address, frames})
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Address < found[b].Address })
	return found
}
