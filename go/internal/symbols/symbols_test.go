package symbols

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

//go:noinline
func outer(stack []uintptr) []uintptr { return middle(stack) }

func middle(stack []uintptr) []uintptr { return inner(stack) }

// inner is inlined into middle, and with it into outer.
func inner(stack []uintptr) []uintptr { return stack[:runtime.Callers(1, stack)] }

func TestInlinedFunctionsAreFramesOfOneAddress(t *testing.T) {
	stack := outer(make([]uintptr, 32))
	locations := Locations(stack)
	if len(locations) < 2 {
		t.Fatalf("%d locations: %+v", len(locations), locations)
	}
	names := []string{}
	for _, frame := range locations[0].Frames {
		names = append(names, frame.Function[strings.LastIndexByte(frame.Function, '.')+1:])
		if !strings.HasSuffix(frame.File, "symbols_test.go") || frame.Line == 0 {
			t.Errorf("%+v is somewhere else", frame)
		}
	}
	if got := strings.Join(names, " "); got != "inner middle outer" {
		t.Errorf("the innermost frame is of %s", got)
	}
	if of := runtime.FuncForPC(uintptr(locations[0].Address)); of == nil {
		t.Error("the address is in no function")
	}
	if caller := locations[1].Frames; len(caller) != 1 ||
		!strings.HasSuffix(caller[0].Function, ".TestInlinedFunctionsAreFramesOfOneAddress") {
		t.Errorf("the caller is %+v", caller)
	}
	for _, at := range locations {
		for _, frame := range at.Frames {
			if frame.Function == outermost {
				t.Error("the beginning of the goroutine is told")
			}
		}
	}
}

func TestEqualStacksAreOne(t *testing.T) {
	table := NewTable()
	a := []Location{{Address: 1, Frames: []Frame{{"f", "a.go", 1}}}, {Address: 2, Frames: []Frame{{"g", "a.go", 2}}}}
	cut := []Location{{Address: 2, Frames: []Frame{{"g", "a.go", 2}, {"h", "a.go", 3}}}}
	if first, second, again := table.Add(a), table.Add(cut), table.Add(a); first != 0 || second != 1 || again != 0 {
		t.Errorf("places %d, %d, %d", first, second, again)
	}
	symbols := table.symbols(0, 3)
	if len(symbols) != 2 || symbols[0].Address != 1 || len(symbols[1].Frames) != 2 {
		t.Errorf("%+v", symbols)
	}
	if symbols := table.symbols(0, 2); len(symbols) != 1 {
		t.Errorf("the end is not part of a mapping: %+v", symbols)
	}
}

func TestAddressesLieInTheProgram(t *testing.T) {
	table := NewTable()
	table.Add(Locations(outer(make([]uintptr, 32))))
	mappings, err := table.Mappings()
	if err != nil || len(mappings) == 0 {
		t.Fatal(mappings, err)
	}
	program, err := os.Executable()
	if err != nil || mappings[0].Path != program {
		t.Errorf("the first mapping is %s, and the program is %s", mappings[0].Path, program)
	}
	found := 0
	for _, mapping := range mappings {
		found += len(mapping.Symbols)
	}
	if found != len(table.Stacks[0]) {
		t.Errorf("%d of %d addresses lie in the mappings", found, len(table.Stacks[0]))
	}
}

func TestLinesOfMappings(t *testing.T) {
	got, ok := parse("00401000-004b2000 r-xp 00001000 fd:01 1234                        /opt/my bench/worker")
	if want := (Mapping{Start: 0x401000, End: 0x4b2000, Offset: 0x1000, Path: "/opt/my bench/worker"}); !ok ||
		got.Start != want.Start || got.End != want.End || got.Offset != want.Offset || got.Path != want.Path {
		t.Errorf("%+v", got)
	}
	if got, ok := parse("7ffd4c5f0000-7ffd4c5f2000 r-xp 00000000 00:00 0                  [vdso]"); !ok || got.Path != kernelCode {
		t.Errorf("%+v", got)
	}
	for _, line := range []string{
		"", "00401000-004b2000 r--p 00001000 fd:01 1234 /opt/worker", "c000000000-c000400000 rwxp 00000000 00:00 0 ",
		"00401000 r-xp 00001000 fd:01 1234 /opt/worker", "00401000-x r-xp 00001000 fd:01 1234 /opt/worker",
	} {
		if got, ok := parse(line); ok {
			t.Errorf("%q is read as %+v", line, got)
		}
	}
}

func TestTypeArgumentsAreLeftOut(t *testing.T) {
	for name, want := range map[string]string{
		"main.f": "main.f", "main.f[...]": "main.f[...]", "main.(*m[go.shape.string,go.shape.[]uint8]).get": "main.(*m[...]).get",
		"main.f[int].func1[go.shape.[4]uint8]": "main.f[...].func1[...]", "main.f[": "main.f[",
	} {
		if got := shortened(name); got != want {
			t.Errorf("%s is shortened to %s", name, got)
		}
	}
}
