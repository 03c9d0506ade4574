package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// Who is named as company is told, and is as busy as whoever books. They may leave at any time, and may say that nobody names
// them at all: so nobody is kept busy by others against their will. When too few stay for what the policy wants, whoever booked
// is told, and may name somebody else until the start or, once it has begun, for as long as the grace. Then the booking is given
// back as if they had cancelled it at that moment: a friend who only lends their name is no company.

// Leave takes the actor out of those who come along to a booking that is not over.
func (s *Service) Leave(ctx context.Context, actor account.Actor, id string) (Booking, error) {
	return s.touch(ctx, actor, id, func(p *place, b Booking, _ absences, now time.Time) (*look, error) {
		switch {
		case !attends(actor, b) || b.PersonID == actor.PersonID:
			return nil, fault.Forbidden("not_company", "only somebody who was named as company can leave; whoever booked cancels instead")
		case !b.Active() || b.Status == StatusEnded || !now.Before(b.EndsAt):
			return nil, errOver()
		}
		l := &look{place: p, was: b, is: b, now: now}
		rest := slices.DeleteFunc(strings.Fields(b.Companions), func(id string) bool { return id == actor.PersonID })
		l.is.Companions = strings.Join(rest, " ")
		l.say(ActLeft, "")
		body := map[string]string{"person": actor.PersonID}
		if p.lacksPeople(l.is) && !p.lacksPeople(b) {
			p.startShort(&l.is, now)
			body["expires_at"] = instant(p.mendUntil(l.is))
		}
		l.tell(EventCompanyLeft, body)
		gone := Effect{At: now, Event: EventCancelled, PersonID: actor.PersonID, BookingID: b.ID, StationID: b.StationID, Body: map[string]string{"with": b.PersonID}}
		l.effects = append(l.effects, gone)
		return l, nil
	})
}

// lacksPeople reports whether fewer people are to be there than the policy wants.
func (p *place) lacksPeople(b Booking) bool {
	q := inquiry{proposal: change(b, b, false), place: p}
	return buddyNeeded(&q) != nil && (!p.waives(CodeBuddyNeeded) || !q.isOffPeak())
}

// mendUntil gives until when somebody else may be named for whom it was that left.
func (p *place) mendUntil(b Booking) time.Time {
	return later(b.StartsAt, b.ShortAt.Add(minutes(p.policy.GraceMinutes)))
}

// short reports whether the booking is to be given back unless somebody else is named. One that lacks people because a rule has
// changed, or because whoever runs the room made it so, stands.
func (p *place) short(b Booking) bool {
	return !b.ShortAt.IsZero() && b.Status == StatusConfirmed && p.lacksPeople(b)
}

// disband gives back what too few people are left for, and reports whether it did.
func (l *look) disband() bool {
	if !l.place.short(l.is) || l.now.Before(l.place.mendUntil(l.is)) || !l.now.Before(l.is.EndsAt) {
		return false
	}
	l.is, _ = l.place.returned(l.is, account.Actor{}, l.now)
	l.say(ActReleased, CodeBuddyNeeded)
	l.tell(EventCompanyMissing, nil)
	return true
}

// told gives the effects for those who come along from now on, and for those who do not any more. by is who decided so.
func (b Booking) told(before Booking, by string, now time.Time) []Effect {
	var out []Effect
	tell := func(event Event, id string) {
		body := map[string]string{"with": b.PersonID}
		if by != id {
			body["by"] = by
		}
		out = append(out, Effect{At: now, Event: event, PersonID: id, BookingID: b.ID, StationID: b.StationID, Body: body})
	}
	for _, id := range added(before, b) {
		tell(EventReserved, id)
	}
	for _, id := range added(b, before) {
		tell(EventCancelled, id)
	}
	return out
}

// whose gives a booking that has no more than the people of a series.
func (b SeriesBody) whose(series Series) Booking {
	return Booking{PersonID: series.PersonID, Companions: strings.Join(b.Companions, " ")}
}
