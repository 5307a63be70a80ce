package worker

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"mapprof/internal/maps"
	"mapprof/internal/replay"
	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// replayKind is how calls are done.
type replayKind uint8

const (
	// folded: the calls alone; their answers are added up and compared once a batch.
	folded replayKind = iota
	// checked: each answer is compared.
	checked
	// timed: each call is timed.
	timed
)

const (
	// operationBytes is the most memory, in bytes, that the operations of all threads take before their clock starts.
	operationBytes = 256 << 20
	// checkedCalls is the most calls in a batch whose answers and effects lie beside it.
	checkedCalls = 262_144
	// timedCalls is the most calls of a slice whose times are kept.
	timedCalls = 16_384
	// points is how many points the timeline has, about.
	points = 300
)

// thread is one worker thread.
type thread struct {
	number int
	stream *stream.Stream
	looper replay.Looper
	batch  stream.Batch
	// calls and ns inside operations so far, over all phases.
	calls, ns uint64
	// of the phase at work.
	phase timedPhase
	wrong string
	// What this thread's entries come to after its last slice, and how many effects of the batch are in that.
	holding holding
	// published is the same for other threads.
	published holding
	applied   int
	grown     func(place int, ns int64)
	times     replay.Times
	// inside has the labels that CPU samples have inside operations; nil if none are taken.
	inside context.Context
}

// holding is what entries come to: their number, the bytes of their keys and values, and those of the blocks that these
// own, in size classes. Held is the blocks of values that the map let go and others still hold.
type holding struct{ entries, payload, blocks, held uint64 }

// timedPhase is what a thread did in a phase.
type timedPhase struct{ ops, calls, wallNs, cpuNs uint64 }

// crew is the worker threads of a run. The first is the goroutine that serves the request.
type crew struct {
	workload *workload.Workload
	kind     *maps.Kind
	set      replay.Set
	replay   replayKind
	threads  []*thread
	slice    int
	barrier  *barrier
	observer observer
	report   *reporter
	// filled says that a step has filled a fresh map and the old one is still there. It is made once, as thread.grown is.
	filled func()
	// at is the phase at work.
	at   int
	line progressLine
	// operating is the time in which any thread operated, in a folded pass of several threads.
	operating operatingTime
	// program is what is done instead of a stream of operations; nil if nothing is.
	program *program
}

// observer is told what happens in the first thread. A pass that only times has none.
type observer interface {
	// sliceDone comes between two slices of calls, with what all threads have done.
	sliceDone(phase int, t *thread)
	// grown comes when a call changed the storage of the map, with the time that it took.
	grown(phase int, t *thread, place int, ns int64)
	// filled comes when a step has filled a fresh map and the old one is still there.
	filled(phase int, t *thread)
	// timed comes after a slice of a timed pass, whose first call is at start in the batch.
	timed(phase int, t *thread, start int, times replay.Times)
}

func newCrew(w *workload.Workload, kind *maps.Kind, set replay.Set, how replayKind, seed uint64, threads int, report *reporter) *crew {
	c := &crew{workload: w, kind: kind, set: set, replay: how, barrier: newBarrier(threads), report: report}
	for number := 0; number < threads; number++ {
		t := &thread{
			number: number, stream: stream.New(w, seed, number, threads), looper: set.Looper(),
			batch: stream.Batch{Checked: how != folded},
		}
		// Made once: a function that is made for each slice would be an allocation among the map's.
		t.grown = func(place int, ns int64) {
			if c.observer != nil {
				c.observer.grown(c.at, t, place, ns)
			}
		}
		if how == timed {
			t.times = newTimes()
		}
		c.threads = append(c.threads, t)
	}
	c.filled = func() {
		if c.observer != nil && c.replay == checked {
			c.observer.filled(c.at, c.threads[0])
		}
	}
	c.sliceCalls()
	return c
}

func newTimes() replay.Times {
	return replay.Times{Began: make([]int64, timedCalls), Took: make([]int64, timedCalls)}
}

