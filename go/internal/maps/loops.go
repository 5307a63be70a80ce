package maps

// The loops over one of Go's own maps. Every map here is made of such maps but the sorted slice.

func get[K comparable, V any](m map[K]V, look []K, values []V, there []bool) {
	values, there = values[:len(look)], there[:len(look)]
	for i, key := range look {
		values[i], there[i] = m[key]
	}
}

func insert[K comparable, V any](m map[K]V, keys []K, values []V, fresh []bool) {
	values, fresh = values[:len(keys)], fresh[:len(keys)]
	for i, key := range keys {
		// The length tells whether the key was new, without a second look-up.
		before := len(m)
		m[key] = values[i]
		fresh[i] = len(m) != before
	}
}

// update hands over fresh keys: where a key is there, Go's map of strings keeps the one that was handed over last.
func update[K comparable, V any](m map[K]V, look, keys []K, values []V, there []bool) {
	keys, values, there = keys[:len(look)], values[:len(look)], there[:len(look)]
	for i, key := range look {
		if _, there[i] = m[key]; there[i] {
			m[keys[i]] = values[i]
		}
	}
}

func remove[K comparable, V any](m map[K]V, look []K, there []bool) {
	there = there[:len(look)]
	for i, key := range look {
		before := len(m)
		delete(m, key)
		there[i] = len(m) != before
	}
}

func entry[K comparable, V any](m map[K]V, look, keys []K, values, found []V, there []bool) {
	keys, values = keys[:len(look)], values[:len(look)]
	found, there = found[:len(look)], there[:len(look)]
	for i, key := range look {
		if found[i], there[i] = m[key]; !there[i] {
			m[keys[i]] = values[i]
		}
	}
}

func modify[K comparable, V any](m map[K]V, look, keys []K, types Changer[V], before []uint64, there []bool) {
	keys, before, there = keys[:len(look)], before[:len(look)], there[:len(look)]
	for i, key := range look {
		value, ok := m[key]
		if there[i] = ok; !ok {
			continue
		}
		before[i] = types.Fingerprint(value)
		if types.Change(&value) {
			m[keys[i]] = value
		}
	}
}

// each shows the values in the room that it is given, for an array of its own would be an allocation.
func each[K comparable, V any](m map[K]V, some []V, show func(values []V)) {
	count := 0
	for _, value := range m {
		some[count] = value
		if count++; count == len(some) {
			show(some)
			count = 0
		}
	}
	show(some[:count])
}

func entries[K comparable, V any](m map[K]V, visit func(key K, value V)) {
	for key, value := range m {
		visit(key, value)
	}
}

// clearMap takes all entries out. The compiler knows this loop and clears the map at once; clear is of a later Go.
func clearMap[K comparable, V any](m map[K]V) {
	for key := range m {
		delete(m, key)
	}
}
