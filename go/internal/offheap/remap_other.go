//go:build unix && !linux

package offheap

import "unsafe"

// remapped is fresh memory with another number of bytes and the same contents.
func remapped(memory unsafe.Pointer, before, bytes uintptr) unsafe.Pointer {
	fresh := mapped(bytes)
	count := before
	if bytes < count {
		count = bytes
	}
	copy(unsafe.Slice((*byte)(fresh), count), unsafe.Slice((*byte)(memory), count))
	unmap(memory, before)
	return fresh
}
