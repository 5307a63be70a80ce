// Package offheap keeps data in memory that is not the Go heap.
//
// A profiler's own data must not show in what it measures. Memory of this package is mapped directly from the system:
// the collector does not know it, it does not enter runtime.MemStats, and it moves no goal of the collector. So it must
// hold no pointers to Go memory.
package offheap

import "unsafe"

// pageBytes is the granularity of mappings. A multiple of the system's page is as good.
const pageBytes = 64 << 10

// Slice is a growable list of elements without pointers, in memory of its own. The zero value is empty. It is not safe
// for concurrent use, and a copy of it shares its memory: hand over pointers.
type Slice[T any] struct {
	items []T
	bytes uintptr
}

// Len is the number of elements.
func (s *Slice[T]) Len() int { return len(s.items) }

// Cap is the number of elements that fit before the memory grows.
func (s *Slice[T]) Cap() int { return cap(s.items) }

// Items are the elements. They may move with the next call that adds some.
func (s *Slice[T]) Items() []T { return s.items }

// Bytes is the size of the mapping, in bytes. Pages of it that were never written to take no memory.
func (s *Slice[T]) Bytes() int { return int(s.bytes) }

// Append adds an element.
func (s *Slice[T]) Append(item T) {
	n := len(s.items)
	if n == cap(s.items) {
		s.grow(n + 1)
	}
	s.items = s.items[:n+1]
	s.items[n] = item
}

// Push adds an element for which there must be room (Reserve). It is Append without the way to grow, which the compiler
// would not inline.
func (s *Slice[T]) Push(item T) {
	n := len(s.items)
	s.items = s.items[:n+1]
	s.items[n] = item
}

// Extend adds count elements and returns them. They hold whatever was there before: the caller writes all of them.
func (s *Slice[T]) Extend(count int) []T {
	n := len(s.items)
	if n+count > cap(s.items) {
		s.grow(n + count)
	}
	s.items = s.items[:n+count]
	return s.items[n:]
}

// Truncate keeps the first count elements, of which there must be as many, and all of the memory.
func (s *Slice[T]) Truncate(count int) { s.items = s.items[:count] }

// DropFront takes the first count elements out and moves the others up.
func (s *Slice[T]) DropFront(count int) {
	copy(s.items, s.items[count:])
	s.items = s.items[:len(s.items)-count]
}

// SwapRemove takes an element out and moves the last one to its place.
func (s *Slice[T]) SwapRemove(index int) {
	last := len(s.items) - 1
	s.items[index] = s.items[last]
	s.items = s.items[:last]
}

// Reserve makes room for count elements in all.
func (s *Slice[T]) Reserve(count int) {
	if count > cap(s.items) {
		s.resize(count)
	}
}

// Free gives the memory back and leaves an empty slice.
func (s *Slice[T]) Free() {
	if s.bytes > 0 {
		unmap(unsafe.Pointer(&s.items[:1][0]), s.bytes)
	}
	*s = Slice[T]{}
}

// grow makes room for count elements in all, and for as many again as there are, so that appending takes constant time.
func (s *Slice[T]) grow(count int) {
	if twice := 2 * cap(s.items); count < twice {
		count = twice
	}
	s.resize(count)
}

func (s *Slice[T]) resize(count int) {
	var item T
	size := unsafe.Sizeof(item)
	if size == 0 {
		size = 1
	}
	bytes := (uintptr(count)*size + pageBytes - 1) / pageBytes * pageBytes
	n := len(s.items)
	var memory unsafe.Pointer
	if s.bytes == 0 {
		memory = mapped(bytes)
	} else {
		memory = remapped(unsafe.Pointer(&s.items[:1][0]), s.bytes, bytes)
	}
	s.bytes = bytes
	s.items = unsafe.Slice((*T)(memory), bytes/size)[:n]
}

// New is memory for one value without pointers, all of whose bytes are 0. It is never given back.
func New[T any]() *T {
	var item T
	return (*T)(mapped((unsafe.Sizeof(item) + pageBytes) / pageBytes * pageBytes))
}
