package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

// randomSchool is two sites, some rooms and kinds, and days of noise around a DST change of each zone.
func randomSchool(t *testing.T, seed uint64, zone, other string, start equipment.Day) *school {
	random := rand.New(rand.NewPCG(seed, 1))
	s := newSchool(t, zone, string(start.Add(4))+" 13:37")
	s.sites = append(s.sites, equipment.Site{ID: "s2", Code: "S2", TimeZone: other})
	s.rooms = append(s.rooms, equipment.Room{ID: "r1", SiteID: "s", Code: "R1"}, equipment.Room{ID: "r2", SiteID: "s2", Code: "R2"})
	s.kinds = append(s.kinds, equipment.Kind{ID: "cnc", Code: "cnc"})
	for n := range 9 {
		s.station(fmt.Sprintf("st%d", n), []string{"r", "r1", "r2"}[n%3], []string{"k", "cnc"}[random.IntN(2)])
		if random.IntN(3) == 0 {
			s.stations[n].Since = s.now.Add(-time.Duration(random.IntN(8*24*60)) * time.Minute)
		}
	}
	s.open("", 0, 150)
	s.open("", 150+random.IntN(300), 1200)
	s.open("r1", 60, 1440)
	s.exceptions = append(s.exceptions, equipment.Exception{SiteID: "s", Day: start.Add(3), Closed: true})
	at := func() time.Time {
		return start.Add(-1).Start(time.UTC).Add(time.Duration(random.IntN(6*1440*60)) * time.Second)
	}
	for _, st := range s.stations {
		for range 12 {
			from := at()
			until := from.Add(time.Duration(random.IntN(10*3600)) * time.Second)
			d := map[ledger.Day]*ledger.StationDay{}
			first, end := ledger.Days(from, until)
			for day := first; day < end; day++ {
				d[day] = &ledger.StationDay{Station: st.ID, Day: day}
				d[day].Seen.SetSpan(day, from, until)
				for m := range ledger.Minutes {
					if d[day].Seen.Has(m) && random.IntN(3) > 0 {
						d[day].Used.Set(m)
					}
				}
				if err := s.ledger.Or(t.Context(), []ledger.StationDay{*d[day]}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if random.IntN(2) == 0 {
			from := at()
			s.outages = append(s.outages, equipment.Outage{StationID: st.ID, StartsAt: from, EndsAt: from.Add(5 * time.Hour)})
		}
		for from := start.Start(time.UTC).Add(-30 * time.Hour); from.Before(s.now.Add(20 * time.Hour)); {
			until := from.Add(time.Duration(1+random.IntN(6*3600)) * time.Second)
			s.occupied = append(s.occupied, report.Occupation{
				StationID: st.ID, Programme: []string{"", "p", "q"}[random.IntN(3)], Class: random.IntN(4) == 0, From: from, Until: until,
			})
			from = until.Add(time.Duration(random.IntN(3)*random.IntN(3*3600)) * time.Second)
		}
	}
	return s
}

// minuteOf is one station-minute, found out the slow way.
type minuteOf struct {
	station equipment.Station
	at      time.Time
	local   time.Time
	label   ledger.Label
	after   bool
	booked  bool
	prog    string
}

// minutes lists all station-minutes of the days [from, to) that have passed, from what was stored, minute by minute.
func (s *school) minutes(from, to equipment.Day) []minuteOf {
	stored := map[string]map[ledger.Day]ledger.StationDay{}
	err := s.ledger.Scan(s.t.Context(), nil, -1<<30, 1<<30, func(d *ledger.StationDay) error {
		if stored[d.Station] == nil {
			stored[d.Station] = map[ledger.Day]ledger.StationDay{}
		}
		stored[d.Station][d.Day] = *d
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []minuteOf
	for _, st := range s.stations {
		site := s.sites[0]
		if st.SiteID != site.ID {
			site = s.sites[1]
		}
		loc := site.Location()
		hours, exceptions, _ := s.OpeningHours(s.t.Context(), site.ID)
		open := equipment.NewSchedule(loc, hours, exceptions).Open(st.RoomID, from.Start(loc).Add(-time.Hour), to.Start(loc))
		occupied := slices.DeleteFunc(slices.Clone(s.occupied), func(o report.Occupation) bool { return o.StationID != st.ID })
		end := to.Start(loc)
		if passed := s.now.Truncate(time.Minute); end.After(passed) {
			end = passed
		}
		for at := from.Start(loc).UTC(); at.Before(end); at = at.Add(time.Minute) {
			out = append(out, s.minute(st, at, at.In(loc), stored[st.ID][ledger.DayOf(at)], open, occupied))
		}
	}
	return out
}

// minute finds out about one station-minute from what was stored of its day, and when its station was open and occupied.
func (s *school) minute(st equipment.Station, at, local time.Time, d ledger.StationDay, open []equipment.Interval, occupied []report.Occupation) minuteOf {
	x := minuteOf{station: st, at: at, local: local}
	m := int(at.Sub(ledger.DayOf(at).Start()) / time.Minute)
	var f ledger.Facts
	mark := func(bits *ledger.Bits, is bool) {
		if is {
			bits.Set(m)
		}
	}
	mark(&f.Seen, d.Seen.Has(m))
	mark(&f.Used, d.Used.Has(m))
	for _, i := range open {
		mark(&f.Open, !at.Before(i.From) && at.Before(i.Until) && !at.Before(st.Since))
	}
	for _, o := range s.outages {
		mark(&f.Down, o.StationID == st.ID && o.Covers(at))
	}
	for _, o := range occupied {
		if !at.Before(o.From) && at.Before(o.Until) {
			x.prog, x.booked = o.Programme, true
			mark(&f.Blocked, o.Class)
			mark(&f.Booked, !o.Class)
		}
	}
	x.label = f.Label(m)
	x.after = x.label == ledger.LabelClosed && f.Seen.Has(m) && f.Used.Has(m)
	return x
}

func (m minuteOf) known() bool {
	return m.label != ledger.LabelClosed && m.label != ledger.LabelDown && m.label != ledger.LabelUnknown
}

func (m minuteOf) used() bool {
	return m.label == ledger.LabelBookedUsed || m.label == ledger.LabelWalkIn
}

// zones are pairs of zones around a change of one clock: Helsinki loses an hour, New York gains one, Lord Howe moves by
// half an hour either way, Shanghai had summer time in 1986.
func zones(t *testing.T, run func(t *testing.T, s *school, from, to equipment.Day)) {
	for n, c := range []struct {
		zone, other string
		start       equipment.Day
	}{
		{"Europe/Helsinki", "Asia/Shanghai", "2026-03-27"},
		{"America/New_York", "Europe/Helsinki", "2026-10-30"},
		{"Australia/Lord_Howe", "UTC", "2026-10-02"},
		{"Australia/Lord_Howe", "Pacific/Kiritimati", "2026-04-03"},
		{"Asia/Shanghai", "America/New_York", "1986-05-02"},
	} {
		t.Run(c.zone+" "+string(c.start), func(t *testing.T) {
			run(t, randomSchool(t, uint64(n), c.zone, c.other, c.start), c.start, c.start.Add(6))
		})
	}
}

func TestReportsSayWhatCountingMinuteByMinuteSays(t *testing.T) {
	zones(t, func(t *testing.T, s *school, from, to equipment.Day) {
		all := s.minutes(from, to)
		for _, group := range []report.Group{report.GroupSite, report.GroupRoom, report.GroupKind, report.GroupStation, report.GroupProgramme} {
			got := s.utilization(report.Query{From: from, To: to, GroupBy: group})
			want := map[string]map[ledger.Label]int64{}
			after := map[string]int64{}
			for _, m := range all {
				key := keyOf(m, group)
				if want[key] == nil {
					want[key] = map[ledger.Label]int64{}
				}
				want[key][m.label]++
				if m.after {
					after[key]++
				}
			}
			if len(got.Items) != len(want) {
				t.Errorf("by %s there are %d items, want %d", group, len(got.Items), len(want))
			}
			var sum ledger.Counts
			for _, item := range got.Items {
				sum.Add(&item.Minutes)
				for _, label := range ledger.Labels() {
					if n := item.Minutes.Of(label); n != want[item.Key][label] {
						t.Errorf("by %s, %q has %d minutes %s, want %d", group, item.Key, n, label, want[item.Key][label])
					}
				}
				if item.Minutes.AfterHours != after[item.Key] {
					t.Errorf("by %s, %q has %d minutes after hours, want %d", group, item.Key, item.Minutes.AfterHours, after[item.Key])
				}
			}
			if sum != got.Total.Minutes {
				t.Errorf("by %s the items add up to %+v, the total is %+v", group, sum, got.Total.Minutes)
			}
			if sum.Total() != int64(len(all)) {
				t.Errorf("by %s the labels add up to %d of %d minutes", group, sum.Total(), len(all))
			}
			wantRooms(t, got, all, group)
		}
	})
}

func keyOf(m minuteOf, group report.Group) string {
	switch group {
	case report.GroupSite:
		return m.station.SiteID
	case report.GroupRoom:
		return m.station.RoomID
	case report.GroupKind:
		return m.station.KindID
	case report.GroupStation:
		return m.station.ID
	}
	return m.prog
}

// wantRooms compares frequency and occupancy.
func wantRooms(t *testing.T, got report.Utilization, all []minuteOf, group report.Group) {
	t.Helper()
	if group == report.GroupProgramme {
		return
	}
	type roomMinute struct {
		key, room string
		at        int64
	}
	known, used := map[roomMinute]int{}, map[roomMinute]int{}
	for _, m := range all {
		if m.known() {
			known[roomMinute{keyOf(m, group), m.station.RoomID, m.at.Unix()}]++
		}
		if m.used() {
			used[roomMinute{keyOf(m, group), m.station.RoomID, m.at.Unix()}]++
		}
	}
	for _, item := range got.Items {
		var roomKnown, roomUsed, stationsUsed, knownInUse float64
		for k, n := range known {
			if k.key != item.Key {
				continue
			}
			roomKnown++
			if used[k] > 0 {
				roomUsed++
				stationsUsed += float64(used[k])
				knownInUse += float64(n)
			}
		}
		wantShare(t, fmt.Sprintf("by %s, frequency of %s", group, item.Key), item.Frequency, roomUsed, roomKnown)
		wantShare(t, fmt.Sprintf("by %s, occupancy of %s", group, item.Key), item.Occupancy, stationsUsed, knownInUse)
	}
}

func TestTheRunsOfADayAddUpToItWhateverTheClockDoes(t *testing.T) {
	for _, c := range []struct {
		zone  string
		day   equipment.Day
		hours float64
	}{
		{"Europe/Helsinki", "2026-03-29", 23}, {"Europe/Helsinki", "2026-10-25", 25},
		{"America/New_York", "2026-03-08", 23}, {"America/New_York", "2026-11-01", 25},
		{"Australia/Lord_Howe", "2026-10-04", 23.5}, {"Australia/Lord_Howe", "2026-04-05", 24.5},
		{"Asia/Shanghai", "2026-03-29", 24}, {"Asia/Shanghai", "1986-05-04", 23},
	} {
		s := newSchool(t, c.zone, "2027-01-01 00:00")
		s.station("a", "r", "k")
		s.open("", 0, 24*60)
		s.saw("a", true, string(c.day)+" 01:00", string(c.day)+" 05:00")
		got, err := s.service.Day(t.Context(), "a", c.day)
		if err != nil {
			t.Fatal(err)
		}
		loc := s.sites[0].Location()
		at := c.day.Start(loc)
		for _, r := range got.Runs {
			if !r.StartsAt.Equal(at) {
				t.Errorf("%s %s: a run starts at %v, want %v", c.zone, c.day, r.StartsAt, at)
			}
			at = r.EndsAt
		}
		if want := c.day.Next().Start(loc); !at.Equal(want) || at.Sub(c.day.Start(loc)).Hours() != c.hours {
			t.Errorf("%s %s: the runs end at %v, want %v after %v h", c.zone, c.day, at, want, c.hours)
		}
		if total := s.utilization(report.Query{From: c.day, To: c.day.Next()}).Total.Minutes; float64(total.Total()) != c.hours*60 ||
			float64(total.Open()) != c.hours*60 {
			t.Errorf("%s %s has %d minutes, %d of them open, want %v h", c.zone, c.day, total.Total(), total.Open(), c.hours)
		}
		if got.TimeZone != c.zone || got.Station.ID != "a" {
			t.Errorf("day is %+v", got)
		}
	}
}

func TestRunsAreTheLabelsOfEachStation(t *testing.T) {
	zones(t, func(t *testing.T, s *school, from, to equipment.Day) {
		a, z := from.Start(time.UTC).Add(90*time.Minute), to.Start(time.UTC)
		runs, err := s.service.Runs(t.Context(), s.stations, a, z)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range s.minutes(from, to) {
			if m.at.Before(a) || !m.at.Before(z) {
				continue
			}
			of := runs[m.station.ID]
			n, _ := slices.BinarySearchFunc(of, m.at, func(r ledger.Run, at time.Time) int {
				if r.EndsAt.After(at) {
					return 1
				}
				return -1
			})
			if n == len(of) || m.at.Before(of[n].StartsAt) || of[n].Label != m.label {
				t.Fatalf("%s at %v is not labelled %s", m.station.ID, m.at, m.label)
			}
		}
		for id, of := range runs {
			if last := of[len(of)-1].EndsAt; last.After(s.now) {
				t.Errorf("%s is labelled until %v, but now is %v", id, last, s.now)
			}
		}
	})
}
