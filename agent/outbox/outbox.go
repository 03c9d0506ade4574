// Package outbox is the agent's only queue: the samples that the server has not yet acknowledged, on disk. It knows
// nothing about the network, and does not look into the samples.
//
// Its invariants: when Append returns, the sample survives a power cut. A sample leaves only when Settle names it, or
// when it is the oldest at a bound, which is counted. A sequence number of an epoch never stands for two different
// samples: whenever the files show any damage, new samples go to a new epoch, while those that can still be read stay
// under their own.
//
// Samples go to files of about 64 KiB. A file is deleted when all its samples are settled and all older files are
// gone, so that an acknowledgement, itself a record in a file, always outlives the samples that it settles.
package outbox

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

// segmentBytes is when a file is full.
const segmentBytes = 64 << 10

// MinBytes is the smallest bound of the size that makes sense.
const MinBytes = 4 * segmentBytes

var errDamaged = errors.New("read outbox: a record is damaged")

// Limits bound the outbox. MaxAge counts from a sample's minute; files are dropped as a whole, never before every
// sample in them is that old. MaxBytes counts whole files and is at least MinBytes.
type Limits struct {
	MaxAge   time.Duration
	MaxBytes int64
}

// Stats describe the outbox for people.
type Stats struct {
	Epoch   string `json:"epoch"`
	Pending int    `json:"pending"`
	Dropped uint64 `json:"dropped"`
	Bytes   int64  `json:"bytes"`
}

// Batch is a run of consecutive samples.
type Batch struct {
	Epoch    string
	FirstSeq uint64
	Samples  [][]byte
}

// LastSeq is the number of the last sample.
func (b Batch) LastSeq() uint64 { return b.FirstSeq + uint64(len(b.Samples)) - 1 }

// Cursor is a place in the outbox; the zero Cursor is before the oldest sample.
type Cursor struct {
	segment uint64
	index   int
}

// Outbox is safe for concurrent use.
type Outbox struct {
	dir    string
	limits Limits
	log    *slog.Logger
	unlock func() error
	sync   func(*os.File) error // a seam: tests see that everything is synced, and make it fail

	mu       sync.Mutex
	segments []*segment // oldest first; the last one is written to
	file     *os.File   // of the last segment
	broken   bool       // a write failed: what is at the end of file is not known
	dropped  uint64
	scratch  []byte
}

// Open opens the outbox in dir, which it makes when it is missing. Only one process may have it open. The error names
// the folder.
func Open(dir string, limits Limits, log *slog.Logger) (*Outbox, error) {
	return open(dir, limits, log, (*os.File).Sync)
}

func open(dir string, limits Limits, log *slog.Logger, sync func(*os.File) error) (*Outbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, fmt.Errorf("open outbox %s: %w", dir, err)
	}
	b := &Outbox{dir: dir, limits: limits, log: log, unlock: unlock, sync: sync}
	if err := b.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("open outbox %s: %w", dir, err), unlock())
	}
	return b, nil
}

// Append adds a sample, as wire.EncodeSample wrote it. After an error the sample is not in the outbox; a later Append
// may succeed. now is for the bound of the age.
func (b *Outbox) Append(minute time.Time, sample []byte, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return errors.New("append to outbox: it is closed")
	}
	if len(sample) == 0 || len(sample) > maxBody-sampleHead {
		return fmt.Errorf("append to outbox: a sample of %d bytes", len(sample))
	}
	if err := b.makeRoom(int64(recordHead+sampleHead+len(sample)), now); err != nil {
		return err
	}
	s := b.active()
	offset, at := s.size, minute.Unix()/60
	b.scratch = appendRecord(b.scratch[:0], kindSample, pair(s.nextSeq(), uint64(at)), sample)
	if err := b.write(true); err != nil {
		return fmt.Errorf("append to outbox: %w", err)
	}
	s.add(offset, at)
	return nil
}

