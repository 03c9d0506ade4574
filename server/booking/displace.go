package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// Fate is what becomes of a booking whose station is taken from it.
type Fate string

// The fates, the best first.
const (
	FateMoved     Fate = "moved"     // to an equivalent station, at the same time
	FateOffered   Fate = "offered"   // cancelled, but another time or station is held for its person
	FateCancelled Fate = "cancelled" // nothing else was free
	FateKept      Fate = "kept"      // a class: only whoever teaches it knows what its group does now
)

// Displaced is a booking whose station is taken from it, and what its person has now.
type Displaced struct {
	Fate   Fate
	Before Booking
	After  Booking // the same booking
	// Instead is another booking that stands in for it: the rest of one that runs, or the hold. Its ID is empty when there is none.
	Instead Booking
}

// eviction takes time of a station from those who have booked it.
type eviction struct {
	actor     account.Actor
	reason    string
	now       time.Time
	stationID string
	spans     []equipment.Interval // none of it is over
}

// hits reports whether a booking must leave. A hold that has expired is nobody's.
func (e eviction) hits(b Booking) bool {
	return b.StationID == e.stationID && b.Active() && b.Status != StatusEnded && !b.Lapsed(e.now) && e.now.Before(b.EndsAt) &&
		slices.ContainsFunc(e.spans, b.Interval().Overlaps)
}

// from gives when the booking loses its station.
func (e eviction) from(b Booking) time.Time {
	lost := b.EndsAt
	for _, span := range e.spans {
		if span.Overlaps(b.Interval()) && span.From.Before(lost) {
			lost = span.From
		}
	}
	return later(e.now.Truncate(time.Minute), lost)
}

// displace finds other places for all bookings of the view that an eviction hits, in the order of their starts: the same time
// at an equivalent station, else a hold of the nearest other time, else none. The rules of the view know why the station is
// lost, or a booking of its Taken does. They must be asked for by needs.
func displace(v View, e eviction) (Write, []Displaced) {
	m := &displacing{eviction: e, view: v, stations: map[string][]Booking{}, people: map[string][]Booking{}}
	var hit []Booking
	for _, b := range v.Taken {
		m.put(b)
		if e.hits(b) {
			hit = append(hit, b)
		}
	}
	slices.SortStableFunc(hit, func(a, b Booking) int { return a.StartsAt.Compare(b.StartsAt) })
	for _, b := range hit {
		m.displace(b)
	}
	return m.write, m.done
}

// needs adds to an ask what displace rests on, when these bookings are to leave the station.
func (r *Rules) needs(ask *Ask, p *place, hit []Booking, now time.Time) {
	equivalent := r.equivalent(p)
	ask.StationIDs = append(ask.StationIDs, equivalent...)
	ask.widen(now.Add(-around), now.Add(lookAhead))
	for _, b := range hit {
		ask.PersonIDs = append(ask.PersonIDs, b.People()...)
		if b.TeamID != "" {
			ask.TeamIDs = append(ask.TeamIDs, b.TeamID)
		}
		if b.WaitID != "" {
			ask.WaitIDs = append(ask.WaitIDs, b.WaitID)
		}
		r.need(ask, equivalent, change(b, b, false))
		ask.widen(b.StartsAt.Add(-around), b.EndsAt.Add(lookAhead))
	}
}

// displacing is an eviction at work: what stands after those that have left so far.
type displacing struct {
	eviction
	view     View
	stations map[string][]Booking // by station
	people   map[string][]Booking // by each of those who are there
	write    Write
	done     []Displaced
}

// put lets a booking stand, in place of what it was.
func (m *displacing) put(b Booking) {
	same := func(other Booking) bool { return other.ID == b.ID }
	m.stations[b.StationID] = append(slices.DeleteFunc(m.stations[b.StationID], same), b)
	for _, id := range b.People() {
		m.people[id] = append(slices.DeleteFunc(m.people[id], same), b)
	}
}

// replace lets a booking stand as it is now.
func (m *displacing) replace(before, after Booking) {
	if before.StationID != after.StationID {
		m.stations[before.StationID] = slices.DeleteFunc(m.stations[before.StationID], func(b Booking) bool { return b.ID == before.ID })
	}
	m.put(after)
}

func (m *displacing) displace(b Booking) {
	switch {
	case b.Purpose == PurposeClass:
		m.done = append(m.done, Displaced{Fate: FateKept, Before: b, After: b})
		m.tell(EventOutageStarted, b, b)
	case b.Status == StatusConfirmed && m.from(b).After(b.StartsAt) && !m.now.Before(b.StartsAt):
		m.cut(b)
	default:
		m.whole(b)
	}
}

// whole displaces a booking that has not begun.
func (m *displacing) whole(b Booking) {
	if p := m.seat(b, b.Interval()); p != nil && m.suits(b, p) {
		after := p.settle(m.at(p, b))
		m.change(b, &after, ActReseated)
		m.done = append(m.done, Displaced{Fate: FateMoved, Before: b, After: after})
		m.tell(EventMovedByOther, after, b)
		return
	}
	after := b
	after.Status, after.ChargedUntil, after.DueAt = StatusCancelled, b.StartsAt, time.Time{}
	m.change(b, &after, ActDisplaced)
	d := Displaced{Fate: FateCancelled, Before: b, After: after}
	if b.Status == StatusHeld {
		m.tell(EventOfferExpired, after, b)
	} else {
		m.tell(EventCancelledByOther, after, b)
	}
	if w := m.wait(b); w != nil {
		m.waitOn(*w)
	} else {
		d.Fate, d.Instead = m.offer(b, b.Interval())
	}
	m.done = append(m.done, d)
}

