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
	outages map[string][]equipment.Outage // by station
	day     ledger.Day
	within  []ledger.Bits // by place in sites
	site    []ledger.Bits // open by the site's hours
	open    []ledger.Bits // by place in rooms
}

func newCalendar(s *school, outages []equipment.Outage) *calendar {
	c := &calendar{
		school: s, outages: map[string][]equipment.Outage{},
		within: make([]ledger.Bits, len(s.sites)), site: make([]ledger.Bits, len(s.sites)), open: make([]ledger.Bits, len(s.rooms)),
	}
	for _, o := range outages {
		c.outages[o.StationID] = append(c.outages[o.StationID], o)
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

// down marks the minutes of the day at which the station was in an outage, and reports whether there was one.
func (c *calendar) down(stationID string, down *ledger.Bits) bool {
	any := false
	for _, o := range c.outages[stationID] {
		first, end := c.day.MinutesWithin(o.StartsAt, o.EndsAt)
		down.SetRange(first, end)
		any = any || first < end
	}
	return any
}
