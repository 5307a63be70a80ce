package replay

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"testing"
	"time"

	"mapprof/internal/maps"
	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// byHand is what a program does that has its operations ready in memory: numbers.
type byHand struct {
	calls []stream.CallByte
	keys  []uint64
	salt  uint64
}

func (h *byHand) run(m map[uint64]uint64) (fold uint64) {
	for i, call := range h.calls {
		key := h.keys[i]
		switch call.Op() {
		case workload.Insert:
			before := len(m)
			m[key] = workload.Tag(key, call.Version(), h.salt)
			if fold += 2; len(m) != before {
				fold--
			}
		case workload.Get:
			if value, ok := m[key]; ok {
				fold += value + 9
			} else {
				fold += stream.Miss
			}
		case workload.Update:
			if _, ok := m[key]; ok {
				m[key] = workload.Tag(key, call.Version(), h.salt)
				fold++
			}
		case workload.Remove:
			before := len(m)
			if delete(m, key); len(m) != before {
				fold++
			}
		}
	}
	return fold
}

// textByHand is the same of texts with slices of bytes.
type textByHand struct {
	calls    []stream.CallByte
	keys     []byte
	keyBytes int
	bytes    uint32
	salt     uint64
}

func (h *textByHand) run(m map[string][]byte) (fold uint64) {
	for i, call := range h.calls {
		key := h.keys[i*h.keyBytes : (i+1)*h.keyBytes]
		switch call.Op() {
		case workload.Insert:
			value := make([]byte, h.bytes)
			workload.WriteValue(value, workload.Tag(workload.Digest(key), call.Version(), h.salt))
			before := len(m)
			m[string(key)] = value
			if fold += 2; len(m) != before {
				fold--
			}
		case workload.Get:
			if value, ok := m[string(key)]; ok {
				fold += workload.ReadTag(value) + uint64(len(value)) + 1
			} else {
				fold += stream.Miss
			}
		case workload.Update:
			if _, ok := m[string(key)]; ok {
				value := make([]byte, h.bytes)
				workload.WriteValue(value, workload.Tag(workload.Digest(key), call.Version(), h.salt))
				m[string(key)] = value
				fold++
			}
		case workload.Remove:
			before := len(m)
			if delete(m, string(key)); len(m) != before {
				fold++
			}
		}
	}
	return fold
}

func parsed(t testing.TB, key, value string, entries, ops int) *workload.Workload {
	text := fmt.Sprintf(`{"name":"by-hand","about":"","entries":%d,"key":%s,"value":%s,"capacity":null,"scan_entries":100,
		"access":"uniform","phases":[{"name":"fill","ops":%d,"work":{"mix":[["insert",100.0]]},"access":"uniform"},
		{"name":"serve","ops":%d,"work":{"mix":[["get",95.0],["update",5.0]]},"access":"uniform"}],
		"expect":{"length":null,"hits":null}}`, entries, key, value, entries, ops)
	w := new(workload.Workload)
	if err := json.Unmarshal([]byte(text), w); err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	number = `{"type":"u64","length":8,"order":"random","rust":"u64","letters":false,"layout":{"size":8,"align":8,"block":null}}`
	text   = `{"type":"string","length":24,"order":"random","rust":"String","letters":true,"layout":{"size":24,"align":8,"block":null}}`
	word   = `{"type":"u64","size":{"fixed":8},"rust":"u64","tag_bits":null,"layout":{"size":8,"align":8,"block":null}}`
	slice  = `{"type":"vec","size":{"fixed":64},"rust":"Vec<u8>","tag_bits":null,"layout":{"size":24,"align":8,"block":null}}`
)

// filled is a set of maps, the batch of the second phase, and a copy of it for a loop by hand.
func filled(t testing.TB, w *workload.Workload) (Set, Looper, *stream.Batch) {
	set, err := New(maps.KindNamed("go"), w)
	if err != nil {
		t.Fatal(err)
	}
	set.Make(1, 0, 0)
	looper, operations, batch := set.Looper(), stream.New(w, 1, 0, 1), new(stream.Batch)
	operations.Begin(0)
	for operations.Fill(batch, 1<<20) > 0 {
		looper.Folded(batch, 0, batch.Len())
	}
	operations.Begin(1)
	operations.Fill(batch, 1<<30)
	return set, looper, batch
}

// TestThroughputBesideALoopByHand measures when it is asked to, and prints the medians of ratios: how much of the
// throughput of a loop by hand over the same operations the replay has.
func TestThroughputBesideALoopByHand(t *testing.T) {
	if os.Getenv("MAPPROF_BY_HAND") == "" {
		t.Skip("MAPPROF_BY_HAND=1 measures")
	}
	for _, entries := range []int{1_000, 1_000_000} {
		const ops = 2_000_000
		w := parsed(t, number, word, entries, ops)
		set, looper, batch := filled(t, w)
		own := entriesOf[uint64, uint64](t, set)
		hand := byHand{append([]stream.CallByte(nil), batch.Calls()...), append([]uint64(nil), batch.Codes()...), batch.Salt()}
		compare(t, fmt.Sprintf("u64 -> u64, %d", entries), batch.Fold(),
			func() uint64 { return hand.run(own) }, func() uint64 { return looper.Folded(batch, 0, batch.Len()) })

		w = parsed(t, text, slice, entries, ops)
		set, looper, batch = filled(t, w)
		table := entriesOf[string, []byte](t, set)
		texts := textByHand{
			append([]stream.CallByte(nil), batch.Calls()...), append([]byte(nil), batch.Contents()...), batch.KeyBytes(),
			batch.ValueBytes(), batch.Salt(),
		}
		compare(t, fmt.Sprintf("string -> []byte, %d", entries), batch.Fold(),
			func() uint64 { return texts.run(table) }, func() uint64 { return looper.Folded(batch, 0, batch.Len()) })
	}
}

// entriesOf is the map of a set: both loops work on one and the same, for two maps of the same entries differ by their
// seeds and by where they lie.
func entriesOf[K comparable, V any](t testing.TB, of Set) map[K]V {
	entries, ok := maps.Builtin(of.(*set[K, V]).maps[0])
	if !ok {
		t.Fatal("it is no map of Go's own")
	}
	return entries
}

// compare measures both in turns. After the first round the values of the map are those of the last version, so the folds
// of later rounds agree with each other.
func compare(t *testing.T, name string, fold uint64, byHand, replayed func() uint64) {
	if got := byHand(); got != fold {
		t.Errorf("%s: the loop by hand folds to %d, not %d", name, got, fold)
	}
	// The first round has changed the map.
	replayed()
	var ratios []float64
	for round := 0; round < 15; round++ {
		began := time.Now()
		one := byHand()
		hand := time.Since(began)
		began = time.Now()
		other := replayed()
		ours := time.Since(began)
		if one != other {
			t.Fatalf("%s: folds differ: %d and %d", name, one, other)
		}
		ratios = append(ratios, float64(hand)/float64(ours))
	}
	sort.Float64s(ratios)
	t.Logf("%s: %.3f of the throughput by hand (%.3f to %.3f)", name, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1])
}
