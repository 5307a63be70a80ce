package stream

import (
	"reflect"
	"strings"
	"testing"

	"mapprof/internal/workload"
)

// everyFeature are goldens that together do everything that a stream can do.
func everyFeature(t *testing.T) []golden {
	var some []golden
	for _, one := range goldens(t) {
		if strings.HasPrefix(one.Name, "own-") {
			some = append(some, one)
		}
	}
	return some
}

func TestFillingAllocatesNothing(t *testing.T) {
	for _, one := range everyFeature(t) {
		w := one.Workload
		s := New(&w, 1, 0, 1)
		folded, checked := &Batch{}, &Batch{Checked: true}
		run := func() {
			for index := range w.Phases {
				s.Begin(index)
				for s.Fill(folded, 500) > 0 && s.Fill(checked, 500) > 0 {
					for runs, ok := checked.Runs(1, checked.Len()), true; ok; {
						_, ok = runs.Next()
					}
				}
			}
			s.LookUps(10, checked)
		}
		if allocs := testing.AllocsPerRun(1, run); allocs != 0 {
			t.Errorf("%s: %v allocations", one.Name, allocs)
		}
		folded.Free()
		checked.Free()
	}
}

func TestAFoldedBatchIsTheSameStreamAsACheckedOne(t *testing.T) {
	for _, one := range everyFeature(t) {
		w := one.Workload
		a, b := New(&w, 3, 0, 1), New(&w, 3, 0, 1)
		folded, checked := &Batch{}, &Batch{Checked: true}
		for index := range w.Phases {
			a.Begin(index)
			b.Begin(index)
			for a.Fill(folded, 700) > 0 {
				b.Fill(checked, 700)
				sum := uint64(0)
				for _, answer := range checked.Answers() {
					sum += answer
				}
				if folded.Fold() != sum || checked.Fold() != sum {
					t.Fatalf("%s: a fold is not that of the answers", one.Name)
				}
				if !reflect.DeepEqual(folded.Calls(), checked.Calls()) || !reflect.DeepEqual(folded.Sizes(), checked.Sizes()) ||
					!reflect.DeepEqual(folded.RunEnds(), checked.RunEnds()) || !reflect.DeepEqual(folded.Codes(), checked.Codes()) ||
					!reflect.DeepEqual(folded.Contents(), checked.Contents()) {
					t.Fatalf("%s: the calls differ", one.Name)
				}
			}
		}
		if a.Checksum() != b.Checksum() || a.Trace() != b.Trace() || a.Hits() != b.Hits() {
			t.Errorf("%s: the checksums differ", one.Name)
		}
	}
}

func TestEffectsAddUpToWhatIsHeld(t *testing.T) {
	for _, one := range everyFeature(t) {
		w := one.Workload
		s, batch := New(&w, 3, 0, 1), &Batch{Checked: true}
		var entries, payload, blocks, held uint64
		for index := range w.Phases {
			s.Begin(index)
			if step := w.Phases[index].Work.Step; step != nil && step.Kind.Info().Empties {
				entries, payload, blocks, held = 0, 0, 0, s.HeldBytes()
			}
			for s.Fill(batch, 100) > 0 {
				for _, effect := range batch.Effects() {
					effect.Apply(&entries, &payload, &blocks)
				}
				for _, more := range batch.Held() {
					held += uint64(more)
				}
				if entries != s.Entries() || payload != s.PayloadBytes() || blocks != s.BlockBytes() || held != s.HeldBytes() {
					t.Fatalf("%s: %d entries, %d and %d bytes, %d held", one.Name, entries, payload, blocks, held)
				}
			}
		}
	}
}

