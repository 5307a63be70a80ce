//go:build unix

package offheap

import (
	"sync"
	"syscall"
	"unsafe"
)

// mostMappings is how many mappings are known at once. There are some dozens a thread.
const mostMappings = 1 << 16

// mappings are those that are in use, by the address of each: how many bytes. The list itself is no Go memory.
var mappings struct {
	lock  sync.Mutex
	list  []mapping
	pages []byte
}

type mapping struct{ start, bytes uintptr }

// mapped is fresh memory of so many bytes, all of them 0, that is in the list.
func mapped(bytes uintptr) unsafe.Pointer {
	memory := rawMapped(bytes)
	know(memory, bytes)
	return memory
}

// know enters a mapping in the list, and forget takes one out.
func know(start unsafe.Pointer, bytes uintptr) {
	mappings.lock.Lock()
	defer mappings.lock.Unlock()
	if mappings.list == nil {
		var one mapping
		list := rawMapped(mostMappings * unsafe.Sizeof(one))
		mappings.list = unsafe.Slice((*mapping)(list), mostMappings)[:0]
		mappings.pages = unsafe.Slice((*byte)(rawMapped(pagesAtOnce)), pagesAtOnce)
	}
	if len(mappings.list) < mostMappings {
		mappings.list = append(mappings.list, mapping{uintptr(start), bytes})
	}
}

func forget(start unsafe.Pointer) {
	mappings.lock.Lock()
	defer mappings.lock.Unlock()
	for i := range mappings.list {
		if mappings.list[i].start == uintptr(start) {
			last := len(mappings.list) - 1
			mappings.list[i] = mappings.list[last]
			mappings.list = mappings.list[:last]
			return
		}
	}
}

// pagesAtOnce is how many pages the kernel is asked about at a time.
const pagesAtOnce = 1 << 16

// Resident is the bytes of this package's memory that are in the system's memory. It allocates nothing.
func Resident() uint64 {
	mappings.lock.Lock()
	defer mappings.lock.Unlock()
	page := uintptr(syscall.Getpagesize())
	resident := uint64(0)
	for _, one := range mappings.list {
		for start, end := one.start, one.start+one.bytes; start < end; {
			bytes := end - start
			if bytes > pagesAtOnce*page {
				bytes = pagesAtOnce * page
			}
			_, _, failed := syscall.RawSyscall(syscall.SYS_MINCORE, start, bytes, uintptr(unsafe.Pointer(&mappings.pages[0])))
			if failed != 0 {
				break
			}
			for _, page := range mappings.pages[:(bytes+page-1)/page] {
				resident += uint64(page&1) * uint64(syscall.Getpagesize())
			}
			start += bytes
		}
	}
	return resident
}
