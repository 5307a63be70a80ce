package stream

import "mapprof/internal/workload"

// liveSums is what the live entries of one thread come to: bytes of their keys and values, and what an iteration over
// them answers. As little is kept as the workload asks for.
type liveSums struct {
	value workload.ValueSpec
	sizes workload.Sizes
	// same is the size of every value, in bytes, if isSame.
	same   uint32
	isSame bool
	// isPlain: the fingerprint of a value is its tag, changed on 64 bits, and plain.
	isPlain bool
	plain   uint64
	// salt makes tags differ between seeds.
	salt uint64
	// iterates: the sum of live fingerprints is kept, which only iterations need.
	iterates     bool
	fingerprints uint64
	// keyLength is the bytes of each key, if keysAlike.
	keyLength uint64
	keysAlike bool
	keyLayout workload.Layout
	// keyBytes and valueBytes are those of the live keys and values, where they are not alike.
	keyBytes, valueBytes uint64
	// keyBlock and valueBlock are the sizes of the blocks of a key and of a value, in bytes, if those of all are alike.
	keyBlock, valueBlock             uint64
	keyBlocksAlike, valueBlocksAlike bool
	// blockBytes is the size of the blocks that are not alike.
	blockBytes uint64
	// heldBelow says which values others hold too.
	heldBelow uint64
	// sharedBytes and heldBytes are the sizes of the blocks of these: of live values, and of those that the map let go.
	sharedBytes, heldBytes uint64
}

func newLiveSums(w *workload.Workload, salt uint64) liveSums {
	s := liveSums{
		value: w.Value, sizes: workload.SizesOf(&w.Value), salt: salt,
		iterates: w.Calls(workload.Iterate), keyLayout: w.Key.Layout,
		heldBelow: workload.HeldBelow(w.Value.HeldShare),
	}
	s.same, s.isSame = s.sizes.Same()
	if s.isSame && w.Value.Heap.Len() == 0 {
		// A value of less than 64 bits has others.
		s.plain = s.value.Fingerprint(0, 0, s.same)
		s.isPlain = s.value.Fingerprint(1<<63, 0, s.same) == s.plain+1<<63
	}
	length, fixed := w.Key.Length.Fixed()
	s.keyLength, s.keysAlike = uint64(length), fixed
	s.keyBlock, s.keyBlocksAlike = w.Key.SameBlockBytes()
	s.valueBlock, s.valueBlocksAlike = w.Value.SameBlockBytes()
	return s
}

// payloadBytes is the bytes of the keys and values of so many live entries.
func (s *liveSums) payloadBytes(entries uint64) uint64 {
	keys, values := s.keyBytes, s.valueBytes
	if s.keysAlike {
		keys = entries * s.keyLength
	}
	if s.isSame {
		values = entries * uint64(s.same)
	}
	return keys + values
}

// blocks is the requested size of their blocks, in bytes.
func (s *liveSums) blocks(entries uint64) uint64 {
	sum := s.blockBytes
	if s.keyBlocksAlike {
		sum += entries * s.keyBlock
	}
	if s.valueBlocksAlike {
		sum += entries * s.valueBlock
	}
	return sum
}

// allValues is what an iteration over so many live entries answers.
func (s *liveSums) allValues(entries uint64) uint64 { return s.fingerprints + entries*Visited }

// fingerprint is that of the value of an entry whose key has this digest.
func (s *liveSums) fingerprint(digest uint64, e entry) uint64 {
	tag := workload.Tag(digest, e.version(), s.salt)
	if s.isPlain {
		return tag + uint64(e.changes())<<61 + s.plain
	}
	return s.value.Fingerprint(tag, e.changes(), s.sizes.Of(tag))
}

// sizeOfValue is the size of a value, where sizes differ; 0 elsewhere.
func (s *liveSums) sizeOfValue(digest uint64, version uint8) uint32 {
	if s.isSame {
		return 0
	}
	return s.sizes.Of(workload.Tag(digest, version, s.salt))
}

// holdKey adds the bytes of an entry's key.
func (s *liveSums) holdKey(length int) {
	s.keyBytes += uint64(length)
	if !s.keyBlocksAlike {
		s.blockBytes += s.keyLayout.BlockBytes(uint64(length))
	}
}

// dropKey takes them off again.
func (s *liveSums) dropKey(length int) {
	s.keyBytes -= uint64(length)
	if !s.keyBlocksAlike {
		s.blockBytes -= s.keyLayout.BlockBytes(uint64(length))
	}
}

// weighs says whether anything is kept of single values.
func (s *liveSums) weighs() bool { return s.iterates || !s.isSame }

// hold adds an entry's value to the sums. It returns its size, where sizes differ.
func (s *liveSums) hold(digest uint64, e entry) uint32 {
	if !s.weighs() {
		return 0
	}
	size, blocks, fingerprint := s.weight(digest, e)
	s.valueBytes += uint64(size)
	s.blockBytes += blocks
	s.fingerprints += fingerprint
	return size
}

// drop takes an entry's value from the sums.
func (s *liveSums) drop(digest uint64, e entry) {
	if !s.weighs() {
		return
	}
	size, blocks, fingerprint := s.weight(digest, e)
	s.valueBytes -= uint64(size)
	s.blockBytes -= blocks
	s.fingerprints -= fingerprint
}

// weight is what an entry's value adds to each sum that is kept.
func (s *liveSums) weight(digest uint64, e entry) (size uint32, blocks, fingerprint uint64) {
	tag := workload.Tag(digest, e.version(), s.salt)
	size = s.sizes.Of(tag)
	if !s.valueBlocksAlike {
		blocks = s.value.BlockBytes(size, tag)
	}
	if s.iterates {
		fingerprint = s.value.Fingerprint(tag, e.changes(), size)
	}
	return size, blocks, fingerprint
}

// share says that the map takes the value of an entry, or lets it go, which counts if others hold it too.
func (s *liveSums) share(digest uint64, e entry, letsGo bool) {
	tag := workload.Tag(digest, e.version(), s.salt)
	// Changing a held value in place copies it first.
	if e.isChanged() || !workload.IsHeld(s.heldBelow, tag) {
		return
	}
	bytes := s.value.BlockBytes(s.sizes.Of(tag), tag)
	if letsGo {
		s.sharedBytes -= bytes
		s.heldBytes += bytes
	} else {
		s.sharedBytes += bytes
	}
}

// clear says that the map lets every entry go.
func (s *liveSums) clear() {
	s.fingerprints, s.keyBytes, s.blockBytes, s.valueBytes = 0, 0, 0, 0
	s.heldBytes += s.sharedBytes
	s.sharedBytes = 0
}
