package pprofread

import (
	"encoding/binary"
	"errors"
)

var errCutOff = errors.New("a pprof message is cut off")

// fields calls each with every field of a message: a number for a varint or a fixed-size field, and the contents of a
// field that has a length.
func fields(message []byte, each func(field int, number uint64, contents []byte) error) error {
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		if n <= 0 {
			return errCutOff
		}
		message = message[n:]
		number, contents := uint64(0), []byte(nil)
		switch key & 7 {
		case 0:
			if number, n = binary.Uvarint(message); n <= 0 {
				return errCutOff
			}
		case 1:
			if n = 8; len(message) < n {
				return errCutOff
			}
			number = binary.LittleEndian.Uint64(message)
		case 2:
			length, size := binary.Uvarint(message)
			if size <= 0 || length > uint64(len(message)-size) {
				return errCutOff
			}
			n = size + int(length)
			contents = message[size:n]
		case 5:
			if n = 4; len(message) < n {
				return errCutOff
			}
			number = uint64(binary.LittleEndian.Uint32(message))
		default:
			return errors.New("a pprof message has a field of an unknown kind")
		}
		message = message[n:]
		if err := each(int(key>>3), number, contents); err != nil {
			return err
		}
	}
	return nil
}

// numbers adds a repeated number to list: one, or several that are packed.
func numbers(list []uint64, number uint64, packed []byte) ([]uint64, error) {
	if packed == nil {
		return append(list, number), nil
	}
	for len(packed) > 0 {
		number, n := binary.Uvarint(packed)
		if n <= 0 {
			return nil, errCutOff
		}
		list, packed = append(list, number), packed[n:]
	}
	return list, nil
}