// sliceCalls says how many calls are done between two looks of the observer.
func (c *crew) sliceCalls() {
	calls := uint64(0)
	for i := range c.workload.Phases {
		calls += c.workload.Phases[i].Ops * uint64(c.workload.Phases[i].Work.CallsPerOp()) / uint64(len(c.threads))
	}
	switch c.replay {
	case folded:
		c.slice = int(^uint(0) >> 2)
	case checked:
		c.slice = int(calls/points) + 1
	case timed:
		c.slice = timedCalls
		if slice := int(calls/points) + 1; slice < c.slice {
			c.slice = slice
		}
	}
}

// limit is the most calls of a batch.
func (c *crew) limit(t *thread) int {
	if c.replay != folded {
		return checkedCalls
	}
	return operationBytes / len(c.threads) / t.stream.BytesPerCall()
}

// phase does all calls of a phase on all threads. A step of the life cycle is the first thread's alone.
func (c *crew) phase(number int) error {
	phase := &c.workload.Phases[number]
	if phase.HandOver && len(c.threads) > 1 {
		last := c.threads[len(c.threads)-1].stream
		for i := len(c.threads) - 1; i > 0; i-- {
			c.threads[i].stream = c.threads[i-1].stream
		}
		c.threads[0].stream = last
	}
	c.at = number
	if c.program != nil {
		c.threads[0].phase = timedPhase{}
		c.programPhase(number)
		return nil
	}
	for _, t := range c.threads {
		t.stream.Begin(number)
		t.phase, t.wrong = timedPhase{}, ""
	}
	if phase.Work.Step != nil {
		return c.step(number, phase.Work.Step)
	}
	if len(c.threads) == 1 {
		c.share(number, c.threads[0])
	} else {
		c.shares(number)
	}
	for _, t := range c.threads {
		if t.wrong != "" {
			return &wrongAnswer{t.wrong}
		}
	}
	return nil
}

// shares does all threads' shares of a phase.
func (c *crew) shares(number int) {
	var others sync.WaitGroup
	for _, t := range c.threads[1:] {
		others.Add(1)
		go func(t *thread) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			defer others.Done()
			c.share(number, t)
		}(t)
	}
	c.share(number, c.threads[0])
	others.Wait()
}

// wrongAnswer is an answer that a correct map would not give.
type wrongAnswer struct{ message string }

func (w *wrongAnswer) Error() string { return w.message }

// share does a thread's share of a phase.
func (c *crew) share(number int, t *thread) {
	phase := &c.workload.Phases[number]
	perOp, limit := phase.Work.CallsPerOp(), c.limit(t)
	several := len(c.threads) > 1
	for batches := c.batches(phase, limit); batches > 0; batches-- {
		ops := 0
		if t.wrong == "" {
			ops = t.stream.Fill(&t.batch, limit)
			t.applied = 0
		}
		if several && c.replay == folded {
			// So that all threads operate at the same time.
			c.barrier.wait()
		}
		if ops == 0 {
			continue
		}
		right := true
		if c.replay == folded {
			right = c.fold(t)
		} else {
			for from := 0; from < t.batch.Len(); from += c.slice {
				to := from + c.slice
				if to > t.batch.Len() {
					to = t.batch.Len()
				}
				right = c.checkedSlice(number, t, from, to) && right
				if t.number == 0 {
					c.progress(phase, t.phase.ops+uint64(to/perOp))
				}
			}
		}
		if c.kind.Answers && !right {
			t.wrong = fmt.Sprintf("wrong answer in phase %s, among operations %d to %d of this thread",
				phase.Name, t.phase.ops+1, t.phase.ops+uint64(ops))
		}
		t.phase.ops += uint64(ops)
		t.phase.calls += uint64(ops * perOp)
		if t.number == 0 {
			c.progress(phase, t.phase.ops)
		}
	}
}

// batches is how often a batch of at most limit calls is filled until a phase is done: as often on every thread, so that
// they can wait for each other. A thread's last batch may be empty.
func (c *crew) batches(phase *workload.Phase, limit int) uint64 {
	share := (phase.Ops + uint64(len(c.threads)) - 1) / uint64(len(c.threads))
	ops := uint64(limit / phase.Work.CallsPerOp())
	if ops < 1 {
		ops = 1
	}
	return (share + ops - 1) / ops
}

