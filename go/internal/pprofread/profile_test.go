package pprofread

import (
	"bytes"
	"encoding/binary"
	"runtime/pprof"
	"strings"
	"testing"
)

// field is a field of a message: a number, or several that are packed.
func field(number uint64, values ...uint64) []byte {
	if len(values) == 1 {
		return binary.AppendUvarint(binary.AppendUvarint(nil, number<<3), values[0])
	}
	packed := []byte{}
	for _, value := range values {
		packed = binary.AppendUvarint(packed, value)
	}
	return nested(number, packed)
}

// nested is a field with contents.
func nested(number uint64, parts ...[]byte) []byte {
	contents := bytes.Join(parts, nil)
	return append(binary.AppendUvarint(binary.AppendUvarint(nil, number<<3|2), uint64(len(contents))), contents...)
}

// planted is a message of one sample, whose innermost function is inlined.
func planted() []byte {
	return bytes.Join([][]byte{
		nested(1, field(1, 1), field(2, 2)),
		nested(2, field(1, 7, 8), field(2, 3, 3_000_000), nested(3, field(1, 5), field(2, 6))),
		nested(2, field(1, 8), field(2, 1)),
		nested(4, field(1, 7), field(3, 0x401234), nested(4, field(1, 1), field(2, 10)), nested(4, field(1, 2), field(2, 20))),
		nested(4, field(1, 8), field(3, 0x405678), nested(4, field(1, 2), field(2, 30))),
		nested(5, field(1, 1), field(2, 1), field(4, 3)),
		nested(5, field(1, 2), field(2, 2), field(4, 4)),
		nested(6), nested(6, []byte("inner")), nested(6, []byte("outer")), nested(6, []byte("in.go")),
		nested(6, []byte("out.go")), nested(6, []byte("thread")), nested(6, []byte("2")),
		field(12, 1_000_000),
		// Of fields that are not known, of each kind.
		append(binary.AppendUvarint(nil, 100<<3|1), 1, 2, 3, 4, 5, 6, 7, 8),
		append(binary.AppendUvarint(nil, 101<<3|5), 1, 2, 3, 4),
	}, nil)
}

func TestPlantedMessage(t *testing.T) {
	p, err := parse(planted())
	if err != nil {
		t.Fatal(err)
	}
	if p.Period != 1_000_000 || len(p.Samples) != 2 {
		t.Fatalf("%+v", p)
	}
	s := p.Samples[0]
	if len(s.Stack) != 2 || s.Stack[0].Address != 0x401234 || len(s.Stack[0].Frames) != 2 {
		t.Fatalf("%+v", s)
	}
	if inner := s.Stack[0].Frames[0]; inner.Function != "inner" || inner.File != "in.go" || inner.Line != 10 {
		t.Errorf("%+v", inner)
	}
	if outer := s.Stack[0].Frames[1]; outer.Function != "outer" || outer.File != "out.go" || outer.Line != 20 {
		t.Errorf("%+v", outer)
	}
	if len(s.Values) != 2 || s.Values[0] != 3 || s.Values[1] != 3_000_000 || s.Labels["thread"] != "2" {
		t.Errorf("%+v", s)
	}
	if second := p.Samples[1]; len(second.Stack) != 1 || second.Values[0] != 1 || len(second.Labels) != 0 {
		t.Errorf("%+v", second)
	}
}

func TestMessagesThatAreCutOff(t *testing.T) {
	whole := planted()
	for length := 1; length < len(whole); length++ {
		// Some ends are those of a field; all others are found. None must bring the program down.
		parse(whole[:length])
	}
	for _, bad := range [][]byte{
		{0x80}, {0x12, 5, 1}, {0x09, 1}, {0x0d, 1}, {0x0b}, nested(2, field(1, 9)), nested(2, nested(3, field(1, 9))),
		nested(4, field(1, 1), nested(4, field(1, 9))), nested(2, nested(1, []byte{0x80})),
		append(nested(5, field(1, 1), field(2, 9)), nested(4, field(1, 1), nested(4, field(1, 1)))...),
	} {
		if p, err := parse(bad); err == nil {
			t.Errorf("%x is read as %+v", bad, p)
		}
	}
	if _, err := Read([]byte("no gzip")); err == nil {
		t.Error("what is not zipped is read")
	}
}

func TestWhatThisRuntimeWrites(t *testing.T) {
	var out bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&out, 0); err != nil {
		t.Fatal(err)
	}
	p, err := Read(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, sample := range p.Samples {
		for _, at := range sample.Stack {
			for _, frame := range at.Frames {
				found = found || strings.HasSuffix(frame.Function, ".TestWhatThisRuntimeWrites")
				if frame.Line <= 0 || frame.File == "" {
					t.Errorf("%+v", frame)
				}
			}
		}
	}
	if !found {
		t.Errorf("this function is not in the profile: %+v", p)
	}
}
