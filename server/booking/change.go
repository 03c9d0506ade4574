package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// Change says what shall be different; nil leaves it.
type Change struct {
	StationID *string // id or code
	StartsAt  *time.Time
	EndsAt    *time.Time
	Programme *string
	Purpose   *Purpose
	// Companions are those who come along from now on, by id.
	Companions *[]string
	// Override insists: rules that the actor's role may override do not count.
	Override bool
}

// Change moves, extends, shortens or describes a booking anew. It is validated again as a whole, and does not stand in its
// own way; what stays as agreed is not judged again. After the start only the end can change, and who comes along.
//
// What has been approved is never lost by asking for more: a change that whoever approves there would have to agree to is refused
// with approval_needed, and the booking stands. They may make it themselves; a request may be changed as one likes.
//
// version is the one that the caller has seen, 0 for any; another one is fault.KindStale. The error is *Refused when rules or
// other bookings say no.
func (s *Service) Change(ctx context.Context, actor account.Actor, id string, version int64, c Change) (Booking, error) {
	if err := c.check(); err != nil {
		return Booking{}, err
	}
	var l line
	return settled(func() (Booking, bool, error) { return s.change(ctx, &l, actor, id, version, c) })
}

func (s *Service) change(ctx context.Context, l *line, actor account.Actor, id string, version int64, c Change) (after Booking, again bool, err error) {
	seen, wanted, err := s.wanted(ctx, actor, id, c)
	if err != nil {
		return Booking{}, false, err
	}
	known, err := s.store.KnownRules(ctx)
	if err != nil {
		return Booking{}, false, err
	}
	reach, pr := known.reach(wanted.StationID), change(seen, wanted, c.Override)
	pr.asker = asker(actor, wanted.PersonID)
	ask := changeAsk(known, l, seen, wanted, pr)
	if err := s.party(ctx, &ask, seen); err != nil {
		return Booking{}, false, err
	}
	now := s.clock()
	var refused *Refused
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		after, again, refused = Booking{}, false, nil
		current, ok := v.Bookings[id]
		if !ok {
			return Write{}, errBookingUnknown(id)
		}
		if version != 0 && version != current.Version {
			return Write{}, errStale()
		}
		needed := Ask{From: ask.From, Until: ask.Until}
		v.Rules.need(&needed, []string{wanted.StationID}, pr)
		if again = current.Version != seen.Version || v.Rules.reach(wanted.StationID) > reach || !ask.covers(needed); again {
			return Write{}, nil
		}
		asked := wanted
		if asked != current && len(ask.PartyIDs) > 0 {
			asked.Beside = v.besideAt(asked, now)
		}
		write, no, err := decideChange(v, actor, current, asked, c.Override, now)
		if after, refused = wanted, no; len(write.Update) > 0 {
			write = v.regroup(write, ask.PartyIDs, "", now)
			after = write.Update[0]
			write, again = l.promote(v, ask, write, freedBy(current, after, now), now)
		}
		return write, err
	})
	if err == nil && !again && refused != nil && !refused.has(CodeAlreadyStarted) && !refused.hopeless() {
		refused.Alternatives = s.alternativesTo(ctx, actor, seen, wanted, c.Override, now)
	}
	return outcome(after, again, refused, err)
}

// wanted reads a booking that the actor may change so, and gives it as it would be, too.
func (s *Service) wanted(ctx context.Context, actor account.Actor, id string, c Change) (seen, wanted Booking, err error) {
	if seen, err = s.store.ByID(ctx, id); err != nil {
		return seen, wanted, err
	}
	if c.Companions != nil {
		if err := checkCompanions(seen.PersonID, *c.Companions); err != nil {
			return seen, wanted, err
		}
	}
	wanted = c.apply(seen)
	if err := s.mayChange(ctx, actor, seen); err != nil {
		return seen, wanted, err
	}
	if c.StationID != nil {
		rules, err := s.store.Rules(ctx)
		if err != nil {
			return seen, wanted, err
		}
		p := rules.place(*c.StationID)
		if p == nil {
			return seen, wanted, errStationUnknown(*c.StationID)
		}
		wanted.StationID = p.ID
	}
	return seen, wanted, nil
}

