package libm

/* origin: FreeBSD /usr/src/lib/msun/src/e_pow.c */
/*
 * ====================================================
 * Copyright (C) 2004 by Sun Microsystems, Inc. All rights reserved.
 *
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 * ====================================================
 */

import "math"

var (
	bp  = [2]float64{1.0, 1.5}
	dpH = [2]float64{0.0, 5.84962487220764160156e-01}
	dpL = [2]float64{0.0, 1.35003920212974897128e-08}
)

const (
	two53 = 9007199254740992.0

	// Coefficients for (3/2)*(log(x)-2s-2/3*s**3).
	l1 = 5.99999999999994648725e-01
	l2 = 4.28571428578550184252e-01
	l3 = 3.33333329818377432918e-01
	l4 = 2.72728123808534006489e-01
	l5 = 2.30660745775561754067e-01
	l6 = 2.06975017800338417784e-01

	// Coefficients of the exponential.
	p1 = 1.66666666666666019037e-01
	p2 = -2.77777777770155933842e-03
	p3 = 6.61375632143793436117e-05
	p4 = -1.65339022054652515390e-06
	p5 = 4.13813679705723846039e-08

	lg2    = 6.93147180559945286227e-01
	lg2H   = 6.93147182464599609375e-01
	lg2L   = -1.90465429995776804525e-09
	ovt    = 8.0085662595372944372e-017 // -(1024-log2(ovfl+.5ulp))
	cp     = 9.61796693925975554329e-01 // 2/(3ln2)
	cpH    = 9.61796700954437255859e-01 // cp as a float32
	cpL    = -7.02846165095275826516e-09
	ivln2  = 1.44269504088896338700e+00 // 1/ln2
	ivln2H = 1.44269502162933349609e+00 // 24 bits of 1/ln2
	ivln2L = 1.92596299112661746887e-08
)

// Pow is x to the power of y.
func Pow(x, y float64) float64 {
	hx, lx := int32(math.Float64bits(x)>>32), uint32(math.Float64bits(x))
	hy, ly := int32(math.Float64bits(y)>>32), uint32(math.Float64bits(y))
	ix, iy := hx&0x7fffffff, hy&0x7fffffff

	if uint32(iy)|ly == 0 {
		return 1 // x**0 = 1, even if x is NaN
	}
	if hx == 0x3ff00000 && lx == 0 {
		return 1 // 1**y = 1, even if y is NaN
	}
	if ix > 0x7ff00000 || (ix == 0x7ff00000 && lx != 0) || iy > 0x7ff00000 || (iy == 0x7ff00000 && ly != 0) {
		return x + y // NaN
	}
	yIsInt := int32(0)
	if hx < 0 {
		yIsInt = integer(iy, ly)
	}
	if ly == 0 {
		switch {
		case iy == 0x7ff00000: // y is infinite
			switch {
			case uint32(ix-0x3ff00000)|lx == 0:
				return 1 // (-1)**inf
			case (ix >= 0x3ff00000) == (hy >= 0):
				return math.Inf(1)
			default:
				return 0
			}
		case iy == 0x3ff00000: // y is 1 or -1
			if hy >= 0 {
				return x
			}
			return 1 / x
		case hy == 0x40000000: // y is 2
			return x * x
		case hy == 0x3fe00000 && hx >= 0: // y is 0.5
			return math.Sqrt(x)
		}
	}
	ax := math.Abs(x)
	if lx == 0 && (ix == 0x7ff00000 || ix == 0 || ix == 0x3ff00000) { // x is 0, infinite, 1 or -1
		z := ax
		if hy < 0 {
			z = 1 / z
		}
		if hx < 0 {
			if (ix-0x3ff00000)|yIsInt == 0 {
				z = math.NaN() // (-1)**non-int
			} else if yIsInt == 1 {
				z = -z // (x<0)**odd = -(|x|**odd)
			}
		}
		return z
	}
	s := 1.0
	if hx < 0 {
		switch yIsInt {
		case 0:
			return math.NaN() // (x<0)**(non-int)
		case 1:
			s = -1 // (x<0)**(odd int)
		}
	}
	var t1, t2 float64
	if iy > 0x41e00000 { // |y| is more than 2**31
		if ix < 0x3fefffff || (iy > 0x43f00000 && ix <= 0x3fefffff) {
			return overflow(s, hy < 0)
		}
		if ix > 0x3ff00000 || (iy > 0x43f00000 && ix >= 0x3ff00000) {
			return overflow(s, hy > 0)
		}
		t1, t2 = logNearOne(ax)
	} else {
		t1, t2 = log2(ax, ix)
	}
	// Split y up into y1+y2 and compute (y1+y2)*(t1+t2).
	y1 := withLowWord(y, 0)
	pl := float64((y-y1)*t1) + float64(y*t2)
	ph := float64(y1 * t1)
	z := pl + ph
	j, i := int32(math.Float64bits(z)>>32), int32(math.Float64bits(z))
	if j >= 0x40900000 { // z >= 1024
		if (j-0x40900000)|i != 0 || pl+ovt > z-ph {
			return overflow(s, true)
		}
	} else if j&0x7fffffff >= 0x4090cc00 { // z <= -1075
		if (uint32(j)-0xc090cc00)|uint32(i) != 0 || pl <= z-ph {
			return overflow(s, false)
		}
	}
	return s * exp2(pl, ph, j)
}