// Settle deletes the samples first … last of an epoch, as far as they are here, and returns how many that were. A
// range may come twice, in any order, and may name samples that are long gone.
func (b *Outbox) Settle(epoch string, first, last uint64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return 0, errors.New("settle in outbox: it is closed")
	}
	n := 0
	lowest, highest := uint64(wire.MaxSeq), uint64(0)
	for _, s := range b.segments {
		if k := s.settle(epoch, first, last); k > 0 {
			n += k
			lowest, highest = min(lowest, max(first, s.firstSeq)), max(highest, min(last, s.nextSeq()-1))
		}
	}
	if n == 0 {
		return 0, nil
	}
	// Not synced: were it lost, the samples would only be sent again.
	b.scratch = appendRecord(b.scratch[:0], kindSettled, pair(lowest, highest), []byte(epoch))
	if err := b.write(false); err != nil {
		return n, fmt.Errorf("settle in outbox: %w", err)
	}
	return n, b.removeSettled()
}

// Holds reports whether any of the samples first … last of an epoch is still to be acknowledged.
func (b *Outbox) Holds(epoch string, first, last uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.segments {
		if s.epoch != epoch || s.open == 0 {
			continue
		}
		for i, settled := range s.settled {
			if seq := s.firstSeq + uint64(i); !settled && first <= seq && seq <= last {
				return true
			}
		}
	}
	return false
}

// Next returns the oldest run of unsettled samples at or after the cursor, at most maxSamples and, but for a single
// sample, maxBytes, and the cursor behind it. A batch without samples means that there is none. A file that cannot be
// read now does not hold up the files behind it: the error comes only when there is nothing else.
func (b *Outbox) Next(from Cursor, maxSamples, maxBytes int) (Batch, Cursor, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var unread error
	for _, s := range b.segments {
		if s.number < from.segment || s.open == 0 {
			continue
		}
		i := 0
		if s.number == from.segment {
			i = from.index
		}
		for i < len(s.settled) && s.settled[i] {
			i++
		}
		if i >= len(s.settled) {
			continue
		}
		j := i + 1
		for j < len(s.settled) && !s.settled[j] && j-i < maxSamples && s.end(j)-int64(s.offsets[i]) <= int64(maxBytes) {
			j++
		}
		samples, err := s.read(i, j)
		if errors.Is(err, errDamaged) {
			err = b.giveUp(s, i+len(samples))
		}
		if len(samples) > 0 {
			next := Cursor{s.number, i + len(samples)}
			return Batch{Epoch: s.epoch, FirstSeq: s.firstSeq + uint64(i), Samples: samples}, next, nil
		}
		unread = errors.Join(unread, err)
	}
	return Batch{}, from, unread
}

// end is where the record of sample i, with what may follow it, ends.
func (s *segment) end(i int) int64 {
	if i+1 < len(s.offsets) {
		return int64(s.offsets[i+1])
	}
	return s.size
}

// giveUp counts a sample as dropped because it can no longer be read.
func (b *Outbox) giveUp(s *segment, i int) error {
	seq := s.firstSeq + uint64(i)
	b.log.Error("a sample in the outbox is damaged and lost", "file", s.path, "epoch", s.epoch, "seq", seq)
	s.settle(s.epoch, seq, seq)
	return b.countDropped(1)
}

// Stats describe the outbox now.
func (b *Outbox) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	st := Stats{Epoch: b.active().epoch, Dropped: b.dropped}
	for _, s := range b.segments {
		st.Pending += s.open
		st.Bytes += s.size
	}
	return st
}

// Close syncs and closes the outbox.
func (b *Outbox) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return nil
	}
	err := errors.Join(b.sync(b.file), b.file.Close(), b.unlock())
	b.file = nil
	if err != nil {
		return fmt.Errorf("close outbox: %w", err)
	}
	return nil
}

func (b *Outbox) active() *segment { return b.segments[len(b.segments)-1] }

