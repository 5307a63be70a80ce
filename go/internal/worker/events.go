package worker

import (
	"bufio"
	"encoding/json"
	"io"

	"mapprof/internal/goheap"
	"mapprof/internal/maps"
)

// reporter writes events, a line each.
type reporter struct {
	out *bufio.Writer
	err error
}

func newReporter(out io.Writer) *reporter { return &reporter{out: bufio.NewWriterSize(out, 1<<16)} }

// event writes a line that begins with the kind of the event.
func (r *reporter) event(kind string, fields any) {
	if r.err != nil {
		return
	}
	text, err := json.Marshal(fields)
	if err == nil {
		r.out.WriteString(`{"event":"` + kind + `"`)
		if len(text) > len("{}") {
			r.out.WriteByte(',')
		}
		r.out.Write(text[1:])
		r.out.WriteByte('\n')
		err = r.out.Flush()
	}
	// A parent that is gone is no longer interested.
	r.err = err
}

type hello struct {
	Protocol int        `json:"protocol"`
	Program  string     `json:"program"`
	Version  string     `json:"version"`
	Map      *mapRecord `json:"map,omitempty"`
}

// mapRecord is where a map is from.
type mapRecord struct {
	Package string  `json:"package"`
	Version string  `json:"version"`
	Varies  *string `json:"varies,omitempty"`
}

type progress struct {
	Phase string `json:"phase"`
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

type failed struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// phaseRecord is a phase that ended.
type phaseRecord struct {
	Name         string       `json:"name"`
	Ops          uint64       `json:"ops"`
	Calls        uint64       `json:"calls"`
	WallNs       uint64       `json:"wall_ns"`
	CPUNs        uint64       `json:"cpu_ns"`
	SpanNs       uint64       `json:"span_ns"`
	Entries      uint64       `json:"entries"`
	PayloadBytes uint64       `json:"payload_bytes"`
	Counts       *phaseCounts `json:"counts,omitempty"`
}

// phaseCounts is what the operations of a phase allocated and freed, in the bytes of size classes.
type phaseCounts struct {
	Allocs        uint64  `json:"allocs"`
	Frees         uint64  `json:"frees"`
	AllocBytes    uint64  `json:"alloc_bytes"`
	FreedBytes    uint64  `json:"freed_bytes"`
	LiveBytes     uint64  `json:"live_bytes"`
	PeakLiveBytes uint64  `json:"peak_live_bytes"`
	ResidentBytes *uint64 `json:"resident_bytes,omitempty"`
}

// done is the totals of a pass.
type done struct {
	Checksum      string `json:"checksum"`
	Hits          uint64 `json:"hits"`
	PeakLiveBytes uint64 `json:"peak_live_bytes"`
	PeakPhase     string `json:"peak_phase"`
	MaxRSSBytes   uint64 `json:"max_rss_bytes"`
}

// memoryRecord is all readings of a memory pass.
type memoryRecord struct {
	PageBytes     int       `json:"page_bytes"`
	Baseline      *struct{} `json:"baseline"`
	Phases        []reading `json:"phases"`
	Peak          *peak     `json:"peak"`
	Settling      []settled `json:"settling,omitempty"`
	Timeline      []point   `json:"timeline,omitempty"`
	Growth        []growth  `json:"growth,omitempty"`
	GrowthEvents  uint64    `json:"growth_events"`
	EmptyMapBytes *uint64   `json:"empty_map_bytes,omitempty"`
}

// reading is the map's memory at one moment.
type reading struct {
	LiveBytes      uint64  `json:"live_bytes"`
	RequestedBytes *uint64 `json:"requested_bytes,omitempty"`
	UsableBytes    uint64  `json:"usable_bytes"`
	Entries        uint64  `json:"entries"`
	PayloadBytes   uint64  `json:"payload_bytes"`
	OutOfLineBytes uint64  `json:"out_of_line_bytes"`
	EntryBytes     uint64  `json:"entry_bytes"`
	// HeldElsewhereBytes are those of values that the map let go and others still hold, in size classes.
	HeldElsewhereBytes uint64 `json:"held_elsewhere_bytes,omitempty"`
	// PayloadUnknown: a program does not say what its map holds at any moment.
	PayloadUnknown bool     `json:"payload_unknown,omitempty"`
	Shape          *shape   `json:"shape,omitempty"`
	Runtime        *managed `json:"runtime,omitempty"`
}

// shape is what a map says of its storage.
type shape struct {
	Capacity  *uint64 `json:"capacity,omitempty"`
	Slots     *uint64 `json:"slots,omitempty"`
	SlotBytes uint64  `json:"slot_bytes"`
	OwnBytes  *uint64 `json:"own_bytes,omitempty"`
}

func shapeRecord(of maps.Shape) *shape {
	if !of.Known {
		return nil
	}
	return &shape{Capacity: &of.Capacity, Slots: &of.Slots, SlotBytes: of.SlotBytes, OwnBytes: &of.Requested}
}

// managed is the memory of the process as Go's runtime and the kernel tell.
type managed struct {
	// CountedBytes is what the map's live blocks come to by the runtime's count, after a collection.
	CountedBytes uint64 `json:"counted_bytes"`
	// BaseBytes is what was live before the map was made.
	BaseBytes uint64 `json:"base_bytes"`
	goheap.Classes
	Resident *goheap.Resident `json:"resident,omitempty"`
	// HarnessBytes is the resident memory that the harness mapped for itself.
	HarnessBytes uint64 `json:"harness_bytes"`
}

// point is a point of the timeline.
type point struct {
	Phase     uint16  `json:"phase"`
	Calls     uint64  `json:"calls"`
	Ns        uint64  `json:"ns"`
	LiveBytes uint64  `json:"live_bytes"`
	Allocated uint64  `json:"allocated"`
	Active    uint64  `json:"active"`
	Resident  uint64  `json:"resident"`
	Entries   uint64  `json:"entries"`
	Capacity  *uint64 `json:"capacity,omitempty"`
}

// peak is the highest live moment.
type peak struct {
	Phase        uint16  `json:"phase"`
	Call         uint64  `json:"call"`
	Reading      reading `json:"reading"`
	NearestCalls int64   `json:"nearest_calls"`
}

// settled is what is left at a step of the settling.
type settled struct {
	Step    string  `json:"step"`
	Reading reading `json:"reading"`
}

// growth is a call that changed the storage of the map.
type growth struct {
	Phase      uint16 `json:"phase"`
	Thread     uint16 `json:"thread"`
	Call       uint64 `json:"call"`
	Ns         uint64 `json:"ns"`
	Before     uint64 `json:"before"`
	Highest    uint64 `json:"highest"`
	After      uint64 `json:"after"`
	Allocated  uint64 `json:"allocated"`
	DurationNs uint64 `json:"duration_ns"`
	Site       string `json:"site,omitempty"`
}
