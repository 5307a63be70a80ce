package goheap

import (
	"bytes"
	"syscall"
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

// Where the runtime has its memory (runtime/malloc.go for linux/amd64 and linux/arm64): arenas from 0xc000000000 on, and
// whatever else it maps where the kernel puts it, at the upper end of the addresses.
const (
	firstArena, endOfArenas = 0xc000000000, 0x10000000000
	firstMapped             = 0x100000000000
)

// room is where the list of mappings is read into. A longer list is read piece by piece.
var room [256 << 10]byte

// ReadResident reads the list of mappings; not ok if the kernel does not tell.
func ReadResident() (resident Resident, ok bool) {
	file, err := syscall.Open("/proc/self/smaps", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return Resident{}, false
	}
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
	// isAnonymous: it has no file and no name.
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
		// The inode is the fifth field, and 0 where there is no file; a name in brackets is behind it.
		m.start, m.isAnonymous = start, field(line, 4) == "0" && field(line, 5) == ""
	}
}

func (m *mapping) add(bytes uint64, resident *Resident) {
	resident.All += bytes
	switch {
	case !m.isAnonymous:
	case m.start >= firstArena && m.start < endOfArenas:
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
