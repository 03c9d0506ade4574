package outbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// recover reads all files. A file that is torn or damaged is cut behind its last good record, and new samples then go
// to a new epoch.
func (b *Outbox) recover() error {
	numbers, err := segmentNumbers(b.dir)
	if err != nil {
		return err
	}
	var settlements []settlement
	damaged := false
	for _, number := range numbers {
		path := segmentPath(b.dir, number)
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r := scanSegment(number, path, content)
		if r.segment == nil {
			damaged = true
			b.log.Warn("an outbox file without a readable header is removed", "file", path, "bytes", len(content))
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		if torn := int64(len(content)) - r.good; torn > 0 {
			damaged = true
			b.log.Warn("an outbox file is cut behind its last good record", "file", path, "bytes", torn)
			if err := b.truncate(path, r.good); err != nil {
				return err
			}
		}
		b.countMissing(r.segment)
		b.segments = append(b.segments, r.segment)
		b.dropped = max(b.dropped, r.dropped)
		settlements = append(settlements, r.settlements...)
	}
	for _, a := range settlements {
		for _, s := range b.segments {
			s.settle(a.epoch, a.first, a.last)
		}
	}
	return b.resume(damaged)
}

// resume opens the last file for writing, or begins a new one in a new epoch.
func (b *Outbox) resume(damaged bool) error {
	if len(b.segments) == 0 || damaged {
		if err := b.begin(newEpoch(), 1); err != nil {
			return err
		}
		return b.removeSettled()
	}
	f, err := os.OpenFile(b.active().path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b.file = f
	return b.removeSettled()
}

// countMissing reports samples that damage took from between two files of one epoch.
func (b *Outbox) countMissing(s *segment) {
	if len(b.segments) == 0 {
		return
	}
	if before := b.active(); before.epoch == s.epoch && before.nextSeq() < s.firstSeq {
		b.log.Error("samples in the outbox are damaged and lost", "epoch", s.epoch, "first_seq", before.nextSeq(), "last_seq", s.firstSeq-1)
		b.dropped += s.firstSeq - before.nextSeq()
	}
}

func (b *Outbox) truncate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		return err
	}
	return b.sync(f)
}

// segmentNumbers lists the files of dir in ascending order.
func segmentNumbers(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, e := range entries {
		name, isLog := strings.CutSuffix(e.Name(), ".log")
		number, err := strconv.ParseUint(name, 16, 64)
		if !isLog || err != nil || filepath.Base(segmentPath(dir, number)) != e.Name() {
			continue
		}
		if number == 1<<64-1 {
			return nil, fmt.Errorf("%s is no file of ours", e.Name())
		}
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers, nil
}
