package stream

import "mapprof/internal/workload"

// subject is what a call is about.
type subject uint8

const (
	// fresh is a key that is put in.
	fresh subject = iota
	// found is a live entry that is read, or changed in place: as it was.
	found
	// replaced is a live entry whose value was replaced: as it was.
	replaced
	// removed is an entry that was taken out.
	removed
	// absent is a key that is not there: of an entry that comes next where no entry is live, else one that is never
	// inserted, near that of the entry.
	absent
	// all is all entries.
	all
)

// Fill fills a batch with the next calls of the phase, at most so many but always whole operations. It returns the
// operations in it, 0 at the end of the phase.
func (s *Stream) Fill(b *Batch, most int) int {
	if s.left == 0 {
		b.begin(s, 0)
		return 0
	}
	plan := &s.phases[s.phase]
	calls := plan.calls()
	ops := most / calls
	if ops < 1 {
		ops = 1
	}
	if uint64(ops) > s.left {
		ops = int(s.left)
	}
	s.left -= uint64(ops)
	b.begin(s, ops*calls)
	if len(plan.each) > 0 {
		for n := 0; n < ops; n++ {
			for _, op := range plan.each {
				s.call(op, b)
			}
		}
		return ops
	}
	for n := 0; n < ops; n++ {
		op := workload.Remove
		if !s.expiry.isKept || !s.expiry.tick() {
			op = plan.draw(&s.rng)
		}
		if op == workload.Get && !b.Checked && s.live.len() > 0 {
			s.get(b)
		} else {
			s.call(op, b)
		}
	}
	return ops
}

// get is call for what most calls are: a look-up of a live key, which changes nothing.
func (s *Stream) get(b *Batch) {
	e := s.live.entry(s.picker.pick(&s.live, &s.ids, &s.rng))
	code := s.ids.present(e.id)
	digest := s.pushKey(b, code, s.lengths.of(code))
	instance := uint32(0)
	if b.severalMaps {
		instance = s.ids.instance(e.id)
	}
	answer := s.sums.fingerprint(digest, e)
	call := NewCallByte(workload.Get, 0)
	s.hits++
	s.checksum.Fold(answer)
	s.trace.Fold(code + uint64(call) + 1)
	b.fold += answer
	b.push(call, instance)
	if !s.sums.isSame {
		b.sizes.Push(0)
	}
}

// pushKey adds the key of a code to the batch and returns its digest.
func (s *Stream) pushKey(b *Batch, code uint64, length int) uint64 {
	if s.keyKind == workload.KeyNumber {
		b.keys.codes.Push(code)
		return code
	}
	return b.keys.pushContents(code, length)
}

// choose chooses what a call is about, and lets the live set follow. The entry is as it was before the call.
func (s *Stream) choose(info *workload.OpInfo) (subject, entry) {
	switch info.About {
	case workload.AboutAll:
		return all, entry{}
	case workload.AboutAbsent:
		if info.Inserts {
			return fresh, entry{id: s.live.insert()}
		}
		return absent, entry{id: uint32(below(s.rng.next(), uint64(s.live.next)))}
	case workload.AboutEither:
		if s.live.len() == 0 || s.rng.next()>>63 != 0 {
			return fresh, entry{id: s.live.insert()}
		}
	default:
		if s.live.len() == 0 {
			return absent, entry{id: s.live.next}
		}
	}
	if info.Touch == workload.Removes {
		return removed, s.live.remove(s.picker.removal(&s.live, &s.rng))
	}
	rank := s.picker.pick(&s.live, &s.ids, &s.rng)
	e := s.live.entry(rank)
	switch info.Touch {
	case workload.Replaces:
		s.live.bump(rank)
		return replaced, e
	case workload.Modifies:
		s.live.change(rank)
	}
	return found, e
}

// call adds one call to the batch, its right answer to the checksum, and its effect to the model.
func (s *Stream) call(op workload.Op, b *Batch) {
	var before effects
	if b.Checked {
		before = s.effects()
	}
	info := op.Info()
	kind, e := s.choose(info)
	code := uint64(0)
	switch {
	case kind == all:
	case kind == absent && info.About == workload.AboutAbsent:
		code = s.ids.missing(e.id)
	default:
		code = s.ids.present(e.id)
	}
	length := s.lengths.of(code)
	digest := s.pushKey(b, code, length)
	size, version, value := s.follow(info, kind, e, digest, length)
	if s.sums.heldBelow > 0 {
		s.followHolders(info, kind, e, version, digest)
	}
	instance := uint32(0)
	if b.severalMaps && kind != all {
		instance = s.ids.instance(e.id)
	}
	if s.ordered != nil {
		s.followOrder(info, kind, e, version, digest, instance, code)
	}
	answer := s.answer(info, kind, value, instance, code)
	call := NewCallByte(op, version)
	s.checksum.Fold(answer)
	s.trace.Fold(code + uint64(call) + 1)
	b.fold += answer
	b.push(call, instance)
	if !s.sums.isSame {
		b.sizes.Push(size)
	}
	if b.Checked {
		b.answers.Append(answer)
		s.pushEffect(b, before, kind == all && info.Touch == workload.Removes)
	}
}

// follow lets the sums follow a call. It returns the size and the version of the value that the call hands over, and the
// fingerprint of the value that it finds.
func (s *Stream) follow(info *workload.OpInfo, kind subject, e entry, digest uint64, length int) (size uint32, version uint8, value uint64) {
	switch kind {
	case fresh:
		if s.expiry.isKept {
			s.expiry.insert()
		}
		s.sums.holdKey(length)
		size = s.sums.hold(digest, entry{})
	case replaced:
		version = (e.version() + 1) % workload.Versions
		s.sums.drop(digest, e)
		size = s.sums.hold(digest, entry{packed: version})
	case removed:
		if s.expiry.isKept {
			s.expiry.removeOldest()
		}
		s.sums.dropKey(length)
		s.sums.drop(digest, e)
	case found:
		value = s.sums.fingerprint(digest, e)
		if info.Answers != workload.ValuesFrom {
			s.hits++
		}
		if info.Touch == workload.Modifies && s.sums.iterates {
			s.sums.drop(digest, e)
			s.sums.hold(digest, e.changed())
		}
	case absent:
		// With nothing live, these ask for the key that comes next, which is not there yet.
		if info.HandsOver {
			version = 1
			size = s.sums.sizeOfValue(digest, 1)
		}
	case all:
		if info.Touch == workload.Removes {
			s.clear()
		}
	}
	return size, version, value
}

// answer is the right answer of a call that finds this value.
func (s *Stream) answer(info *workload.OpInfo, kind subject, value uint64, instance uint32, code uint64) uint64 {
	switch info.Answers {
	case workload.WhetherNew:
		if kind == fresh {
			return 1
		}
		return 2
	case workload.WhetherThere:
		if kind == replaced || kind == removed {
			return 1
		}
		return 0
	case workload.Value, workload.ValueOrNew:
		if kind == found {
			return value
		}
		return Miss
	case workload.AllValues:
		return s.sums.allValues(s.live.len())
	case workload.ValuesFrom:
		return s.ordered.scan(instance, code, s.scanEntries)
	default:
		return 0
	}
}
