package workload

// AccessKind is a distribution of picks.
type AccessKind uint8

const (
	// Uniform picks any entry with the same odds.
	Uniform AccessKind = iota
	// Sequential picks one after the other, starting over at the end.
	Sequential
	// Zipf picks rank r, from 1 on, with odds of 1 / r^theta: the oldest entry is the hottest.
	Zipf
	// ScrambledZipf is the same with ranks hashed over the entries.
	ScrambledZipf
	// Latest is Zipf over recency: the newest entry is the hottest.
	Latest
	// Hotspot gives a share of the picks to the first share of the entries.
	Hotspot
)

// Access says which live entry an operation picks.
type Access struct {
	Kind AccessKind
	// Theta is the skew of a Zipf distribution.
	Theta float64
	// Operations is the share of the picks that goes to the share Keys of the entries, of a hotspot.
	Operations, Keys float64
}
