package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// plan is what happens at one station on one local day.
type plan struct {
	bookings []promise
	used     []equipment.Interval // somebody is there
	dark     []equipment.Interval // the device reports nothing
	powered  equipment.Interval   // from when until when the device is switched on at all
}

// promise is a booking; class means that an instructor blocks the station for a group.
type promise struct {
	equipment.Interval
	class  bool
	person string // login
}

// dayPlan invents the day of a station. The same station and day always give the same plan.
func dayPlan(s station, day equipment.Day, loc *time.Location) plan {
	d := drawer{rng: seeded(s.code, string(day)), station: s, late: time.Duration(seeded(s.code).IntN(60)) * time.Second}
	year, month, date := day.Start(loc).Date()
	d.at = func(minute int) time.Time { return time.Date(year, month, date, 0, minute, 0, 0, loc).UTC() }
	weekday := day.Weekday()
	if weekday == time.Sunday && !s.in.sunday {
		return plan{}
	}
	opens, closes := s.in.opens*60, s.in.closes*60
	d.plan.powered = equipment.Interval{From: d.at(opens), Until: d.at(closes)}
	for minute := opens; minute < closes; {
		minute = d.step(minute, closes, weekday)
	}
	if d.rng.Float64() < 0.05 { // a network fault, or somebody pulled the plug
		from := opens + d.rng.IntN(closes-opens-180)
		d.plan.dark = append(d.plan.dark, equipment.Interval{From: d.at(from), Until: d.at(from + 30 + d.rng.IntN(120))})
	}
	return d.plan
}

func seeded(parts ...string) *rand.Rand {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00")) // never fails
	}
	return rand.New(rand.NewPCG(h.Sum64(), 7)) //nolint:gosec // a story, no secret
}

type drawer struct {
	rng     *rand.Rand
	station station
	at      func(minute int) time.Time
	late    time.Duration // by which its people come and go after the minute, so that not all do at once
	plan    plan
}

// step decides what happens from this minute on, and gives the minute after it.
func (d *drawer) step(minute, closes int, weekday time.Weekday) int {
	if end, ok := d.class(minute, weekday); ok {
		d.plan.bookings = append(d.plan.bookings, promise{Interval: d.span(minute, end), class: true})
		if d.rng.Float64() < 0.82 {
			d.presence(minute+d.rng.IntN(6), end-5-d.rng.IntN(20))
		}
		return end
	}
	wanted := intensity(minute/60, weekday) * d.station.demand
	if d.rng.Float64() > wanted*0.7 {
		if d.rng.Float64() < wanted*0.16 {
			d.presence(minute+d.rng.IntN(8), minute+30)
		}
		return minute + 30
	}
	lengths := []int{60, 60, 90, 90, 120, 120, 180}
	end := min(minute+lengths[d.rng.IntN(len(lengths))], closes, d.nextClass(minute, weekday))
	if end-minute < 30 {
		return end
	}
	d.plan.bookings = append(d.plan.bookings, promise{Interval: d.span(minute, end)})
	d.keepPromise(minute, end)
	return end
}

// keepPromise: most come and stay, some leave early, some never come.
func (d *drawer) keepPromise(start, end int) {
	switch luck := d.rng.Float64(); {
	case luck < 0.1:
	case luck < 0.22:
		d.presence(start+d.rng.IntN(6)-2, start+(end-start)/2)
	default:
		d.presence(start+d.rng.IntN(7)-4, end-d.rng.IntN(8))
	}
}

// presence is somebody being there, with a pause now and then.
func (d *drawer) presence(from, until int) {
	if n := len(d.plan.used); n > 0 && d.at(from).Add(d.late).Before(d.plan.used[n-1].Until) {
		from = int(d.plan.used[n-1].Until.Add(-d.late).Sub(d.at(0)) / time.Minute)
	}
	for from < until {
		stretch := min(18+d.rng.IntN(45), until-from)
		use := d.span(from, from+stretch)
		use.From, use.Until = use.From.Add(d.late), use.Until.Add(d.late)
		d.plan.used = append(d.plan.used, use)
		from += stretch + 1 + d.rng.IntN(4)
	}
}

func (d *drawer) span(from, until int) equipment.Interval {
	return equipment.Interval{From: d.at(from), Until: d.at(until)}
}

// class: the PLC room is taught in on Mondays and Wednesdays, the CAD seats on Thursdays.
func (d *drawer) class(minute int, weekday time.Weekday) (end int, ok bool) {
	for _, c := range d.classes(weekday) {
		if c[0] == minute {
			return c[1], true
		}
	}
	return 0, false
}

func (d *drawer) nextClass(minute int, weekday time.Weekday) int {
	for _, c := range d.classes(weekday) {
		if c[0] >= minute {
			return c[0]
		}
	}
	return 24 * 60
}

func (d *drawer) classes(weekday time.Weekday) [][2]int {
	switch {
	case d.station.kind.code == "plc-bench" && (weekday == time.Monday || weekday == time.Wednesday):
		return [][2]int{{8*60 + 30, 10 * 60}, {14 * 60, 15*60 + 30}}
	case d.station.kind.code == "cad-seat" && weekday == time.Thursday:
		return [][2]int{{10 * 60, 12 * 60}}
	}
	return nil
}

// intensity is how much of the school wants to work at that hour.
func intensity(hour int, weekday time.Weekday) float64 {
	byHour := [24]float64{
		.10, .08, .06, .05, .05, .06, .12, .25, .62, .80, .88, .82, .45, .50, .78, .82, .74, .60, .45, .58, .55, .42, .25, .15,
	}
	share := byHour[hour%24]
	switch weekday {
	case time.Saturday:
		return share * 0.55
	case time.Sunday:
		return share * 0.35
	case time.Tuesday:
		return min(share*1.15, 1)
	}
	return share
}

// schoolDay gives the plans of all stations on a day, by station code, with a person for every booking: somebody who is
// nowhere else at that time, of the station's programme if one is free.
func schoolDay(day equipment.Day, loc *time.Location) map[string]plan {
	plans := map[string]plan{}
	var open []*promise
	programme := map[*promise]string{}
	for _, s := range stations() {
		p := dayPlan(s, day, loc)
		plans[s.code] = p
		for i := range p.bookings {
			open = append(open, &p.bookings[i])
			programme[&p.bookings[i]] = s.programme
		}
	}
	slices.SortStableFunc(open, func(a, b *promise) int { return a.From.Compare(b.From) })
	people := pupils()
	seeded("people", string(day)).Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	busy := map[string]time.Time{}
	for _, b := range open {
		b.person = seat(people, busy, b, programme[b])
	}
	return plans
}

// seat finds who sits there and notes until when; with nobody free it is the instructor, who may be in many places.
func seat(people []Account, busy map[string]time.Time, b *promise, programme string) string {
	if b.class {
		return instructor
	}
	found := ""
	for _, p := range people {
		if busy[p.Login].After(b.From) {
			continue
		}
		if found == "" || p.Programme == programme {
			found = p.Login
		}
		if p.Programme == programme {
			break
		}
	}
	if found == "" {
		return instructor
	}
	busy[found] = b.Until
	return found
}
