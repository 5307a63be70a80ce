//go:build go1.23

package gctrace

import (
	"os"
	"runtime/debug"
)

// crashesTo has the runtime say why it gives up where standard error led. Older runtimes say it into the pipe.
func crashesTo(file int) *os.File {
	shown := os.NewFile(uintptr(file), "stderr")
	_ = debug.SetCrashOutput(shown, debug.CrashOptions{})
	return shown
}