// A plain map that is handed what a batch says gives every answer that the stream expects.
func TestAPlainMapGivesEveryAnswer(t *testing.T) {
	type value struct {
		tag     uint64
		changes uint8
		size    uint32
	}
	for _, one := range everyFeature(t) {
		w := one.Workload
		s, batch := New(&w, 8, 0, 1), &Batch{Checked: true}
		plain := map[string]value{}
		fingerprint := func(v value) uint64 { return w.Value.Fingerprint(v.tag, v.changes, v.size) }
		for index := range w.Phases {
			s.Begin(index)
			if step := w.Phases[index].Work.Step; step != nil && step.Kind.Info().Empties {
				plain = map[string]value{}
			}
			for s.Fill(batch, 300) > 0 {
				for place, call := range batch.Calls() {
					key := keyOf(batch, place)
					old, there := plain[key]
					fresh := value{tag: batch.Tag(place), size: batch.Size(place)}
					answer := uint64(0)
					switch call.Op() {
					case workload.Insert, workload.Upsert:
						plain[key] = fresh
						answer = 2
						if !there {
							answer = 1
						}
					case workload.Update:
						if there {
							plain[key], answer = fresh, 1
						}
					case workload.Remove:
						if there {
							delete(plain, key)
							answer = 1
						}
					case workload.Iterate:
						for _, v := range plain {
							answer += fingerprint(v) + Visited
						}
					case workload.Clear:
						plain = map[string]value{}
					case workload.Scan:
						continue
					default:
						answer = Miss
						if there {
							answer = fingerprint(old)
						}
						if there && call.Op() == workload.Modify {
							old.changes = (old.changes + 1) % workload.Versions
							plain[key] = old
						} else if call.Op() == workload.Entry && !there {
							plain[key] = fresh
						}
					}
					if answer != batch.Answers()[place] {
						t.Fatalf("%s, phase %d: %s is answered with %x, not %x", one.Name, index, call.Op(), batch.Answers()[place], answer)
					}
				}
			}
			if uint64(len(plain)) != s.Entries() {
				t.Fatalf("%s: %d entries, not %d", one.Name, s.Entries(), len(plain))
			}
		}
	}
}

// keyOf is the key of a call as text of its own.
func keyOf(b *Batch, place int) string {
	if codes := b.Codes(); len(codes) > 0 {
		key := make([]byte, 8)
		workload.WriteKey(key, codes[place], 8, workload.KeyBytes)
		return string(key)
	}
	return strings.Clone(b.KeyText(place))
}

func TestLookUpsChangeNothing(t *testing.T) {
	for _, one := range everyFeature(t) {
		w := one.Workload
		s, batch := New(&w, 3, 0, 1), &Batch{}
		for index := range w.Phases {
			s.Begin(index)
			for s.Fill(batch, 1000) > 0 {
			}
			random, sum, trace := s.rng, s.Checksum(), s.Trace()
			s.LookUps(50, batch)
			if due := 50; s.Entries() == 0 && batch.Len() != 0 || s.Entries() > 0 && batch.Len() != due {
				t.Errorf("%s: %d look-ups", one.Name, batch.Len())
			}
			if len(batch.Answers()) != batch.Len() || s.rng != random || s.Checksum() != sum || s.Trace() != trace {
				t.Errorf("%s: look-ups change the stream", one.Name)
			}
		}
	}
}

func TestRunsAreCallsOfOneLoopOnOneMap(t *testing.T) {
	for _, one := range everyFeature(t) {
		w := one.Workload
		s, batch := New(&w, 3, 0, 1), &Batch{}
		for index := range w.Phases {
			s.Begin(index)
			for s.Fill(batch, 333) > 0 {
				checkRuns(t, batch, 0, batch.Len())
				checkRuns(t, batch, batch.Len()/3, batch.Len()/3*2)
				checkRuns(t, batch, batch.Len()-1, batch.Len())
				checkRuns(t, batch, batch.Len(), batch.Len())
			}
		}
	}
}

func checkRuns(t *testing.T, b *Batch, start, end int) {
	t.Helper()
	at, before := start, Run{}
	for runs := b.Runs(start, end); ; {
		run, ok := runs.Next()
		if !ok {
			break
		}
		if run.Start != at || run.End <= run.Start || run.End > end {
			t.Fatalf("a run of %d to %d follows the call %d", run.Start, run.End, at)
		}
		if at > start && before.Op == run.Op && b.Instance(at-1) == b.Instance(at) {
			t.Fatalf("two runs of %s follow each other at %d", run.Op, at)
		}
		for place := run.Start; place < run.End; place++ {
			if b.Calls()[place].Op().Loop() != run.Op || b.Instance(place) != b.Instance(run.Start) {
				t.Fatalf("the call %d is in a run of others", place)
			}
		}
		at, before = run.End, run
	}
	if at != end {
		t.Fatalf("the runs end at %d, not at %d", at, end)
	}
}

func TestAStreamOfAMapWithoutKeysCountsTheirValues(t *testing.T) {
	w := serving(t, u64Key, u64Value, onlyGets, `"uniform"`, 100)
	s, batch := New(w, 1, 0, 1).WithoutKeys(), &Batch{}
	s.Begin(0)
	s.Fill(batch, 100)
	if s.PayloadBytes() != 800 || s.BytesPerCall() < 9 || s.HasHolders() {
		t.Errorf("%d bytes", s.PayloadBytes())
	}
}
