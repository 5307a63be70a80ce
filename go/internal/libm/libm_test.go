package libm

import (
	"math"
	"math/bits"
	"testing"
)

// known has the bits of x and y, and those that the Rust crate libm 0.2.16 gives for pow(x, y) and exp(y).
var known = [][4]uint64{
	{0x41c8b7918e800000, 0xbfdf6622b40cb388, 0x3f0613e3ce1f7c5c, 0x3fe39794a91ed400},
	{0x41d1ef4e56400000, 0xc007682d35e64178, 0x3a6ac316e8358e30, 0x3fab73d6de273b74},
	{0x41ea7962b8e00000, 0xbff11e93fba788f6, 0x3dd09b6c7f59816e, 0x3fd5f40bda631aa5},
	{0x3ff0a4bf1ddfdea1, 0xbff26f32eba92276, 0x3fee9423a15ee14c, 0x3fd438a501d2f399},
	{0x3ff0aeeed00f90f5, 0xbfd0972b613bed28, 0x3fefa7ab1dbe4b03, 0x3fe8b1575fa44640},
	{0x3ff00d2a67de9c87, 0xc0094c1a965fda2d, 0x3fefad4a45e6a4c8, 0x3fa5acd3ecd42ffc},
	{0x3fe610528779d979, 0xbfcd785b50a96ec3, 0x3ff16e11661630c5, 0x3fe96b4962698b05},
	{0x3fee3efdc3949c30, 0xbfd1eaf9c2b96457, 0x3ff041279b4f43ff, 0x3fe82f960c716070},
	{0x3fe3ac4c4e010a83, 0xbfc42aedcf771042, 0x3ff1464ee89bc8e0, 0x3feb55d0ae8a95b2},
	{0x4025b54f7a31c8c7, 0xc03ab2bbcc270ff4, 0x3a31cc76a6fb8f17, 0x3d865b74cebbcbda},
	{0x405078cec54dbece, 0x4046c1c6c8f6e981, 0x511fd241c6f4940d, 0x440953e7e8028c0e},
	{0x404df0d4ff590e98, 0xc026380982f5e2ba, 0x3bd540033ebe7b17, 0x3eef6513915a006e},
	{0x3fefffff0e7b552b, 0x4216b52da7cbf0b5, 0x0000000000000000, 0x7ff0000000000000},
	{0x3fefffff8c6c1443, 0x421d1a5ba7f64588, 0x0000000000000000, 0x7ff0000000000000},
	{0x3fefffff6481250c, 0xc20b33c4d29177d2, 0x7ff0000000000000, 0x0000000000000000},
	{0x1af9768529e7ce46, 0xc16cb1fe9cae2529, 0x7ff0000000000000, 0x0000000000000000},
	{0x86f95176cd631534, 0x862510a1755f3a38, 0x7ff8000000000001, 0x3ff0000000000000},
	{0x8956ae953c61a511, 0x865e9b4e2a05d871, 0x7ff8000000000001, 0x3ff0000000000000},
	{0xc08ec80000000000, 0xc05b200000000000, 0x7ff8000000000001, 0x36261fee6cdb7090},
	{0xc071300000000000, 0xc029000000000000, 0x7ff8000000000001, 0x3ecf42ed3f68e690},
	{0xc072f00000000000, 0x4042000000000000, 0x527afd02b523be50, 0x432ea215a1d20d76},
	{0x00000b6a0e8a092a, 0x4050c66d9259b37a, 0x0000000000000000, 0x45fbf6a27bcf2772},
	{0x000004f358e807cf, 0xc081b1c48650963d, 0x7ff0000000000000, 0x0ce1566b1bc53fd4},
	{0x0000110a59ae0b0e, 0x40602fb8a2cfaf17, 0x0000000000000000, 0x4b9c2d47df3c21ef},
	{0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000, 0x3ff0000000000000},
	{0x8000000000000000, 0xbfe0000000000000, 0x7ff0000000000000, 0x3fe368b2fc6f960a},
	{0x3ff0000000000000, 0x7e37e43c8800759c, 0x3ff0000000000000, 0x7ff0000000000000},
	{0x4000000000000000, 0x3ff0000000000000, 0x4000000000000000, 0x4005bf0a8b14576a},
	{0xc000000000000000, 0x7ff0000000000000, 0x7ff0000000000000, 0x7ff0000000000000},
	{0x3fe0000000000000, 0xfe37e43c8800759c, 0x7ff0000000000000, 0x0000000000000000},
	{0x7ff0000000000000, 0xbff0000000000000, 0x0000000000000000, 0x3fd78b56362cef38},
	{0xfff0000000000000, 0xfff0000000000000, 0x0000000000000000, 0x0000000000000000},
	{0x7ff8000000000001, 0x00000000000007e8, 0x7ff8000000000001, 0x3ff0000000000000},
	{0xc008000000000000, 0x4000000000000000, 0x4022000000000000, 0x401d8e64b8d4ddae},
	{0x7e37e43c8800759c, 0x7ff8000000000001, 0x7ff8000000000001, 0x7ff8000000000001},
	{0xfe37e43c8800759c, 0x4004000000000000, 0x7ff8000000000001, 0x40285d6fd931e0bb},
	{0x4004000000000000, 0xc000000000000000, 0x3fc47ae147ae147b, 0x3fc152aaa3bf81cc},
}

// same tells numbers apart by their bits, but not what is not a number.
func same(x float64, due uint64) bool {
	other := math.Float64frombits(due)
	return math.Float64bits(x) == due || (x != x && other != other)
}

func TestBitsAreThoseOfTheRustCrate(t *testing.T) {
	for _, row := range known {
		x, y := math.Float64frombits(row[0]), math.Float64frombits(row[1])
		if got := Pow(x, y); !same(got, row[2]) {
			t.Errorf("pow(%v, %v) has the bits %016x, not %016x", x, y, math.Float64bits(got), row[2])
		}
		if got := Exp(y); !same(got, row[3]) {
			t.Errorf("exp(%v) has the bits %016x, not %016x", y, math.Float64bits(got), row[3])
		}
	}
}

func TestBitsAreThoseThatTheStreamIsTestedWithInRust(t *testing.T) {
	for _, row := range []struct {
		x, y float64
		due  uint64
	}{
		{0.3, -0.99, 4_614_598_589_827_301_934},
		{12_345.678, 1 / -1.2, 4_555_818_922_487_806_865},
		{7, 0.25, 4_610_004_268_769_798_642},
	} {
		if got := Pow(row.x, row.y); !same(got, row.due) {
			t.Errorf("pow(%v, %v) has the bits %d, not %d", row.x, row.y, math.Float64bits(got), row.due)
		}
	}
}

// A fused multiplication and addition changes a last bit here and there, so that a few arguments may not show it.
func TestManyBitsAreUnchanged(t *testing.T) {
	var fold uint64
	for n := uint64(1); n <= 200_000; n++ {
		x, y := float64(n), -float64(n*2654435761%1000003)/250_000
		fold = bits.RotateLeft64(fold, 23) ^ math.Float64bits(Pow(x, y))
		fold = bits.RotateLeft64(fold, 23) ^ math.Float64bits(Pow(1+1/x, y*100))
		fold = bits.RotateLeft64(fold, 23) ^ math.Float64bits(Exp(y*10))
	}
	if fold != 0x2b50e08a0c2742cd {
		t.Errorf("the fold of the bits is %#x", fold)
	}
}
