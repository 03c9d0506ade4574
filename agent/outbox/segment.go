package outbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/labtide/labtide/agent/wire"
)

// header is the first record of a file.
type header struct {
	Version  int    `json:"version"`
	Epoch    string `json:"epoch"`
	FirstSeq uint64 `json:"first_seq"`
	// Dropped is how many samples this outbox had dropped when the file was begun.
	Dropped uint64 `json:"dropped"`
}

// segment is one file of samples with consecutive numbers in one epoch, and what is known about them. The samples
// themselves stay on disk.
type segment struct {
	number   uint64 // files are ordered by it
	path     string
	epoch    string
	firstSeq uint64
	size     int64
	offsets  []uint32 // of each sample's record
	settled  []bool   // acknowledged or given up, by sample
	open     int      // samples that are not settled
	newest   int64    // the latest minute, in minutes since 1970
}

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x.log", number))
}

// nextSeq is the number that the next sample of the segment takes.
func (s *segment) nextSeq() uint64 { return s.firstSeq + uint64(len(s.offsets)) }

// settle marks the samples first … last as far as the segment has them, and returns how many were not settled before.
func (s *segment) settle(epoch string, first, last uint64) int {
	if epoch != s.epoch || len(s.offsets) == 0 || last < s.firstSeq || first >= s.nextSeq() {
		return 0
	}
	n := 0
	for seq := max(first, s.firstSeq); seq <= min(last, s.nextSeq()-1); seq++ {
		if i := seq - s.firstSeq; !s.settled[i] {
			s.settled[i] = true
			n++
		}
	}
	s.open -= n
	return n
}

// add notes a sample whose record begins at offset.
func (s *segment) add(offset int64, minute int64) {
	s.offsets = append(s.offsets, uint32(offset))
	s.settled = append(s.settled, false)
	s.open++
	s.newest = max(s.newest, minute)
}

// settlement is an acknowledgement as it stands in a file.
type settlement struct {
	epoch       string
	first, last uint64
}

// scan is what reading a file gave.
type scan struct {
	segment     *segment
	settlements []settlement
	dropped     uint64
	good        int64 // bytes that can be trusted; fewer than the file has when it is torn or damaged
}

// scanSegment reads what a file holds. The segment is nil when not even the header can be read. It never fails on
// content: what follows the last good record is not looked at.
func scanSegment(number uint64, path string, content []byte) scan {
	kind, body, size, ok := nextRecord(content)
	var h header
	if !ok || kind != kindHeader || json.Unmarshal(body, &h) != nil || h.Version != 1 || !wire.ValidEpoch(h.Epoch) ||
		h.FirstSeq < 1 || h.FirstSeq > wire.MaxSeq {
		return scan{}
	}
	r := scan{
		segment: &segment{number: number, path: path, epoch: h.Epoch, firstSeq: h.FirstSeq},
		dropped: h.Dropped,
		good:    int64(size),
	}
	for {
		kind, body, size, ok := nextRecord(content[r.good:])
		if !ok || !r.take(kind, body) {
			break
		}
		r.good += int64(size)
	}
	r.segment.size = r.good
	return r
}

// take adds one record; it is false when the record is whole but makes no sense here.
func (r *scan) take(kind byte, body []byte) bool {
	switch kind {
	case kindSample:
		seq, minute, rest, ok := unpair(body)
		if !ok || seq != r.segment.nextSeq() || len(rest) == 0 {
			return false
		}
		r.segment.add(r.good, int64(minute))
	case kindSettled:
		first, last, epoch, ok := unpair(body)
		if !ok || !wire.ValidEpoch(string(epoch)) {
			return false
		}
		r.settlements = append(r.settlements, settlement{string(epoch), first, last})
	case kindDropped:
		if len(body) != 8 {
			return false
		}
		r.dropped += binary.LittleEndian.Uint64(body)
	default:
		return false
	}
	return true
}

// read returns the encoded samples i … j−1, which share one block of memory; with errDamaged, those before the damage.
func (s *segment) read(i, j int) ([][]byte, error) {
	f, err := os.Open(s.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer f.Close()
	from, to := int64(s.offsets[i]), s.size
	if j < len(s.offsets) {
		to = int64(s.offsets[j])
	}
	block := make([]byte, to-from)
	if _, err := f.ReadAt(block, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	samples := make([][]byte, 0, j-i)
	for k := i; k < j; k++ {
		kind, body, _, ok := nextRecord(block[int64(s.offsets[k])-from:])
		if !ok || kind != kindSample || len(body) <= sampleHead {
			return samples, errDamaged
		}
		samples = append(samples, body[sampleHead:])
	}
	return samples, nil
}
