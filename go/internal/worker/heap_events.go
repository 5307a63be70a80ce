package worker

import (
	"sort"

	"mapprof/internal/heapprofile"
	"mapprof/internal/symbols"
)

// unwinder is what made the stacks.
const unwinder = "go"

// exactHeap is a heap of which every allocation was recorded.
type exactHeap struct {
	Recording    string     `json:"recording"`
	Unwinder     string     `json:"unwinder"`
	Stacks       [][]uint64 `json:"stacks"`
	Sums         []heapSum  `json:"sums"`
	PeakGapBytes uint64     `json:"peak_gap_bytes"`
	PhaseEnds    []phaseEnd `json:"phase_ends"`
}

// heapSum is what a phase allocated by one stack.
type heapSum struct {
	Stack     int     `json:"stack"`
	Phase     int     `json:"phase"`
	Thread    int     `json:"thread"`
	Allocated blocks  `json:"allocated"`
	InUse     blocks  `json:"in_use"`
	AtPeak    blocks  `json:"at_peak"`
	Temporary blocks  `json:"temporary"`
	Lifetimes []int64 `json:"lifetimes"`
}

// blocks is a number of blocks, and their bytes.
type blocks [2]uint64

func (b *blocks) add(count, size uint64) {
	b[0] += count
	b[1] += count * size
}

// phaseEnd is what of a stack was alive at the end of a phase.
type phaseEnd struct {
	Phase  int    `json:"phase"`
	Stack  int    `json:"stack"`
	Blocks uint64 `json:"blocks"`
	Bytes  uint64 `json:"bytes"`
	Usable uint64 `json:"usable"`
}

// sampledHeap is a heap that was sampled. The numbers of its rows are those of sampled blocks.
type sampledHeap struct {
	Recording struct {
		Sampled struct {
			SampleBytes int `json:"sample_bytes"`
		} `json:"sampled"`
	} `json:"recording"`
	Unwinder string     `json:"unwinder"`
	Stacks   [][]uint64 `json:"stacks"`
	Rows     []heapRow  `json:"rows"`
}

// heapRow is the sampled blocks of one size that a phase allocated by one stack.
type heapRow struct {
	Stack     int    `json:"stack"`
	Phase     int    `json:"phase"`
	Thread    int    `json:"thread"`
	Size      uint64 `json:"size"`
	Usable    uint64 `json:"usable"`
	Allocated uint64 `json:"allocated"`
	InUse     uint64 `json:"in_use"`
	AtPeak    uint64 `json:"at_peak"`
	Temporary uint64 `json:"temporary"`
}

// mappings is the program's code, and what is known of the addresses in it.
type mappings struct {
	Mappings []symbols.Mapping `json:"mappings"`
}

// tellMappings reports what the addresses of a table are.
func tellMappings(report *reporter, table *symbols.Table) error {
	found, err := table.Mappings()
	if err == nil {
		report.event("mappings", mappings{found})
	}
	return err
}

// tell reports the profile, after the last phase.
func (h *heapObserver) tell(report *reporter) error {
	sites := h.recorder.Sites()
	h.recorder.Free()
	table := symbols.NewTable()
	var heap any
	if h.sampleBytes == 0 {
		heap = exactHeapOf(sites, table, h.peakLive)
	} else {
		heap = sampledHeapOf(sites, table, h.sampleBytes)
	}
	if err := tellMappings(report, table); err != nil {
		return err
	}
	report.event("heap", heap)
	return nil
}

func exactHeapOf(sites []heapprofile.Site, table *symbols.Table, peakLive uint64) exactHeap {
	// By stack and phase: a stack has a site for each size.
	type of struct{ stack, phase int }
	sums, ends := map[of]*heapSum{}, map[of]*phaseEnd{}
	atPeak := uint64(0)
	for _, site := range sites {
		stack := table.Add(site.Stack)
		for phase, row := range site.Phases {
			at := of{stack, phase}
			if sums[at] == nil {
				sums[at] = &heapSum{Stack: stack, Phase: phase, Lifetimes: []int64{}}
			}
			sums[at].Allocated.add(row.Allocated, site.Size)
			sums[at].InUse.add(row.InUse, site.Size)
			sums[at].AtPeak.add(row.AtPeak, site.Size)
			sums[at].Temporary.add(row.Temporary, site.Size)
			atPeak += row.AtPeak * site.Size
		}
		for phase, count := range site.AtEnds {
			if count == 0 {
				continue
			}
			at := of{stack, phase}
			if ends[at] == nil {
				ends[at] = &phaseEnd{Phase: phase, Stack: stack}
			}
			ends[at].Blocks += count
			ends[at].Bytes += count * site.Size
			ends[at].Usable = ends[at].Bytes
		}
	}
	heap := exactHeap{
		Recording: "exact", Unwinder: unwinder, Stacks: table.Stacks, Sums: []heapSum{}, PhaseEnds: []phaseEnd{},
		PeakGapBytes: above(peakLive, atPeak),
	}
	for _, sum := range sums {
		heap.Sums = append(heap.Sums, *sum)
	}
	sort.Slice(heap.Sums, func(i, j int) bool {
		a, b := &heap.Sums[i], &heap.Sums[j]
		return a.Phase < b.Phase || a.Phase == b.Phase && a.Stack < b.Stack
	})
	for _, end := range ends {
		heap.PhaseEnds = append(heap.PhaseEnds, *end)
	}
	sort.Slice(heap.PhaseEnds, func(i, j int) bool {
		a, b := &heap.PhaseEnds[i], &heap.PhaseEnds[j]
		return a.Phase < b.Phase || a.Phase == b.Phase && a.Stack < b.Stack
	})
	return heap
}

func sampledHeapOf(sites []heapprofile.Site, table *symbols.Table, sampleBytes int) sampledHeap {
	heap := sampledHeap{Unwinder: unwinder, Rows: []heapRow{}}
	heap.Recording.Sampled.SampleBytes = sampleBytes
	// Stacks that differ only in the places of inlined functions are one.
	type of struct {
		stack, phase int
		size         uint64
	}
	rows := map[of]*heapRow{}
	for _, site := range sites {
		stack := table.Add(site.Stack)
		for phase, row := range site.Phases {
			at := of{stack, phase, site.Size}
			if rows[at] == nil {
				rows[at] = &heapRow{Stack: stack, Phase: phase, Size: site.Size, Usable: site.Size}
			}
			rows[at].Allocated += row.Allocated
			rows[at].InUse += row.InUse
			rows[at].AtPeak += row.AtPeak
			rows[at].Temporary += row.Temporary
		}
	}
	heap.Stacks = table.Stacks
	for _, row := range rows {
		heap.Rows = append(heap.Rows, *row)
	}
	sort.Slice(heap.Rows, func(i, j int) bool {
		a, b := &heap.Rows[i], &heap.Rows[j]
		if a.Phase != b.Phase {
			return a.Phase < b.Phase
		}
		return a.Stack < b.Stack || a.Stack == b.Stack && a.Size < b.Size
	})
	return heap
}
