package symbols

import "strings"

// shortened has three dots in the place of type arguments, as the runtime itself names functions. Newer versions of
// runtime/pprof write the arguments out, so the profiles of one function would have two names.
func shortened(function string) string {
	start := strings.IndexByte(function, '[')
	if start < 0 {
		return function
	}
	depth := 0
	for place := start; place < len(function); place++ {
		switch function[place] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return function[:start] + "[...]" + shortened(function[place+1:])
			}
		}
	}
	return function
}
