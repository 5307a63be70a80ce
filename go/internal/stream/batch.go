package stream

import (
	"math"

	"mapprof/internal/offheap"
	"mapprof/internal/workload"
)

// CallByte is a call as it lies in a batch: an operation, and the version of the value that it hands over.
type CallByte uint8

// opBits is the number of bits of a call's byte that hold the operation; its version has the others.
const opBits = 5

// NewCallByte is the call of an operation with a value of a version.
func NewCallByte(op workload.Op, version uint8) CallByte {
	return CallByte(uint8(op) | version<<opBits)
}

// Op is what is called.
func (c CallByte) Op() workload.Op { return workload.Op(c % (1 << opBits)) }

// Version is that of the value that is handed over; 0 if none is.
func (c CallByte) Version() uint8 { return uint8(c >> opBits) }

// Effect is what a call does to the number of entries and to the bytes of their keys and values.
type Effect struct {
	// Entries more or fewer; NothingLeft has no number.
	Entries int32
	// Payload: bytes of keys and values more or fewer.
	Payload int32
	// Blocks: requested bytes of their blocks in Rust more or fewer.
	Blocks int32
}

// NothingLeft is the effect of a clearance: no entry is left, however many there were.
var NothingLeft = Effect{math.MinInt32, math.MinInt32, math.MinInt32}

// Apply adds the effect to entries, the bytes of their keys and values, and those of their blocks.
func (e Effect) Apply(entries, payload, blocks *uint64) {
	if e == NothingLeft {
		*entries, *payload, *blocks = 0, 0, 0
		return
	}
	*entries += uint64(int64(e.Entries))
	*payload += uint64(int64(e.Payload))
	*blocks += uint64(int64(e.Blocks))
}

// Batch is a stretch of the operation stream: calls with their keys, written before the clock starts. Its columns lie
// off the heap, and are good until it is filled again. The zero value is a batch that is not checked.
type Batch struct {
	// Checked: each call has its answer and its effect beside it. Set it before the batch is filled.
	Checked bool
	calls   offheap.Slice[CallByte]
	keys    keyColumns
	// sizes of the values, empty where all have valueBytes; instances, empty where there is one map.
	sizes      offheap.Slice[uint32]
	instances  offheap.Slice[uint32]
	runEnds    offheap.Slice[uint32]
	answers    offheap.Slice[uint64]
	effects    offheap.Slice[Effect]
	held       offheap.Slice[int64]
	valueBytes uint32
	salt       uint64
	fold       uint64
	// loop and instance are those of the last call.
	loop        workload.Op
	instance    uint32
	severalMaps bool
}

// Len is the number of calls.
func (b *Batch) Len() int { return b.calls.Len() }

// Calls are the calls, in order.
func (b *Batch) Calls() []CallByte { return b.calls.Items() }

// Instances says which of several maps each call is about, where there are several; it is empty if there is one.
func (b *Batch) Instances() []uint32 { return b.instances.Items() }

// Instance is which of several maps a call is about; 0 if there is one.
func (b *Batch) Instance(place int) int {
	if instances := b.instances.Items(); len(instances) > 0 {
		return int(instances[place])
	}
	return 0
}

// Sizes are the bytes of the value of each call, without meaning where none is handed over; empty where all have
// ValueBytes.
func (b *Batch) Sizes() []uint32 { return b.sizes.Items() }

// ValueBytes is the size of every value, in bytes, where Sizes is empty.
func (b *Batch) ValueBytes() uint32 { return b.valueBytes }

// Size is the bytes of the value that a call hands over.
func (b *Batch) Size(place int) uint32 {
	if sizes := b.sizes.Items(); len(sizes) > 0 {
		return sizes[place]
	}
	return b.valueBytes
}

// Salt makes tags differ between seeds.
func (b *Batch) Salt() uint64 { return b.salt }

// Tag is what the value carries that a call hands over.
func (b *Batch) Tag(place int) uint64 {
	return workload.Tag(b.Digest(place), b.calls.Items()[place].Version(), b.salt)
}

// Answers are the right answers of the calls, in a checked batch.
func (b *Batch) Answers() []uint64 { return b.answers.Items() }

// Effects are those of the calls, in a checked batch.
func (b *Batch) Effects() []Effect { return b.effects.Items() }

// Held is the bytes more of blocks that the map let go and others still hold, by call, in a checked batch of a workload
// that has such; empty in any other.
func (b *Batch) Held() []int64 { return b.held.Items() }

// Fold is the sum of the right answers of all calls, modulo 2^64.
func (b *Batch) Fold() uint64 { return b.fold }

// Free gives the memory back.
func (b *Batch) Free() {
	b.calls.Free()
	b.keys.free()
	b.sizes.Free()
	b.instances.Free()
	b.runEnds.Free()
	b.answers.Free()
	b.effects.Free()
	b.held.Free()
}

// begin empties the batch for calls of a stream, and makes room for so many.
func (b *Batch) begin(s *Stream, calls int) {
	b.calls.Truncate(0)
	b.calls.Reserve(calls)
	b.keys.begin(s, calls)
	b.sizes.Truncate(0)
	b.instances.Truncate(0)
	b.runEnds.Truncate(0)
	b.answers.Truncate(0)
	b.effects.Truncate(0)
	b.held.Truncate(0)
	b.fold, b.salt = 0, s.sums.salt
	b.severalMaps = s.ids.instances > 1
	if b.severalMaps {
		b.instances.Reserve(calls)
	}
	b.valueBytes = s.sums.same
	if !s.sums.isSame {
		b.valueBytes = 0
		b.sizes.Reserve(calls)
	}
}

// push adds a call about one of the maps.
func (b *Batch) push(call CallByte, instance uint32) {
	loop := loops[call%(1<<opBits)]
	if loop != b.loop || instance != b.instance {
		if n := b.calls.Len(); n > 0 {
			b.runEnds.Append(uint32(n))
		}
		b.loop, b.instance = loop, instance
	}
	b.calls.Push(call)
	if b.severalMaps {
		b.instances.Push(instance)
	}
}

// loops are the operations whose loops do the operations, by the number of these.
var loops = func() (loops [1 << opBits]workload.Op) {
	for op := workload.Insert; op < workload.OpCount; op++ {
		loops[op] = op.Loop()
	}
	return loops
}()
