package booking

import (
	"context"
	"errors"
	"time"
)

// letGo decides about a booking that may free time, and offers that time to those who wait, in the same transaction. seen is
// the booking as it was read. judge gives what is to be written: nothing, or the next version of the booking among the
// updates; it may run several times and must not block.
func (s *Service) letGo(ctx context.Context, seen Booking, judge func(v View, current Booking, now time.Time) (Write, error)) error {
	var l line
	for range attempts {
		again, err := s.tryLetGo(ctx, &l, seen, judge)
		if !again {
			return err
		}
		if seen, err = s.store.ByID(ctx, seen.ID); err != nil {
			return err
		}
	}
	return errUnsettled()
}

func (s *Service) tryLetGo(ctx context.Context, l *line, seen Booking, judge func(View, Booking, time.Time) (Write, error)) (again bool, err error) {
	rules, err := s.store.KnownRules(ctx)
	if err != nil {
		return false, err
	}
	ask := Ask{BookingIDs: []string{seen.ID}}
	if seen.WaitID != "" {
		ask.WaitIDs, ask.PersonIDs = []string{seen.WaitID}, []string{seen.PersonID}
	}
	if seen.Beside > 0 {
		if err := s.party(ctx, &ask, seen); err != nil {
			return false, err
		}
	}
	l.ask(rules, &ask, Free{StationID: seen.StationID, From: seen.StartsAt, Until: seen.Occupied().Until})
	now := s.clock()
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		again = false
		current, ok := v.Bookings[seen.ID]
		if !ok {
			return Write{}, errBookingUnknown(seen.ID)
		}
		if again = current.StationID != seen.StationID || current.Occupied() != seen.Occupied() || current.Beside > 0 && seen.Beside == 0; again {
			return Write{}, nil
		}
		w, err := judge(v, current, now)
		if err != nil {
			return Write{}, err
		}
		w = v.regroup(w, ask.PartyIDs, "", now)
		var freed []Free
		for _, after := range w.Update {
			if after.ID == current.ID {
				freed = append(freed, freedBy(current, after, now)...)
			}
		}
		w, again = l.promote(v, ask, w, freed, now)
		return w, nil
	})
	if errors.Is(err, ErrOverlap) {
		return true, nil
	}
	return again, err
}

// gone makes the next version of a booking that never was: it was cancelled before its start, or never promised.
func gone(b Booking, act Act, by, reason string, now time.Time) (Booking, Write) {
	b.Status, b.ChargedUntil, b.DueAt = StatusCancelled, b.StartsAt, time.Time{}
	b.Version++
	b.ChangedAt = now
	return b, Write{Update: []Booking{b}, Trail: []Entry{{BookingID: b.ID, At: now, PersonID: by, Act: act, Reason: reason, After: b}}}
}

// closeWait adds to a write that the entry behind a hold is in another state.
func (w *Write) closeWait(v View, id string, state WaitState, now time.Time) {
	for _, wait := range v.Waits {
		if wait.ID == id && wait.State == WaitOffered {
			wait.State = state
			w.Waits = append(w.Waits, wait.next(now))
		}
	}
}