// write appends the record in scratch to the active file. When anything fails, the end of the file is unknown, and
// the next write begins a new file in a new epoch.
func (b *Outbox) write(durable bool) error {
	if b.broken {
		if err := b.begin(newEpoch(), 1); err != nil {
			return err
		}
	}
	s := b.active()
	_, err := b.file.WriteAt(b.scratch, s.size)
	if err == nil && durable {
		err = b.sync(b.file)
	}
	if err != nil {
		b.broken = true
		return err
	}
	s.size += int64(len(b.scratch))
	return nil
}

// makeRoom readies the active file for a record and drops the oldest files at the bounds.
func (b *Outbox) makeRoom(size int64, now time.Time) error {
	if s := b.active(); b.broken {
		if err := b.begin(newEpoch(), 1); err != nil {
			return err
		}
	} else if len(s.offsets) > 0 && s.size+size > segmentBytes {
		if err := b.begin(s.epoch, s.nextSeq()); err != nil {
			return err
		}
		if err := b.removeSettled(); err != nil {
			return err
		}
	}
	oldest := now.Add(-b.limits.MaxAge).Unix() / 60
	for len(b.segments) > 1 && (b.segments[0].newest < oldest || b.bytes()+size > b.limits.MaxBytes) {
		if err := b.dropOldest(); err != nil {
			return err
		}
	}
	return nil
}

func (b *Outbox) bytes() (sum int64) {
	for _, s := range b.segments {
		sum += s.size
	}
	return sum
}

// dropOldest deletes the oldest file at a bound.
func (b *Outbox) dropOldest() error {
	s := b.segments[0]
	if s.open > 0 {
		b.log.Error("the outbox is at its bound: its oldest samples are dropped",
			"samples", s.open, "bytes", b.bytes(), "max_bytes", b.limits.MaxBytes, "max_age", b.limits.MaxAge)
		if err := b.countDropped(uint64(s.open)); err != nil {
			return err
		}
	}
	return b.removeOldest()
}

// countDropped keeps count on disk as well.
func (b *Outbox) countDropped(n uint64) error {
	b.dropped += n
	b.scratch = appendRecord(b.scratch[:0], kindDropped, binary.LittleEndian.AppendUint64(nil, n), nil)
	if err := b.write(false); err != nil {
		return fmt.Errorf("count dropped samples: %w", err)
	}
	return nil
}

// removeSettled deletes the oldest files as long as nothing in them is left to send.
func (b *Outbox) removeSettled() error {
	for len(b.segments) > 1 && b.segments[0].open == 0 {
		if err := b.removeOldest(); err != nil {
			return err
		}
	}
	return nil
}

func (b *Outbox) removeOldest() error {
	if err := os.Remove(b.segments[0].path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete from outbox: %w", err)
	}
	b.segments = append(b.segments[:0], b.segments[1:]...)
	return nil
}

// begin starts a new file, and makes sure that it is there after a power cut.
func (b *Outbox) begin(epoch string, firstSeq uint64) error {
	number := uint64(1)
	if len(b.segments) > 0 {
		number = b.active().number + 1
	}
	body, err := json.Marshal(header{Version: 1, Epoch: epoch, FirstSeq: firstSeq, Dropped: b.dropped})
	if err != nil {
		return fmt.Errorf("begin an outbox file: %w", err)
	}
	path := segmentPath(b.dir, number)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("begin an outbox file: %w", err)
	}
	record := appendRecord(nil, kindHeader, body, nil)
	if _, err = f.Write(record); err == nil {
		err = b.sync(f)
	}
	if err == nil {
		err = syncDir(b.dir, b.sync)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("begin an outbox file: %w", err), f.Close(), os.Remove(path))
	}
	if b.file != nil {
		if err := b.file.Close(); err != nil {
			b.log.Warn("close an outbox file", "error", err)
		}
	}
	b.file, b.broken = f, false
	b.segments = append(b.segments, &segment{
		number: number, path: path, epoch: epoch, firstSeq: firstSeq, size: int64(len(record)),
	})
	return nil
}

func newEpoch() string { return rand.Text()[:16] }
