package booking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// PartyVersion is what an ETag of a party is made of: it grows with each change of any seat.
func PartyVersion(seats []Booking) int64 {
	var sum int64
	for _, b := range seats {
		sum += b.Version
	}
	return sum
}

// ChangeParty moves, extends or shortens all seats that still stand, or none; a station cannot be given. version is the
// PartyVersion that the caller has seen, 0 for any. It gives all seats. The error is *Refused when rules or other bookings
// say no to any seat.
func (s *Service) ChangeParty(ctx context.Context, actor account.Actor, id string, version int64, c Change) ([]Booking, error) {
	if c.StationID != nil || c.Companions != nil {
		return nil, fault.Invalid("party_keeps_stations", "the stations of a party stay, and who comes along; change single seats").On("station")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return s.wholeParty(ctx, actor, id, partyAct{version: version, change: &c, actor: actor})
}

// CancelParty gives all seats back that still stand. Twice is once.
func (s *Service) CancelParty(ctx context.Context, actor account.Actor, id string, version int64) ([]Booking, error) {
	return s.wholeParty(ctx, actor, id, partyAct{version: version, actor: actor})
}

// partyAct is what is to be done to all seats of a party.
type partyAct struct {
	version int64
	change  *Change // nil: give them back
	actor   account.Actor
}

// apply gives a seat as it would be.
func (a partyAct) apply(b Booking) Booking {
	if a.change == nil {
		return b
	}
	return a.change.apply(b)
}

// all gives the seats as they would be, side by side.
func (a partyAct) all(v View, seats []Booking, now time.Time) []Booking {
	out := make([]Booking, len(seats))
	for i, b := range seats {
		out[i] = a.apply(b)
	}
	stay := v.remaining(seats[0].PartyID, now, out...)
	for i, beside := range v.beside(stay) {
		at := slices.IndexFunc(out, func(b Booking) bool { return b.ID == stay[i].ID })
		if out[at] != seats[at] {
			out[at].Beside = beside
		}
	}
	return out
}

// ask gives what a decision about these seats rests on.
func (a partyAct) ask(rules *Rules, seats []Booking) Ask {
	ask := Ask{PartyIDs: []string{seats[0].PartyID}}
	for _, b := range seats {
		wanted := a.apply(b)
		ask.StationIDs = append(ask.StationIDs, b.StationID)
		ask.PersonIDs = append(ask.PersonIDs, b.People()...)
		if b.TeamID != "" {
			ask.TeamIDs = append(ask.TeamIDs, b.TeamID)
		}
		if a.change != nil && b.Active() {
			pr := change(b, wanted, a.change.Override)
			pr.asker = asker(a.actor, b.PersonID)
			rules.need(&ask, []string{b.StationID}, pr)
		}
		reach := rules.reach(b.StationID)
		ask.widen(b.StartsAt.Add(-reach), b.EndsAt.Add(reach))
		ask.widen(wanted.StartsAt.Add(-reach), wanted.EndsAt.Add(reach))
	}
	return ask
}

func (s *Service) wholeParty(ctx context.Context, actor account.Actor, id string, act partyAct) ([]Booking, error) {
	var l line
	for range attempts {
		seen, err := s.Party(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, b := range seen {
			if err := s.mayChange(ctx, actor, b); err != nil {
				return nil, err
			}
		}
		after, refused, again, err := s.decideWhole(ctx, &l, actor, seen, act)
		switch {
		case again:
		case err == nil && refused != nil:
			if !refused.has(CodeAlreadyStarted) && !refused.hopeless() {
				refused.Alternatives = s.partyMoves(ctx, actor, seen, act)
			}
			return nil, refused
		default:
			return after, err
		}
	}
	return nil, errUnsettled()
}

// decideWhole decides once about all seats. again says that what it rests on moved meanwhile.
func (s *Service) decideWhole(ctx context.Context, l *line, actor account.Actor, seen []Booking, act partyAct) (after []Booking, refused *Refused, again bool, err error) {
	known, err := s.store.KnownRules(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	ask := act.ask(known, seen)
	var freed []Free
	for _, b := range seen {
		if b.Active() && (act.change == nil || !act.apply(b).Interval().Contains(b.Interval())) {
			freed = append(freed, Free{StationID: b.StationID, From: b.StartsAt, Until: b.Occupied().Until})
		}
	}
	if len(freed) > 0 {
		l.ask(known, &ask, freed...)
	}
	now := s.clock()
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		after, refused, again = v.seats(seen[0].PartyID), nil, false
		if again = len(after) == 0 || !ask.covers(act.ask(v.Rules, after)); again {
			return Write{}, nil
		}
		if act.version != 0 && act.version != PartyVersion(after) {
			return Write{}, errStale()
		}
		write, no, err := decideSeats(v, actor, after, act, now)
		refused = no
		var freed []Free
		for _, w := range write.Update {
			at := slices.IndexFunc(after, func(b Booking) bool { return b.ID == w.ID })
			freed = append(freed, freedBy(after[at], w, now)...)
			after[at] = w
		}
		if err == nil && len(freed) > 0 {
			write, again = l.promote(v, ask, write, freed, now)
		}
		return write, err
	})
	if errors.Is(err, ErrOverlap) {
		return nil, nil, true, nil
	}
	return after, refused, again, err
}

// seats gives those of a party that was asked for, ordered as List does.
func (v View) seats(partyID string) []Booking {
	var out []Booking
	for _, b := range v.Bookings {
		if b.PartyID == partyID {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b Booking) int {
		if c := a.StartsAt.Compare(b.StartsAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// decideSeats decides about the seats that stand one after another: each sees those before it as they will be.
func decideSeats(v View, actor account.Actor, seats []Booking, act partyAct, now time.Time) (Write, *Refused, error) {
	var all Write
	refused := &Refused{}
	standing := 0
	// Quotas count the party as it will be: seats that have not been moved yet do not stand in the way of those that have.
	v.Spent = slices.DeleteFunc(slices.Clone(v.Spent), func(b Booking) bool { return b.Active() && b.PartyID == seats[0].PartyID && now.Before(b.EndsAt) })
	wanted := act.all(v, seats, now)
	for i, b := range seats {
		if !b.Active() || b.Status == StatusEnded || !now.Before(b.EndsAt) {
			continue
		}
		standing++
		if act.change == nil {
			_, w := v.Rules.giveBack(b, actor, now)
			all.add(w)
			continue
		}
		w, no, err := decideChange(v, actor, b, wanted[i], act.change.Override, now)
		if err != nil {
			return Write{}, nil, err
		}
		if no != nil {
			refused.Refusals = append(refused.Refusals, no.Refusals...)
		}
		all.add(w)
		v.Taken, v.Spent = replaced(v.Taken, w.Update), replaced(v.Spent, w.Update)
		if len(w.Update) == 0 {
			w.Update = []Booking{b}
		}
		v.Spent = append(v.Spent, w.Update...)
	}
	switch {
	case standing == 0 && act.change != nil:
		return Write{}, nil, fault.Conflict("booking_over", "this party is over; make a new one")
	case len(refused.Refusals) > 0:
		return Write{Unmet: all.Unmet}, refused, nil
	}
	return all, nil, nil
}

// add joins what two decisions write.
func (w *Write) add(more Write) {
	w.Insert, w.Update = append(w.Insert, more.Insert...), append(w.Update, more.Update...)
	w.Unmet, w.Trail, w.Effects = append(w.Unmet, more.Unmet...), append(w.Trail, more.Trail...), append(w.Effects, more.Effects...)
	w.Waits, w.Strikes, w.Series = append(w.Waits, more.Waits...), append(w.Strikes, more.Strikes...), append(w.Series, more.Series...)
	w.Reports, w.Outages, w.Used = append(w.Reports, more.Reports...), append(w.Outages, more.Outages...), append(w.Used, more.Used...)
	w.Deeds = append(w.Deeds, more.Deeds...)
}

// replaced gives the bookings with the changed ones in the place of what they were.
func replaced(taken, changed []Booking) []Booking {
	if len(changed) == 0 {
		return taken
	}
	out := slices.DeleteFunc(slices.Clone(taken), func(b Booking) bool {
		return slices.ContainsFunc(changed, func(c Booking) bool { return c.ID == b.ID })
	})
	return append(out, changed...)
}

// mayChange refuses whoever may change neither the booking nor what its team has.
func (s *Service) mayChange(ctx context.Context, actor account.Actor, b Booking) error {
	if account.Allowed(actor, account.ActionBook, b.PersonID) {
		return nil
	}
	if b.TeamID == "" {
		return fault.Forbidden("not_your_booking", "only whoever has the booking, an instructor or an administrator may change it")
	}
	v, err := s.store.Look(ctx, Ask{TeamIDs: []string{b.TeamID}})
	if err == nil && !account.MayBookFor(actor, v.Teams[b.TeamID]) {
		err = errNotCaptain()
	}
	return err
}

// partyMoves looks for another time of the same stations at which all seats that stand would fit.
func (s *Service) partyMoves(ctx context.Context, actor account.Actor, seen []Booking, act partyAct) []Alternative {
	now := s.clock()
	standing := slices.DeleteFunc(slices.Clone(seen), func(b Booking) bool { return !b.Active() || !now.Before(b.EndsAt) })
	if len(standing) == 0 || act.change == nil {
		return nil
	}
	wanted := act.apply(standing[0]).Interval()
	f := partyFinder{s: s, actor: actor, now: now, wanted: wanted}
	for _, b := range standing {
		f.stations = append(f.stations, b.StationID)
		f.people = append(f.people, b.People()...)
	}
	f.seats = len(standing)
	f.self = func(b Booking) bool { return b.PartyID == standing[0].PartyID }
	if err := f.read(ctx, func(rules *Rules, window equipment.Interval) Ask {
		ask := act.ask(rules, seen)
		ask.widen(window.From, window.Until)
		for _, b := range standing {
			pr := change(b, act.apply(b), false)
			pr.span = window
			rules.need(&ask, []string{b.StationID}, pr)
		}
		return ask
	}); err != nil {
		return nil
	}
	f.fits = func(span equipment.Interval) []string {
		c := *act.change
		c.StartsAt, c.EndsAt, c.Override = &span.From, &span.Until, false
		_, refused, err := decideSeats(f.view, actor, seen, partyAct{change: &c}, now)
		if err != nil || refused != nil {
			return nil
		}
		return f.stations
	}
	if !now.Before(standing[0].StartsAt) {
		return f.earlierEnd(standing[0].EndsAt)
	}
	return f.shifted()
}
