package worker

import (
	"math"
	"math/bits"
	"sort"
	"sync/atomic"

	"mapprof/internal/gctrace"
	"mapprof/internal/maps"
	"mapprof/internal/replay"
	"mapprof/internal/workload"
)

// mostSlow is how many of the slowest calls are told.
const mostSlow = 10

// latencyRecord is what a latency pass measured.
type latencyRecord struct {
	Clock        string        `json:"clock"`
	OverheadNs   float64       `json:"overhead_ns"`
	ResolutionNs float64       `json:"resolution_ns"`
	Backwards    uint64        `json:"backwards"`
	Kinds        []kindLatency `json:"kinds"`
	Slowest      []slow        `json:"slowest"`
	// SlowestGrowth is the slowest growth event; nil if there was none.
	SlowestGrowth *slow `json:"slowest_growth,omitempty"`
}

type kindLatency struct {
	Phase  uint16  `json:"phase"`
	Op     string  `json:"op"`
	Count  uint64  `json:"count"`
	MeanNs float64 `json:"mean_ns"`
	P50Ns  uint64  `json:"p50_ns"`
	P90Ns  uint64  `json:"p90_ns"`
	P99Ns  uint64  `json:"p99_ns"`
	P999Ns uint64  `json:"p999_ns"`
	MaxNs  uint64  `json:"max_ns"`
}

type slow struct {
	Phase  uint16 `json:"phase"`
	Thread uint16 `json:"thread"`
	Call   uint64 `json:"call"`
	Op     string `json:"op"`
	Ns     uint64 `json:"ns"`
	// Allocated is the bytes of storage that it made, and of the key and value that it handed over.
	Allocated uint64 `json:"allocated"`
	// Growth: it allocated more than an eighth of what was live.
	Growth bool `json:"growth"`
	// Cause is what it had to do or wait for, as far as that is known; empty if it is not.
	Cause string `json:"cause,omitempty"`
	// began is when it began, nanoseconds since the process did.
	began int64
	// makes: it puts a value in, so that it may have to assist the collector.
	makes bool
}

// What a slow call had to do or wait for.
const (
	// causeGrowth: the map's storage grew.
	causeGrowth = "growth"
	// causePause: the collector had stopped the world for half of the call or more.
	causePause = "pause"
	// causeAssist: the collector marked for half of the call or more, and had those who allocate mark too.
	causeAssist = "assist"
	// causeMarking: the collector marked for half of the call or more, beside it.
	causeMarking = "marking"
)

// histogram counts times with a resolution of three significant digits: each doubling has 1,024 steps.
type histogram struct {
	counts [1024 * 40]uint32
	count  uint64
	sum    uint64
	max    uint64
}

const stepBits = 10

func bucketOf(ns uint64) int {
	if ns < 2<<stepBits {
		return int(ns)
	}
	shift := bits.Len64(ns) - stepBits - 1
	bucket := shift<<stepBits + int(ns>>uint(shift))
	if last := len(histogram{}.counts) - 1; bucket > last {
		return last
	}
	return bucket
}

// mostOf is the greatest time of a bucket.
func mostOf(bucket int) uint64 {
	if bucket < 2<<stepBits {
		return uint64(bucket)
	}
	shift := bucket>>stepBits - 1
	first := uint64(bucket - shift<<stepBits)
	return (first+1)<<uint(shift) - 1
}

func (h *histogram) add(ns uint64) {
	h.counts[bucketOf(ns)]++
	h.count++
	h.sum += ns
	if ns > h.max {
		h.max = ns
	}
}

// at is the time that a share of all calls took at most.
func (h *histogram) at(share float64) uint64 {
	wanted := uint64(math.Ceil(share * float64(h.count)))
	if wanted < 1 {
		wanted = 1
	}
	seen := uint64(0)
	for bucket, count := range h.counts {
		if seen += uint64(count); seen >= wanted {
			if most := mostOf(bucket); most < h.max {
				return most
			}
			break
		}
	}
	return h.max
}

// latencyObserver takes in the times of calls.
type latencyObserver struct {
	overhead uint64
	// by thread and operation, of the phase at work.
	histograms [][workload.OpCount]*histogram
	// by thread, the slowest calls.
	slowest [][]slow
	record  latencyRecord
	crew    *crew
	trace   *gctrace.Trace
	// shape is the map's storage as it was last seen, and grew what grew in the slice at work.
	shape maps.Shape
	grew  []growthOfSlice
}

// growthOfSlice is a call of the slice at work that made the storage grow.
type growthOfSlice struct {
	place int
	// made is the bytes of storage that it made.
	made    uint64
	isEvent bool
}

func newLatencyObserver(c *crew) *latencyObserver {
	threads := len(c.threads)
	l := &latencyObserver{
		crew: c, trace: gctrace.Begin(),
		histograms: make([][workload.OpCount]*histogram, threads), slowest: make([][]slow, threads),
	}
	for i := range l.slowest {
		l.slowest[i] = make([]slow, 0, mostSlow+1)
	}
	// What two readings of the clock take at least, and the least step between two that differ.
	overhead, step := int64(1<<62), int64(1<<62)
	for i := 0; i < 10_000; i++ {
		before := now()
		took := now() - before
		if took < overhead {
			overhead = took
		}
		if took > 0 && took < step {
			step = took
		}
	}
	if overhead < 0 {
		overhead = 0
	}
	l.overhead = uint64(overhead)
	l.record = latencyRecord{
		Clock: "monotonic", OverheadNs: float64(overhead), ResolutionNs: float64(step - overhead),
		Kinds: []kindLatency{}, Slowest: []slow{},
	}
	if l.record.ResolutionNs < 1 {
		l.record.ResolutionNs = 1
	}
	return l
}

