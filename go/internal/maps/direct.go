package maps

// Builtin is the map of Go's that a map is and nothing else; not ok if it is another kind of map. Whoever has it calls it
// as a program would.
func Builtin[K comparable, V any](m Map[K, V]) (entries map[K]V, ok bool) {
	found, ok := m.(*builtin[K, V])
	if !ok {
		return nil, false
	}
	return found.entries, true
}
