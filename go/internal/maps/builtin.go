package maps

import (
	"unsafe"

	"mapprof/internal/mapshape"
)

// builtin is Go's own map, as a program uses it.
type builtin[K comparable, V any] struct{ entries map[K]V }

func newBuiltin[K comparable, V any](config Config[K]) Map[K, V] {
	return &builtin[K, V]{made[K, V](config.Capacity)}
}

// made is a map with room for so many entries. Without a number it is what make(map[K]V) makes.
func made[K comparable, V any](capacity int) map[K]V {
	if capacity == 0 {
		return make(map[K]V)
	}
	return make(map[K]V, capacity)
}

func (m *builtin[K, V]) Get(look []K, values []V, there []bool) {
	get(m.entries, look, values, there)
}

func (m *builtin[K, V]) Insert(keys []K, values []V, fresh []bool) {
	insert(m.entries, keys, values, fresh)
}

func (m *builtin[K, V]) Update(look, keys []K, values []V, there []bool) {
	update(m.entries, look, keys, values, there)
}

func (m *builtin[K, V]) Remove(look []K, there []bool) { remove(m.entries, look, there) }

func (m *builtin[K, V]) Entry(look, keys []K, values, found []V, there []bool) {
	entry(m.entries, look, keys, values, found, there)
}

func (m *builtin[K, V]) Modify(look, keys []K, types Changer[V], before []uint64, there []bool) {
	modify(m.entries, look, keys, types, before, there)
}

func (m *builtin[K, V]) Each(some []V, show func(values []V)) { each(m.entries, some, show) }

func (m *builtin[K, V]) Entries(visit func(key K, value V)) { entries(m.entries, visit) }

func (m *builtin[K, V]) Clear() { clearMap(m.entries) }

func (m *builtin[K, V]) Len() int { return len(m.entries) }

func (m *builtin[K, V]) Shape() Shape { return shapeOf(m.entries).withHead(unsafe.Sizeof(*m)) }

// shapeOf is the shape of one of Go's own maps.
func shapeOf[K comparable, V any](entries map[K]V) Shape {
	found, ok := mapshape.Of(entries)
	return Shape{Shape: found, Known: ok}
}

func (m *builtin[K, V]) Mark(deep bool) uint64 { return mapshape.Mark(m.entries, deep) }
