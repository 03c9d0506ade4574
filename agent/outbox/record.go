package outbox

import (
	"encoding/binary"
	"hash/crc32"
)

// A file is a sequence of records: checksum of all that follows (4 bytes), length of the body (4), kind (1), body.
// All numbers are little-endian.
const (
	recordHead = 9
	maxBody    = 64 << 10
)

// The kinds of records.
const (
	kindHeader  = 'H' // JSON header, the first record of a file
	kindSample  = 'S' // sequence number (8), minute in minutes since 1970 (8), the sample as JSON
	kindSettled = 'A' // first (8), last (8), epoch: these are acknowledged
	kindDropped = 'D' // count (8): so many were dropped at a bound
)

const sampleHead = 16

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends a record whose body is the two parts joined.
func appendRecord(dst []byte, kind byte, head, tail []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(head)+len(tail)))
	dst = append(dst, kind)
	dst = append(dst, head...)
	dst = append(dst, tail...)
	binary.LittleEndian.PutUint32(dst[start:], crc32.Checksum(dst[start+4:], castagnoli))
	return dst
}

// nextRecord reads the record at the start of b. ok is false when none is whole there; then nothing behind it can be
// trusted either. body points into b; size is what the record takes of b.
func nextRecord(b []byte) (kind byte, body []byte, size int, ok bool) {
	if len(b) < recordHead {
		return 0, nil, 0, false
	}
	length := binary.LittleEndian.Uint32(b[4:])
	if length > maxBody || int(length) > len(b)-recordHead {
		return 0, nil, 0, false
	}
	size = recordHead + int(length)
	if crc32.Checksum(b[4:size], castagnoli) != binary.LittleEndian.Uint32(b) {
		return 0, nil, 0, false
	}
	return b[8], b[recordHead:size], size, true
}

// pair writes two numbers.
func pair(a, b uint64) []byte {
	out := make([]byte, 0, 16)
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(out, a), b)
}

// unpair reads the two numbers at the start of a body; ok is false when it is too short.
func unpair(body []byte) (a, b uint64, rest []byte, ok bool) {
	if len(body) < 16 {
		return 0, 0, nil, false
	}
	return binary.LittleEndian.Uint64(body), binary.LittleEndian.Uint64(body[8:]), body[16:], true
}
