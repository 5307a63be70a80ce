package stream

import (
	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

func below(random, n uint64) uint64 { return bitmix.Below(random, n) }

// changed is the entry after one more change of its value.
func (e entry) changed() entry {
	changes := (e.changes() + 1) % workload.Versions
	return entry{id: e.id, packed: changedBit | changes<<versionBits | e.version()}
}

// followHolders follows which values others hold too, and which of these the map lets go. The version is that of the
// value that the call hands over.
func (s *Stream) followHolders(info *workload.OpInfo, kind subject, e entry, version uint8, digest uint64) {
	handed := entry{packed: version}
	switch kind {
	case fresh:
		s.sums.share(digest, handed, false)
	case replaced:
		s.sums.share(digest, e, true)
		s.sums.share(digest, handed, false)
	case removed:
		s.sums.share(digest, e, true)
	case found:
		// Changing a held value in place copies it first.
		if info.Touch == workload.Modifies {
			s.sums.share(digest, e, true)
		}
	case absent:
		// Made, and not put in.
		if info.HandsOver {
			s.sums.share(digest, handed, false)
			s.sums.share(digest, handed, true)
		}
	}
}

// followOrder lets the ordered set follow a call.
func (s *Stream) followOrder(info *workload.OpInfo, kind subject, e entry, version uint8, digest uint64, instance uint32, code uint64) {
	switch {
	case kind == fresh || kind == replaced:
		s.ordered.put(instance, code, s.sums.fingerprint(digest, entry{packed: version}))
	case kind == found && info.Touch == workload.Modifies:
		s.ordered.put(instance, code, s.sums.fingerprint(digest, e.changed()))
	case kind == removed:
		s.ordered.remove(instance, code)
	}
}

// effects is what the effect of a call is the difference of.
type effects struct{ entries, payload, blocks, held uint64 }

func (s *Stream) effects() effects {
	entries := s.live.len()
	return effects{entries, s.sums.payloadBytes(entries), s.sums.blocks(entries), s.sums.heldBytes}
}

// pushEffect adds the effect of the call that was just made.
func (s *Stream) pushEffect(b *Batch, before effects, clears bool) {
	after := s.effects()
	effect := NothingLeft
	if !clears {
		// One key and one value at most, each of 2^30 bytes at most.
		effect = Effect{
			Entries: int32(after.entries - before.entries),
			Payload: int32(after.payload - before.payload),
			Blocks:  int32(after.blocks - before.blocks),
		}
	}
	b.effects.Append(effect)
	if s.sums.heldBelow > 0 {
		b.held.Append(int64(after.held - before.held))
	}
}

// LookUps fills the batch with look-ups of live keys, so many if there are any, as the phase's access distribution
// chooses them, with the answers of each. They are not part of the stream: nothing of it changes.
func (s *Stream) LookUps(count int, b *Batch) {
	access := picker{}
	if s.phase < len(s.phases) {
		access = s.phases[s.phase].picker
	}
	random, n := s.rng, s.live.len()
	if n == 0 {
		count = 0
	}
	b.begin(s, count)
	b.valueBytes = 0
	for i := 0; i < count; i++ {
		e := s.live.entry(access.pick(n, &random))
		code := s.ids.present(e.id)
		digest := s.pushKey(b, code, s.lengths.of(code))
		answer := s.sums.fingerprint(digest, e)
		b.push(NewCallByte(workload.Get, 0), 0)
		b.answers.Append(answer)
		b.fold += answer
	}
}
