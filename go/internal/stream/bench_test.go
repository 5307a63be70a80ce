package stream

import (
	"encoding/json"
	"fmt"
	"testing"

	"mapprof/internal/workload"
)

// serving is a workload with a fill and a phase of calls drawn from a mix, as JSON of it.
func serving(t testing.TB, key, value, mix, access string, entries int) *workload.Workload {
	text := fmt.Sprintf(`{"name":"serving","about":"","entries":%d,"key":%s,"value":%s,"capacity":null,"access":"uniform",
		"phases":[{"name":"fill","ops":%d,"work":{"mix":[["insert",100.0]]},"access":"uniform"},
		{"name":"serve","ops":1000000000,"work":{"mix":%s},"access":%s}],"expect":{"length":null,"hits":null}}`,
		entries, key, value, entries, mix, access)
	w := &workload.Workload{}
	if err := json.Unmarshal([]byte(text), w); err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	u64Key    = `{"type":"u64","length":8,"order":"random"}`
	stringKey = `{"type":"string","length":24,"order":"random","letters":true}`
	u64Value  = `{"type":"u64","size":{"fixed":8}}`
	vecValue  = `{"type":"vec","size":{"uniform":{"min":16,"max":512}}}`
	zipfPicks = `{"zipf":{"theta":0.99}}`
	onlyGets  = `[["get",100.0]]`
	serveMix  = `[["get",90.0],["update",10.0]]`
	churnMix  = `[["insert",33.0],["get",34.0],["remove",33.0]]`
)

func BenchmarkFill(b *testing.B) {
	for _, one := range []struct{ name, key, value, mix, access string }{
		{"uniform-gets-u64", u64Key, u64Value, onlyGets, `"uniform"`},
		{"zipf-gets-u64", u64Key, u64Value, onlyGets, zipfPicks},
		{"zipf-serve-u64", u64Key, u64Value, serveMix, zipfPicks},
		{"churn-u64", u64Key, u64Value, churnMix, `"uniform"`},
		{"uniform-gets-string", stringKey, u64Value, onlyGets, `"uniform"`},
		{"zipf-serve-string-vec", stringKey, vecValue, serveMix, zipfPicks},
	} {
		b.Run(one.name, func(b *testing.B) {
			const most = 100_000
			w := serving(b, one.key, one.value, one.mix, one.access, 1_000_000)
			s, batch := New(w, 1, 0, 1), &Batch{}
			s.Begin(0)
			for s.Fill(batch, most) > 0 {
			}
			s.Begin(1)
			s.Fill(batch, most)
			b.ResetTimer()
			for done := 0; done < b.N; {
				done += s.Fill(batch, most)
			}
		})
	}
}
