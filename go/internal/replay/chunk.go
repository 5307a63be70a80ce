package replay

import (
	"mapprof/internal/maps"
	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// chunk does the calls from from to to, without that, which are of one kind and about one map. It returns their answers,
// which are good until the next chunk.
func (l *looper[K, V]) chunk(op workload.Op, b *stream.Batch, from, to int) []uint64 {
	s, n := l.set, to-from
	look, made, values, there, answers := l.look[:n], l.made[:n], l.values[:n], l.there[:n], l.answers[:n]
	if op == workload.Iterate || op == workload.Clear {
		for i := range answers {
			answers[i] = l.all(op)
		}
		return answers
	}
	m := s.maps[b.Instance(from)]
	switch op {
	case workload.Get:
		s.keys.Look(b, from, look)
		m.Get(look, values, there)
		l.lookedUp(values, there, answers)
		l.drop(nil, values)
	case workload.Insert:
		s.keys.Make(b, from, made)
		s.values.Fill(b, from, values)
		m.Insert(made, values, there)
		for i, fresh := range there {
			if answers[i] = 2; fresh {
				answers[i] = 1
			}
		}
		l.drop(made, values)
	case workload.Update:
		s.keys.Look(b, from, look)
		s.keys.Make(b, from, made)
		s.values.Fill(b, from, values)
		m.Update(look, made, values, there)
		wereThere(there, answers)
		l.drop(made, values)
	case workload.Remove:
		s.keys.Look(b, from, look)
		m.Remove(look, there)
		wereThere(there, answers)
	case workload.Entry:
		found := l.found[:n]
		s.keys.Look(b, from, look)
		s.keys.Make(b, from, made)
		s.values.Fill(b, from, values)
		m.Entry(look, made, values, found, there)
		l.lookedUp(found, there, answers)
		l.drop(made, values)
		l.drop(nil, found)
	case workload.Modify:
		s.keys.Look(b, from, look)
		s.keys.Make(b, from, made)
		m.Modify(look, made, s.values, answers, there)
		for i, ok := range there {
			if !ok {
				answers[i] = stream.Miss
			}
		}
		l.drop(made, nil)
	case workload.Scan:
		s.keys.Look(b, from, look)
		scanner, ok := m.(maps.Scanner[K, V])
		for i := range look {
			if l.sum = 0; ok {
				scanner.Scan(look[i], s.scan, l.found, l.show)
			}
			answers[i] = l.sum
		}
		l.drop(nil, l.found)
	}
	return answers
}

// all does a call that is about all entries of all maps, and returns its answer.
func (l *looper[K, V]) all(op workload.Op) uint64 {
	l.sum = 0
	for _, m := range l.set.maps {
		if op == workload.Clear {
			m.Clear()
		} else {
			m.Each(l.found, l.show)
		}
	}
	l.drop(nil, l.found)
	return l.sum
}

// lookedUp are the answers of look-ups.
func (l *looper[K, V]) lookedUp(values []V, there []bool, answers []uint64) {
	print := l.set.values.Print
	for i := range answers {
		if answers[i] = stream.Miss; there[i] {
			answers[i] = print(values[i])
		}
	}
}

func wereThere(there []bool, answers []uint64) {
	for i := range answers {
		if answers[i] = 0; there[i] {
			answers[i] = 1
		}
	}
}

// drop forgets keys and values, which would live on here after the map let them go.
func (l *looper[K, V]) drop(made []K, values []V) {
	if l.dropsKeys {
		var none K
		for i := range made {
			made[i] = none
		}
	}
	if l.dropsValues {
		var none V
		for i := range values {
			values[i] = none
		}
	}
}
