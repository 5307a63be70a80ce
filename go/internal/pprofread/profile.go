// Package pprofread reads what runtime/pprof writes: as much of a pprof message as a CPU profile needs.
package pprofread

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"mapprof/internal/symbols"
)

// Profile is a pprof message.
type Profile struct {
	// Period is what is between two samples; nanoseconds in a CPU profile. 0 if it is not told.
	Period  int64
	Samples []Sample
}

// Sample is a stack and what was measured of it.
type Sample struct {
	// Stack is its locations, innermost first.
	Stack []symbols.Location
	// Values are one per type of sample; of a CPU profile, a count and nanoseconds.
	Values []int64
	// Labels are its labels of text.
	Labels map[string]string
}

// raw is a message whose parts still have the numbers of others in the place of these.
type raw struct {
	period    int64
	strings   []string
	samples   []rawSample
	locations map[uint64]rawLocation
	functions map[uint64]rawFunction
}

type rawSample struct {
	locations, values []uint64
	// labels are numbers of strings: a key and a text each.
	labels [][2]uint64
}

type rawLocation struct {
	address uint64
	// lines are numbers of functions, and lines in their files.
	lines [][2]uint64
}

type rawFunction struct{ name, file uint64 }

// Read reads a gzipped message.
func Read(data []byte) (*Profile, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	message, err := io.ReadAll(unzipped)
	if err != nil {
		return nil, err
	}
	return parse(message)
}

// parse reads a message. The numbers of fields are those of profile.proto.
func parse(message []byte) (*Profile, error) {
	r := raw{locations: map[uint64]rawLocation{}, functions: map[uint64]rawFunction{}}
	err := fields(message, func(field int, number uint64, contents []byte) error {
		switch field {
		case 2:
			return r.sample(contents)
		case 4:
			return r.location(contents)
		case 5:
			return r.function(contents)
		case 6:
			r.strings = append(r.strings, string(contents))
		case 12:
			r.period = int64(number)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.resolved()
}

func (r *raw) sample(message []byte) error {
	var s rawSample
	err := fields(message, func(field int, number uint64, contents []byte) (err error) {
		switch field {
		case 1:
			s.locations, err = numbers(s.locations, number, contents)
		case 2:
			s.values, err = numbers(s.values, number, contents)
		case 3:
			var label [2]uint64
			err = fields(contents, func(field int, number uint64, _ []byte) error {
				if field == 1 || field == 2 {
					label[field-1] = number
				}
				return nil
			})
			s.labels = append(s.labels, label)
		}
		return err
	})
	r.samples = append(r.samples, s)
	return err
}

func (r *raw) location(message []byte) error {
	var id uint64
	var at rawLocation
	err := fields(message, func(field int, number uint64, contents []byte) (err error) {
		switch field {
		case 1:
			id = number
		case 3:
			at.address = number
		case 4:
			var line [2]uint64
			err = fields(contents, func(field int, number uint64, _ []byte) error {
				if field == 1 || field == 2 {
					line[field-1] = number
				}
				return nil
			})
			at.lines = append(at.lines, line)
		}
		return err
	})
	r.locations[id] = at
	return err
}

func (r *raw) function(message []byte) error {
	var id uint64
	var f rawFunction
	err := fields(message, func(field int, number uint64, _ []byte) error {
		switch field {
		case 1:
			id = number
		case 2:
			f.name = number
		case 4:
			f.file = number
		}
		return nil
	})
	r.functions[id] = f
	return err
}

// resolved puts locations, functions and strings in the place of their numbers.
func (r *raw) resolved() (*Profile, error) {
	text := func(number uint64) (string, error) {
		if number >= uint64(len(r.strings)) {
			return "", fmt.Errorf("a pprof message has no string %d", number)
		}
		return r.strings[number], nil
	}
	locations := make(map[uint64]symbols.Location, len(r.locations))
	for id, from := range r.locations {
		at := symbols.Location{Address: from.address}
		for _, line := range from.lines {
			function, ok := r.functions[line[0]]
			if !ok {
				return nil, fmt.Errorf("a pprof message has no function %d", line[0])
			}
			name, err := text(function.name)
			if err != nil {
				return nil, err
			}
			file, err := text(function.file)
			if err != nil {
				return nil, err
			}
			at.Frames = append(at.Frames, symbols.Frame{Function: name, File: file, Line: int(line[1])})
		}
		locations[id] = at
	}
	p := &Profile{Period: r.period}
	for _, from := range r.samples {
		s := Sample{Labels: map[string]string{}}
		for _, id := range from.locations {
			at, ok := locations[id]
			if !ok {
				return nil, fmt.Errorf("a pprof message has no location %d", id)
			}
			s.Stack = append(s.Stack, at)
		}
		for _, value := range from.values {
			s.Values = append(s.Values, int64(value))
		}
		for _, label := range from.labels {
			key, err := text(label[0])
			if err != nil {
				return nil, err
			}
			if s.Labels[key], err = text(label[1]); err != nil {
				return nil, err
			}
		}
		p.Samples = append(p.Samples, s)
	}
	return p, nil
}
