package workload

import (
	"strings"
	"testing"
)

// tiny is the workload of the format's documentation, with the fields that mapprof adds.
const tiny = `{"name":"tiny","about":"...","entries":1000,
"key":{"type":"string","length":24,"order":"random","rust":"String","letters":true,
"layout":{"size":24,"align":8,"block":{"above":0,"header":0,"least":0,"multiple":1,"shared":false},"niche":true}},
"value":{"type":"vec","size":{"fixed":64},"rust":"Vec<u8>","layout":{"size":24,"align":8,"block":{"above":0,"header":0,"least":0,"multiple":1}}},
"capacity":null,"scan_entries":100,"access":"uniform","what_is_not_known":1,
"phases":[{"name":"fill","ops":1000,"work":{"mix":[["insert",100.0]]},"access":"uniform"},
{"name":"serve","ops":4000,"work":{"mix":[["get",95.0],["update",5.0]]},"access":{"scrambled-zipf":{"theta":0.99}}},
{"name":"reset","ops":1,"work":{"step":{"kind":"new","entries":10}},"access":"uniform"},
{"name":"turn","ops":7,"work":{"each":["remove","get_missing"]},"access":{"hotspot":{"operations":0.8,"keys":0.2}},"hand_over":true}],
"expect":{"length":1000,"hits":null}}`

func TestAWorkloadIsReadAsItIsWritten(t *testing.T) {
	w, err := Parse([]byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	if w.Name != "tiny" || w.Entries != 1000 || w.Instances != 1 || w.Capacity != nil || *w.Expect.Length != 1000 {
		t.Errorf("%+v", w)
	}
	if w.Key.Type.Kind != KeyLetters || w.Key.CodeBits() != 64 || w.Key.Ascending || w.Value.Type.Name != "vec" {
		t.Errorf("%+v, %+v", w.Key, w.Value)
	}
	if bytes, same := w.Key.SameBlockBytes(); bytes != 24 || !same {
		t.Errorf("a key has a block of %d bytes", bytes)
	}
	if access := w.Phases[1].Access; access != (Access{Kind: ScrambledZipf, Theta: 0.99}) {
		t.Errorf("%+v", access)
	}
	if mix := w.Phases[1].Work.Mix; len(mix) != 2 || mix[1] != (Odds{Update, 5}) {
		t.Errorf("%+v", mix)
	}
	if step := w.Phases[2].Work.Step; step.Kind != StepNew || *step.Entries != 10 || step.Readers != nil {
		t.Errorf("%+v", step)
	}
	last := w.Phases[3]
	if !last.HandOver || last.Work.CallsPerOp() != 2 || last.Access != (Access{Kind: Hotspot, Operations: 0.8, Keys: 0.2}) {
		t.Errorf("%+v", last)
	}
	if !w.Calls(GetMissing) || w.Calls(Iterate) || w.Stride() != 2 {
		t.Error("the calls are others")
	}
}

func TestWhatCannotBeUnderstoodIsRefusedInOneLine(t *testing.T) {
	for _, one := range [][3]string{
		{`"type":"string"`, `"type":"rope"`, `keys of the type "rope" are not known`},
		{`"length":24`, `"length":{"normal":{"mean":3}}`, `length: there is no distribution "normal"`},
		{`"length":24`, `"length":{"uniform":{"min":9,"max":3}}`, `there is no length from 9 to 3`},
		{`"type":"vec"`, `"type":"array"`, ``},
		{`{"fixed":64}`, `{"fixed":65},"type":"array"`, `values of the type "array" cannot have this size`},
		{`{"fixed":64}`, `{"pareto":{"min":1,"max":9}}`, `alpha must be above 0`},
		{`"order":"random"`, `"order":"descending"`, `there is no order "descending"`},
		{`"update",5.0`, `"replace",5.0`, `phase "serve": work: there is no operation "replace"`},
		{`"update",5.0`, `"update","many"`, `"many" is not a percentage`},
		{`"insert",100.0`, `"insert",0`, `nothing that is ever done`},
		{`"theta":0.99`, `"theta":0`, `theta is 0`},
		{`"kind":"new"`, `"kind":"grow"`, `there is no step "grow"`},
		{`"ops":7,`, ``, `phase "turn": it has no ops`},
		{`"entries":1000`, `"entries":-1`, `cannot be read`},
		{`"entries":1000,`, ``, `it has no entries`},
		{`"access":"uniform","what`, `"what`, `access: it is missing`},
		{`"name":"tiny"`, `"name":"tiny","time_to_live":9`, `lists its calls in each`},
		{`"name":"tiny"`, `"name":"tiny","removals":"none"`, `there are no removals "none"`},
		{`{"fixed":64}`, `{"fixed":64},"heap":["18"]`, `there is room for 0`},
		{`{"fixed":64}`, `{"fixed":64},"heap":["40..8"]`, `is no part of a record`},
	} {
		text := strings.Replace(tiny, one[0], one[1], 1)
		_, err := Parse([]byte(text))
		if one[2] == "" {
			if err != nil {
				t.Errorf("%s: %v", one[1], err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), one[2]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", one[1], err)
		}
	}
}

func TestThreadsAndKeysAreChecked(t *testing.T) {
	w, err := Parse([]byte(strings.Replace(tiny, `"get",95.0`, `"iterate",95.0`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CheckThreads(1); err != nil {
		t.Error(err)
	}
	if err := w.CheckThreads(2); err == nil || !strings.Contains(err.Error(), "calls iterate") {
		t.Error(err)
	}
	// 1000 keys and as many that are missing do not fit into 10 bits.
	w.Key.Length.Bytes = 2
	if err := w.CheckThreads(1); err != nil {
		t.Error(err)
	}
	w.Key.Length.Bytes = 1
	if err := w.CheckThreads(1); err == nil || !strings.Contains(err.Error(), "6 bits") {
		t.Error(err)
	}
	w.Phases[0].Ops = 1 << 40
	if err := w.CheckThreads(1); err == nil || !strings.Contains(err.Error(), "32-bit ids") {
		t.Error(err)
	}
}

func TestOperationsAndStepsHaveTheirNumbers(t *testing.T) {
	names := "insert get get_missing update upsert remove iterate clear entry modify scan"
	for number, name := range strings.Fields(names) {
		if op, err := opNamed(name); err != nil || int(op) != number || op.String() != name {
			t.Errorf("%s has the number %d", name, op)
		}
	}
	for number, name := range strings.Fields("new reserve shrink rebuild drop swap") {
		if kind, err := stepNamed(name); err != nil || int(kind) != number || kind.String() != name {
			t.Errorf("%s has the number %d", name, kind)
		}
	}
	for op := Insert; op < OpCount; op++ {
		if info := op.Info(); info.Inserts && !info.HandsOver {
			t.Errorf("%s puts a key in without a value", op)
		}
	}
}
