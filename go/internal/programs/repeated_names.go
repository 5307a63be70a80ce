package programs

import (
	"fmt"
	"strings"

	"mapprof/internal/bitmix"
)

// repeatedNames has names that are used again and again: a text of its own for each use, or one that all uses share.
var repeatedNames = &Program{
	Name:    "repeated-names",
	About:   "Keeps a name for each of many uses: a text each, or one that the uses of a name share",
	Entries: 100_000,
	Parameters: map[string]string{
		"form": "fresh", "names": "100", "length": "32",
	},
	start: func(s *settings) []Phase {
		n := &names{seed: s.seed, table: map[string]string{}}
		for number := uint64(0); number < s.whole("names"); number++ {
			n.all = append(n.all, nameOf(number, s.seed, int(s.whole("length"))))
		}
		use, holds := n.fresh, n.heldBytes
		if s.parameters["form"] == "interned" {
			use, holds = n.interned, n.tableBytes
		}
		return []Phase{{
			Name: "use", Ops: s.entries, Do: use,
			Holds: func() (uint64, uint64) { return s.entries, holds() },
		}}
	},
}

// names is the names as they come in, and those that are held.
type names struct {
	all   []string
	seed  uint64
	table map[string]string
	held  []string
}

// nameOf is hexadecimal digits, and then letters.
func nameOf(number, seed uint64, length int) string {
	text := fmt.Sprintf("%x-%016x", number, bitmix.Mix(seed^number*bitmix.Golden))
	if len(text) < length {
		text += strings.Repeat("n", length-len(text))
	}
	return text[:length]
}

func (n *names) of(number uint64) string {
	return n.all[bitmix.Below(bitmix.Mix(n.seed+number*bitmix.Golden), uint64(len(n.all)))]
}

func (n *names) fresh(number uint64) uint64 {
	name := strings.Clone(n.of(number))
	n.held = append(n.held, name)
	return uint64(len(name))
}

func (n *names) interned(number uint64) uint64 {
	name := n.of(number)
	shared, ok := n.table[name]
	if !ok {
		shared = strings.Clone(name)
		n.table[shared] = shared
	}
	n.held = append(n.held, shared)
	return uint64(len(name))
}

func (n *names) heldBytes() (bytes uint64) {
	for _, name := range n.held {
		bytes += uint64(len(name))
	}
	return bytes
}

// tableBytes counts each text once, however many uses share it.
func (n *names) tableBytes() (bytes uint64) {
	for name := range n.table {
		bytes += uint64(len(name))
	}
	return bytes
}
