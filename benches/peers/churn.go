// The loop of by_hand/churn.rs in Go: insertions and removals at a constant size, string -> []byte, under the heap
// profile of Go's runtime. `churn ENTRIES TURNS RATE`; a rate of 0 takes no profile, any other writes churn.pprof.gz
// into the current folder.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"
)

const keyBytes = 24

// Bytes of a value: from the first to the second, each as likely as any other.
const leastBytes, mostBytes = 16, 256

type churn struct {
	entries map[string][]byte
	live    []uint64
	next    uint64
}

// grow adds an entry.
func (c *churn) grow() {
	c.live = append(c.live, c.insert())
}

// turn removes an entry at random and inserts a fresh one.
func (c *churn) turn() {
	place := mix(c.next^0x5EED) % uint64(len(c.live))
	old := key(c.live[place])
	delete(c.entries, string(old[:]))
	c.live[place] = c.insert()
}

func (c *churn) insert() uint64 {
	id := c.next
	c.next++
	value := make([]byte, leastBytes+mix(^id)%(mostBytes-leastBytes+1))
	for place := range value {
		value[place] = 0xA5
	}
	letters := key(id)
	c.entries[string(letters[:])] = value
	return id
}

// mix is SplitMix64's finalizer.
func mix(id uint64) uint64 {
	bits := id + 0x9E3779B97F4A7C15
	bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9
	bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB
	return bits ^ (bits >> 31)
}

// key is the key of an id: 16 letters that tell it from all others, and 8 that all have.
func key(id uint64) [keyBytes]byte {
	bits := mix(id)
	var letters [keyBytes]byte
	for place := range letters {
		letters[place] = 'a'
		if place < 16 {
			letters[place] += byte(bits>>(4*place)) & 15
		}
	}
	return letters
}

func number(place int) uint64 {
	value, err := strconv.ParseUint(os.Args[place], 10, 63)
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	// The runtime asks for the rate to be set once and as early as possible.
	runtime.MemProfileRate = int(number(3))
	start := time.Now()
	c := churn{entries: map[string][]byte{}}
	for entries := number(1); entries > 0; entries-- {
		c.grow()
	}
	for turns := number(2); turns > 0; turns-- {
		c.turn()
	}
	fmt.Println(time.Since(start).Nanoseconds())
	if runtime.MemProfileRate > 0 {
		file, err := os.Create("churn.pprof.gz")
		check(err)
		// The profile is that of the last collection.
		runtime.GC()
		check(pprof.WriteHeapProfile(file))
		check(file.Close())
	}
	runtime.KeepAlive(&c)
}
