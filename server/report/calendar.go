package report

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// calendar gives the facts of a day that come from rules: which minutes count, which are open, which are down. It is
// moved from day to day.
type calendar struct {
	school  *school
	outages [][]outage // by place in stations
	day     ledger.Day
	within  []ledger.Bits // by place in sites
	site    []ledger.Bits // open by the site's hours
	open    []ledger.Bits // by place in rooms
	since   []int64       // minute from which on a station is there, by place in stations
}

func newCalendar(s *school, outages []equipment.Outage) *calendar {
	c := &calendar{
		school: s, outages: make([][]outage, len(s.stations)),
		within: make([]ledger.Bits, len(s.sites)), site: make([]ledger.Bits, len(s.sites)), open: make([]ledger.Bits, len(s.rooms)),
		since: make([]int64, len(s.stations)),
	}
	place := make(map[string]int, len(s.stations))
	for i, st := range s.stations {
		place[st.ID] = i
		if !st.Since.IsZero() {
			c.since[i] = minuteAfter(st.Since)
		}
	}
	for _, o := range outages {
		if i, ok := place[o.StationID]; ok {
			c.outages[i] = append(c.outages[i], outage{minuteAfter(o.StartsAt), minuteAfter(o.EndsAt)})
		}
	}
	return c
}

// move goes to a UTC day.
func (c *calendar) move(day ledger.Day) {
	c.day = day
	for i := range c.school.sites {
		site := &c.school.sites[i]
		c.within[i], c.site[i] = ledger.Bits{}, ledger.Bits{}
		if site.span.Empty() {
			continue
		}
		c.within[i].SetSpan(day, site.span.From, site.span.Until)
		if !c.within[i].Empty() {
			openOn(&c.site[i], site, "", day)
		}
	}
	for i := range c.school.rooms {
		room := &c.school.rooms[i]
		site := &c.school.sites[room.site]
		if !site.ownHours[room.ID] {
			c.open[i] = c.site[room.site]
			continue
		}
		c.open[i] = ledger.Bits{}
		if !c.within[room.site].Empty() {
			openOn(&c.open[i], site, room.ID, day)
		}
	}
}

// openOn marks the minutes of a UTC day at which the room is open: it may touch two or three local days.
func openOn(open *ledger.Bits, site *siteOf, roomID string, day ledger.Day) {
	start := day.Start()
	last := equipment.DayOf(start.Add(24*time.Hour-1), site.loc)
	for local := equipment.DayOf(start, site.loc); local <= last; local = local.Next() {
		for _, span := range site.schedule.OpenOn(roomID, local) {
			open.SetSpan(day, span.From, span.Until)
		}
	}
}

// outage is the minutes from ≤ m < until, counted from 1970; until is 0 for no end.
type outage struct{ from, until int64 }

// minuteAfter gives the first minute that begins at the instant or after it; 0 for none.
func minuteAfter(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	day := ledger.DayOf(at)
	minute, _ := day.MinutesWithin(at, time.Time{})
	return int64(day)*ledger.Minutes + int64(minute)
}

// openFor marks the minutes at which a station's room is open, from when on the station is there.
func (c *calendar) openFor(place, room int, open *ledger.Bits) {
	*open = c.open[room]
	since := c.since[place]
	if start := int64(c.day) * ledger.Minutes; since > start {
		var before ledger.Bits
		before.SetRange(0, int(min(since-start, ledger.Minutes)))
		open.AndNot(&before)
	}
}

// down marks the minutes of the day at which a station, by its place, was in an outage, and reports whether there was one.
func (c *calendar) down(place int, down *ledger.Bits) bool {
	found, start := false, int64(c.day)*ledger.Minutes
	for _, o := range c.outages[place] {
		if o.from >= start+ledger.Minutes || o.until != 0 && o.until <= start {
			continue
		}
		end := int64(ledger.Minutes)
		if o.until != 0 {
			end = min(o.until-start, end)
		}
		down.SetRange(int(max(o.from-start, 0)), int(end))
		found = true
	}
	return found
}
