package bookingtest

import (
	"context"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// onlyOne lets a process die behind the decision that changes an outage: whatever it would decide afterwards is refused.
type onlyOne struct {
	booking.Store
	written *booking.Write // what the decision about the outage wrote
}

func (s onlyOne) Decide(ctx context.Context, ask booking.Ask, decide func(booking.View) (booking.Write, error)) error {
	if len(s.written.Outages) > 0 {
		return context.Canceled
	}
	var last booking.Write
	err := s.Store.Decide(ctx, ask, func(v booking.View) (w booking.Write, err error) {
		last, err = decide(v)
		return last, err
	})
	if err == nil && len(last.Outages) > 0 {
		*s.written = last
	}
	return err
}

// whatAnOutageGivesBack puts a bench out of order all day, lets two wait for its morning, and one for its afternoon.
type whatAnOutageGivesBack struct {
	bench
	id                       string
	first, second, afternoon booking.Wait
}

func (b bench) lostDay(t *testing.T) whatAnOutageGivesBack {
	t.Helper()
	return whatAnOutageGivesBack{
		bench: b, id: b.down(t, 0, At(1, 8, 0), time.Time{}).Outage.ID,
		first:     b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60)),
		second:    b.join(t, 2, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60)),
		afternoon: b.join(t, 3, waitFor(0, At(1, 14, 0), At(1, 15, 0), 60, 60)),
	}
}

// change changes the outage in a process that dies right behind it, and checks how many offers the decision itself wrote.
func (d whatAnOutageGivesBack) change(t *testing.T, offers int, change func(s *booking.Service) error) {
	t.Helper()
	var w booking.Write
	if err := change(booking.New(onlyOne{d.Stores[0], &w}, Now)); err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, b := range w.Insert {
		if b.Status == booking.StatusHeld {
			held++
		}
	}
	if held != offers {
		t.Errorf("the decision about the outage wrote %d holds, want %d", held, offers)
	}
	d.noOverlaps(t)
}

func outageEndOffers(t *testing.T, b bench) {
	d := b.lostDay(t)
	d.change(t, 2, func(s *booking.Service) error {
		_, err := s.EndOutage(t.Context(), Instructor(), d.id, 0)
		return err
	})
	d.offered(t, d.first, 0, At(1, 10, 0), At(1, 11, 0))
	d.state(t, d.second, booking.WaitWaiting)
	d.offered(t, d.afternoon, 0, At(1, 14, 0), At(1, 15, 0))
}

func outageShortenedOffers(t *testing.T, b bench) {
	d := b.lostDay(t)
	d.change(t, 1, func(s *booking.Service) error {
		_, err := s.ChangeOutage(t.Context(), Instructor(), d.id, 0, booking.OutageChange{EndsAt: new(At(1, 12, 0))}, false)
		return err
	})
	d.state(t, d.first, booking.WaitWaiting)
	d.offered(t, d.afternoon, 0, At(1, 14, 0), At(1, 15, 0))
	d.change(t, 1, func(s *booking.Service) error {
		_, err := s.ChangeOutage(t.Context(), Instructor(), d.id, 0, booking.OutageChange{StartsAt: new(At(1, 11, 0))}, false)
		return err
	})
	d.offered(t, d.first, 0, At(1, 10, 0), At(1, 11, 0))
}

func outageOverlappedOffersNothing(t *testing.T, b bench) {
	d := b.lostDay(t)
	b.down(t, 0, At(1, 9, 0), At(1, 18, 0))
	d.change(t, 0, func(s *booking.Service) error {
		_, err := s.EndOutage(t.Context(), Instructor(), d.id, 0)
		return err
	})
	d.state(t, d.first, booking.WaitWaiting)
	d.state(t, d.afternoon, booking.WaitWaiting)
}
