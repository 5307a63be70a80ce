package replay

import (
	"unsafe"

	"mapprof/internal/keys"
	"mapprof/internal/maps"
	"mapprof/internal/stream"
	"mapprof/internal/values"
	"mapprof/internal/workload"
)

// keyForm and valueForm say whether keys are numbers or texts, and values numbers or slices of bytes: what the direct loop
// makes without a call.
type (
	keyForm   uint8
	valueForm uint8
)

const (
	otherKey keyForm = iota
	numberKey
	textKey
)

const (
	otherValue valueForm = iota
	wordValue
	sliceValue
)

// formsOf are the forms of keys and values of these types.
func formsOf[K comparable, V any]() (key keyForm, value valueForm) {
	var k K
	var v V
	switch any(k).(type) {
	case uint64:
		key = numberKey
	case string:
		key = textKey
	}
	switch any(v).(type) {
	case uint64:
		value = wordValue
	case []byte:
		value = sliceValue
	}
	return key, value
}

// as is a value of one type as another that is the same in memory.
func as[To, From any](from From) To { return *(*To)(unsafe.Pointer(&from)) }

// operationsDirect does calls on one of Go's own maps, one after the other, as a program has it that does only this. It
// returns the sum of their answers.
//
// The forms of keys and values do not change within a loop, so asking for them costs next to nothing; a call through a
// type parameter would cost as much as a small map's look-up.
//
//go:noinline
func (l *looper[K, V]) operationsDirect(m map[K]V, b *stream.Batch, start, end int) (fold uint64) {
	calls, numbers := b.Calls()[:end], as[[]K](b.Codes())
	contents, length := b.Contents(), b.KeyBytes()
	keyForm, valueForm, print := l.keyForm, l.valueForm, l.set.values.Print
	isNumbers := keyForm == numberKey && valueForm == wordValue
	isTexts := keyForm == textKey && length > 0 && valueForm == sliceValue
	for place := start; place < len(calls); place++ {
		call := calls[place]
		if (isNumbers || isTexts) && call.Op().Loop() == workload.Get {
			if isNumbers {
				place, fold = operationsNumbers(as[map[uint64]uint64](m), b, place, end, fold)
			} else {
				place, fold = operationsGetTexts(as[map[string][]byte](m), calls, contents, length, place, fold)
			}
			if place == len(calls) {
				break
			}
			call = calls[place]
		}
		var key K
		switch {
		case keyForm == numberKey:
			key = numbers[place]
		case keyForm == textKey && length > 0:
			text := contents[place*length:][:length]
			key = *(*K)(unsafe.Pointer(&text))
		case keyForm == textKey:
			key = as[K](b.KeyText(place))
		default:
			l.set.keys.Look(b, place, l.look[:1])
			key = l.look[0]
		}
		switch op := call.Op().Loop(); op {
		case workload.Get:
			value, ok := m[key]
			switch {
			case !ok:
				fold += stream.Miss
			case valueForm == wordValue:
				fold += values.PrintWord(*(*uint64)(unsafe.Pointer(&value)))
			case valueForm == sliceValue:
				fold += values.PrintSlice(*(*[]byte)(unsafe.Pointer(&value)))
			default:
				fold += print(value)
			}
		case workload.Insert:
			made, value := l.key(b, place, key), l.value(b, place, call)
			before := len(m)
			m[made] = value
			if fold += 2; len(m) != before {
				fold--
			}
		case workload.Update:
			made, value := l.key(b, place, key), l.value(b, place, call)
			if _, ok := m[key]; ok {
				m[made] = value
				fold++
			}
		case workload.Remove:
			before := len(m)
			if delete(m, key); len(m) != before {
				fold++
			}
		case workload.Entry:
			made, value := l.key(b, place, key), l.value(b, place, call)
			found, ok := m[key]
			if fold += l.answered(found, ok); !ok {
				m[made] = value
			}
		case workload.Modify:
			value, ok := m[key]
			if !ok {
				fold += stream.Miss
				continue
			}
			fold += print(value)
			if made := l.key(b, place, key); l.set.values.Alter(&value) {
				m[made] = value
			}
		default:
			fold += l.all(op)
		}
	}
	return fold
}

// operationsNumbers does the look-ups and updates from place on, up to the first other call, whose place it returns. They
// are the most frequent calls of most workloads, and a loop for one type of map needs neither a dictionary of types nor as
// many registers.
//
//go:noinline
func operationsNumbers(m map[uint64]uint64, b *stream.Batch, place, end int, fold uint64) (int, uint64) {
	calls, numbers := b.Calls()[:end], b.Codes()[:end]
	for ; place < len(calls); place++ {
		key := numbers[place]
		switch calls[place].Op().Loop() {
		case workload.Get:
			if value, ok := m[key]; ok {
				fold += values.PrintWord(value)
			} else {
				fold += stream.Miss
			}
		case workload.Update:
			if _, ok := m[key]; ok {
				m[key] = b.Tag(place)
				fold++
			}
		default:
			return place, fold
		}
	}
	return place, fold
}

// operationsGetTexts does the look-ups alone, of keys of text of one length and values of bytes.
//
//go:noinline
func operationsGetTexts(
	m map[string][]byte, calls []stream.CallByte, contents []byte, length, place int, fold uint64,
) (int, uint64) {
	for ; place < len(calls) && calls[place].Op().Loop() == workload.Get; place++ {
		if value, ok := m[string(contents[place*length:][:length])]; ok {
			fold += values.PrintSlice(value)
		} else {
			fold += stream.Miss
		}
	}
	return place, fold
}

// key is the key of a call, which a map may keep; look is the same to be looked up.
func (l *looper[K, V]) key(b *stream.Batch, place int, look K) K {
	switch l.keyForm {
	case numberKey:
		return look
	case textKey:
		return as[K](keys.MakeText(b.Key(place)))
	default:
		l.set.keys.Make(b, place, l.made[:1])
		return l.made[0]
	}
}

// value is the value that a call hands over.
func (l *looper[K, V]) value(b *stream.Batch, place int, call stream.CallByte) V {
	switch l.valueForm {
	case wordValue:
		return as[V](b.Tag(place))
	case sliceValue:
		return as[V](values.MakeSlice(b.Size(place), b.Tag(place)))
	default:
		l.set.values.Fill(b, place, l.values[:1])
		return l.values[0]
	}
}

// answered is the answer of a look-up.
func (l *looper[K, V]) answered(value V, ok bool) uint64 {
	if !ok {
		return stream.Miss
	}
	switch l.valueForm {
	case wordValue:
		return values.PrintWord(as[uint64](value))
	case sliceValue:
		return values.PrintSlice(as[[]byte](value))
	default:
		return l.set.values.Print(value)
	}
}

// Folded implements Looper.
func (l *looper[K, V]) Folded(b *stream.Batch, start, end int) uint64 {
	if len(l.set.maps) == 1 {
		if entries, ok := maps.Builtin(l.set.maps[0]); ok {
			fold := l.operationsDirect(entries, b, start, end)
			l.drop(l.made[:1], l.values[:1])
			return fold
		}
	}
	return l.operationsFolded(b, start, end)
}
