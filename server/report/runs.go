package report

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// Day labels the minutes of a station on one day of its site, as far as they have passed.
func (s *Service) Day(ctx context.Context, stationIDOrCode string, day equipment.Day) (Day, error) {
	if _, err := parseDay(day, "day"); err != nil {
		return Day{}, err
	}
	station, err := s.register.StationByID(ctx, stationIDOrCode)
	if err != nil {
		return Day{}, err
	}
	sites, err := s.register.Sites(ctx)
	if err != nil {
		return Day{}, err
	}
	out := Day{Station: station, Day: day, TimeZone: "UTC", Runs: []ledger.Run{}}
	loc := time.UTC
	for _, site := range sites {
		if site.ID == station.SiteID {
			loc, out.TimeZone = site.Location(), site.TimeZone
		}
	}
	runs, err := s.Runs(ctx, []equipment.Station{station}, day.Start(loc), day.Next().Start(loc))
	if of := runs[station.ID]; len(of) > 0 {
		out.Runs = of
	}
	return out, err
}

// Runs labels the minutes of [from, until) that have passed, for each of the stations, by id. It is meant for days, not
// for years: it reads the stores anew.
func (s *Service) Runs(ctx context.Context, stations []equipment.Station, from, until time.Time) (map[string][]ledger.Run, error) {
	out := make(map[string][]ledger.Run, len(stations))
	if passed := s.now().Truncate(time.Minute); until.After(passed) {
		until = passed
	}
	if !from.Before(until) || len(stations) == 0 {
		return out, nil
	}
	facts, err := s.factsOfFew(ctx, stations, from, until)
	if err != nil {
		return nil, err
	}
	first, end := ledger.Days(from, until)
	for i, st := range stations {
		var runs []ledger.Run
		for day := first; day < end; day++ {
			a, z := day.MinutesWithin(from, until)
			runs = facts[i][day-first].AppendRuns(runs, day, a, z)
		}
		out[st.ID] = runs
	}
	return out, nil
}

// factsOfFew gives the facts of each station on each UTC day that the span touches.
func (s *Service) factsOfFew(ctx context.Context, stations []equipment.Station, from, until time.Time) ([][]ledger.Facts, error) {
	first, end := ledger.Days(from, until)
	facts := make([][]ledger.Facts, len(stations))
	ids := make([]string, len(stations))
	place := make(map[string]int, len(stations))
	for i, st := range stations {
		facts[i] = make([]ledger.Facts, end-first)
		ids[i], place[st.ID] = st.ID, i
	}
	err := s.ledger.Scan(ctx, ids, first, end, func(d *ledger.StationDay) error {
		f := &facts[place[d.Station]][d.Day-first]
		f.Seen, f.Used = d.Seen, d.Used
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.bookings.Occupied(ctx, ids, from, until, func(o *Occupation) error {
		of := facts[place[o.StationID]]
		for i := range of {
			if o.Class {
				of[i].Blocked.SetSpan(first+ledger.Day(i), o.From, o.Until)
			} else {
				of[i].Booked.SetSpan(first+ledger.Day(i), o.From, o.Until)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return facts, s.addCalendar(ctx, stations, place, facts, from, until)
}

// addCalendar marks what is open and what is down; place says which facts belong to a station's id.
func (s *Service) addCalendar(ctx context.Context, stations []equipment.Station, place map[string]int, facts [][]ledger.Facts, from, until time.Time) error {
	sites, err := s.register.Sites(ctx)
	if err != nil {
		return err
	}
	rooms, err := s.register.Rooms(ctx)
	if err != nil {
		return err
	}
	only := ""
	if len(stations) == 1 {
		only = stations[0].ID
	}
	outages, err := s.register.Outages(ctx, only, from, until)
	if err != nil {
		return err
	}
	sc := &school{stations: slices.Clone(stations)}
	sc.arrange(sites, rooms)
	for i := range sc.sites {
		if err := s.readHours(ctx, &sc.sites[i]); err != nil {
			return err
		}
		sc.sites[i].span = equipment.Interval{From: from, Until: until}
	}
	c := newCalendar(sc, outages)
	first, end := ledger.Days(from, until)
	for day := first; day < end; day++ {
		c.move(day)
		for i, room := range sc.rooms {
			for at := room.first; at < room.end; at++ {
				f := &facts[place[sc.stations[at].ID]][day-first]
				c.openFor(at, i, &f.Open)
				c.down(at, &f.Down)
			}
		}
	}
	return nil
}
