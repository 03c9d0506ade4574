package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// offer holds the nearest other time, on whichever equivalent station, for the person of a booking that is gone: one that
// they could book themselves.
func (m *displacing) offer(b Booking, span equipment.Interval) (Fate, Booking) {
	if b.Status == StatusRequested {
		return FateCancelled, Booking{}
	}
	home := m.view.Rules.places[b.StationID]
	if span.Until.Sub(span.From) < home.policy.shortest() {
		return FateCancelled, Booking{}
	}
	var near, far []*place
	for _, id := range m.view.Rules.equivalent(home) {
		if p := m.view.Rules.places[id]; p.RoomID == home.RoomID {
			near = append(near, p)
		} else {
			far = append(far, p)
		}
	}
	found, p := m.nearest(b, span, near)
	if p == nil {
		found, p = m.nearest(b, span, far)
	}
	if p == nil {
		return FateCancelled, Booking{}
	}
	hold := m.copy(b, found, StatusHeld)
	hold.SeriesID, hold.SeriesStart, hold.PartyID = "", time.Time{}, "" // another time is no part of them
	hold.HeldUntil = p.heldFor(m.now, found.From)
	hold = m.add(p.settle(m.at(p, hold)), ActOffered)
	m.tell(EventOfferMade, hold, b)
	return FateOffered, hold
}

// nearest finds the start that is nearest to the lost one among the places.
func (m *displacing) nearest(b Booking, span equipment.Interval, places []*place) (best equipment.Interval, at *place) {
	pr := change(b, b, false)
	pr.span, pr.stands, pr.was = span, nil, nil // it is another booking
	window := equipment.Interval{From: later(m.now, span.From.Add(-lookBack)), Until: span.Until.Add(lookAhead)}
	for _, p := range places {
		q := m.inquiry(pr, p)
		q.actor = account.SignedIn(b.PersonID, account.RoleStudent) // whoever it is may do as much
		f := finder{inquiry: q, rules: m.view.Rules, window: equipment.Interval{From: later(window.From, m.stays(b, p)), Until: window.Until}}
		for _, a := range f.shifted() {
			found := equipment.Interval{From: a.StartsAt, Until: a.EndsAt}
			if at == nil || found.From.Sub(span.From).Abs() < best.From.Sub(span.From).Abs() {
				best, at = found, p
			}
		}
	}
	return best, at
}

// stays gives until when what is left of a booking that was cut short keeps its person, and at its own station the time after it
// for others. The rules do not say so: to them it is the same booking.
func (m *displacing) stays(b Booking, p *place) time.Time {
	i := slices.IndexFunc(m.stations[b.StationID], func(o Booking) bool { return o.ID == b.ID && o.Active() })
	switch {
	case i < 0:
		return time.Time{}
	case p.ID == b.StationID:
		return m.stations[b.StationID][i].Occupied().Until
	}
	return m.stations[b.StationID][i].EndsAt
}

// longestOffer bounds how long the time of others is kept for somebody who does not answer.
const longestOffer = 24 * time.Hour

// heldFor gives until when an offer stands whose person did not ask for it, and may not look for a while: half of the time
// until it begins.
func (p *place) heldFor(now, start time.Time) time.Time {
	half := min(start.Sub(now)/2, longestOffer)
	until := now.Add(max(half, minutes(p.policy.HoldMinutes))).Truncate(time.Second)
	if until.After(start) {
		until = start
	}
	return until
}

// wait gives the waitlist entry that a hold is for; nil when there is none.
func (m *displacing) wait(b Booking) *Wait {
	if b.Status != StatusHeld || b.WaitID == "" {
		return nil
	}
	i := slices.IndexFunc(m.view.Waits, func(w Wait) bool { return w.ID == b.WaitID })
	if i < 0 {
		return nil
	}
	return &m.view.Waits[i]
}

// suits reports whether a hold on that place is still what its person waits for.
func (m *displacing) suits(b Booking, p *place) bool {
	w := m.wait(b)
	return w == nil || (w.StationID == "" && (w.RoomID == "" || w.RoomID == p.RoomID))
}

// waitOn gives somebody whose offer is gone their place in the waitlist again.
func (m *displacing) waitOn(w Wait) {
	w.State, w.BookingID, w.ChangedAt = WaitWaiting, "", m.now
	w.Version++
	m.write.Waits = append(m.write.Waits, w)
}
