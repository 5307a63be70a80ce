// Package libm has powers whose bits are the same on every machine, and the same as those of the Rust crate libm 0.2,
// which draws the sizes and ranks of the operation stream there. Package math has other bits, in part from instructions
// of the processor.
//
// The files are translations of FreeBSD's. Each product that is added to something is converted to float64 first: the
// conversion rounds it, so that no compiler makes one fused multiplication and addition of the two.
package libm
