package maps

import (
	"sync"
	"unsafe"

	"mapprof/internal/mapshape"
)

// shard is one of Go's maps behind a lock.
type shard[K comparable, V any] struct {
	lock    sync.RWMutex
	entries map[K]V
	// Two shards in one cache line would slow each other down.
	_ [32]byte
}

// sharded is several of Go's maps, each behind a lock of its own. With one shard it is a map behind a lock.
type sharded[K comparable, V any] struct {
	shards []shard[K, V]
	hash   Hash[K]
}

// shardsByDefault is the number of shards if none is said.
const shardsByDefault = 32

func newSharded[K comparable, V any](config Config[K]) Map[K, V] {
	count := config.Shards
	if count == 0 {
		count = shardsByDefault
	}
	return newShards[K, V](config, count)
}

func newLocked[K comparable, V any](config Config[K]) Map[K, V] { return newShards[K, V](config, 1) }

func newShards[K comparable, V any](config Config[K], count int) *sharded[K, V] {
	made := &sharded[K, V]{make([]shard[K, V], count), config.Hash}
	for i := range made.shards {
		made.shards[i].entries = madeShare[K, V](config.Capacity, count)
	}
	return made
}

// madeShare is a map with room for a share of so many entries.
func madeShare[K comparable, V any](capacity, count int) map[K]V {
	return made[K, V]((capacity + count - 1) / count)
}

func (m *sharded[K, V]) of(key K) *shard[K, V] {
	if len(m.shards) == 1 {
		return &m.shards[0]
	}
	return &m.shards[m.hash(key)%uint64(len(m.shards))]
}

func (m *sharded[K, V]) Get(look []K, values []V, there []bool) {
	for i, key := range look {
		shard := m.of(key)
		shard.lock.RLock()
		values[i], there[i] = shard.entries[key]
		shard.lock.RUnlock()
	}
}

func (m *sharded[K, V]) Insert(keys []K, values []V, fresh []bool) {
	for i, key := range keys {
		shard := m.of(key)
		shard.lock.Lock()
		before := len(shard.entries)
		shard.entries[key] = values[i]
		fresh[i] = len(shard.entries) != before
		shard.lock.Unlock()
	}
}

func (m *sharded[K, V]) Update(look, keys []K, values []V, there []bool) {
	for i, key := range look {
		shard := m.of(key)
		shard.lock.Lock()
		if _, there[i] = shard.entries[key]; there[i] {
			shard.entries[keys[i]] = values[i]
		}
		shard.lock.Unlock()
	}
}

func (m *sharded[K, V]) Remove(look []K, there []bool) {
	for i, key := range look {
		shard := m.of(key)
		shard.lock.Lock()
		before := len(shard.entries)
		delete(shard.entries, key)
		there[i] = len(shard.entries) != before
		shard.lock.Unlock()
	}
}

func (m *sharded[K, V]) Entry(look, keys []K, values, found []V, there []bool) {
	for i, key := range look {
		shard := m.of(key)
		shard.lock.Lock()
		if found[i], there[i] = shard.entries[key]; !there[i] {
			shard.entries[keys[i]] = values[i]
		}
		shard.lock.Unlock()
	}
}

func (m *sharded[K, V]) Modify(look, keys []K, types Changer[V], before []uint64, there []bool) {
	for i := range look {
		shard := m.of(look[i])
		shard.lock.Lock()
		modify(shard.entries, look[i:i+1], keys[i:i+1], types, before[i:i+1], there[i:i+1])
		shard.lock.Unlock()
	}
}

func (m *sharded[K, V]) Each(some []V, show func(values []V)) {
	for i := range m.shards {
		shard := &m.shards[i]
		shard.lock.RLock()
		each(shard.entries, some, show)
		shard.lock.RUnlock()
	}
}

func (m *sharded[K, V]) Entries(visit func(key K, value V)) {
	for i := range m.shards {
		entries(m.shards[i].entries, visit)
	}
}

func (m *sharded[K, V]) Clear() {
	for i := range m.shards {
		shard := &m.shards[i]
		shard.lock.Lock()
		clearMap(shard.entries)
		shard.lock.Unlock()
	}
}

func (m *sharded[K, V]) Len() int {
	count := 0
	for i := range m.shards {
		shard := &m.shards[i]
		shard.lock.RLock()
		count += len(shard.entries)
		shard.lock.RUnlock()
	}
	return count
}

func (m *sharded[K, V]) Shape() Shape {
	all := Shape{Known: true}.withHead(unsafe.Sizeof(*m)).withHead(unsafe.Sizeof(m.shards[0]) * uintptr(len(m.shards)))
	for i := range m.shards {
		shard := &m.shards[i]
		shard.lock.RLock()
		all.Add(shapeOf(shard.entries))
		shard.lock.RUnlock()
	}
	return all
}

func (m *sharded[K, V]) Mark(deep bool) uint64 {
	if len(m.shards) == 1 {
		return mapshape.Mark(m.shards[0].entries, deep)
	}
	return 0
}