// cut ends a booking that runs where it loses its station; its rest goes elsewhere.
func (m *displacing) cut(b Booking) {
	rest := equipment.Interval{From: m.from(b), Until: b.EndsAt}
	after := b
	after.EndsAt, after.ChargedUntil = rest.From, rest.From
	after.OccupiedUntil = rest.From.Add(b.Occupied().Until.Sub(b.EndsAt))
	if !rest.From.After(m.now) {
		after.Status, after.PlannedEnd, after.DueAt = StatusEnded, b.EndsAt, time.Time{}
	}
	m.change(b, &after, ActDisplaced)
	d := Displaced{Fate: FateCancelled, Before: b, After: after}
	if p := m.seat(b, rest); p != nil && rest.Until.Sub(rest.From) >= p.policy.shortest() {
		d.Fate = FateMoved
		d.Instead = m.add(p.settle(m.at(p, m.copy(b, rest, StatusConfirmed))), ActReseated)
		m.tell(EventChanged, after, b) // what ends earlier; where the rest is comes next
		m.tell(EventMovedByOther, d.Instead, b)
	} else {
		m.tell(EventCancelledByOther, after, b)
		d.Fate, d.Instead = m.offer(b, rest)
	}
	m.done = append(m.done, d)
}

// at gives the booking as it is on another station.
func (m *displacing) at(p *place, b Booking) Booking {
	b.StationID = p.ID
	return b
}

// copy gives a new booking for another time, for the same people and the same work.
func (m *displacing) copy(b Booking, span equipment.Interval, status Status) Booking {
	return Booking{
		ID: m.view.NewID(), StationID: b.StationID, PersonID: b.PersonID, Programme: b.Programme, Purpose: b.Purpose,
		StartsAt: span.From, EndsAt: span.Until, Status: status, CreatedBy: m.actor.PersonID, CreatedAt: m.now, ChangedAt: m.now,
		Version: 1, TeamID: b.TeamID, PartyID: b.PartyID, SeriesID: b.SeriesID, SeriesStart: b.SeriesStart, Companions: b.Companions,
	}
}

// seat finds the equivalent station where the booking loses least for others: in the same room when one accepts it.
func (m *displacing) seat(b Booking, span equipment.Interval) *place {
	var near, far []*place
	home := m.view.Rules.places[b.StationID]
	pr := change(b, b, false)
	pr.span, pr.stands, pr.home = span, nil, home
	for _, id := range m.view.Rules.equivalent(home) {
		p := m.view.Rules.places[id]
		q := m.inquiry(pr, p)
		switch {
		case p.ID == home.ID || len(q.refusals()) > 0:
		case p.RoomID == home.RoomID:
			near = append(near, p)
		default:
			far = append(far, p)
		}
	}
	if len(near) == 0 {
		near = far
	}
	if len(near) == 0 {
		return nil
	}
	var taken []Booking
	for _, p := range near {
		taken = append(taken, m.stations[p.ID]...)
	}
	return tightest(near, taken, span)[0]
}

// inquiry asks about a place, on what stands now there and with those people.
func (m *displacing) inquiry(pr proposal, p *place) inquiry {
	taken := slices.Clone(m.stations[p.ID])
	for _, id := range pr.people() {
		taken = append(taken, m.people[id]...)
	}
	v := m.view
	v.Taken = taken
	return inquiry{proposal: pr, place: p, taken: taken, actor: m.actor, now: m.now, view: v}
}

// change writes the next version of a booking.
func (m *displacing) change(before Booking, after *Booking, act Act) {
	w := update(*after, act, m.actor, m.now)
	*after = w.Update[0]
	w.Trail[0].Reason = m.reason
	m.write.Update = append(m.write.Update, w.Update...)
	m.write.Trail = append(m.write.Trail, w.Trail...)
	m.replace(before, *after)
}

// add writes a new booking.
func (m *displacing) add(b Booking, act Act) Booking {
	m.write.Insert = append(m.write.Insert, b)
	m.write.Trail = append(m.write.Trail, Entry{BookingID: b.ID, At: m.now, PersonID: m.actor.PersonID, Act: act, Reason: m.reason, After: b})
	m.put(b)
	return b
}

// tell tells everybody who was to be there; an offer is for its person only. before is what they knew.
func (m *displacing) tell(event Event, now, before Booking) {
	e := Effect{
		At: m.now, Event: event, PersonID: now.PersonID, BookingID: now.ID, StationID: now.StationID,
		Body: map[string]string{"reason": m.reason, "from_station": before.StationID, "from_booking": before.ID},
	}
	if event == EventOfferMade || event == EventOfferExpired {
		m.write.Effects = append(m.write.Effects, e)
		return
	}
	m.write.Effects = append(m.write.Effects, withCompany(e, now, "")...)
}
