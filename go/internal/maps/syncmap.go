package maps

import "sync"

// syncMap is sync.Map. Its keys and values lie in interfaces.
type syncMap[K comparable, V any] struct{ entries sync.Map }

func newSyncMap[K comparable, V any](Config[K]) Map[K, V] { return new(syncMap[K, V]) }

func (m *syncMap[K, V]) load(key K) (value V, there bool) {
	found, there := m.entries.Load(key)
	if there {
		value = found.(V)
	}
	return value, there
}

func (m *syncMap[K, V]) Get(look []K, values []V, there []bool) {
	for i, key := range look {
		values[i], there[i] = m.load(key)
	}
}

func (m *syncMap[K, V]) Insert(keys []K, values []V, fresh []bool) {
	for i, key := range keys {
		// Store does not say whether the key was new.
		_, loaded := m.entries.LoadOrStore(key, values[i])
		if fresh[i] = !loaded; loaded {
			m.entries.Store(key, values[i])
		}
	}
}

func (m *syncMap[K, V]) Update(look, keys []K, values []V, there []bool) {
	for i, key := range look {
		if _, there[i] = m.entries.Load(key); there[i] {
			m.entries.Store(keys[i], values[i])
		}
	}
}

func (m *syncMap[K, V]) Remove(look []K, there []bool) {
	for i, key := range look {
		_, there[i] = m.entries.LoadAndDelete(key)
	}
}

func (m *syncMap[K, V]) Entry(look, keys []K, values, found []V, there []bool) {
	for i, key := range look {
		if found[i], there[i] = m.load(key); !there[i] {
			m.entries.LoadOrStore(keys[i], values[i])
		}
	}
}

func (m *syncMap[K, V]) Modify(look, keys []K, types Changer[V], before []uint64, there []bool) {
	for i, key := range look {
		value, ok := m.load(key)
		if there[i] = ok; !ok {
			continue
		}
		before[i] = types.Fingerprint(value)
		if types.Change(&value) {
			m.entries.Store(keys[i], value)
		}
	}
}

func (m *syncMap[K, V]) Each(some []V, show func(values []V)) {
	count := 0
	m.entries.Range(func(_, value any) bool {
		some[count] = value.(V)
		if count++; count == len(some) {
			show(some)
			count = 0
		}
		return true
	})
	show(some[:count])
}

func (m *syncMap[K, V]) Entries(visit func(key K, value V)) {
	m.entries.Range(func(key, value any) bool {
		visit(key.(K), value.(V))
		return true
	})
}

func (m *syncMap[K, V]) Clear() {
	m.entries.Range(func(key, _ any) bool {
		m.entries.Delete(key)
		return true
	})
}

func (m *syncMap[K, V]) Len() int {
	count := 0
	m.entries.Range(func(_, _ any) bool {
		count++
		return true
	})
	return count
}

// Shape is not known: it lies behind what the package keeps to itself.
func (m *syncMap[K, V]) Shape() Shape { return Shape{} }

func (m *syncMap[K, V]) Mark(bool) uint64 { return 0 }
