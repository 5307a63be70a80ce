package workload

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// tagged splits what is written as a name alone, or as an object with one field: its name and what it holds. The first
// of these has nothing to hold.
func tagged(data json.RawMessage) (string, json.RawMessage, error) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "", nil, fmt.Errorf("it is missing")
	}
	if data[0] == '"' {
		var name string
		err := json.Unmarshal(data, &name)
		return name, nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return "", nil, fmt.Errorf("%s is neither a name nor an object", data)
	}
	if len(fields) != 1 {
		return "", nil, fmt.Errorf("%s has %d fields, not one", data, len(fields))
	}
	for name, body := range fields {
		return name, body, nil
	}
	panic("unreachable")
}

// fill reads the body of what tagged found into a struct.
func fill(name string, body json.RawMessage, into any) error {
	if body == nil {
		return fmt.Errorf("%q says nothing beside its name", name)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func parseAccess(data json.RawMessage) (Access, error) {
	name, body, err := tagged(data)
	if err != nil {
		return Access{}, err
	}
	skewed := map[string]AccessKind{"zipf": Zipf, "scrambled-zipf": ScrambledZipf, "latest": Latest}
	kind, isSkewed := skewed[name]
	switch {
	case isSkewed:
		var wire struct {
			Theta float64 `json:"theta"`
		}
		if err := fill(name, body, &wire); err != nil {
			return Access{}, err
		}
		if !(wire.Theta > 0 && wire.Theta <= 4) {
			return Access{}, fmt.Errorf("theta is %v, and must be more than 0 and at most 4", wire.Theta)
		}
		return Access{Kind: kind, Theta: wire.Theta}, nil
	case name == "hotspot":
		var wire struct {
			Operations *float64 `json:"operations"`
			Keys       *float64 `json:"keys"`
		}
		if err := fill(name, body, &wire); err != nil {
			return Access{}, err
		}
		if wire.Operations == nil || wire.Keys == nil {
			return Access{}, fmt.Errorf("a hotspot has operations and keys")
		}
		return Access{Kind: Hotspot, Operations: *wire.Operations, Keys: *wire.Keys}, nil
	case body != nil:
	case name == "uniform":
		return Access{Kind: Uniform}, nil
	case name == "sequential":
		return Access{Kind: Sequential}, nil
	}
	return Access{}, fmt.Errorf("there is no distribution %q", name)
}

func parseLength(data json.RawMessage) (KeyLength, error) {
	var length KeyLength
	if err := json.Unmarshal(data, &length.Bytes); err == nil {
		if length.Bytes < 0 {
			return length, fmt.Errorf("%d is below 0", length.Bytes)
		}
		return length, nil
	}
	name, body, err := tagged(data)
	if err != nil {
		return length, err
	}
	var wire struct {
		Min      int     `json:"min"`
		Max      int     `json:"max"`
		Location float64 `json:"location"`
		Scale    float64 `json:"scale"`
		Shape    float64 `json:"shape"`
	}
	switch name {
	case "uniform", "gev":
		if err := fill(name, body, &wire); err != nil {
			return length, err
		}
		length = KeyLength{
			Kind: LengthUniform, Min: wire.Min, Max: wire.Max,
			Location: wire.Location, Scale: wire.Scale, Shape: wire.Shape,
		}
		if name == "gev" {
			length.Kind = LengthGev
			if !(length.Scale > 0 && length.Shape > 0) {
				return length, fmt.Errorf("scale and shape must be above 0")
			}
		}
		if length.Min < 0 || length.Min > length.Max || length.Max > mostKeyBytes {
			return length, fmt.Errorf("there is no length from %d to %d", length.Min, length.Max)
		}
	case "shares":
		if err := fill(name, body, &length.Shares); err != nil {
			return length, err
		}
		length.Kind = LengthShares
		if len(length.Shares) == 0 {
			return length, fmt.Errorf("there are no shares")
		}
		for _, share := range length.Shares {
			if share.Bytes < 0 || share.Bytes > mostKeyBytes {
				return length, fmt.Errorf("there is no length of %d", share.Bytes)
			}
		}
	default:
		return length, fmt.Errorf("there is no distribution %q", name)
	}
	return length, nil
}

func parseSize(data json.RawMessage) (Size, error) {
	var size Size
	name, body, err := tagged(data)
	if err != nil {
		return size, err
	}
	var wire struct {
		Min      uint64    `json:"min"`
		Max      uint64    `json:"max"`
		Alpha    float64   `json:"alpha"`
		Location float64   `json:"location"`
		Scale    float64   `json:"scale"`
		Shape    float64   `json:"shape"`
		Head     []float64 `json:"head"`
	}
	switch name {
	case "fixed":
		err := fill(name, body, &size.Bytes)
		return size, err
	case "uniform":
		size.Kind = SizeUniform
	case "pareto":
		size.Kind = SizePareto
	case "generalised-pareto":
		size.Kind = SizeGeneralisedPareto
	default:
		return size, fmt.Errorf("there is no distribution %q", name)
	}
	if err := fill(name, body, &wire); err != nil {
		return size, err
	}
	size.Min, size.Max, size.Alpha = wire.Min, wire.Max, wire.Alpha
	size.Location, size.Scale, size.Shape, size.Head = wire.Location, wire.Scale, wire.Shape, wire.Head
	switch {
	case size.Min > size.Max:
		return size, fmt.Errorf("there is no size from %d to %d", size.Min, size.Max)
	case size.Kind == SizePareto && !(size.Alpha > 0):
		return size, fmt.Errorf("alpha must be above 0")
	case size.Kind == SizeGeneralisedPareto && !(size.Scale > 0 && size.Shape > 0):
		return size, fmt.Errorf("scale and shape must be above 0")
	case len(size.Head) > mostHead:
		return size, fmt.Errorf("head has %d shares, and at most %d are possible", len(size.Head), mostHead)
	}
	return size, nil
}

func parseWork(data json.RawMessage) (Work, error) {
	var work Work
	name, body, err := tagged(data)
	if err != nil {
		return work, err
	}
	switch name {
	case "mix":
		var list [][2]json.RawMessage
		if err := fill(name, body, &list); err != nil {
			return work, err
		}
		work.Mix, err = parseMix(list)
		return work, err
	case "each":
		var list []string
		if err := fill(name, body, &list); err != nil {
			return work, err
		}
		for _, name := range list {
			op, err := opNamed(name)
			if err != nil {
				return work, err
			}
			work.Each = append(work.Each, op)
		}
		if len(work.Each) == 0 {
			return work, fmt.Errorf("each lists nothing")
		}
		return work, nil
	case "step":
		var wire struct {
			Kind    string  `json:"kind"`
			Entries *uint64 `json:"entries"`
			Readers *uint64 `json:"readers"`
		}
		if err := fill(name, body, &wire); err != nil {
			return work, err
		}
		kind, err := stepNamed(wire.Kind)
		work.Step = &Step{Kind: kind, Entries: wire.Entries, Readers: wire.Readers}
		return work, err
	default:
		return work, fmt.Errorf("there is no work %q", name)
	}
}

func parseMix(list [][2]json.RawMessage) ([]Odds, error) {
	var mix []Odds
	sum := 0.0
	for _, pair := range list {
		var name string
		var odds Odds
		if err := json.Unmarshal(pair[0], &name); err != nil {
			return nil, fmt.Errorf("mix: %s is not the name of an operation", pair[0])
		}
		if err := json.Unmarshal(pair[1], &odds.Percent); err != nil {
			return nil, fmt.Errorf("mix: %s is not a percentage", pair[1])
		}
		var err error
		if odds.Op, err = opNamed(name); err != nil {
			return nil, err
		}
		if !(odds.Percent >= 0 && odds.Percent <= 100) {
			return nil, fmt.Errorf("mix: %v is no percentage", odds.Percent)
		}
		mix = append(mix, odds)
		sum += odds.Percent
	}
	if sum == 0 {
		return nil, fmt.Errorf("mix lists nothing that is ever done")
	}
	return mix, nil
}
