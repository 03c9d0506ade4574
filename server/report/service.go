package report

import (
	"context"
	"runtime"
	"time"

	"github.com/labtide/labtide/server/ledger"
)

// Service answers the questions. It keeps the past in memory, and checks it against the stores' versions each time.
type Service struct {
	register Register
	bookings Bookings
	ledger   ledger.Store
	now      func() time.Time

	numbers    *names // of stations
	programmes *names // 0 is none
	facts      *dayCache[*factBlock]
	occupied   *dayCache[*occupiedBlock]
	// passes lets half of the processors work at reports, so that planners cannot stop the school.
	passes chan struct{}
}

// Bounds of memory: a year of 2,000 stations takes some 50 and 40 MB (BenchmarkAYear says how much).
const (
	factsLimit    = 128 << 20
	occupiedLimit = 96 << 20
)

// New makes the service. It starts nothing and reads nothing yet.
func New(sources Sources) *Service {
	now := sources.Now
	if now == nil {
		now = time.Now
	}
	return &Service{
		register: sources.Register, bookings: sources.Bookings, ledger: sources.Ledger, now: now,
		numbers: newNames(), programmes: newNames(""),
		facts: newDayCache[*factBlock](factsLimit), occupied: newDayCache[*occupiedBlock](occupiedLimit),
		passes: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
}

// stationDay is one station on one UTC day, as visitors see it. It is valid during the call.
type stationDay struct {
	place     int // in school.stations
	room      int // in school.rooms
	site      int // in school.sites
	day       ledger.Day
	within    *ledger.Bits // the minutes that count
	facts     *ledger.Facts
	stretches []stretch
}

// visitor is a projection: it is shown every station-day, room by room.
type visitor interface {
	station(d *stationDay)
	// roomDone comes after the last station of a room on a day.
	roomDone(room int)
	// dayDone comes after the last room of a day.
	dayDone(day ledger.Day)
}

// walkDays is how many days are looked at together: it bounds what one question holds beyond the caches.
const walkDays ledger.Day = 16

// walk shows a visitor all station-days of the school's span.
func (s *Service) walk(ctx context.Context, sc *school, v visitor) error {
	span := sc.span()
	if span.Empty() {
		return nil
	}
	outages, err := s.register.Outages(ctx, "", span.From, span.Until)
	if err != nil {
		return err
	}
	w := walker{calendar: newCalendar(sc, outages), numbers: make([]int, len(sc.stations)), visitor: v}
	for i, st := range sc.stations {
		w.numbers[i] = s.numbers.of(st.ID)
	}
	first, end := ledger.Days(span.From, span.Until)
	for from := first; from < end; from += walkDays {
		if err := s.walkSome(ctx, &w, from, min(from+walkDays, end)); err != nil {
			return err
		}
	}
	return nil
}

// walkSome shows the station-days of from ≤ day < until. Who waits for a store keeps no processor from others.
func (s *Service) walkSome(ctx context.Context, w *walker, from, until ledger.Day) error {
	facts, err := s.factsOf(ctx, from, until)
	if err != nil {
		return err
	}
	occupied, err := s.occupiedOf(ctx, from, until)
	if err != nil {
		return err
	}
	select {
	case s.passes <- struct{}{}:
		defer func() { <-s.passes }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for day := from; day < until; day++ {
		w.calendar.move(day)
		w.facts, w.occupied = facts[day-from], occupied[day-from]
		w.walkDay()
	}
	return ctx.Err()
}

// walker goes through the rooms of one day.
type walker struct {
	calendar *calendar
	numbers  []int // of the school's stations
	facts    *factBlock
	occupied *occupiedBlock
	visitor  visitor
}

func (w *walker) walkDay() {
	c := w.calendar
	var f ledger.Facts
	d := stationDay{day: c.day, facts: &f}
	for i := range c.school.rooms {
		room := &c.school.rooms[i]
		d.room, d.site, d.within = i, room.site, &c.within[room.site]
		if d.within.Empty() {
			continue
		}
		for d.place = room.first; d.place < room.end; d.place++ {
			number := w.numbers[d.place]
			c.openFor(d.place, i, &f.Open)
			f.Seen, f.Used, f.Booked, f.Blocked = ledger.Bits{}, ledger.Bits{}, ledger.Bits{}, ledger.Bits{}
			w.facts.facts(number, &f.Seen, &f.Used)
			d.stretches = w.occupied.of(number)
			for _, s := range d.stretches {
				if s.class() {
					f.Blocked.SetRange(int(s.first), int(s.end))
				} else {
					f.Booked.SetRange(int(s.first), int(s.end))
				}
			}
			down := c.down(d.place, &f.Down)
			w.visitor.station(&d)
			if down {
				f.Down = ledger.Bits{}
			}
		}
		w.visitor.roomDone(i)
	}
	w.visitor.dayDone(c.day)
}
