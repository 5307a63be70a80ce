//go:build unix

package offheap

import (
	"syscall"
	"unsafe"
)

// rawMapped is fresh memory of so many bytes, all of them 0. There is no way on without it, so a failure panics.
//
// syscall.Mmap is no way to get it: it keeps a list of all mappings on the Go heap.
func rawMapped(bytes uintptr) unsafe.Pointer {
	const protection, flags = syscall.PROT_READ | syscall.PROT_WRITE, syscall.MAP_ANON | syscall.MAP_PRIVATE
	address, _, errno := syscall.Syscall6(syscall.SYS_MMAP, 0, bytes, protection, flags, ^uintptr(0), 0)
	if errno != 0 {
		panic("offheap: no memory could be mapped: " + errno.Error())
	}
	return pointer(address)
}

// unmap gives memory back.
func unmap(memory unsafe.Pointer, bytes uintptr) {
	forget(memory)
	if _, _, errno := syscall.Syscall(syscall.SYS_MUNMAP, uintptr(memory), bytes, 0); errno != 0 {
		panic("offheap: memory could not be unmapped: " + errno.Error())
	}
}

// pointer is the address of memory that the collector does not know, so it cannot have moved meanwhile.
func pointer(address uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}
