package cpuprofile

import (
	"os"
	"syscall"
)

const standardError = 2

// silently calls something without what it writes to standard error.
func silently(call func() error) error {
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return call()
	}
	defer nowhere.Close()
	kept, err := syscall.Dup(standardError)
	if err != nil {
		return call()
	}
	defer syscall.Close(kept)
	syscall.CloseOnExec(kept)
	if syscall.Dup3(int(nowhere.Fd()), standardError, 0) != nil {
		return call()
	}
	defer syscall.Dup3(kept, standardError, 0)
	return call()
}
