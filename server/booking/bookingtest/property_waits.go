package bookingtest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// waitDeeds are what those do who wait.
func waitDeeds() []deed {
	return []deed{
		{name: "join", weight: 8, do: (*world).joinAny},
		{name: "accept", weight: 4, do: (*world).acceptAny},
		{name: "decline", weight: 2, do: (*world).declineAny},
		{name: "lapse", weight: 3, do: (*world).lapseAny},
		{name: "offer what is free", weight: 1, do: (*world).offerAny},
	}
}

// joinAny waits for time that somebody has, of their station or any like it.
func (w *world) joinAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok || !b.EndsAt.After(w.now().Add(time.Minute)) {
		return nil, nil
	}
	request := booking.WaitRequest{
		StationID: b.StationID, From: b.StartsAt, Until: b.EndsAt,
		Wanted: b.EndsAt.Sub(b.StartsAt), Shortest: min(b.EndsAt.Sub(w.now()).Truncate(time.Minute), 15*time.Minute),
	}
	if r.rng.IntN(4) == 0 {
		request.StationID, request.KindID = "", []string{"plc-bench", "lab-pc"}[r.rng.IntN(2)]
	}
	_, err := w.service(r.n).Join(t.Context(), Student(r.rng.IntN(Students)), request)
	return nil, err
}

// offer gives some entry that has an offer.
func (w *world) offer(t *testing.T, r *walker) (booking.Wait, bool) {
	open, err := w.Stores[0].Waits(t.Context(), booking.WaitFilter{States: []booking.WaitState{booking.WaitOffered}})
	if err != nil {
		t.Error(err)
	}
	if len(open) == 0 {
		return booking.Wait{}, false
	}
	return open[r.rng.IntN(len(open))], true
}

func (w *world) acceptAny(t *testing.T, r *walker) ([]string, error) {
	wait, ok := w.offer(t, r)
	if !ok {
		return nil, nil
	}
	b, err := w.service(r.n).Accept(t.Context(), account.SignedIn(wait.PersonID, account.RoleStudent), wait.BookingID)
	if err != nil {
		return nil, err
	}
	return []string{b.ID}, nil
}

func (w *world) declineAny(t *testing.T, r *walker) ([]string, error) {
	wait, ok := w.offer(t, r)
	if !ok {
		return nil, nil
	}
	_, err := w.service(r.n).Decline(t.Context(), account.SignedIn(wait.PersonID, account.RoleStudent), wait.BookingID)
	return nil, err
}

// lapseAny is what a process does that comes by: offers that nobody took go, and entries that are over are closed.
func (w *world) lapseAny(t *testing.T, r *walker) ([]string, error) {
	held, err := w.service(r.n).List(t.Context(), booking.Filter{Status: booking.StatusHeld})
	if err != nil {
		return nil, err
	}
	for _, b := range held {
		if b.Lapsed(w.now()) {
			if err := w.service(r.n).Lapse(t.Context(), b.ID); err != nil {
				return nil, err
			}
		}
	}
	return nil, w.service(r.n).CloseWaits(t.Context(), w.now())
}

func (w *world) offerAny(t *testing.T, r *walker) ([]string, error) {
	if r.rng.IntN(8) > 0 { // it looks at everybody who waits: a long walk would do little else
		return nil, nil
	}
	return nil, w.service(r.n).OfferFree(t.Context(), w.now())
}
