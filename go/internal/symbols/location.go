// Package symbols turns stacks into look-up addresses, and says what each is in the source.
//
// The parent then has no need to read this program's file: the runtime knows its own functions best.
package symbols

import "runtime"

// Frame is a function on a stack, inlined or not.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// Location is one physical frame of a stack.
type Location struct {
	// Address is where it is looked up: the call, or the instruction that was interrupted.
	Address uint64
	// Frames are the functions that are at work there, the innermost first. All but the last are inlined.
	Frames []Frame
}

// outermost is the function that every goroutine begins in. It tells nothing.
const outermost = "runtime.goexit"

// Locations are the physical frames of a stack of return addresses, innermost first, as runtime.MemProfile and
// runtime.Callers have them: with an address of its own for each inlined function.
func Locations(stack []uintptr) (locations []Location) {
	if len(stack) == 0 {
		return nil
	}
	frames := runtime.CallersFrames(stack)
	var at Location
	for {
		frame, more := frames.Next()
		if frame.PC != 0 && frame.Function != outermost {
			if len(at.Frames) == 0 {
				// The addresses of the frames around it are those of markers, and not of this call.
				at.Address = uint64(frame.PC)
			}
			at.Frames = append(at.Frames, Frame{frame.Function, frame.File, frame.Line})
			// An inlined function has no Func. The one that it is inlined into follows.
			if frame.Func != nil {
				locations = append(locations, at)
				at = Location{}
			}
		}
		if !more {
			break
		}
	}
	if len(at.Frames) > 0 {
		// The stack was cut off between an inlined function and the one around it.
		locations = append(locations, at)
	}
	return locations
}
