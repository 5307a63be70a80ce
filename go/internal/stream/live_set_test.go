package stream

import (
	"reflect"
	"testing"
)

func newLive(entries int) *liveSet {
	live := &liveSet{ranged: true}
	for n := 0; n < entries; n++ {
		live.insert()
	}
	return live
}

// listed is the ids and versions of all entries by rank.
func listed(live *liveSet) (list [][2]int) {
	for rank := uint64(0); rank < live.len(); rank++ {
		e := live.entry(rank)
		list = append(list, [2]int{int(e.id), int(e.version())})
	}
	return list
}

func TestRemovingTheOldestKeepsTheFirstState(t *testing.T) {
	live := newLive(20_000)
	live.bump(9999)
	for n := 0; n < 9998; n++ {
		live.remove(0)
	}
	if e := live.entry(1); !live.ranged || e.id != 9999 || e.version() != 1 {
		t.Errorf("the second one is %+v", e)
	}
	live.insert()
	if e := live.entry(live.len() - 1); e.id != 20_000 || e.packed != 0 {
		t.Errorf("the newest one is %+v", e)
	}
	for n := 0; n < 8000; n++ {
		live.remove(0)
	}
	if live.gone >= 17_998 {
		t.Error("versions that are gone are never dropped")
	}
	live.bump(0)
	if e := live.entry(0); e.id != 17_998 || e.version() != 1 {
		t.Errorf("the oldest one is %+v", e)
	}
}

func TestAnyOtherRemovalEndsTheFirstState(t *testing.T) {
	live := newLive(5)
	live.remove(0)
	live.bump(3)
	live.bump(3)
	if e := live.remove(1); e.id != 2 || live.ranged {
		t.Errorf("removed %+v", e)
	}
	if got, due := listed(live), [][2]int{{1, 0}, {4, 2}, {3, 0}}; !reflect.DeepEqual(got, due) {
		t.Errorf("%v, not %v", got, due)
	}
	live.insert()
	// The first one is now like any other.
	live.remove(0)
	if got, due := listed(live), [][2]int{{5, 0}, {4, 2}, {3, 0}}; !reflect.DeepEqual(got, due) {
		t.Errorf("%v, not %v", got, due)
	}
	for n := 0; n < 3; n++ {
		live.remove(live.len() - 1)
	}
	if live.len() != 0 || !live.ranged {
		t.Error("an empty set is not in its first state")
	}
	if id := live.insert(); id != 6 {
		t.Errorf("the id after the last one is %d", id)
	}
}

func TestRemovingTheLastOfSeveralEndsTheFirstState(t *testing.T) {
	live := newLive(3)
	live.remove(2)
	if live.ranged {
		t.Error("the newest one went")
	}
	// Of a single entry the last one is the first one.
	single := newLive(1)
	single.remove(0)
	if !single.ranged || single.len() != 0 {
		t.Error("the only one went")
	}
}

func TestClearingNeverGivesAnIdAgain(t *testing.T) {
	live := newLive(1)
	live.bump(0)
	live.clear()
	if live.len() != 0 || live.insert() != 1 || live.entry(0).packed != 0 {
		t.Error("an entry is left")
	}
}

func TestVersionsAndChangesCountUpToEight(t *testing.T) {
	live := newLive(1)
	for n := 1; n <= 9; n++ {
		live.change(0)
	}
	if e := live.entry(0); e.changes() != 1 || e.version() != 0 || !e.isChanged() {
		t.Errorf("%+v", e)
	}
	for n := 1; n <= 8; n++ {
		live.bump(0)
	}
	if e := live.entry(0); e.packed != 0 {
		t.Errorf("%+v", e)
	}
}