func (l *latencyObserver) sliceDone(int, *thread) {}

func (l *latencyObserver) filled(int, *thread) {}

// grown takes in that a call changed the storage.
func (l *latencyObserver) grown(_ int, t *thread, place int, _ int64) {
	t.apply(place)
	before, blocks := l.shape, t.holding.blocks
	l.shape = l.crew.set.Shape()
	if before.IsGrowing && !l.shape.IsGrowing {
		// The last bucket has moved.
		return
	}
	made := l.shape.Made(&before.Shape)
	isEvent := (made+l.crew.handedOver(t, place))*8 > before.Usable+blocks
	l.grew = append(l.grew, growthOfSlice{place, made, isEvent})
}

func (l *latencyObserver) timed(phase int, t *thread, start int, times replay.Times) {
	histograms := &l.histograms[t.number]
	first := t.calls - uint64(len(times.Took))
	// Only where there is one thread the storage is looked at.
	var grew []growthOfSlice
	if t.number == 0 {
		grew = l.grew
		l.grew = l.grew[:0]
		l.trace.Read()
	}
	for i, took := range times.Took {
		if took < 0 {
			atomic.AddUint64(&l.record.Backwards, 1)
			continue
		}
		op, took := l.crew.opAt(t, start+i), above(uint64(took), l.overhead)
		if histograms[op] == nil {
			histograms[op] = new(histogram)
		}
		histograms[op].add(took)
		slowest := &l.slowest[t.number]
		for len(grew) > 0 && grew[0].place < start+i {
			grew = grew[1:]
		}
		isGrowth := len(grew) > 0 && grew[0].place == start+i
		if count := len(*slowest); isGrowth || count < mostSlow || took > (*slowest)[count-1].Ns {
			one := slow{
				Phase: uint16(phase), Thread: uint16(t.number), Call: first + uint64(i), Op: l.crew.named(op), Ns: took,
				Allocated: l.crew.handedOver(t, start+i), began: times.Began[i], makes: l.crew.program != nil || op.Info().HandsOver,
			}
			if isGrowth {
				one.Allocated += grew[0].made
				one.Growth, one.Cause = grew[0].isEvent, causeGrowth
				if known := l.record.SlowestGrowth; one.Growth && (known == nil || known.Ns < one.Ns) {
					kept := one
					l.record.SlowestGrowth = &kept
				}
			}
			*slowest = append(*slowest, one)
			sort.SliceStable(*slowest, func(a, b int) bool { return (*slowest)[a].Ns > (*slowest)[b].Ns })
			if len(*slowest) > mostSlow {
				*slowest = (*slowest)[:mostSlow]
			}
		}
	}
}

// endPhase makes the rows of a phase.
func (l *latencyObserver) endPhase(phase int) {
	// A step may have made it anew.
	l.shape = l.crew.set.Shape()
	for op := workload.Op(0); op < workload.OpCount; op++ {
		all := histogram{}
		for i := range l.histograms {
			if one := l.histograms[i][op]; one != nil {
				for bucket, count := range one.counts {
					all.counts[bucket] += count
				}
				all.count += one.count
				all.sum += one.sum
				if one.max > all.max {
					all.max = one.max
				}
				l.histograms[i][op] = nil
			}
		}
		if all.count > 0 {
			l.record.Kinds = append(l.record.Kinds, kindLatency{
				Phase: uint16(phase), Op: l.crew.named(op), Count: all.count, MeanNs: float64(all.sum) / float64(all.count),
				P50Ns: all.at(0.5), P90Ns: all.at(0.9), P99Ns: all.at(0.99), P999Ns: all.at(0.999), MaxNs: all.max,
			})
		}
	}
}

func (l *latencyObserver) finish() *latencyRecord {
	for _, slowest := range l.slowest {
		l.record.Slowest = append(l.record.Slowest, slowest...)
	}
	sort.SliceStable(l.record.Slowest, func(a, b int) bool { return l.record.Slowest[a].Ns > l.record.Slowest[b].Ns })
	if len(l.record.Slowest) > mostSlow {
		l.record.Slowest = l.record.Slowest[:mostSlow]
	}
	l.trace.Read()
	for i := range l.record.Slowest {
		l.explain(&l.record.Slowest[i])
	}
	if l.record.SlowestGrowth != nil {
		l.explain(l.record.SlowestGrowth)
	}
	return &l.record
}

// explain holds a slow call against what the collector did meanwhile.
func (l *latencyObserver) explain(call *slow) {
	if !l.trace.IsWhole() {
		// The cycle that held the call up may be one that was lost.
		return
	}
	began := replay.Began().UnixNano() + call.began
	stopped, marked, assisted := int64(0), int64(0), false
	cycles := l.trace.Cycles()
	for i := range cycles {
		of, beside := cycles[i].Overlap(began, began+int64(call.Ns))
		stopped += of
		marked += beside
		assisted = assisted || beside > 0 && cycles[i].Assist > 0
	}
	half := int64(call.Ns / 2)
	switch {
	case stopped > 0 && stopped >= half:
		call.Cause = causePause
	case call.Cause == causeGrowth || marked == 0 || marked < half:
	case assisted && call.makes:
		call.Cause = causeAssist
	default:
		call.Cause = causeMarking
	}
}
