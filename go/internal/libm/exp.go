package libm

/* origin: FreeBSD /usr/src/lib/msun/src/e_exp.c */
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

const (
	ln2Hi  = 6.93147180369123816490e-01
	ln2Lo  = 1.90821492927058770002e-10
	invLn2 = 1.44269504088896338700e+00
)

// Exp is e to the power of x.
func Exp(x float64) float64 {
	high := uint32(math.Float64bits(x) >> 32)
	sign := int32(high >> 31)
	high &= 0x7fffffff
	if high >= 0x4086232b { // |x| >= 708.39...
		switch {
		case x != x:
			return x
		case x > 709.782712893383973096:
			return math.Inf(1)
		case x < -745.13321910194110842:
			return 0
		}
	}
	var hi, lo float64
	k := int32(0)
	switch {
	case high > 0x3fd62e42: // |x| > 0.5 ln2
		if high >= 0x3ff0a2b2 { // |x| >= 1.5 ln2
			half := 0.5
			if sign == 1 {
				half = -0.5
			}
			k = int32(float64(invLn2*x) + half)
		} else {
			k = 1 - sign - sign
		}
		hi = x - float64(float64(k)*ln2Hi) // k*ln2Hi is exact here
		lo = float64(float64(k) * ln2Lo)
		x = hi - lo
	case high > 0x3e300000: // |x| > 2**-28
		hi = x
	default:
		return 1 + x
	}
	xx := float64(x * x)
	c := p4 + float64(xx*p5)
	c = p3 + float64(xx*c)
	c = p2 + float64(xx*c)
	c = p1 + float64(xx*c)
	c = x - float64(xx*c)
	y := 1 + (float64(x*c)/(2-c) - lo + hi)
	if k == 0 {
		return y
	}
	return math.Ldexp(y, int(k))
}
