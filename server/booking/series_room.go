package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// A class whose instructor says so takes its stations though somebody has booked them. Nobody is at two places for it: first
// the whole series is laid as if those bookings were not there, then each of them finds another place, as when a station
// breaks down, around the class that stands.

// mayMakeRoom refuses to let others leave for anything but a class.
func (r SeriesRequest) mayMakeRoom(base Request) error {
	if r.Conflict == ConflictDisplace && base.Purpose != PurposeClass {
		return fault.Rule("displace_for_class", "others make room for a class only; choose another way").On("conflict")
	}
	return nil
}

// takes gives the time that an occasion takes of a place: with the buffers before and after it, in which nobody else may be.
func (o occasion) takes(p *place) equipment.Interval {
	buffer := p.policy.buffer()
	return equipment.Interval{From: o.span.From.Add(-buffer), Until: o.span.Until.Add(buffer)}
}

// inTheWay gives the bookings that would have to leave. A class stays, and so does the work of those who look after a station.
func (o occasion) inTheWay(p *place, taken []Booking, now time.Time) []Booking {
	if o.left != "" {
		return nil
	}
	e := eviction{now: now, stationID: p.ID, spans: []equipment.Interval{o.takes(p)}}
	return slices.DeleteFunc(slices.Clone(taken), func(b Booking) bool {
		return !e.hits(b) || b.Purpose == PurposeClass || b.Purpose == PurposeService
	})
}

// askForRoom adds what it needs to find other places for whoever is in the way.
func (l layout) askForRoom(rules *Rules, ask *Ask, taken []Booking, now time.Time) {
	ask.Alone = true
	for _, p := range l.places {
		var hit []Booking
		for _, o := range l.occasions {
			hit = append(hit, o.inTheWay(p, taken, now)...)
		}
		if len(hit) > 0 {
			rules.needs(ask, p, hit, now)
		}
	}
	ask.StationIDs, ask.PersonIDs, ask.TeamIDs = unique(ask.StationIDs), unique(ask.PersonIDs), unique(ask.TeamIDs)
}

// clear tries an occasion as if whoever is in the way were not there; if that is enough, they are to leave.
func (r *repeater) clear(o occasion, base Request, places []*place) (Write, *Refused, error) {
	standing := r.view.Taken
	var leaving []leaver
	for _, p := range places {
		for _, b := range o.inTheWay(p, standing, r.now) {
			leaving = append(leaving, leaver{booking: b, span: o.takes(p)})
		}
	}
	r.view.Taken = slices.DeleteFunc(slices.Clone(standing), func(b Booking) bool {
		return slices.ContainsFunc(leaving, func(l leaver) bool { return l.booking.ID == b.ID })
	})
	write, refused, err := r.try(o.span, base, places)
	if err != nil || refused != nil {
		r.view.Taken = standing
		return write, refused, err
	}
	r.leaving = append(r.leaving, leaving...)
	return write, nil, nil
}

// leaver is a booking that makes room, and the time that it loses.
type leaver struct {
	booking Booking
	span    equipment.Interval
}

// makeRoom finds other places for those who leave, the earliest first, now that all the rest stands.
func (r *repeater) makeRoom(reason string) []Displaced {
	if len(r.leaving) == 0 {
		return nil
	}
	v := r.view
	m := &displacing{view: v, stations: map[string][]Booking{}, people: map[string][]Booking{}}
	for _, b := range v.Taken {
		m.put(b)
	}
	lost := map[string][]equipment.Interval{}
	for _, l := range r.leaving {
		lost[l.booking.StationID] = append(lost[l.booking.StationID], l.span)
		m.put(l.booking)
	}
	slices.SortStableFunc(r.leaving, func(a, b leaver) int { return a.booking.StartsAt.Compare(b.booking.StartsAt) })
	seen := map[string]bool{} // one that reaches into two occasions leaves once
	for _, l := range r.leaving {
		if seen[l.booking.ID] {
			continue
		}
		seen[l.booking.ID] = true
		m.eviction = eviction{actor: r.actor, reason: reason, now: r.now, stationID: l.booking.StationID, spans: lost[l.booking.StationID]}
		m.displace(l.booking)
	}
	r.write.Insert, r.write.Update = append(r.write.Insert, m.write.Insert...), append(r.write.Update, m.write.Update...)
	r.write.Trail, r.write.Effects = append(r.write.Trail, m.write.Trail...), append(r.write.Effects, m.write.Effects...)
	r.write.Waits = append(r.write.Waits, m.write.Waits...)
	return m.done
}
