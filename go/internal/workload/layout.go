package workload

// Layout says where the bytes of a key or a value lie in Rust.
type Layout struct {
	// Size and Align of the type, in bytes.
	Size  uint64 `json:"size"`
	Align uint64 `json:"align"`
	// Block is what it has beside the map's slot; nil if it never has one.
	Block *Block `json:"block"`
	// Parts is the number of parts that a record has room for.
	Parts uint64 `json:"parts"`
	// Niche: an Option of the type is no larger than the type.
	Niche bool `json:"niche"`
}

// Block is the block that a key or a value has beside the map's slot in Rust, by the length of its contents.
type Block struct {
	// Above is the most bytes of contents that lie in the slot, without a block; nil if there is always a block.
	Above *uint64 `json:"above"`
	// Header is the bytes in front of the contents.
	Header uint64 `json:"header"`
	// Least is the fewest bytes of contents that there is room for.
	Least uint64 `json:"least"`
	// Multiple: the size is a multiple of so many bytes.
	Multiple uint64 `json:"multiple"`
	// Shared: clones share it.
	Shared bool `json:"shared"`
	// Rounded is the size of the block by the length of its contents, instead of all of the above. A request does not
	// say so: it is for blocks of another language.
	Rounded func(length uint64) uint64 `json:"-"`
}

// BlockBytes is the requested size, in bytes, of the block of one that holds length bytes; 0 if it has none.
func (l *Layout) BlockBytes(length uint64) uint64 {
	block := l.Block
	if block != nil && block.Rounded != nil {
		return block.Rounded(length)
	}
	if block == nil || (block.Above != nil && length <= *block.Above) {
		return 0
	}
	if length < block.Least {
		length = block.Least
	}
	bytes := length + block.Header
	if block.Multiple > 1 {
		if rest := bytes % block.Multiple; rest > 0 {
			bytes += block.Multiple - rest
		}
	}
	return bytes
}
