package report_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

// year is a large school made by dice, the same at every reading: 4 campuses of 50 rooms with 10 stations of 8 kinds,
// open from 8 to 22 but on Sundays and holidays (every tenth room has hours of its own). A station is booked 6 times a day,
// for one to two hours. Its computer is seen from half past seven to half past ten with up to three gaps; 7 in 10
// bookings are used, with pauses of 5 to 20 minutes in which nobody touches it, and so are some free hours. Three times
// a year it is down for a day or two. Nothing of it is measured: it is what a full school of DEVELOPERS' size would store.
type year struct {
	*school
	first, end ledger.Day
}

func newYear(t testing.TB) *year {
	s := newSchool(t, "Asia/Shanghai", "2026-11-01 09:17")
	s.sites, s.rooms, s.kinds, s.hours = nil, nil, nil, nil
	for n := range 8 {
		s.kinds = append(s.kinds, equipment.Kind{ID: fmt.Sprintf("k%d", n), Code: fmt.Sprintf("kind-%d", n)})
	}
	for n := range 4 {
		site := fmt.Sprintf("s%d", n)
		s.sites = append(s.sites, equipment.Site{ID: site, Code: site, TimeZone: "Asia/Shanghai"})
		s.addHours(site, "", 480)
		for day := equipment.Day("2025-11-03"); day < "2026-11-01"; day = day.Add(26) {
			s.exceptions = append(s.exceptions, equipment.Exception{SiteID: site, Day: day, Closed: true})
		}
		for r := range 50 {
			room := fmt.Sprintf("%s-r%02d", site, r)
			s.rooms = append(s.rooms, equipment.Room{ID: room, SiteID: site, Code: room})
			if r%10 == 0 {
				s.addHours(site, room, 540)
			}
			for n := range 10 {
				s.station(fmt.Sprintf("%s-%02d", room, n), room, s.kinds[(r+n/5)%8].ID)
			}
		}
	}
	y := &year{school: s, first: ledger.DayOf(s.at("2025-10-31 00:00")), end: ledger.DayOf(s.at("2026-11-02 00:00"))}
	random := rand.New(rand.NewPCG(1, 2))
	for _, st := range s.stations {
		for range 3 {
			from := y.first.Start().Add(time.Duration(random.IntN(365*24)) * time.Hour)
			s.outages = append(s.outages, equipment.Outage{StationID: st.ID, StartsAt: from, EndsAt: from.Add(time.Duration(5+random.IntN(40)) * time.Hour)})
		}
	}
	y.service = report.New(report.Sources{Register: y, Bookings: y, Ledger: y, Now: func() time.Time { return s.now }})
	return y
}

func (s *school) addHours(site, room string, opens int) {
	for day := time.Monday; day <= time.Saturday; day++ {
		s.hours = append(s.hours, equipment.OpeningHours{SiteID: site, RoomID: room, Weekday: day, Opens: opens, Closes: 22 * 60})
	}
}

// made is one station-day: UTC minutes, 8 hours behind Shanghai, so a working day lies within one UTC day.
func (y *year) made(station string, day ledger.Day) (d ledger.StationDay, bookings [6][2]int) {
	hash := fnv.New64a()
	hash.Write([]byte(station))
	random := rand.New(rand.NewPCG(hash.Sum64(), uint64(day)))
	d = ledger.StationDay{Station: station, Day: day}
	d.Seen.SetRange(0, 14*60+30)
	for range random.IntN(4) {
		var gap ledger.Bits
		at := random.IntN(800)
		gap.SetRange(at, at+3+random.IntN(40))
		d.Seen.AndNot(&gap)
	}
	at := random.IntN(30)
	for i := range bookings {
		length := 60 + 15*random.IntN(5)
		bookings[i] = [2]int{at, at + length}
		if random.IntN(10) < 7 {
			for m := at + random.IntN(10); m < at+length; {
				busy := min(m+10+random.IntN(50), at+length)
				d.Used.SetRange(m, busy)
				m = busy + 5 + random.IntN(15)
			}
		}
		at += length + 15*random.IntN(4)
		if random.IntN(5) == 0 {
			d.Used.SetRange(at-10, at)
		}
	}
	d.Used.And(&d.Seen)
	return d, bookings
}

func (y *year) Scan(_ context.Context, _ []string, from, until ledger.Day, each func(*ledger.StationDay) error) error {
	for _, st := range y.stations {
		for day := max(from, y.first); day < min(until, y.end); day++ {
			d, _ := y.made(st.ID, day)
			if err := each(&d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (y *year) Versions(_ context.Context, from, until ledger.Day) (map[ledger.Day]int64, error) {
	out := map[ledger.Day]int64{}
	for day := max(from, y.first); day < min(until, y.end); day++ {
		out[day] = 1
	}
	return out, nil
}

func (y *year) Or(context.Context, []ledger.StationDay) error { return nil }

func (y *year) Replace(context.Context, ledger.Day, ledger.Day, []ledger.StationDay) error {
	return nil
}

func (y *year) Occupied(_ context.Context, _ []string, from, until time.Time, each func(*report.Occupation) error) error {
	programmes := [...]string{"mechatronics", "CNC", "industrial IT", "robotics", ""}
	first, end := ledger.Days(from, until)
	for _, st := range y.stations {
		for day := max(first, y.first); day < min(end, y.end); day++ {
			_, bookings := y.made(st.ID, day)
			for i, b := range bookings {
				o := report.Occupation{
					StationID: st.ID, Programme: programmes[(int(day)+i)%len(programmes)], Class: i == 1,
					From: day.Start().Add(time.Duration(b[0]) * time.Minute), Until: day.Start().Add(time.Duration(b[1]) * time.Minute),
				}
				if err := each(&o); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (y *year) OccupiedVersions(context.Context, ledger.Day, ledger.Day) (map[ledger.Day]int64, error) {
	return nil, nil
}

// BenchmarkAYear is the year of 2,000 stations, 730,000 station-days, from a warm cache on one core. It also says what
// the cache takes.
func BenchmarkAYear(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	y := newYear(b)
	q := report.Query{From: "2025-11-01", To: "2026-11-01"}
	before := heap()
	start := time.Now()
	u, err := y.service.Utilization(b.Context(), q)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("first report, reading and packing included: %v; the cache takes %.0f MB; total %+v",
		time.Since(start).Round(time.Millisecond), float64(heap()-before)/1e6, u.Total.Minutes)
	stationDays := float64(len(y.stations) * 365)
	for _, group := range []report.Group{report.GroupSite, report.GroupKind, report.GroupStation, report.GroupProgramme} {
		b.Run(string(group), func(b *testing.B) {
			q.GroupBy = group
			for b.Loop() {
				if _, err := y.service.Utilization(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/stationDays, "ns/station-day")
		})
	}
	b.Run("heatmap", func(b *testing.B) {
		for b.Loop() {
			if _, err := y.service.Heatmap(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/stationDays, "ns/station-day")
	})
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