// changeAsk gives what a change rests on: who waits, too, when it gives some time back.
func changeAsk(known *Rules, l *line, seen, wanted Booking, pr proposal) Ask {
	reach := known.reach(wanted.StationID)
	ask := Ask{
		StationIDs: []string{seen.StationID, wanted.StationID}, PersonIDs: append([]string{seen.PersonID}, pr.companions...),
		BookingIDs: []string{seen.ID}, From: wanted.StartsAt.Add(-reach), Until: wanted.EndsAt.Add(reach),
	}
	if wanted.TeamID != "" {
		ask.TeamIDs = []string{wanted.TeamID}
	}
	known.need(&ask, []string{wanted.StationID}, pr)
	if wanted.StationID != seen.StationID || !wanted.Interval().Contains(seen.Interval()) {
		l.ask(known, &ask, Free{StationID: seen.StationID, From: seen.StartsAt, Until: seen.Occupied().Until})
	}
	return ask
}

// check refuses what has no sense.
func (c Change) check() error {
	if c.Purpose != nil && !c.Purpose.Valid() {
		return errPurposeUnknown(*c.Purpose)
	}
	if c.Programme != nil {
		return checkProgramme(*c.Programme)
	}
	return nil
}

// apply gives the booking as it would be; the station is resolved elsewhere.
func (c Change) apply(b Booking) Booking {
	set(&b.StartsAt, c.StartsAt)
	set(&b.EndsAt, c.EndsAt)
	set(&b.Programme, c.Programme)
	set(&b.Purpose, c.Purpose)
	if c.Companions != nil {
		b.Companions = strings.Join(*c.Companions, " ")
	}
	b.StartsAt, b.EndsAt = b.StartsAt.UTC().Truncate(time.Second), b.EndsAt.UTC().Truncate(time.Second)
	return b
}

// decideChange judges only what differs from what was agreed.
func decideChange(v View, actor account.Actor, current, wanted Booking, override bool, now time.Time) (Write, *Refused, error) {
	if current.Status == StatusHeld {
		return Write{}, nil, fault.Conflict("offer_open", "this is an offer: accept it first, or decline it")
	}
	if (current.Status != StatusConfirmed && current.Status != StatusRequested) || !now.Before(current.EndsAt) {
		return Write{}, nil, fault.Conflict("booking_over", "this booking is over; make a new one")
	}
	if wanted == current {
		return Write{}, nil, nil
	}
	if err := v.knows(added(current, wanted)); err != nil {
		return Write{}, nil, err
	}
	p := v.Rules.places[wanted.StationID]
	if p == nil {
		return Write{}, nil, errStationUnknown(wanted.StationID)
	}
	q := inquiry{proposal: change(current, wanted, override), place: p, taken: v.Taken, actor: actor, now: now, view: v}
	if refusals := q.against(wanted); len(refusals) > 0 {
		return Write{Unmet: []Unmet{wanted.unmet(p, refusals, now)}}, &Refused{Refusals: refusals}, nil
	}
	write := update(q.changed(wanted), ActChanged, actor, now)
	if after := write.Update[0]; after.Status == StatusRequested && !q.shrinks() {
		write.Effects = append(write.Effects, toApprove(after, now))
	}
	write.Effects = append(write.Effects, announce(ActChanged, current, write.Update[0], actor, now)...)
	return write, nil, nil
}

// against gives the reasons against a change of the booking to what is wanted.
func (q *inquiry) against(wanted Booking) []Refusal {
	switch {
	case !q.now.Before(q.was.StartsAt) && q.stands == nil:
		return []Refusal{{
			Code: CodeAlreadyStarted, StationID: q.was.StationID, Limit: instant(q.was.StartsAt), Actual: instant(wanted.StartsAt),
			Detail: "the booking has begun: only its end can change",
		}}
	case wanted.Interval() != q.was.Interval() || q.stands == nil || q.reassigned || q.regrouped:
		return q.refusals()
	}
	return nil
}

