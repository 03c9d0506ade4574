package booking

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// approves reports whether the actor may say yes or no to a request at the place. Where nothing needs approval any more,
// whoever may approve at all may answer what is left.
func (p *place) approves(actor account.Actor) bool {
	if p.policy.Approval == ApprovalAdmin {
		return account.Allowed(actor, account.ActionApproveAsAdmin, "")
	}
	return account.Allowed(actor, account.ActionApprove, "")
}

// MayApprove reports whether the actor may say yes or no to requests at a station.
func (r *Rules) MayApprove(actor account.Actor, stationID string) bool {
	p := r.places[stationID]
	return p != nil && p.approves(actor)
}

// status gives what a booking of the actor at the place is at first: a request where the policy wants approval, and the actor is
// not somebody who could approve it.
func (p *place) status(actor account.Actor) Status {
	if p.policy.Approval != ApprovalNone && !p.approves(actor) {
		return StatusRequested
	}
	return StatusConfirmed
}

// approvalNeeded refuses what would have to be approved anew to whoever would have to ask: other time, another station or another
// use than was agreed. Else a booking that stands became a request, which its person could take back as if it had never been approved, and
// which an honest one would lose when nobody answers. Part of the time that was approved is approved. Nobody overrides it: whoever
// may approve need not.
func approvalNeeded(q *inquiry) *finding {
	if q.was == nil || q.was.Status != StatusConfirmed || q.place.status(q.actor) != StatusRequested {
		return nil
	}
	if q.was.StationID == q.place.ID && q.was.Interval().Contains(q.span) && !q.reassigned {
		return nil
	}
	return &finding{detail: "this was approved as it is: ask whoever approves bookings here to change it"}
}

// toApprove tells those who may approve of a request.
func toApprove(b Booking, now time.Time) Effect {
	return Effect{At: now, Event: EventRequested, BookingID: b.ID, StationID: b.StationID, Body: map[string]string{"person": b.PersonID}}
}

// Requests gives the bookings that wait for the actor to approve them, ordered by start.
func (s *Service) Requests(ctx context.Context, actor account.Actor) ([]Booking, error) {
	if !account.Allowed(actor, account.ActionApprove, "") {
		return nil, nil
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.store.List(ctx, Filter{Status: StatusRequested, From: s.clock()})
	return slices.DeleteFunc(all, func(b Booking) bool {
		p := rules.places[b.StationID]
		return p == nil || !p.approves(actor)
	}), err
}

// Approve makes a booking of a request. It is judged again by the validator, as everything that becomes a booking; what is
// against it is the approver's to know: the error is *Refused. Twice is one, whatever the version.
func (s *Service) Approve(ctx context.Context, actor account.Actor, id string, version int64) (Booking, error) {
	return settled(func() (Booking, bool, error) { return s.approve(ctx, actor, id, version) })
}

func (s *Service) approve(ctx context.Context, actor account.Actor, id string, version int64) (after Booking, again bool, err error) {
	seen, err := s.request(ctx, actor, id)
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
		case current.Status == StatusConfirmed:
			after = current
			return Write{}, nil
		case current.Status != StatusRequested || !now.Before(current.StartsAt):
			return Write{}, errNoRequest()
		case version != 0 && version != current.Version:
			return Write{}, errStale()
		}
		if again = !ask.covers(agreeing(v.Rules, current, actor)); again {
			return Write{}, nil
		}
		p := v.Rules.places[current.StationID]
		if p == nil || !p.approves(actor) {
			return Write{}, errMayNotApprove()
		}
		q := inquiry{proposal: agreed(current), place: p, taken: v.Taken, actor: actor, now: now, view: v}
		if refusals := q.refusals(); len(refusals) > 0 {
			refused = &Refused{Refusals: refusals}
			return Write{Unmet: []Unmet{current.unmet(p, refusals, now)}}, nil
		}
		current.Status = StatusConfirmed
		w := update(p.settle(current), ActApproved, actor, now)
		after = w.Update[0]
		approved := Effect{At: now, Event: EventApproved, PersonID: after.PersonID, BookingID: id, StationID: after.StationID}
		w.Effects = withCompany(approved, after, actor.PersonID)
		return w, nil
	})
	return outcome(after, again, refused, err)
}

