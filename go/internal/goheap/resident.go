package goheap

import (
	"bytes"
	"syscall"
	"unsafe"
)

// Resident is what the kernel says is in memory, in bytes.
type Resident struct {
	// All of the process.
	All uint64 `json:"all"`
	// Arenas are the pages that objects, stacks and free pages of the heap lie on.
	Arenas uint64 `json:"arenas"`
	// Mapped is other memory without a file: the runtime's structures and what the harness mapped for itself.
	Mapped uint64 `json:"mapped"`
}

// Where the runtime has its memory (runtime/malloc.go for 64-bit Linux). Its arenas of 64 MiB follow each other from the
// first one on, which is at a fixed address up to Go 1.25 and at a random one from 1.26 on: it is where the first objects
// lie. Whatever else it maps is where the kernel puts mappings, at the upper end of the addresses.
const (
	arenaBytes  = 64 << 20
	mostArenas  = 64 << 30
	firstMapped = 0x100000000000
)

// firstArena is the address of the first arena, in which an object lies that is made before all others.
var firstArena = uint64(uintptr(unsafe.Pointer(new([64]byte)))) &^ (arenaBytes - 1)

// room is where the list of mappings is read into. A longer list is read piece by piece.
var room [256 << 10]byte

// smaps is the file with the list of mappings.
var smaps = []byte("/proc/self/smaps\x00")

// ReadResident reads the list of mappings; not ok if the kernel does not tell.
func ReadResident() (resident Resident, ok bool) {
	// syscall.Open would make a copy of the name.
	fromHere := -100
	opened, _, failed := syscall.Syscall6(syscall.SYS_OPENAT, uintptr(fromHere),
		uintptr(unsafe.Pointer(&smaps[0])), syscall.O_RDONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if failed != 0 {
		return Resident{}, false
	}
	file := int(opened)
	defer syscall.Close(file)
	var at mapping
	kept := 0
	for {
		count, err := syscall.Read(file, room[kept:])
		if err != nil {
			return Resident{}, false
		}
		if count == 0 {
			return resident, true
		}
		rest := room[:kept+count]
		for {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			at.line(rest[:end], &resident)
			rest = rest[end+1:]
		}
		kept = copy(room[:], rest)
		if kept == len(room) {
			return Resident{}, false
		}
	}
}

// mapping is the mapping that the next lines are about.
type mapping struct {
	start uint64
	// isAnonymous: it has no file, and no name but one that the program gave it.
	isAnonymous bool
}

var rssOf = []byte("Rss:")

// line takes in a line: the head of a mapping, or one of its figures.
func (m *mapping) line(line []byte, resident *Resident) {
	if bytes.HasPrefix(line, rssOf) {
		m.add(kilobytes(line[len(rssOf):])<<10, resident)
		return
	}
	if start, ok := hexBeforeDash(line); ok {
		// The inode is the fifth field, and 0 where there is no file. A name is behind it; newer runtimes give their
		// memory one: [anon: Go: heap].
		name := field(line, 5)
		m.start, m.isAnonymous = start, field(line, 4) == "0" && (name == "" || name == "[anon:")
	}
}

func (m *mapping) add(bytes uint64, resident *Resident) {
	resident.All += bytes
	switch {
	case !m.isAnonymous:
	case m.start >= firstArena && m.start < firstArena+mostArenas:
		resident.Arenas += bytes
	case m.start >= firstMapped:
		resident.Mapped += bytes
	}
}

// hexBeforeDash is the address that a mapping's head begins with.
func hexBeforeDash(line []byte) (value uint64, ok bool) {
	for place, c := range line {
		switch {
		case c >= '0' && c <= '9':
			value = value<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			value = value<<4 | uint64(c-'a'+10)
		default:
			return value, c == '-' && place > 0
		}
	}
	return 0, false
}

// field is the field of that number of a line, without copying it.
func field(line []byte, number int) string {
	for {
		line = bytes.TrimLeft(line, " ")
		end := bytes.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		if number == 0 {
			return bytesAsString(line[:end])
		}
		line = line[end:]
		number--
	}
}

func kilobytes(text []byte) (value uint64) {
	for _, c := range bytes.TrimLeft(text, " ") {
		if c < '0' || c > '9' {
			break
		}
		value = 10*value + uint64(c-'0')
	}
	return value
}
