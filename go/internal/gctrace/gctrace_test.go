package gctrace

import "testing"

func TestALineOfACycleIsRead(t *testing.T) {
	for line, due := range map[string]Cycle{
		// Go 1.19 and 1.27 tell of stacks and globals, older ones do not.
		"gc 7 @0.035s 2%: 0.013+0.70+0.002 ms clock, 0.026+0.12/0.33/0+0.004 ms cpu, 4->4->1 MB, 4 MB goal, 2 P\n": {
			Sweep: 13_000, Mark: 700_000, Term: 2_000, Assist: 120_000,
		},
		"gc 300 @12.1s 0%: 0.1+15+0.05 ms clock, 0.2+0/29/1.5+0.1 ms cpu, 40->41->10 MB, 80 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)\n": {
			Sweep: 100_000, Mark: 15_000_000, Term: 50_000,
		},
	} {
		if _, got, ok := parse(line); !ok || got != due {
			t.Errorf("%q: %+v, not %+v", line, got, due)
		}
	}
	for _, line := range []string{"", "gc", "panic: of a map", "scvg: 1 MB released", "gc x @0.035s 2%: a+b+c ms clock, d+e+f ms cpu, 4 MB\n"} {
		if _, _, ok := parse(line); ok {
			t.Errorf("%q is no cycle", line)
		}
	}
}

func TestACallIsHeldAgainstTheCycle(t *testing.T) {
	// Stopped from 100 to 110 and from 210 to 220, and marking between.
	cycle := Cycle{End: 220, Sweep: 10, Mark: 100, Term: 10}
	for _, one := range []struct{ began, ended, stopped, marked int64 }{
		{0, 100, 0, 0}, {0, 105, 5, 0}, {105, 150, 5, 40}, {100, 220, 20, 100}, {215, 300, 5, 0}, {220, 300, 0, 0},
	} {
		if stopped, marked := cycle.Overlap(one.began, one.ended); stopped != one.stopped || marked != one.marked {
			t.Errorf("%+v: stopped %d, marked %d", one, stopped, marked)
		}
	}
}
