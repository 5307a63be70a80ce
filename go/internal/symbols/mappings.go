package symbols

import (
	"os"
	"strconv"
	"strings"
)

// Mapping is an executable mapping of this process, and what the addresses of a table are that lie in it.
type Mapping struct {
	Start   uint64   `json:"start"`
	End     uint64   `json:"end"`
	Offset  uint64   `json:"offset"`
	Path    string   `json:"path"`
	Symbols []Symbol `json:"symbols"`
}

// kernelCode is the kernel's code that runs in the process.
const kernelCode = "[vdso]"

// Mappings are those of the program's own file, and the others that addresses of the table lie in.
func (t *Table) Mappings() ([]Mapping, error) {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	own, others := []Mapping{}, []Mapping{}
	for _, line := range strings.Split(string(text), "\n") {
		mapping, ok := parse(line)
		if !ok {
			continue
		}
		mapping.Symbols = t.symbols(mapping.Start, mapping.End)
		switch {
		case mapping.Path == program:
			// The program may have been removed while it runs.
			mapping.Path = strings.TrimSuffix(program, " (deleted)")
			own = append(own, mapping)
		case len(mapping.Symbols) > 0 && (mapping.Path == kernelCode || strings.HasPrefix(mapping.Path, "/")):
			others = append(others, mapping)
		}
	}
	return append(own, others...), nil
}

// parse reads a line of the list of mappings; not ok unless it is one of code.
//
//	00400000-004b2000 r-xp 00000000 fd:01 1234   /opt/bench/worker
func parse(line string) (mapping Mapping, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || !strings.Contains(fields[1], "x") {
		return Mapping{}, false
	}
	start, end, ok := strings.Cut(fields[0], "-")
	if !ok {
		return Mapping{}, false
	}
	numbers := [3]uint64{}
	for i, text := range [...]string{start, end, fields[2]} {
		number, err := strconv.ParseUint(text, 16, 64)
		if err != nil {
			return Mapping{}, false
		}
		numbers[i] = number
	}
	// The path is the sixth field, and may have spaces.
	path := line
	for skipped := 0; skipped < 5; skipped++ {
		_, path, _ = strings.Cut(strings.TrimLeft(path, " "), " ")
	}
	return Mapping{Start: numbers[0], End: numbers[1], Offset: numbers[2], Path: strings.TrimLeft(path, " ")}, true
}
