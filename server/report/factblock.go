package report

import (
	"context"

	"github.com/labtide/labtide/server/ledger"
)

// factBlock is the stored facts of all stations on one UTC day. Facts come in stretches, so a set is kept as its runs,
// some 40 bytes where the bits would take 184.
type factBlock struct {
	offsets []uint32 // by station number: place in data, 0 for none
	data    []uint16
}

// packed sets begin with the number of their runs, each of which is first and end; or with packedWhole, and the bits.
const packedWhole = 0xffff

// mostRuns is from when on the bits are smaller.
const mostRuns = ledger.Words * 2

func (b *factBlock) bytes() int { return 4*cap(b.offsets) + 2*cap(b.data) }

// facts unpacks the facts of a station into two empty sets.
func (b *factBlock) facts(number int, seen, used *ledger.Bits) {
	if number >= len(b.offsets) || b.offsets[number] == 0 {
		return
	}
	rest := unpack(b.data[b.offsets[number]:], seen)
	unpack(rest, used)
}

func (b *factBlock) add(number int, d *ledger.StationDay) {
	b.offsets = grown(b.offsets, number)
	if b.data == nil {
		b.data = append(b.data, 0) // place 0 means none
	}
	b.offsets[number] = uint32(len(b.data))
	b.data = pack(b.data, &d.Seen)
	b.data = pack(b.data, &d.Used)
}

// grown gives the slice room for a station's number.
func grown(offsets []uint32, number int) []uint32 {
	for len(offsets) <= number {
		offsets = append(offsets, 0)
	}
	return offsets
}

// exact gives a copy without room to grow: it is kept for long.
func exact[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	out := make([]T, len(s))
	copy(out, s)
	return out
}

func pack(data []uint16, set *ledger.Bits) []uint16 {
	head, runs := len(data), 0
	data = append(data, 0)
	set.Runs(func(first, end int) {
		runs++
		if runs <= mostRuns {
			data = append(data, uint16(first), uint16(end))
		}
	})
	if runs <= mostRuns {
		data[head] = uint16(runs)
		return data
	}
	data = append(data[:head], packedWhole)
	for _, w := range set {
		data = append(data, uint16(w), uint16(w>>16), uint16(w>>32), uint16(w>>48))
	}
	return data
}

func unpack(data []uint16, set *ledger.Bits) (rest []uint16) {
	head := data[0]
	data = data[1:]
	if head == packedWhole {
		for w := range set {
			part := data[w*4 : w*4+4]
			set[w] = uint64(part[0]) | uint64(part[1])<<16 | uint64(part[2])<<32 | uint64(part[3])<<48
		}
		return data[ledger.Words*4:]
	}
	runs := data[:int(head)*2]
	for i := 0; i+1 < len(runs); i += 2 {
		set.SetRange(int(runs[i]), int(runs[i+1]))
	}
	return data[len(runs):]
}

// factsOf gives the blocks of first ≤ day < end.
func (s *Service) factsOf(ctx context.Context, first, end ledger.Day) ([]*factBlock, error) {
	versions, err := s.ledger.Versions(ctx, first, end)
	if err != nil {
		return nil, err
	}
	return s.facts.get(ctx, plan[*factBlock]{
		first: first, end: end, versions: versions, settled: end,
		load: func(ctx context.Context, from, until ledger.Day) ([]*factBlock, error) {
			return s.loadFacts(ctx, from, until, versions)
		},
	})
}

func (s *Service) loadFacts(ctx context.Context, from, until ledger.Day, versions map[ledger.Day]int64) ([]*factBlock, error) {
	blocks := make([]*factBlock, until-from)
	written := false
	for i := range blocks {
		blocks[i] = &factBlock{}
		written = written || versions[from+ledger.Day(i)] != 0
	}
	if !written {
		return blocks, nil
	}
	err := s.ledger.Scan(ctx, nil, from, until, func(d *ledger.StationDay) error {
		blocks[d.Day-from].add(s.numbers.of(d.Station), d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		b.data, b.offsets = exact(b.data), exact(b.offsets)
	}
	return blocks, nil
}
