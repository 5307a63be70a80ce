package stream

import (
	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

// keyIds is how the ids of the entries of one thread's share become key codes that no other thread's have.
type keyIds struct {
	thread, threads uint64
	// stride is 2 if there are missing keys, which then have the odd numbers: they lie among the present ones and not
	// all behind them, where an ordered map would find their absence too easily.
	stride    uint64
	ascending bool
	// bits of a code.
	bits uint
	// salt makes keys differ between seeds.
	salt uint64
	// instances is the number of maps that the entries are dealt over.
	instances uint64
}

func newKeyIds(w *workload.Workload, salt, thread, threads uint64) keyIds {
	return keyIds{
		thread: thread, threads: threads,
		stride: w.Stride(), ascending: w.Key.Ascending, bits: w.Key.CodeBits(), salt: salt,
		instances: w.Instances,
	}
}

// global is the id over all threads.
func (ids *keyIds) global(local uint32) uint64 { return ids.thread + ids.threads*uint64(local) }

// instance is which of the maps an entry is in, and the missing key near it.
func (ids *keyIds) instance(local uint32) uint32 { return uint32(ids.global(local) % ids.instances) }

// present is the code of the key of an entry.
func (ids *keyIds) present(local uint32) uint64 { return ids.code(ids.global(local) * ids.stride) }

// missing is the code of a key that is never inserted, near that of the entry.
func (ids *keyIds) missing(local uint32) uint64 { return ids.code(ids.global(local)*ids.stride + 1) }

func (ids *keyIds) code(number uint64) uint64 {
	if ids.ascending {
		return number
	}
	return bitmix.MixWithin(number^ids.salt, ids.bits)
}
