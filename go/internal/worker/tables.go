package worker

import (
	"encoding/json"
	"io"
	"runtime"

	"mapprof/internal/maps"
	"mapprof/internal/workload"
)

// tables is what this worker can run.
type tables struct {
	Protocol int        `json:"protocol"`
	Maps     []mapRow   `json:"maps"`
	Programs []struct{} `json:"programs"`
}

type mapRow struct {
	Name       string            `json:"name"`
	About      string            `json:"about"`
	Package    string            `json:"package"`
	Version    string            `json:"version"`
	Concurrent bool              `json:"concurrent"`
	Lacks      []string          `json:"lacks"`
	Offers     []string          `json:"offers"`
	Steps      []string          `json:"steps"`
	Shards     bool              `json:"shards"`
	Answers    bool              `json:"answers"`
	Order      string            `json:"order"`
	Frees      string            `json:"frees"`
	Varies     *string           `json:"varies"`
	ClosedForm map[string]string `json:"closed_form"`
}

// WriteTables writes what this worker can run, as a line of JSON.
func WriteTables(out io.Writer) error {
	all := tables{Protocol: Protocol, Programs: []struct{}{}}
	for _, kind := range maps.Kinds {
		all.Maps = append(all.Maps, row(kind))
	}
	return json.NewEncoder(out).Encode(all)
}

func row(kind *maps.Kind) mapRow {
	row := mapRow{
		Name: kind.Name, About: kind.About, Package: kind.Package, Version: runtime.Version(),
		Concurrent: kind.IsConcurrent, Lacks: []string{}, Offers: []string{}, Steps: []string{}, Shards: kind.TakesShards,
		Answers: kind.Answers, Order: "none", Frees: "deferred", Varies: mapRecordOf(kind).Varies,
		ClosedForm: map[string]string{"Err": "is in Go, whose blocks are size classes"},
	}
	for op := workload.Op(0); op < workload.OpCount; op++ {
		if op.Info().Optional && kind.Offers(op) {
			row.Offers = append(row.Offers, op.String())
		}
	}
	if kind.Reserves {
		row.Steps = append(row.Steps, workload.StepReserve.String())
	}
	if kind.Shrinks {
		row.Steps = append(row.Steps, workload.StepShrink.String())
	}
	if kind.IsOrdered {
		row.Order = "key"
	}
	return row
}
