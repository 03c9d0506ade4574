package report

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/labtide/labtide/server/ledger"
)

// names gives small numbers to texts, for ever: the ids of stations, the names of programmes.
type names struct {
	mu      sync.RWMutex
	numbers map[string]int
	texts   []string
}

func newNames(known ...string) *names {
	n := &names{numbers: map[string]int{}}
	for _, text := range known {
		n.of(text)
	}
	return n
}

func (n *names) of(text string) int {
	n.mu.RLock()
	number, ok := n.numbers[text]
	n.mu.RUnlock()
	if ok {
		return number
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, ok = n.numbers[text]; !ok {
		number = len(n.texts)
		n.numbers[text], n.texts = number, append(n.texts, text)
	}
	return number
}

func (n *names) text(number int) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.texts[number]
}

// occupiedBlock is what bookings occupied on one UTC day.
type occupiedBlock struct {
	offsets []uint32 // by station number: place of the first stretch in all, plus 1; 0 for none
	all     []stretch
}

// stretch is the minutes first ≤ m < end of a station that one booking occupied.
type stretch struct {
	station    uint32
	programme  uint32 // number; 0 is none
	first, end uint16
	class      bool
}

const stretchBytes = 16

func (b *occupiedBlock) bytes() int { return 4*cap(b.offsets) + stretchBytes*cap(b.all) }

// of gives the stretches of a station, in order.
func (b *occupiedBlock) of(number int) []stretch {
	if number >= len(b.offsets) || b.offsets[number] == 0 {
		return nil
	}
	from := int(b.offsets[number]) - 1
	until := from + 1
	for until < len(b.all) && b.all[until].station == uint32(number) {
		until++
	}
	return b.all[from:until]
}

func (b *occupiedBlock) seal() {
	b.all = slices.Clip(b.all)
	slices.SortFunc(b.all, func(x, y stretch) int {
		return cmp.Or(cmp.Compare(x.station, y.station), cmp.Compare(x.first, y.first), cmp.Compare(x.end, y.end))
	})
	for i := len(b.all) - 1; i >= 0; i-- {
		number := int(b.all[i].station)
		b.offsets = grown(b.offsets, number)
		b.offsets[number] = uint32(i + 1)
	}
}

// occupiedOf gives the blocks of first ≤ day < end. Days that are not yet settled are read each time. The store counts
// by the database's clock and we by ours: a margin of another day keeps a difference harmless.
func (s *Service) occupiedOf(ctx context.Context, first, end ledger.Day) ([]*occupiedBlock, error) {
	versions, err := s.bookings.OccupiedVersions(ctx, first, end)
	if err != nil {
		return nil, err
	}
	return s.occupied.get(ctx, plan[*occupiedBlock]{
		first: first, end: end, versions: versions, settled: ledger.DayOf(s.now().Add(-2 * SettledAfter)), load: s.loadOccupied,
	})
}

func (s *Service) loadOccupied(ctx context.Context, from, until ledger.Day) ([]*occupiedBlock, error) {
	blocks := make([]*occupiedBlock, until-from)
	for i := range blocks {
		blocks[i] = &occupiedBlock{}
	}
	err := s.bookings.Occupied(ctx, nil, from.Start(), until.Start(), func(o *Occupation) error {
		station, programme := uint32(s.numbers.of(o.StationID)), uint32(s.programmes.of(o.Programme))
		first, end := ledger.Days(o.From, o.Until)
		for day := max(first, from); day < min(end, until); day++ {
			a, z := day.MinutesWithin(o.From, o.Until)
			if a < z {
				b := blocks[day-from]
				b.all = append(b.all, stretch{station, programme, uint16(a), uint16(z), o.Class})
			}
		}
		return nil
	})
	for _, b := range blocks {
		b.seal()
	}
	return blocks, err
}
