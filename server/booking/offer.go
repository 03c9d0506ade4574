package booking

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

func errOfferExpired() error {
	return fault.Conflict("offer_expired", "the offer has expired, and goes to the next in line; join the waitlist again")
}

// Accept turns an offer into a booking. It is judged again by the validator, as everything that becomes a booking; its start
// has been agreed, though. An offer that is taken after its start begins with the minute that runs. Twice is one.
func (s *Service) Accept(ctx context.Context, actor account.Actor, id string) (Booking, error) {
	return settled(func() (Booking, bool, error) { return s.accept(ctx, actor, id) })
}

func (s *Service) accept(ctx context.Context, actor account.Actor, id string) (after Booking, again bool, err error) {
	seen, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, false, err
	}
	known, err := s.store.KnownRules(ctx)
	if err != nil {
		return Booking{}, false, err
	}
	ask := agreeing(known, seen, actor)
	now := s.clock()
	var refused *Refused
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		after, again, refused = Booking{}, false, nil
		current, ok := v.Bookings[id]
		switch {
		case !ok:
			return Write{}, errBookingUnknown(id)
		case current.Status != StatusHeld && current.Active():
			after = current
			return Write{}, nil
		case current.Status != StatusHeld || current.Lapsed(now):
			return Write{}, errOfferExpired()
		}
		if again = !ask.covers(agreeing(v.Rules, current, actor)); again {
			return Write{}, nil
		}
		if err := v.knows(current.People()[1:]); err != nil {
			return Write{}, err
		}
		w, no := decideAccept(v, actor, current, now)
		if refused = no; len(w.Update) > 0 {
			after = w.Update[0]
		}
		return w, nil
	})
	return outcome(after, again, refused, err)
}

// agreeing gives the ask of a decision that makes a booking of a hold or a request.
func agreeing(rules *Rules, b Booking, actor account.Actor) Ask {
	ask := Ask{
		StationIDs: []string{b.StationID}, PersonIDs: b.People(), BookingIDs: []string{b.ID},
	}
	if b.WaitID != "" {
		ask.WaitIDs = []string{b.WaitID}
	}
	if b.TeamID != "" {
		ask.TeamIDs = []string{b.TeamID}
	}
	pr := agreed(b)
	pr.asker = asker(actor, b.PersonID)
	rules.need(&ask, ask.StationIDs, pr)
	reach := rules.reach(b.StationID)
	ask.widen(b.StartsAt.Add(-reach), b.EndsAt.Add(reach))
	return ask
}

// agreed makes the proposal of a hold or a request that becomes a booking: all of it is judged but its start, which was agreed
// when it was made.
func agreed(b Booking) proposal {
	pr := change(b, b, false)
	pr.stands.Until = pr.stands.From
	return pr
}

func decideAccept(v View, actor account.Actor, hold Booking, now time.Time) (Write, *Refused) {
	p := v.Rules.places[hold.StationID]
	q := inquiry{proposal: agreed(hold), place: p, taken: v.Taken, actor: actor, now: now, view: v}
	if refusals := q.refusals(); len(refusals) > 0 {
		return Write{Unmet: []Unmet{hold.unmet(p, refusals, now)}}, &Refused{Refusals: refusals}
	}
	hold.Status, hold.HeldUntil = p.status(actor), time.Time{}
	hold.StartsAt = later(hold.StartsAt, now.Truncate(time.Minute))
	w := update(p.settle(hold), ActAccepted, actor, now)
	w.Effects = announce(ActReserved, w.Update[0], w.Update[0], actor, now)
	if hold.Status == StatusRequested {
		w.Effects = []Effect{toApprove(w.Update[0], now)}
	}
	w.closeWait(v, hold.WaitID, WaitBooked, now)
	return w, nil
}

// Decline gives an offer back, and its time to the next who waits. Whoever declines leaves the waitlist. Twice is one.
func (s *Service) Decline(ctx context.Context, actor account.Actor, id string) (after Booking, err error) {
	seen, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	err = s.letGo(ctx, seen, func(v View, current Booking, now time.Time) (w Write, err error) {
		switch {
		case current.Status == StatusCancelled:
			after = current
			return Write{}, nil
		case current.Status != StatusHeld:
			return Write{}, fault.Conflict("offer_accepted", "the offer has been accepted; cancel the booking instead")
		}
		after, w = decline(v, current, actor, now)
		return w, nil
	})
	return after, err
}

func decline(v View, hold Booking, actor account.Actor, now time.Time) (Booking, Write) {
	after, w := gone(hold, ActDeclined, actor.PersonID, "", now)
	w.closeWait(v, hold.WaitID, WaitWithdrawn, now)
	return after, w
}

// expireHold lets an offer go that nobody took, and gives its time to the next who waits. One that was taken, or is not yet
// due, stays as it is: any process may try, at any time.
func (s *Service) expireHold(ctx context.Context, hold Booking) error {
	return s.letGo(ctx, hold, func(v View, current Booking, now time.Time) (Write, error) {
		if !current.Lapsed(now) {
			return Write{}, nil
		}
		after, w := gone(current, ActLapsed, "", "", now)
		w.closeWait(v, current.WaitID, WaitExpired, now)
		w.Effects = append(w.Effects, Effect{
			At: now, Event: EventOfferExpired, PersonID: after.PersonID, BookingID: after.ID, StationID: after.StationID,
		})
		return w, nil
	})
}
