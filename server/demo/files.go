package demo

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// WriteSchool writes the register, the people and the bookings of the past, today and the days ahead into folder.
func WriteSchool(folder string, now time.Time) error {
	w := writer{folder: folder, now: now.UTC().Truncate(time.Minute), loc: location()}
	w.register()
	w.people()
	w.bookings()
	return w.err
}

// WriteUsage writes what the devices saw on the local days from … until (exclusive), as far as they have passed.
func WriteUsage(folder string, from, until equipment.Day, now time.Time) error {
	w := writer{folder: folder, now: now.UTC().Truncate(time.Minute), loc: location()}
	w.usage(from, until)
	return w.err
}

// Today is the school's local day.
func Today(now time.Time) equipment.Day { return equipment.DayOf(now, location()) }

func location() *time.Location { return equipment.Site{TimeZone: Zone}.Location() }

// writer writes files until the first error.
type writer struct {
	folder string
	now    time.Time
	loc    *time.Location
	err    error
}

func (w *writer) file(name, header string, rows [][]string) {
	if w.err != nil {
		return
	}
	if w.err = os.MkdirAll(w.folder, 0o750); w.err != nil {
		return
	}
	f, err := os.Create(filepath.Join(w.folder, name))
	if err != nil {
		w.err = err
		return
	}
	_, w.err = fmt.Fprintln(f, header)
	if w.err == nil {
		w.err = csv.NewWriter(f).WriteAll(rows)
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
}

func (w *writer) register() {
	w.file("sites.csv", "code,name_en,name_zh,time_zone", [][]string{{"SZ", "Shenzhen Polytechnic, Xili", "深圳职业技术大学西丽校区", Zone}})
	var roomRows, kindRows, hours, stationRows, deviceRows, placed [][]string
	for _, r := range rooms() {
		roomRows = append(roomRows, []string{"SZ", r.code, r.en, r.zh})
		for day := time.Sunday; day <= time.Saturday; day++ {
			if day != time.Sunday || r.sunday {
				hours = append(hours, []string{"SZ", r.code, day.String()[:3], clock(r.opens), clock(r.closes)})
			}
		}
	}
	for _, k := range kinds() {
		kindRows = append(kindRows, []string{k.code, k.en, k.zh})
	}
	since := Today(w.now).Add(-PastDays).Start(w.loc)
	for _, s := range stations() {
		stationRows = append(stationRows, []string{"SZ", s.room, s.kind.code, s.code})
		deviceRows = append(deviceRows, []string{s.device, s.code + " gateway"})
		placed = append(placed, []string{s.device, s.code, instant(since)})
	}
	w.file("rooms.csv", "site,code,name_en,name_zh", roomRows)
	w.file("kinds.csv", "code,name_en,name_zh", kindRows)
	w.file("opening_hours.csv", "site,room,weekday,opens,closes", hours)
	w.file("stations.csv", "site,room,kind,code", stationRows)
	w.file("devices.csv", "device,name", deviceRows)
	w.file("placements.csv", "device,station,from", placed)
	w.file("outages.csv", "station,starts_at,ends_at,reason", [][]string{
		{brokenStation, instant(brokenSince(w.now)), "", "主轴报警 Spindle alarm"},
		{"ROB-02", instant(w.now.AddDate(0, 0, -12)), instant(w.now.AddDate(0, 0, -10)), "减速机保养 Gearbox maintenance"},
	})
}

// brokenSince is when the broken station broke, on the minute.
func brokenSince(now time.Time) time.Time { return now.Add(-7 * time.Hour).Truncate(time.Minute) }

func (w *writer) people() {
	var rows [][]string
	for _, p := range append(Accounts(), pupils()...) {
		rows = append(rows, []string{p.Login, p.Name, p.Role, p.Programme})
	}
	w.file("people.csv", "login,name,role,programme", rows)
	w.teams()
	w.qualifications()
}

// qualifications: all but the demo's student have had the CNC safety course; for every seventh it has nearly run out.
func (w *writer) qualifications() {
	var rows [][]string
	granted := Today(w.now).Add(-2 * PastDays).Start(w.loc)
	for i, p := range pupils() {
		expires := Today(w.now).Add(10 * PastDays)
		if i%7 == 3 {
			expires = Today(w.now).Add(6)
		}
		rows = append(rows, []string{p.Login, "cnc", instant(granted), instant(expires.Start(w.loc)), "安全培训 Safety course"})
	}
	w.file("qualifications.csv", "person,kind,granted_at,expires_at,note", rows)
}

func (w *writer) bookings() {
	var rows [][]string
	for day := Today(w.now).Add(-PastDays); day <= Today(w.now).Add(3); day = day.Next() {
		plans := schoolDay(day, w.loc)
		for _, s := range stations() {
			for _, b := range plans[s.code].bookings {
				if s.code == brokenStation && b.Until.After(brokenSince(w.now)) {
					continue
				}
				purpose := "practice"
				if b.class {
					purpose = "class"
				}
				rows = append(rows, []string{s.code, instant(b.From), instant(b.Until), b.person, s.programme, purpose})
			}
		}
	}
	rows = append(rows, w.studentsOwn()...)
	w.file("bookings.csv", "station,starts_at,ends_at,person,programme,purpose", rows)
}

// studentsOwn gives the demo student something to see under "my bookings": a free hour today, if there is one, tomorrow
// and the day after.
func (w *writer) studentsOwn() [][]string {
	var rows [][]string
	me := Accounts()[0]
	for ahead := range 3 {
		day := Today(w.now).Add(ahead)
		plans := schoolDay(day, w.loc)
		for _, s := range stations() {
			if span, ok := gap(plans[s.code], day, w.loc, w.now); ok && s.kind.code == "plc-bench" {
				rows = append(rows, []string{s.code, instant(span.From), instant(span.Until), me.Login, me.Programme, "practice"})
				break
			}
		}
	}
	return rows
}

// gap finds an hour after noon, and still to come, that nobody has booked.
func gap(p plan, day equipment.Day, loc *time.Location, now time.Time) (equipment.Interval, bool) {
	noon := day.Start(loc).Add(12 * time.Hour)
	for minutes := 30; minutes < 9*60; minutes += 30 {
		span := equipment.Interval{From: noon.Add(time.Duration(minutes) * time.Minute), Until: noon.Add(time.Duration(minutes+60) * time.Minute)}
		if span.From.After(now) && !slices.ContainsFunc(p.bookings, func(b promise) bool { return b.Overlaps(span) }) {
			return span, true
		}
	}
	return equipment.Interval{}, false
}

func (w *writer) usage(from, until equipment.Day) {
	var rows [][]string
	for day := from; day < until; day = day.Next() {
		plans := schoolDay(day, w.loc)
		for _, s := range stations() {
			for _, stretch := range w.seen(s, plans[s.code]) {
				rows = append(rows, []string{s.device, instant(stretch.From), instant(stretch.Until), stretch.state})
			}
		}
	}
	w.file("usage.csv", "device,starts_at,ends_at,state", rows)
}

// stretch is a piece of the day for which the device knows.
type stretch struct {
	equipment.Interval
	state string
}

// seen gives what a device would have reported up to now.
func (w *writer) seen(s station, p plan) []stretch {
	end := w.now
	if s.code == silentStation {
		end = w.now.Add(-silentFor)
	}
	var out []stretch
	add := func(span equipment.Interval, state string) {
		if span.Until.After(end) {
			span.Until = end
		}
		for _, piece := range without(span, p.dark) {
			out = append(out, stretch{piece, state})
		}
	}
	at := p.powered.From
	for _, u := range p.used {
		if s.code == brokenStation && u.Until.After(brokenSince(w.now)) {
			continue
		}
		if at.Before(u.From) {
			add(equipment.Interval{From: at, Until: u.From}, "idle")
		}
		add(u, "in_use")
		at = u.Until
	}
	add(equipment.Interval{From: at, Until: p.powered.Until}, "idle")
	return out
}

// without cuts the dark pieces out of a span; what is empty is left out.
func without(span equipment.Interval, dark []equipment.Interval) []equipment.Interval {
	var out []equipment.Interval
	for _, d := range dark {
		if !span.Overlaps(d) {
			continue
		}
		if before := (equipment.Interval{From: span.From, Until: d.From}); !before.Empty() {
			out = append(out, before)
		}
		span.From = d.Until
	}
	if !span.Empty() {
		out = append(out, span)
	}
	return out
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func clock(hour int) string { return strconv.Itoa(hour) + ":00" }
