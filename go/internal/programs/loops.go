package programs

import (
	"time"

	"mapprof/internal/stream"
)

// Loop does the operations of a program. Its answers are folded into a number.
type Loop struct{ Checksum stream.Checksum }

// operationsAlone does the operations from from to to, without that, and nothing else.
//
//go:noinline
func (l *Loop) operationsAlone(do func(uint64) uint64, from, to uint64) {
	checksum := l.Checksum
	for number := from; number < to; number++ {
		checksum.Fold(do(number))
	}
	l.Checksum = checksum
}

// Alone does operations and nothing else.
func (l *Loop) Alone(do func(uint64) uint64, from, to uint64) { l.operationsAlone(do, from, to) }

//go:noinline
func (l *Loop) operationsTimed(do func(uint64) uint64, from, to uint64, since time.Time, began, took []int64) {
	for number := from; number < to; number++ {
		before := time.Since(since)
		answer := do(number)
		after := time.Since(since)
		began[number-from], took[number-from] = int64(before), int64(after-before)
		l.Checksum.Fold(answer)
	}
}

// Timed does operations and leaves when each began, nanoseconds after since, and how long it took.
func (l *Loop) Timed(do func(uint64) uint64, from, to uint64, since time.Time, began, took []int64) {
	l.operationsTimed(do, from, to, since, began, took)
}