// changed gives what follows from a change that nothing is against. What was approved stays so: whatever would have to be approved
// anew has been refused. What waits for approval need not any more where the rules ask for none.
func (q *inquiry) changed(wanted Booking) Booking {
	p, was := q.place, *q.was
	if wanted.Interval() != was.Interval() || q.stands == nil {
		if wanted.StationID != was.StationID || !wanted.StartsAt.Equal(was.StartsAt) {
			wanted = wanted.unattended() // who came, came to another place or time
		}
		if !q.shrinks() && was.Status == StatusRequested {
			wanted.Status = p.status(q.actor)
		}
		wanted = p.settle(wanted)
		wanted.ChargedUntil = p.chargedUntil(was, wanted.EndsAt, q.actor, q.now)
		if q.shrinks() && wanted.OccupiedUntil.After(was.OccupiedUntil) {
			wanted.OccupiedUntil = was.Occupied().Until // a buffer that has grown since takes nothing from the next one
		}
	}
	if q.now.Before(wanted.StartsAt) && !p.lacksPeople(wanted) {
		wanted.ShortAt = time.Time{}
	}
	return wanted
}

// unmet records that what is wanted was refused.
func (b Booking) unmet(p *place, refusals []Refusal, now time.Time) Unmet {
	return Unmet{
		At: now, PersonID: b.PersonID, StationID: b.StationID, KindID: p.KindID, StartsAt: b.StartsAt, EndsAt: b.EndsAt,
		Programme: b.Programme, Purpose: b.Purpose, Codes: (&Refused{Refusals: refusals}).codes(),
	}
}

// change makes the proposal of a change: the start stands when neither it nor the station differs. What becomes a class, or is one
// no more, is asked about as if it were new: few rules hold for a class, and it has had none of the others.
func change(current, wanted Booking, override bool) proposal {
	pr := proposal{
		self: current.ID, personID: wanted.PersonID, span: wanted.Interval(), purpose: wanted.Purpose, override: override,
		programme: wanted.Programme, teamID: wanted.TeamID, partyID: wanted.PartyID, companions: wanted.People()[1:], beside: wanted.Beside,
		was: &current, reassigned: wanted.Purpose != current.Purpose || wanted.Programme != current.Programme || wanted.TeamID != current.TeamID,
		regrouped: wanted.Companions != current.Companions,
	}
	anew := wanted.Purpose != current.Purpose && (wanted.Purpose == PurposeClass || current.Purpose == PurposeClass)
	if wanted.StationID == current.StationID && wanted.StartsAt.Equal(current.StartsAt) && !anew {
		stands := current.Interval()
		pr.stands = &stands
	}
	return pr
}

// unattended gives the booking as if nobody had come to it yet.
func (b Booking) unattended() Booking {
	b.CheckIn, b.CheckedInAt, b.CheckedInBy = "", time.Time{}, ""
	b.Verdict, b.VerdictAt, b.Evidence = "", time.Time{}, Evidence{}
	b.WarnedAt, b.KeptAt = time.Time{}, time.Time{}
	return b
}

// added gives those who come along and did not before.
func added(current, wanted Booking) []string {
	return slices.DeleteFunc(strings.Fields(wanted.Companions), current.Involves)
}

// update writes the next version of a booking.
func update(b Booking, act Act, actor account.Actor, now time.Time) Write {
	b.Version++
	b.ChangedAt = now
	return Write{Update: []Booking{b}, Trail: []Entry{{BookingID: b.ID, At: now, PersonID: actor.PersonID, Act: act, After: b}}}
}

