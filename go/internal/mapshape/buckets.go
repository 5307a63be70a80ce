package mapshape

import "unsafe"

// hmap is the header of a map of buckets (runtime/map.go of Go 1.18 to 1.23).
type hmap struct {
	count      int
	flags      uint8
	b          uint8
	noverflow  uint16
	hash0      uint32
	buckets    unsafe.Pointer
	oldbuckets unsafe.Pointer
	nevacuate  uintptr
	extra      *mapextra
}

// mapextra is what a map of buckets has beside its header once it has overflow buckets.
type mapextra struct {
	overflow     *[]unsafe.Pointer
	oldoverflow  *[]unsafe.Pointer
	nextOverflow unsafe.Pointer
}

// sameSizeGrow is the flag of a growth to as many buckets, which only sorts out overflow buckets.
const sameSizeGrow = 8

func ofBuckets(data unsafe.Pointer, bucket storage, entries int) (Shape, bool) {
	header := (*hmap)(data)
	if header.count != entries || header.b > 48 {
		return Shape{}, false
	}
	shape := Shape{Capacity: bucketCapacity(header.b)}
	shape.made(uint64(unsafe.Sizeof(hmap{})), true)
	made := shape.Usable
	shape.addBuckets(header.buckets, header.b, bucket)
	shape.Outgrown = shape.Usable - made
	shape.Newest = Usable(bucketCount(header.b, bucket)*bucket.bytes, bucket.pointers)
	if header.oldbuckets != nil {
		shape.IsGrowing = true
		b := header.b
		if header.flags&sameSizeGrow == 0 {
			b--
		}
		made = shape.Usable
		shape.addBuckets(header.oldbuckets, b, bucket)
		shape.Outgrown = shape.Usable - made
		if bucket.pointers {
			// Buckets that were moved no longer lead to their overflow buckets.
			shape.Outgrown = Usable(bucketCount(b, bucket)*bucket.bytes, true)
		}
	}
	if extra := header.extra; extra != nil {
		shape.made(uint64(unsafe.Sizeof(mapextra{})), true)
		shape.addList(extra.overflow, !shape.IsGrowing)
		shape.addList(extra.oldoverflow, true)
	}
	return shape, true
}

// addList adds the list by which a map without pointers keeps its overflow buckets.
func (s *Shape) addList(list *[]unsafe.Pointer, isOutgrown bool) {
	if list == nil {
		return
	}
	made := s.Usable
	s.made(uint64(unsafe.Sizeof(*list)), true)
	s.made(uint64(cap(*list))*uint64(unsafe.Sizeof(unsafe.Pointer(nil))), true)
	if isOutgrown {
		s.Outgrown += s.Usable - made
	}
}

// bucketCapacity is the most entries of 2^b buckets: 6.5 each on average, or eight in a single one.
func bucketCapacity(b uint8) uint64 {
	if b == 0 {
		return slotsOfGroup
	}
	return 13 * (uint64(1) << b / 2)
}

// bucketCount is the number of buckets in the array of 2^b: with those that are set aside for overflow.
func bucketCount(b uint8, bucket storage) uint64 {
	count := uint64(1) << b
	if b >= 4 {
		count += uint64(1) << (b - 4)
		count = RoundUp(count*bucket.bytes, bucket.pointers) / bucket.bytes
	}
	return count
}

// addBuckets adds an array of buckets and the overflow buckets that have blocks of their own.
func (s *Shape) addBuckets(buckets unsafe.Pointer, b uint8, bucket storage) {
	if buckets == nil {
		return
	}
	count := bucketCount(b, bucket)
	s.made(count*bucket.bytes, bucket.pointers)
	s.Slots += slotsOfGroup * count
	first, end := uintptr(buckets), uintptr(buckets)+uintptr(count*bucket.bytes)
	inArray := func(at unsafe.Pointer) bool { return uintptr(at) >= first && uintptr(at) < end }
	// Those that are set aside for overflow lie in the array, and keep what they point to alive whether a chain leads to
	// them or not. The last one points to the array's beginning until it is used.
	for i := uint64(0); i < count; i++ {
		next := overflowOf(unsafe.Add(buckets, i*bucket.bytes), bucket)
		for ; next != nil && !inArray(next); next = overflowOf(next, bucket) {
			s.Overflow++
			s.Slots += slotsOfGroup
			s.made(bucket.bytes, bucket.pointers)
		}
	}
}

// overflowOf is the bucket that a bucket's last word points to.
func overflowOf(at unsafe.Pointer, bucket storage) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Add(at, bucket.bytes-uint64(unsafe.Sizeof(at))))
}