// longestReason bounds the words of whoever declines, in characters.
const longestReason = 500

// DeclineRequest says no to a request, and why. Its time goes to those who wait. Twice is one, whatever the version.
func (s *Service) DeclineRequest(ctx context.Context, actor account.Actor, id string, version int64, reason string) (after Booking, err error) {
	if reason == "" || !plain(reason) || utf8.RuneCountInString(reason) > longestReason {
		return Booking{}, fault.Rule("reason_invalid", "say why, in up to %d characters, without control characters", longestReason).On("reason")
	}
	seen, err := s.request(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	err = s.letGo(ctx, seen, func(v View, current Booking, now time.Time) (w Write, err error) {
		after = current
		p := v.Rules.places[current.StationID]
		switch {
		case current.Status == StatusCancelled:
			return Write{}, nil
		case current.Status != StatusRequested:
			return Write{}, errNoRequest()
		case version != 0 && version != current.Version:
			return Write{}, errStale()
		case p == nil || !p.approves(actor):
			return Write{}, errMayNotApprove()
		}
		after, w = gone(current, ActDeclined, actor.PersonID, reason, now)
		w.Effects = declined(after, actor.PersonID, reason, now)
		return w, nil
	})
	return after, err
}

func declined(b Booking, by, reason string, now time.Time) []Effect {
	return withCompany(Effect{
		At: now, Event: EventDeclined, PersonID: b.PersonID, BookingID: b.ID, StationID: b.StationID, Body: map[string]string{"reason": reason},
	}, b, by)
}

// request reads a booking whose request the actor may answer.
func (s *Service) request(ctx context.Context, actor account.Actor, id string) (Booking, error) {
	b, err := s.store.ByID(ctx, id)
	if err != nil {
		return Booking{}, err
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Booking{}, err
	}
	if p := rules.places[b.StationID]; p == nil || !p.approves(actor) {
		return Booking{}, errMayNotApprove()
	}
	return b, nil
}

func errMayNotApprove() error {
	return fault.Forbidden("may_not_approve", "only those whom the policy of the station names may approve or decline this")
}

func errNoRequest() error {
	return fault.Conflict("no_request", "this booking does not wait for approval any more")
}

// ReasonLapsed is the reason of a request that was cancelled because nobody had approved it when it was to start.
const ReasonLapsed = "lapsed"

// Lapse looks at a hold or a request that may be due: an offer that nobody took, a request that nobody answered. Its time goes
// to those who wait. One that was answered, or is not yet due, stays as it is: any process may try, at any time.
func (s *Service) Lapse(ctx context.Context, id string) error {
	b, err := s.store.ByID(ctx, id)
	if err != nil {
		return err
	}
	return s.lapse(ctx, b)
}

func (s *Service) lapse(ctx context.Context, b Booking) error {
	if b.Status == StatusHeld {
		return s.expireHold(ctx, b)
	}
	return s.letGo(ctx, b, func(_ View, current Booking, now time.Time) (Write, error) {
		if current.Status != StatusRequested || now.Before(current.StartsAt) {
			return Write{}, nil
		}
		after, w := gone(current, ActLapsed, "", ReasonLapsed, now)
		w.Effects = declined(after, "", ReasonLapsed, now)
		return w, nil
	})
}

// lapseAll lets holds go that have expired and were in somebody's way.
func (s *Service) lapseAll(ctx context.Context, holds []Booking) error {
	for _, b := range holds {
		if err := s.lapse(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// lapsed gives the expired holds on the asked stations that still stand: nobody has looked at them yet. Whoever is refused
// because of them lets them go first: those who wait come before.
func (v View) lapsed(ask Ask, now time.Time) []Booking {
	var out []Booking
	for _, b := range v.Taken {
		if b.Lapsed(now) && slices.Contains(ask.StationIDs, b.StationID) {
			out = append(out, b)
		}
	}
	return out
}
