package maps

// null keeps nothing and finds nothing. What a pass of it counts is the harness's own, and the making of keys and values.
type null[K comparable, V any] struct{}

func newNull[K comparable, V any](Config[K]) Map[K, V] { return null[K, V]{} }

func (null[K, V]) Get([]K, []V, []bool)                                {}
func (null[K, V]) Insert([]K, []V, []bool)                             {}
func (null[K, V]) Update(_, _ []K, _ []V, _ []bool)                    {}
func (null[K, V]) Remove([]K, []bool)                                  {}
func (null[K, V]) Entry(_, _ []K, _, _ []V, _ []bool)                  {}
func (null[K, V]) Modify(_, _ []K, _ Changer[V], _ []uint64, _ []bool) {}
func (null[K, V]) Each([]V, func([]V))                                 {}
func (null[K, V]) Entries(func(K, V))                                  {}
func (null[K, V]) Clear()                                              {}
func (null[K, V]) Len() int                                            { return 0 }
func (null[K, V]) Shape() Shape                                        { return Shape{Known: true} }
func (null[K, V]) Mark(bool) uint64                                    { return 0 }
