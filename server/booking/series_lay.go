package booking

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking/recurrence"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// occasion is a time at which something is to be booked, before anybody has asked the rules.
type occasion struct {
	day  equipment.Day
	span equipment.Interval
	// planned is what exceptions are known by: the start that the rule gave.
	planned time.Time
	// left says why it is left out, whatever the rules say; empty: it is not.
	left, detail string
}

// seats gives the places of a series, in order: those named, or all bookable ones of a room. They are on one site.
func (r *Rules) seats(stations []string, roomID string) ([]*place, error) {
	if (len(stations) == 0) == (roomID == "") {
		return nil, fault.Invalid("stations_or_room", "name either stations or a room").On("stations")
	}
	ids := stations
	if roomID != "" {
		ids = slices.DeleteFunc(slices.Clone(r.inRoom(roomID)), func(id string) bool { return !r.places[id].Bookable })
	}
	if len(ids) == 0 {
		return nil, fault.NotFound("room_empty", "there is no station in that room that can be booked").On("room")
	}
	out := make([]*place, 0, len(ids))
	for _, name := range ids {
		p := r.place(name)
		switch {
		case p == nil:
			return nil, errStationUnknown(name)
		case slices.Contains(out, p):
			return nil, fault.Rule("station_twice", "%s is named twice", p.Code).On("stations")
		case len(out) > 0 && p.SiteID != out[0].SiteID:
			return nil, fault.Rule("series_one_site", "a series is on one site, whose clock it follows; make one for each site").On("stations")
		}
		out = append(out, p)
	}
	return out, nil
}

func idsOf(places []*place) []string {
	out := make([]string, len(places))
	for i, p := range places {
		out[i] = p.ID
	}
	return out
}

// terms gives those that hold at a site.
func (r *Rules) terms(siteID string) []recurrence.Term {
	var out []recurrence.Term
	for _, t := range r.facts.Terms {
		if t.SiteID == "" || t.SiteID == siteID {
			out = append(out, recurrence.Term{Starts: t.Starts, Ends: t.Ends})
		}
	}
	return out
}

// lay gives the occasions of a part, from its day on. The places are those of the part.
func (r *Rules) lay(part SeriesPart, places []*place) ([]occasion, error) {
	rule, err := recurrence.Parse(part.Rule)
	if err != nil {
		return nil, err
	}
	if err := part.times().Check(); err != nil {
		return nil, err
	}
	days, err := recurrence.Expand(rule, part.First, r.terms(places[0].SiteID), mostOccurrences)
	if err != nil {
		return nil, err
	}
	loc := places[0].loc
	if err := part.times().Apart(days, loc); err != nil {
		return nil, err
	}
	var out []occasion
	for _, day := range days {
		if day >= part.From {
			out = append(out, r.occasion(day, part.times().At(day, loc), places))
		}
	}
	if len(out)*len(places) > mostSeriesRows {
		return nil, errSeriesTooLarge()
	}
	if n := len(out); n > 0 && out[n-1].span.Until.Sub(out[0].span.From) > longestSeries {
		return nil, fault.Rule("series_too_long", "a series lasts at most two years; start another when it ends").On("rule")
	}
	return out, nil
}

func errSeriesTooLarge() error {
	return fault.Rule("series_too_large", "that is more than %d bookings at once; take fewer stations or a shorter time", mostSeriesRows).On("rule")
}

// occasion says of a time whether it is left out: the clocks show none of it, or a room of the places is closed on that day.
func (r *Rules) occasion(day equipment.Day, span equipment.Interval, places []*place) occasion {
	o := occasion{day: day, span: equipment.Interval{From: span.From.UTC(), Until: span.Until.UTC()}, planned: span.From.UTC()}
	if span.Empty() {
		o.left, o.detail = ReasonClocks, fmt.Sprintf("on %s the clocks leave out that time", day)
		return o
	}
	seen := map[string]bool{}
	for _, p := range places {
		if seen[p.RoomID] {
			continue
		}
		seen[p.RoomID] = true
		if len(p.schedule.OpenOn(p.RoomID, day)) == 0 {
			o.left, o.detail = ReasonClosed, r.closed(p, day)
		}
	}
	return o
}

// closed says why a room is closed on a day, in the words of whoever entered it.
func (r *Rules) closed(p *place, day equipment.Day) string {
	for _, roomID := range []string{p.RoomID, ""} {
		for _, e := range r.facts.Exceptions {
			if e.SiteID == p.SiteID && e.RoomID == roomID && e.Day == day && e.Closed && strings.TrimSpace(e.Reason) != "" {
				return fmt.Sprintf("closed on %s: %s", day, e.Reason)
			}
		}
	}
	return fmt.Sprintf("closed on %s", day)
}