// integer is 0 if y is no integer, 1 if it is an odd one and 2 if it is an even one. It takes the words of |y|.
func integer(iy int32, ly uint32) int32 {
	if iy >= 0x43400000 {
		return 2
	}
	if iy < 0x3ff00000 {
		return 0
	}
	k := iy>>20 - 0x3ff
	if k > 20 {
		if j := int32(ly >> uint(52-k)); j<<uint(52-k) == int32(ly) {
			return 2 - j&1
		}
	} else if ly == 0 {
		if j := iy >> uint(20-k); j<<uint(20-k) == iy {
			return 2 - j&1
		}
	}
	return 0
}

// overflow is what is too large for a float64, or too small.
func overflow(sign float64, large bool) float64 {
	if large {
		return sign * math.Inf(1)
	}
	return sign * 0
}

// logNearOne is log2(ax) in two parts, where |1-ax| is at most 2**-20: x-x^2/2+x^3/3-x^4/4 is enough.
func logNearOne(ax float64) (t1, t2 float64) {
	t := ax - 1
	w := float64(t*t) * (0.5 - float64(t*(0.3333333333333333333333-float64(t*0.25))))
	u := float64(ivln2H * t)
	v := float64(t*ivln2L) - float64(w*ivln2)
	t1 = withLowWord(u+v, 0)
	t2 = v - (t1 - u)
	return t1, t2
}

// log2 is log2(ax) in two parts. ix is the high word of ax.
func log2(ax float64, ix int32) (t1, t2 float64) {
	n := int32(0)
	if ix < 0x00100000 { // subnormal
		ax *= two53
		n -= 53
		ix = int32(math.Float64bits(ax) >> 32)
	}
	n += ix>>20 - 0x3ff
	j := ix & 0x000fffff
	// Determine the interval.
	k := 0
	ix = j | 0x3ff00000
	if j <= 0x3988E { // |x| < sqrt(3/2)
	} else if j < 0xBB67A { // |x| < sqrt(3)
		k = 1
	} else {
		n++
		ix -= 0x00100000
	}
	ax = withHighWord(ax, uint32(ix))
	// ss = sh+sl = (x-1)/(x+1) or (x-1.5)/(x+1.5)
	u := ax - bp[k]
	v := 1 / (ax + bp[k])
	ss := float64(u * v)
	sh := withLowWord(ss, 0)
	// th is the high part of ax+bp[k].
	th := withHighWord(0, ((uint32(ix)>>1)|0x20000000)+0x00080000+uint32(k)<<18)
	tl := ax - (th - bp[k])
	sl := float64(v * ((u - float64(sh*th)) - float64(sh*tl)))
	// log(ax)
	s2 := float64(ss * ss)
	r := l5 + float64(s2*l6)
	r = l4 + float64(s2*r)
	r = l3 + float64(s2*r)
	r = l2 + float64(s2*r)
	r = l1 + float64(s2*r)
	r = float64(float64(s2*s2) * r)
	r += float64(sl * (sh + ss))
	s2 = float64(sh * sh)
	th = withLowWord(3+s2+r, 0)
	tl = r - ((th - 3) - s2)
	// u+v = ss*(1+...)
	u = float64(sh * th)
	v = float64(sl*th) + float64(tl*ss)
	// 2/(3log2)*(ss+...)
	ph := withLowWord(u+v, 0)
	pl := v - (ph - u)
	zh := float64(cpH * ph)
	zl := float64(cpL*ph) + float64(pl*cp) + dpL[k]
	// log2(ax) = (ss+..)*2/(3*log2) = n + dpH + zh + zl
	t := float64(n)
	t1 = withLowWord(((zh+zl)+dpH[k])+t, 0)
	t2 = zl - (((t1 - t) - dpH[k]) - zh)
	return t1, t2
}

// exp2 is 2**(ph+pl). j is the high word of their sum.
func exp2(pl, ph float64, j int32) float64 {
	i := j & 0x7fffffff
	k := i>>20 - 0x3ff
	n := int32(0)
	if i > 0x3fe00000 { // |z| > 0.5: n = [z+0.5]
		n = j + 0x00100000>>uint(k+1)
		k = (n&0x7fffffff)>>20 - 0x3ff
		t := withHighWord(0, uint32(n&^(0x000fffff>>uint(k))))
		n = (n&0x000fffff | 0x00100000) >> uint(20-k)
		if j < 0 {
			n = -n
		}
		ph -= t
	}
	t := withLowWord(pl+ph, 0)
	u := float64(t * lg2H)
	v := float64((pl-(t-ph))*lg2) + float64(t*lg2L)
	z := u + v
	w := v - (z - u)
	t = float64(z * z)
	t1 := p4 + float64(t*p5)
	t1 = p3 + float64(t*t1)
	t1 = p2 + float64(t*t1)
	t1 = p1 + float64(t*t1)
	t1 = z - float64(t*t1)
	r := float64(z*t1)/(t1-2) - (w + float64(z*w))
	z = 1 - (r - z)
	j = int32(math.Float64bits(z) >> 32)
	j += n << 20
	if j>>20 <= 0 { // subnormal
		return math.Ldexp(z, int(n))
	}
	return withHighWord(z, uint32(j))
}

func withHighWord(x float64, high uint32) float64 {
	return math.Float64frombits(math.Float64bits(x)&0xffffffff | uint64(high)<<32)
}

func withLowWord(x float64, low uint32) float64 {
	return math.Float64frombits(math.Float64bits(x)&^0xffffffff | uint64(low))
}