// fold does the calls of a batch and nothing else.
func (c *crew) fold(t *thread) bool {
	t.enter()
	cpu, began := threadCPU(), now()
	fold := t.looper.Folded(&t.batch, 0, t.batch.Len())
	ended, cpuEnded := now(), threadCPU()
	t.leave()
	t.spend(ended-began, cpuEnded-cpu)
	t.calls += uint64(t.batch.Len())
	if len(c.threads) > 1 {
		c.operating.add(began, ended)
	}
	return fold == t.batch.Fold()
}

// checkedSlice does some calls of a batch whose answers lie beside it.
func (c *crew) checkedSlice(number int, t *thread, from, to int) bool {
	right := true
	cpu, began := threadCPU(), now()
	if c.replay == timed {
		right = t.looper.Timed(&t.batch, from, to, t.times, t.grown)
	} else {
		right = t.looper.Checked(&t.batch, from, to, t.grown)
	}
	t.spend(now()-began, threadCPU()-cpu)
	t.calls += uint64(to - from)
	if c.replay == timed {
		c.observer.timed(number, t, from, replay.Times{Began: t.times.Began[:to-from], Took: t.times.Took[:to-from]})
		t.apply(to)
	} else {
		t.apply(to)
		if c.observer != nil && t.number == 0 {
			c.observer.sliceDone(number, t)
		}
	}
	return right
}

// apply takes in the effects of the calls of the batch up to to, without that. It returns the most bytes of blocks on
// the way.
func (t *thread) apply(to int) (most uint64) {
	h := &t.holding
	most = h.blocks
	if held := t.batch.Held(); len(held) > 0 {
		for _, more := range held[t.applied:to] {
			h.held += uint64(more)
		}
	}
	for _, effect := range t.batch.Effects()[t.applied:to] {
		effect.Apply(&h.entries, &h.payload, &h.blocks)
		if h.blocks > most {
			most = h.blocks
		}
	}
	t.applied = to
	t.publish()
	return most
}

// opAt is the operation of a call of the batch; of a program, whose operations have no kinds, the first one.
func (c *crew) opAt(t *thread, place int) workload.Op {
	if c.program != nil {
		return 0
	}
	return t.batch.Calls()[place].Op()
}

// named is what an operation is called in a record.
func (c *crew) named(op workload.Op) string {
	if c.program != nil {
		return "operation"
	}
	return op.String()
}

// handedOver is the bytes of the blocks of the key and value that a call hands over.
func (c *crew) handedOver(t *thread, place int) uint64 {
	if c.program != nil {
		return 0
	}
	op := t.batch.Calls()[place].Op()
	if !op.Info().HandsOver {
		return 0
	}
	bytes := c.workload.Value.BlockBytes(t.batch.Size(place), t.batch.Tag(place))
	if c.workload.Key.Layout.Block != nil {
		bytes += c.workload.Key.Layout.BlockBytes(uint64(len(t.batch.Key(place))))
	}
	return bytes
}

// publish lets other threads see what this one's entries come to.
func (t *thread) publish() {
	atomic.StoreUint64(&t.published.entries, t.holding.entries)
	atomic.StoreUint64(&t.published.payload, t.holding.payload)
	atomic.StoreUint64(&t.published.blocks, t.holding.blocks)
	atomic.StoreUint64(&t.published.held, t.holding.held)
}

func (t *thread) spend(wall, cpu int64) {
	t.ns += uint64(wall)
	t.phase.wallNs += uint64(wall)
	t.phase.cpuNs += uint64(cpu)
}

// sum is what all threads did in the phase at work.
func (c *crew) sum() (all timedPhase, span uint64) {
	for _, t := range c.threads {
		all.ops += t.phase.ops
		all.calls += t.phase.calls
		all.wallNs += t.phase.wallNs
		all.cpuNs += t.phase.cpuNs
		if t.phase.wallNs > span {
			span = t.phase.wallNs
		}
	}
	if c.replay == folded && len(c.threads) > 1 {
		if operating := c.operating.take(); operating > 0 {
			span = operating
		}
	}
	return all, span
}

// entries and payload bytes of all threads' shares, as the stream knows them.
func (c *crew) entries() (entries, payload, blocks uint64) {
	if c.program != nil {
		return c.program.entries, c.program.payload, 0
	}
	for _, t := range c.threads {
		entries += t.stream.Entries()
		payload += t.stream.PayloadBytes()
		blocks += t.stream.BlockBytes()
	}
	return entries, payload, blocks
}
