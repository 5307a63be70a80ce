// Command worker runs mapprof's workloads on Go's maps. mapprof starts it, a process per pass.
package main

import (
	"fmt"
	"os"

	"mapprof/internal/worker"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "worker":
		os.Exit(worker.Serve(os.Stdin, os.Stdout))
	case len(os.Args) == 3 && os.Args[1] == "worker" && os.Args[2] == "tables":
		if err := worker.WriteTables(os.Stdout); err != nil {
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: worker worker [tables]: mapprof starts this program; see mapprof run --help")
		os.Exit(2)
	}
}