// Cancel gives the station back. Before the start the booking becomes cancelled; afterwards it ends now, in whole minutes,
// and keeps in PlannedEnd what was promised; whether somebody had come is judged all the same. Within its first minute it is as
// if it had never been. An offer is declined. What becomes free goes to those who wait. Twice is one: the second time gives the
// booking as it is, whatever the version.
func (s *Service) Cancel(ctx context.Context, actor account.Actor, id string, version int64) (after Booking, err error) {
	seen, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	err = s.letGo(ctx, seen, func(v View, current Booking, now time.Time) (w Write, err error) {
		after = current
		switch {
		case current.Status == StatusCancelled || current.Status == StatusEnded:
			return Write{}, nil
		case version != 0 && version != current.Version:
			return Write{}, errStale()
		case !now.Before(current.EndsAt):
			return Write{}, fault.Conflict("booking_over", "this booking is over already")
		case current.Status == StatusHeld:
			after, w = decline(v, current, actor, now)
		case current.Status == StatusRequested:
			after, w = gone(current, ActCancelled, actor.PersonID, "", now)
			w.Effects = announce(ActCancelled, current, after, actor, now)
		default:
			after, w = v.Rules.giveBack(current, actor, now)
		}
		return w, nil
	})
	if err != nil {
		return Booking{}, err
	}
	return after, nil
}

// giveBack cancels or ends a booking.
func (r *Rules) giveBack(b Booking, actor account.Actor, now time.Time) (Booking, Write) {
	after, act := r.places[b.StationID].returned(b, actor, now)
	write := update(after, act, actor, now)
	write.Effects = announce(act, write.Update[0], write.Update[0], actor, now)
	return write.Update[0], write
}

// returned gives a booking as it is when somebody gives it back. Ends are whole minutes, so that the next one may start in the
// same minute. The place may be nil: the station is gone.
func (p *place) returned(b Booking, actor account.Actor, now time.Time) (Booking, Act) {
	end, act := now.Truncate(time.Minute), ActCancelled
	if end.After(b.StartsAt) {
		act = ActEnded
		buffer := b.Occupied().Until.Sub(b.EndsAt) // what was promised to the next one
		charged := p.chargedUntil(b, end, actor, now)
		if b.unproven() && !runs(actor, b) {
			charged = b.Charged().Until // until it is known whether they came: what is free by then may be spent
		}
		b.Status, b.PlannedEnd, b.EndsAt = StatusEnded, b.EndsAt, end
		b.OccupiedUntil, b.ChargedUntil = end.Add(buffer), charged
	} else {
		b.ChargedUntil = p.chargedUntil(b, b.StartsAt, actor, now)
		b.Status = StatusCancelled
	}
	switch {
	case p != nil && act == ActEnded && b.unproven() && !runs(actor, b):
		b.DueAt = p.grace(b).due()
	case b.Verdict == "" || b.Verdict == VerdictArrived:
		b.DueAt = time.Time{} // late minutes may still change the others
	}
	return b, act
}

// mine reads a booking that the actor may change.
func (s *Service) mine(ctx context.Context, actor account.Actor, id string) (Booking, error) {
	b, err := s.store.ByID(ctx, id)
	if err != nil {
		return Booking{}, err
	}
	return b, s.mayChange(ctx, actor, b)
}

func errBookingUnknown(id string) error {
	return fault.NotFound("booking_unknown", "there is no booking %q", id)
}

func errStale() error {
	return fault.Stale("booking_changed", "the booking has changed since you read it; look at it again")
}

// alternativesTo finds other ways to change a booking: as for a new one of the same person and length.
func (s *Service) alternativesTo(ctx context.Context, actor account.Actor, seen, wanted Booking, override bool, now time.Time) []Alternative {
	w := wish{
		Request: Request{
			StationID: wanted.StationID, StartsAt: wanted.StartsAt, EndsAt: wanted.EndsAt, Programme: wanted.Programme,
			Purpose: wanted.Purpose, PersonID: wanted.PersonID, TeamID: wanted.TeamID, Companions: wanted.People()[1:], Override: override,
		},
		candidates: []string{wanted.StationID},
	}
	pr := change(seen, wanted, override)
	pr.asker = asker(actor, wanted.PersonID)
	if now.Before(seen.StartsAt) {
		pr.stands = nil
	}
	return s.search(ctx, actor, w, pr, now)
}
