package workload

import "mapprof/internal/libm"

// LengthKind is a distribution of the lengths of keys.
type LengthKind uint8

const (
	// LengthFixed: all keys are of one length.
	LengthFixed LengthKind = iota
	// LengthUniform: each length from Min to Max is as likely.
	LengthUniform
	// LengthShares: the lengths are listed with their shares.
	LengthShares
	// LengthGev: generalised extreme values from Min to Max.
	LengthGev
)

// KeyLength says how many bytes a key has.
type KeyLength struct {
	Kind LengthKind
	// Bytes of every key, if all are of one length.
	Bytes int
	// Min and Max are the least and the greatest length, in bytes.
	Min, Max int
	// Shares are lengths with their shares.
	Shares []LengthShare
	// Location, Scale and Shape of generalised extreme values.
	Location, Scale, Shape float64
}

// LengthShare is a length and the share of the keys that have it.
type LengthShare struct {
	Bytes int     `json:"bytes"`
	Share float64 `json:"share"`
}

// Fixed is the length of all keys, in bytes, if it is one.
func (l *KeyLength) Fixed() (int, bool) { return l.Bytes, l.Kind == LengthFixed }

// Least is the least length, in bytes: what the code of a key has to fit into.
func (l *KeyLength) Least() int {
	switch l.Kind {
	case LengthFixed:
		return l.Bytes
	case LengthShares:
		least := l.Shares[0].Bytes
		for _, share := range l.Shares {
			if share.Bytes < least {
				least = share.Bytes
			}
		}
		return least
	default:
		return l.Min
	}
}

// Mean is the length of a key on average, in bytes.
func (l *KeyLength) Mean() float64 {
	switch l.Kind {
	case LengthFixed:
		return float64(l.Bytes)
	case LengthUniform:
		return float64(l.Min+l.Max) / 2
	case LengthShares:
		sum := 0.0
		for _, share := range l.Shares {
			sum += float64(float64(share.Bytes) * share.Share)
		}
		return sum
	default:
		sum := float64(l.Min)
		for length := l.Min; length < l.Max; length++ {
			sum += 1 - l.AtMost(length)
		}
		return sum
	}
}

// AtMost is the share of the keys that are at most so long, of generalised extreme values.
func (l *KeyLength) AtMost(length int) float64 {
	if length >= l.Max {
		return 1
	}
	base := 1 + float64(l.Shape*(float64(length)+0.5-l.Location))/l.Scale
	if base <= 0 {
		return 0
	}
	return libm.Exp(-libm.Pow(base, -1/l.Shape))
}
