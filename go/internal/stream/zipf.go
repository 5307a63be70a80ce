package stream

import (
	"math/bits"

	"mapprof/internal/bitmix"
	"mapprof/internal/libm"
	"mapprof/internal/offheap"
)

const (
	// zipfSteps is the number of steps of each doubling.
	zipfSteps = 16
	// zipfMost is the most ranks.
	zipfMost = 1 << 32
	// zipfStepCount is the number of steps up to zipfMost, with an unused one in front.
	zipfStepCount = zipfSteps*28 + 16 + 1
	// zipfCells is the number of parts that the sum of the odds is cut into to find a step.
	zipfCells = 2048
	// zipfRounding is more than what is lost in the sums of a series below 1.
	zipfRounding = 1e-14
	// zipfDraws is the most draws of one rank.
	zipfDraws = 64
)

// zipf draws rank r (from 0) with odds of 1 / (r + 1)^theta, over a number of ranks that may change from draw to draw.
//
// A rank is drawn by rejection from a staircase above the odds. Each doubling of r + 1 has 16 steps; a step covers all
// ranks from its first one on with the odds of the first. So the sums over the steps are the same for any number of
// ranks, which cuts the last step off. A step's ranks differ by a 16th at most, so nearly all draws are accepted.
type zipf struct {
	theta float64
	// a, b, c and d of (1 + x)^-theta = 1 - a x + b x^2 - c x^3 + d x^4 - ...
	a, b, c, d float64
	// n is the number of ranks that the rest is for, last the last step of these, total the sum of the odds under the
	// staircase.
	n     uint64
	last  int
	total float64
	// cells has a step from which to search, for each part of the sum up to cellsTotal.
	cellsTotal, cellsPerOdds float64
	cells                    [zipfCells]uint16
	steps                    [zipfStepCount]zipfStep
}

// zipfStep is a step of the staircase.
type zipfStep struct {
	// before is the sum of the odds before it.
	before float64
	// odds of each of its ranks, which are those of its first one, and their reciprocal.
	odds, ranksPerOdds float64
	// first is what its first rank has for k, ranks their number less one.
	first, ranks uint64
	// perFirst is a rank's distance from the first one as a part of that: the divisor.
	perFirst float64
}

// stepOf is the step of the rank k - 1, for k from 1 on: the place of its leading bit, and the four bits behind it.
func stepOf(k uint64) int {
	shift := bits.Len64(k) - 5
	if shift < 0 {
		shift = 0
	}
	return zipfSteps*shift + int(k>>uint(shift))
}

// firstOf is what the first rank of a step has for k, and how many ranks there are, as a power of two.
func firstOf(step int) (uint64, uint) {
	shift := step/zipfSteps - 1
	if shift <= 0 {
		return uint64(step), 0
	}
	return uint64(zipfSteps+step%zipfSteps) << uint(shift), uint(shift)
}

// newZipf is for theta above 0. It lies off the heap.
func newZipf(theta float64) *zipf {
	z := offheap.New[zipf]()
	z.theta, z.last = theta, 1
	before := 0.0
	for step := 1; step < zipfStepCount; step++ {
		first, shift := firstOf(step)
		odds := libm.Pow(float64(first), -theta)
		z.steps[step] = zipfStep{before, odds, 1 / odds, first, 1<<shift - 1, float64(first)}
		before += float64(odds * float64(uint64(1)<<shift))
	}
	factor := 1.0
	series := [4]float64{}
	for k := range series {
		factor *= (theta + float64(k)) / (float64(k) + 1)
		series[k] = factor
	}
	z.a, z.b, z.c, z.d = series[0], series[1], series[2], series[3]
	return z
}

// rank is the rank below n that these random bits draw; 0 if n is 0. It follows from the bits, n and theta alone.
func (z *zipf) rank(random, n uint64) uint64 {
	if n <= 1 {
		return 0
	}
	if n != z.n {
		z.resize(n)
	}
	k := uint64(1)
	for draw := 0; draw < zipfDraws; draw++ {
		x := float64(bitmix.Unit(random) * z.total)
		step := &z.steps[z.find(x)]
		offset := step.ranks
		// Where there are few odds left, rounding takes x to either side of the step.
		if part := float64((x - step.before) * step.ranksPerOdds); !(part > 0) {
			offset = 0
		} else if part < float64(step.ranks) {
			offset = uint64(int64(part))
		}
		k = step.first + offset
		if k > n {
			k = n
		}
		if z.accepts(float64(offset)/step.perFirst, random) {
			break
		}
		random = bitmix.Mix(random + bitmix.Golden)
	}
	return k - 1
}

// accepts says whether a rank that lies this part of the first one's behind that is accepted: with odds of
// (1 + part)^-theta.
func (z *zipf) accepts(part float64, random uint64) bool {
	drawn := bitmix.Unit(bitmix.Mix(random ^ bitmix.Golden))
	// The power lies between two sums of the series, of which the distance is small.
	below := z.b - float64(part*z.c)
	below = z.a - float64(part*below)
	below = 1 - float64(part*below)
	if drawn < below-zipfRounding {
		return true
	}
	square := float64(part * part)
	above := below + float64(float64(square*square)*z.d)
	if drawn > above+zipfRounding {
		return false
	}
	return drawn < libm.Pow(1+part, -z.theta)
}

// find is the step in which the sum of the odds comes to x.
func (z *zipf) find(x float64) int {
	cell := int(x * z.cellsPerOdds)
	if cell > zipfCells-1 {
		cell = zipfCells - 1
	}
	step := int(z.cells[cell])
	if step > z.last {
		step = z.last
	}
	for step < z.last && z.steps[step+1].before <= x {
		step++
	}
	// Products are rounded, so the search may begin one step late.
	for step > 1 && z.steps[step].before > x {
		step--
	}
	return step
}

// resize makes the distribution ready for another number of ranks.
func (z *zipf) resize(n uint64) {
	z.n = n
	if n > zipfMost {
		n = zipfMost
	}
	z.last = stepOf(n)
	last := &z.steps[z.last]
	z.total = last.before + float64(float64(n-last.first+1)*last.odds)
	if z.total > z.cellsTotal || z.total < z.cellsTotal/4 {
		z.cut()
	}
}

// cut cuts a sum of up to half as much again as the total into cells. It makes draws fast and changes none of them.
func (z *zipf) cut() {
	z.cellsTotal = z.total * 1.5
	z.cellsPerOdds = zipfCells / z.cellsTotal
	step := 1
	for cell := range z.cells {
		sum := float64(cell) / z.cellsPerOdds
		for step+1 < len(z.steps) && z.steps[step+1].before <= sum {
			step++
		}
		z.cells[cell] = uint16(step)
	}
}
