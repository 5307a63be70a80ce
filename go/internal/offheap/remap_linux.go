package offheap

import (
	"syscall"
	"unsafe"
)

// remapped is the memory with another number of bytes. It may have moved; the system moves pages and copies none.
func remapped(memory unsafe.Pointer, before, bytes uintptr) unsafe.Pointer {
	const mayMove = 1
	forget(memory)
	address, _, errno := syscall.Syscall6(syscall.SYS_MREMAP, uintptr(memory), before, bytes, mayMove, 0, 0)
	if errno != 0 {
		panic("offheap: memory could not grow: " + errno.Error())
	}
	moved := pointer(address)
	know(moved, bytes)
	return moved
}
