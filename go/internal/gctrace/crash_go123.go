//go:build go1.23

package gctrace

import (
	"os"
	"runtime/debug"
)

// crashesTo has the runtime say why it gives up where standard error led. Older runtimes say it into the pipe.
func crashesTo(file int) {
	_ = debug.SetCrashOutput(os.NewFile(uintptr(file), "stderr"), debug.CrashOptions{})
}
