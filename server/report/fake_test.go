package report_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/ledger/ledgertest"
	"github.com/labtide/labtide/server/report"
)

// school is a register, bookings and a ledger in memory.
type school struct {
	t          testing.TB
	sites      []equipment.Site
	rooms      []equipment.Room
	kinds      []equipment.Kind
	stations   []equipment.Station
	hours      []equipment.OpeningHours
	exceptions []equipment.Exception
	outages    []equipment.Outage
	occupied   []report.Occupation
	versions   map[ledger.Day]int64
	reads      atomic.Int64 // of occupations
	ledger     *ledgertest.Memory
	now        time.Time
	service    *report.Service
}

// newSchool is a school without hours (always open) in one zone: site "s", room "r" and kind "k".
func newSchool(t testing.TB, zone string, now string) *school {
	s := &school{
		t:        t,
		sites:    []equipment.Site{{ID: "s", Code: "S", TimeZone: zone}},
		rooms:    []equipment.Room{{ID: "r", SiteID: "s", Code: "R"}},
		kinds:    []equipment.Kind{{ID: "k", Code: "plc-bench"}},
		versions: map[ledger.Day]int64{},
		ledger:   ledgertest.NewMemory(),
	}
	s.now = s.at(now)
	s.service = report.New(report.Sources{Register: s, Bookings: s, Ledger: s.ledger, Now: func() time.Time { return s.now }})
	return s
}

// at reads "2026-05-27 08:00", by the clock of the first site.
func (s *school) at(text string) time.Time {
	s.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, s.sites[0].Location())
	if err != nil {
		s.t.Fatal(err)
	}
	return at
}

func (s *school) station(id, room, kind string) {
	site := ""
	for _, r := range s.rooms {
		if r.ID == room {
			site = r.SiteID
		}
	}
	s.stations = append(s.stations, equipment.Station{ID: id, SiteID: site, RoomID: room, KindID: kind, Code: strings.ToUpper(id)})
}

// open sets weekly hours on all days, in minutes after midnight, for a room or ("") the site of the first.
func (s *school) open(room string, opens, closes int) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		s.hours = append(s.hours, equipment.OpeningHours{SiteID: "s", RoomID: room, Weekday: day, Opens: opens, Closes: closes})
	}
}

// saw stores that a station was seen, and perhaps used, from one instant to another.
func (s *school) saw(station string, used bool, from, until string) {
	s.t.Helper()
	a, z := s.at(from), s.at(until)
	first, end := ledger.Days(a, z)
	var days []ledger.StationDay
	for day := first; day < end; day++ {
		d := ledger.StationDay{Station: station, Day: day}
		d.Seen.SetSpan(day, a, z)
		if used {
			d.Used = d.Seen
		}
		days = append(days, d)
	}
	if err := s.ledger.Or(s.t.Context(), days); err != nil {
		s.t.Fatal(err)
	}
}

func (s *school) book(station, programme string, class bool, from, until string) {
	s.t.Helper()
	s.occupied = append(s.occupied, report.Occupation{
		StationID: station, Programme: programme, Class: class, From: s.at(from), Until: s.at(until),
	})
}

func (s *school) outage(station, from, until string) {
	s.t.Helper()
	o := equipment.Outage{StationID: station, StartsAt: s.at(from)}
	if until != "" {
		o.EndsAt = s.at(until)
	}
	s.outages = append(s.outages, o)
}

func (s *school) utilization(q report.Query) report.Utilization {
	s.t.Helper()
	got, err := s.service.Utilization(s.t.Context(), q)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// item gives the item with a key.
func (s *school) item(u report.Utilization, key string) report.Item {
	s.t.Helper()
	for _, i := range u.Items {
		if i.Key == key {
			return i
		}
	}
	s.t.Fatalf("there is no item %q in %+v", key, u.Items)
	return report.Item{}
}

func (s *school) Sites(context.Context) ([]equipment.Site, error) { return s.sites, nil }
func (s *school) Rooms(context.Context) ([]equipment.Room, error) { return s.rooms, nil }
func (s *school) Kinds(context.Context) ([]equipment.Kind, error) { return s.kinds, nil }

func (s *school) Stations(context.Context, equipment.StationFilter) ([]equipment.Station, error) {
	return slices.SortedFunc(slices.Values(s.stations), func(a, b equipment.Station) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.ID, b.ID))
	}), nil
}

func (s *school) StationByID(_ context.Context, name string) (equipment.Station, error) {
	for _, st := range s.stations {
		if st.ID == name || st.Code == name {
			return st, nil
		}
	}
	return equipment.Station{}, fault.NotFound("station_unknown", "there is no station %q", name)
}

func (s *school) OpeningHours(_ context.Context, site string) ([]equipment.OpeningHours, []equipment.Exception, error) {
	var hours []equipment.OpeningHours
	for _, h := range s.hours {
		if h.SiteID == site {
			hours = append(hours, h)
		}
	}
	var exceptions []equipment.Exception
	for _, e := range s.exceptions {
		if e.SiteID == site {
			exceptions = append(exceptions, e)
		}
	}
	return hours, exceptions, nil
}

func (s *school) Outages(_ context.Context, station string, from, until time.Time) ([]equipment.Outage, error) {
	var out []equipment.Outage
	for _, o := range s.outages {
		if (station == "" || o.StationID == station) && o.StartsAt.Before(until) && (o.EndsAt.IsZero() || o.EndsAt.After(from)) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (s *school) Occupied(_ context.Context, stations []string, from, until time.Time, each func(*report.Occupation) error) error {
	s.reads.Add(1)
	for i := range s.occupied {
		o := &s.occupied[i]
		if (len(stations) == 0 || slices.Contains(stations, o.StationID)) && o.From.Before(until) && o.Until.After(from) {
			if err := each(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *school) OccupiedVersions(_ context.Context, from, until ledger.Day) (map[ledger.Day]int64, error) {
	out := map[ledger.Day]int64{}
	for day, version := range s.versions {
		if day >= from && day < until {
			out[day] = version
		}
	}
	return out, nil
}
