// Package programs has the workloads that are no map, as mapprof's own programs of the same names do them: each brings its
// own map or other data. Answers are the same in both languages.
//
// What its functions allocate is a value, unless one of the runtime's map functions does it.
package programs

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Program is a workload that is no map.
type Program struct {
	Name, About string
	// Entries it has if nothing is said.
	Entries uint64
	// Parameters it takes, each with its default.
	Parameters map[string]string
	// start makes what it needs, and says which phases there are.
	start func(settings *settings) []Phase
}

// Phase is a stretch of operations.
type Phase struct {
	Name string
	Ops  uint64
	// Do does the operation of a number, and returns its answer.
	Do func(number uint64) uint64
	// Begin and End come before and after the operations, if they are there.
	Begin, End func()
	// Holds is the entries that are held when the phase is over, and the bytes of their keys and values; nil if that is
	// not known.
	Holds func() (entries, payload uint64)
}

// Programs are all programs.
var Programs = []*Program{bufferPool, mapReuse, publishedMap, repeatedNames}

// Named is the program of that name; nil if there is none.
func Named(name string) *Program {
	for _, program := range Programs {
		if program.Name == name {
			return program
		}
	}
	return nil
}

// Start makes what the program needs. What is left out of the parameters has its default. An operation calls look, if it
// is there, when it holds most; between operations whoever does them can look by himself.
func (p *Program) Start(entries *uint64, parameters map[string]string, seed uint64, look func()) ([]Phase, error) {
	s := &settings{entries: p.Entries, parameters: map[string]string{}, seed: seed, look: look}
	if entries != nil {
		s.entries = *entries
	}
	for name, value := range p.Parameters {
		s.parameters[name] = value
	}
	for name, value := range parameters {
		if _, ok := p.Parameters[name]; !ok {
			return nil, fmt.Errorf("the program %s in Go takes no parameter %q; it has %s", p.Name, name, strings.Join(p.names(), ", "))
		}
		s.parameters[name] = value
	}
	phases := p.start(s)
	return phases, s.err
}

func (p *Program) names() (names []string) {
	for name := range p.Parameters {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// settings is what a program is asked for.
type settings struct {
	entries, seed uint64
	parameters    map[string]string
	look          func()
	err           error
}

// whole is a parameter that is a whole number. mapprof has checked its bounds.
func (s *settings) whole(name string) uint64 {
	value, err := strconv.ParseUint(s.parameters[name], 10, 64)
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("the parameter %q must be a whole number, not %q", name, s.parameters[name])
	}
	return value
}
