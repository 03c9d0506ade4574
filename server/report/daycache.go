package report

import (
	"context"
	"sync"

	"github.com/labtide/labtide/server/ledger"
)

// block is what is kept of one UTC day. It never changes.
type block interface{ bytes() int }

// dayCache keeps the blocks of UTC days, each with the version of the store under which it was read. A block whose version
// is not the stored one is read anew, so a cache is never older than the moment of the question.
type dayCache[B block] struct {
	limit int // bytes

	loading chan struct{} // holds a token while somebody loads: two questions must not read the same year twice

	mu     sync.Mutex
	blocks map[ledger.Day]*kept[B]
	size   int
	clock  int64
}

type kept[B block] struct {
	block   B
	version int64
	usedAt  int64
}

func newDayCache[B block](limit int) *dayCache[B] {
	return &dayCache[B]{limit: limit, loading: make(chan struct{}, 1), blocks: map[ledger.Day]*kept[B]{}}
}

// plan is how the blocks of first ≤ day < end are found.
type plan[B block] struct {
	first, end ledger.Day
	// versions are those of the store, read before load reads anything. A day without one has version 0.
	versions map[ledger.Day]int64
	// settled is the first day that must not be kept.
	settled ledger.Day
	// load gives one block for each day from ≤ day < until.
	load func(ctx context.Context, from, until ledger.Day) ([]B, error)
}

// get gives the blocks of the days, in order.
func (c *dayCache[B]) get(ctx context.Context, p plan[B]) ([]B, error) {
	out := make([]B, p.end-p.first)
	if len(c.lookUp(p, out)) == 0 {
		return out, nil
	}
	select {
	case c.loading <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.loading }()
	for _, missing := range c.lookUp(p, out) {
		blocks, err := p.load(ctx, missing[0], missing[1])
		if err != nil {
			return nil, err
		}
		copy(out[missing[0]-p.first:], blocks)
		c.keep(p, missing[0], blocks)
	}
	return out, nil
}

// lookUp fills out with what is kept and gives the ranges of days that are not.
func (c *dayCache[B]) lookUp(p plan[B], out []B) (missing [][2]ledger.Day) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	for day := p.first; day < p.end; day++ {
		if k := c.blocks[day]; k != nil && k.version >= p.versions[day] && day < p.settled {
			k.usedAt = c.clock
			out[day-p.first] = k.block
			continue
		}
		if n := len(missing); n > 0 && missing[n-1][1] == day {
			missing[n-1][1]++
			continue
		}
		missing = append(missing, [2]ledger.Day{day, day + 1})
	}
	return missing
}

func (c *dayCache[B]) keep(p plan[B], from ledger.Day, blocks []B) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, b := range blocks {
		day := from + ledger.Day(i)
		if day >= p.settled {
			continue
		}
		c.drop(day)
		c.blocks[day] = &kept[B]{block: b, version: p.versions[day], usedAt: c.clock}
		c.size += b.bytes()
	}
	for c.size > c.limit && len(c.blocks) > 1 {
		c.drop(c.oldest())
	}
}

func (c *dayCache[B]) drop(day ledger.Day) {
	if k := c.blocks[day]; k != nil {
		c.size -= k.block.bytes()
		delete(c.blocks, day)
	}
}

func (c *dayCache[B]) oldest() (day ledger.Day) {
	usedAt := int64(-1)
	for d, k := range c.blocks {
		if usedAt < 0 || k.usedAt < usedAt || k.usedAt == usedAt && d < day {
			day, usedAt = d, k.usedAt
		}
	}
	return day
}
