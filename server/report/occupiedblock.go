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
	// offsets[n] is the place in all of the first stretch of the station with number n, offsets[n+1] that behind its last.
	offsets []uint32
	all     []stretch
}

// stretch is the minutes first ≤ m < end of a station that one booking occupied.
type stretch struct {
	first, end uint16
	tag        uint32 // the number of the programme, 0 for none, and classTag
}

const (
	classTag     = 1 << 31
	stretchBytes = 8
)

func (s stretch) class() bool { return s.tag&classTag != 0 }

func (s stretch) programme() int { return int(s.tag &^ classTag) }

func (b *occupiedBlock) bytes() int { return 4*cap(b.offsets) + stretchBytes*cap(b.all) }

// of gives the stretches of a station, in order.
func (b *occupiedBlock) of(number int) []stretch {
	if number+1 >= len(b.offsets) {
		return nil
	}
	return b.all[b.offsets[number]:b.offsets[number+1]]
}

// loose is a stretch that has not found its place yet.
type loose struct {
	station int
	stretch
}

// sealed makes the block of a day of its stretches.
func sealed(stretches []loose) *occupiedBlock {
	if len(stretches) == 0 {
		return &occupiedBlock{}
	}
	slices.SortFunc(stretches, func(x, y loose) int {
		return cmp.Or(cmp.Compare(x.station, y.station), cmp.Compare(x.first, y.first), cmp.Compare(x.end, y.end))
	})
	last := stretches[len(stretches)-1].station
	b := &occupiedBlock{offsets: make([]uint32, last+2), all: make([]stretch, len(stretches))}
	for i, s := range stretches {
		b.all[i] = s.stretch
		b.offsets[s.station+1]++
	}
	for n := range last + 1 {
		b.offsets[n+1] += b.offsets[n]
	}
	return b
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
	days := make([][]loose, until-from)
	err := s.bookings.Occupied(ctx, nil, from.Start(), until.Start(), func(o *Occupation) error {
		station, tag := s.numbers.of(o.StationID), uint32(s.programmes.of(o.Programme)) //nolint:gosec // there are not 2³¹ programmes
		if o.Class {
			tag |= classTag
		}
		first, end := ledger.Days(o.From, o.Until)
		for day := max(first, from); day < min(end, until); day++ {
			if a, z := day.MinutesWithin(o.From, o.Until); a < z {
				days[day-from] = append(days[day-from], loose{station, stretch{uint16(a), uint16(z), tag}}) //nolint:gosec // 0 … 1440
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	blocks := make([]*occupiedBlock, len(days))
	for i := range days {
		blocks[i] = sealed(days[i])
	}
	return blocks, nil
}
