package worker

import (
	"encoding/json"
	"io"
	"runtime"

	"mapprof/internal/maps"
	"mapprof/internal/mapshape"
	"mapprof/internal/programs"
	"mapprof/internal/workload"
)

// tables is what this worker can run.
type tables struct {
	Protocol int          `json:"protocol"`
	Maps     []mapRow     `json:"maps"`
	Programs []programRow `json:"programs"`
}

type programRow struct {
	Name     string `json:"name"`
	About    string `json:"about"`
	Settings struct {
		Entries    uint64            `json:"entries"`
		Parameters map[string]string `json:"parameters"`
	} `json:"settings"`
	Variants []struct{} `json:"variants"`
}

type mapRow struct {
	Name       string     `json:"name"`
	About      string     `json:"about"`
	Package    string     `json:"package"`
	Version    string     `json:"version"`
	Concurrent bool       `json:"concurrent"`
	Lacks      []string   `json:"lacks"`
	Offers     []string   `json:"offers"`
	Steps      []string   `json:"steps"`
	Shards     bool       `json:"shards"`
	Answers    bool       `json:"answers"`
	Order      string     `json:"order"`
	Frees      string     `json:"frees"`
	Varies     *string    `json:"varies"`
	ClosedForm closedForm `json:"closed_form"`
}

// closedForm is what a map's bytes follow, or why that cannot be told.
type closedForm struct {
	Ok  *form  `json:"Ok,omitempty"`
	Err string `json:"Err,omitempty"`
}

// form is the structure of a map: its kind, the Go release (19 of Go 1.19), and the bytes of the blocks that lead to its
// storage.
type form struct {
	Go struct {
		Storage string `json:"storage"`
		Release int    `json:"release"`
		Head    uint64 `json:"head"`
	} `json:"go"`
}

// closedFormOf is the form of a map.
func closedFormOf(kind *maps.Kind) closedForm {
	of := form{}
	of.Go.Head, of.Go.Storage = kind.HeadBytes, kind.Storage()
	var known bool
	if of.Go.Release, known = mapshape.Release(); !known {
		return closedForm{Err: "is of a Go that this program does not know"}
	}
	if of.Go.Storage == "" {
		return closedForm{Err: kind.NoForm}
	}
	return closedForm{Ok: &of}
}

// WriteTables writes what this worker can run, as a line of JSON.
func WriteTables(out io.Writer) error {
	all := tables{Protocol: Protocol}
	for _, kind := range maps.Kinds {
		all.Maps = append(all.Maps, row(kind))
	}
	for _, program := range programs.Programs {
		row := programRow{Name: program.Name, About: program.About, Variants: []struct{}{}}
		row.Settings.Entries, row.Settings.Parameters = program.Entries, program.Parameters
		all.Programs = append(all.Programs, row)
	}
	return json.NewEncoder(out).Encode(all)
}

func row(kind *maps.Kind) mapRow {
	row := mapRow{
		Name: kind.Name, About: kind.About, Package: kind.Package, Version: runtime.Version(),
		Concurrent: kind.IsConcurrent, Lacks: []string{}, Offers: []string{}, Steps: []string{}, Shards: kind.TakesShards,
		Answers: kind.Answers, Order: "none", Frees: "deferred", Varies: mapRecordOf(kind).Varies,
		ClosedForm: closedFormOf(kind),
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
	if kind.Answers {
		row.Steps = append(row.Steps, workload.StepSwap.String())
	}
	if kind.IsOrdered {
		row.Order = "key"
	}
	return row
}
