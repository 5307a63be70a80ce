package programs

import "mapprof/internal/bitmix"

// bufferPool has a pool of buffers: each request takes one, fills a part of it, holds it for a while and gives it back.
var bufferPool = &Program{
	Name:    "buffer-pool",
	About:   "Takes a buffer for each request, fills a part of it, holds it for a while and gives it back",
	Entries: 200_000,
	Parameters: map[string]string{
		"buffer_bytes": "16384", "in_flight": "64", "burst": "960", "keep": "1000000", "reuse": "true",
	},
	start: func(s *settings) []Phase {
		calm, burst := s.whole("in_flight"), s.whole("burst")
		service := &service{seed: s.seed, bufferBytes: s.whole("buffer_bytes")}
		if s.parameters["reuse"] == "true" {
			service.keep = s.whole("keep")
		}
		// Made before anything is measured, and with room for all.
		service.inFlight = make([][]byte, 0, calm+burst)
		phase := func(name string, most uint64) Phase {
			return Phase{
				Name: name, Ops: s.entries, Holds: service.holds,
				Do: func(number uint64) uint64 { return service.request(number, most) },
			}
		}
		return []Phase{phase("serve", calm), phase("burst", calm+burst), phase("calm", calm)}
	},
}

// service is a pool, and the buffers of the requests in flight.
type service struct {
	idle, inFlight          [][]byte
	bufferBytes, keep, seed uint64
}

// take is an empty buffer: the one that was given back last, or a new one.
func (s *service) take() []byte {
	last := len(s.idle) - 1
	if last < 0 {
		return make([]byte, 0, s.bufferBytes)
	}
	buffer := s.idle[last]
	s.idle[last] = nil
	s.idle = s.idle[:last]
	return buffer
}

// giveBack takes a buffer back, or lets it go if the pool has enough.
func (s *service) giveBack(buffer []byte) {
	if uint64(len(s.idle)) < s.keep {
		s.idle = append(s.idle, buffer[:0])
	}
}

// ended takes a request out of those in flight.
func (s *service) ended(place int) []byte {
	buffer, last := s.inFlight[place], len(s.inFlight)-1
	s.inFlight[place] = s.inFlight[last]
	s.inFlight[last] = nil
	s.inFlight = s.inFlight[:last]
	return buffer
}

// request is a request, at a time when most may be in flight: one of those beyond that ends, and a random one if there is
// no room. It returns what the random one had in its buffer, in short.
func (s *service) request(number, most uint64) (answer uint64) {
	draw := bitmix.Mix(s.seed + number*bitmix.Golden)
	if uint64(len(s.inFlight)) > most {
		// One that came early.
		s.giveBack(s.ended(0))
	}
	if uint64(len(s.inFlight)) >= most {
		buffer := s.ended(int(bitmix.Below(bitmix.Mix(draw), uint64(len(s.inFlight)))))
		answer = uint64(len(buffer))<<8 | uint64(buffer[len(buffer)-1])
		s.giveBack(buffer)
	}
	filled := int(1 + bitmix.Below(draw, s.bufferBytes))
	buffer := s.take()[:filled]
	fill(buffer, byte(draw))
	s.inFlight = append(s.inFlight, buffer)
	return answer
}

// fill sets all bytes, by copies that grow: a loop over bytes would be slower than what is measured.
func fill(buffer []byte, with byte) {
	buffer[0] = with
	for done := 1; done < len(buffer); done *= 2 {
		copy(buffer[done:], buffer[:done])
	}
}

func (s *service) holds() (entries, payload uint64) {
	for _, buffer := range s.inFlight {
		payload += uint64(len(buffer))
	}
	return uint64(len(s.inFlight)), payload
}
