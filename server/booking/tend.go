package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Witness tells what was seen of a station.
type Witness interface {
	// Minutes gives what is known of the minutes that begin in [from, until); from is a whole minute.
	Minutes(ctx context.Context, stationID string, from, until time.Time) (Minutes, error)
	// Outages gives those of the station that overlap [from, until), those that are over, too.
	Outages(ctx context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error)
}

// Tender looks at bookings that are due: whether somebody came, whether somebody is still there, whether an offer was taken.
// Any number of processes may tend the same bookings: each look is one decision, which finds that nothing is due when
// another one was first.
type Tender struct {
	*Service
	witness Witness
}

// NewTender makes a tender; it starts nothing.
func NewTender(s *Service, w Witness) *Tender { return &Tender{Service: s, witness: w} }

// Bounds of one round: so many bookings, so many at a time, which share transactions.
const (
	tendAtOnce   = 8
	tendTogether = 128
)

// Tend looks at bookings that are due, the longest due first, and gives how many it looked at: when there were as many as it
// takes at once, more may wait. A booking that cannot be looked at holds up no other: it is tried again later, and the error
// tells of it.
func (t *Tender) Tend(ctx context.Context) (n int, err error) {
	now := t.clock()
	ids, err := t.store.Due(ctx, now, tendTogether)
	if err != nil {
		return 0, err
	}
	faults := make([]error, len(ids))
	var group sync.WaitGroup
	turn := make(chan struct{}, tendAtOnce)
	for i, id := range ids {
		turn <- struct{}{}
		group.Go(func() {
			defer func() { <-turn }()
			if faults[i] = t.attend(ctx, id, now); faults[i] != nil {
				faults[i] = fmt.Errorf("booking %s: %w", id, errors.Join(faults[i], t.postpone(ctx, id, now)))
			}
		})
	}
	group.Wait()
	return len(ids), errors.Join(faults...)
}

// Full reports whether n is as many as one round takes.
func (t *Tender) Full(n int) bool { return n == tendTogether }

// attend looks at one booking.
func (t *Tender) attend(ctx context.Context, id string, now time.Time) error {
	var l line
	for range attempts {
		if again, err := t.attendOnce(ctx, &l, id, now); !again {
			return err
		}
	}
	return errUnsettled()
}

func (t *Tender) attendOnce(ctx context.Context, l *line, id string, now time.Time) (again bool, err error) {
	seen, err := t.store.ByID(ctx, id)
	if err != nil || !isDue(seen, now) {
		return false, err
	}
	if seen.Status == StatusHeld || seen.Status == StatusRequested {
		return false, t.lapse(ctx, seen)
	}
	// What devices say is read before the decision, which must not wait for it. Minutes are only ever added, so a verdict that
	// rests on fewer than there are by now is one that could have been given a moment ago; and whoever adds some says so
	// afterwards (Reconsider), by moving DueAt: then this look is made anew, or another follows.
	saw, err := t.sight(ctx, seen, now)
	if err != nil {
		return false, err
	}
	rules, err := t.store.KnownRules(ctx)
	if err != nil {
		return false, err
	}
	ask, err := t.askAbout(ctx, seen)
	if err != nil {
		return false, err
	}
	l.ask(rules, &ask, Free{StationID: seen.StationID, From: seen.StartsAt, Until: seen.Occupied().Until})
	err = t.store.Decide(ctx, ask, func(v View) (w Write, _ error) {
		again = false
		b, ok := v.Bookings[id]
		if !ok || !isDue(b, now) {
			return Write{}, nil
		}
		if again = b.Version != seen.Version || !b.DueAt.Equal(seen.DueAt); again {
			return Write{}, nil
		}
		p := v.Rules.places[b.StationID]
		if p == nil {
			return Write{}, errStationUnknown(b.StationID)
		}
		look := &look{place: p, was: b, is: b, saw: saw, held: v.absences(b), followed: v.bookedBefore(b), now: now}
		look.saw.outages = slices.Concat(saw.outages, p.outages)
		look.take()
		w, again = l.promote(v, ask, look.settle(""), freedBy(b, look.is, now), now)
		return w, nil
	})
	return again, err
}

func isDue(b Booking, now time.Time) bool { return !b.DueAt.IsZero() && !b.DueAt.After(now) }

// sight reads what is known of the booking's time.
func (t *Tender) sight(ctx context.Context, b Booking, now time.Time) (saw sighting, err error) {
	if !b.judged() {
		return saw, nil
	}
	from, until := b.StartsAt.Add(-earlyCheckIn).Truncate(time.Minute), b.promisedEnd()
	if until.After(now) {
		until = now
	}
	if !from.Before(until) {
		return saw, nil
	}
	if saw.minutes, err = t.witness.Minutes(ctx, b.StationID, from, until); err != nil {
		return saw, err
	}
	saw.outages, err = t.witness.Outages(ctx, b.StationID, from, until)
	return saw, err
}

// take looks at the booking as its status wants it.
func (l *look) take() {
	switch {
	case l.is.Status == StatusConfirmed && l.disband():
	case l.is.judged():
		l.judge()
		l.watch()
		l.is.DueAt = l.next()
	default:
		l.is.DueAt = time.Time{}
	}
}

// Pauses before a booking that could not be looked at is tried again: half as long as it has been running, within these.
const (
	shortestPostpone = 30 * time.Second
	longestPostpone  = time.Hour
)

// postpone puts off a booking that could not be looked at.
func (t *Tender) postpone(ctx context.Context, id string, now time.Time) error {
	b, err := t.store.ByID(ctx, id)
	if err != nil {
		return err
	}
	wait := min(max(now.Sub(later(b.StartsAt, b.HeldUntil))/2, shortestPostpone), longestPostpone)
	return t.store.Remind(ctx, []string{id}, now.Add(wait))
}
