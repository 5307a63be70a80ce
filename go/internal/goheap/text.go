package goheap

import "unsafe"

// bytesAsString is the text of bytes that do not change while it is used.
func bytesAsString(text []byte) string { return *(*string)(unsafe.Pointer(&text)) }
