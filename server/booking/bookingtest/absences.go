package bookingtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// listener notes what a store was given to tell.
type listener struct {
	booking.Store
	mu   sync.Mutex
	told []booking.Event
}

// Decide notes the effects of what was written.
func (l *listener) Decide(ctx context.Context, ask booking.Ask, decide func(booking.View) (booking.Write, error)) error {
	var written booking.Write
	err := l.Store.Decide(ctx, ask, func(v booking.View) (w booking.Write, err error) {
		w, err = decide(v)
		written = w
		return w, err
	})
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, e := range written.Effects {
			l.told = append(l.told, e.Event)
		}
	}
	return err
}

func (l *listener) heard(event booking.Event) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.told {
		if e == event {
			n++
		}
	}
	return n
}

// case05OneAbsence: one person holds three seats of a party and does not come. They get one strike and one message, whoever
// looks at the same instant; the strike stands as long as a seat was left empty, and for such a one.
func case05OneAbsence(t *testing.T, b bench) {
	w, start := &Witness{}, At(0, 10, 15)
	seats, err := b.service(0).ReserveTogether(t.Context(), Instructor(), booking.PartyRequest{
		StationIDs: []string{StationID(0), StationID(1), StationID(2)}, PersonIDs: []string{StudentID(7)}, StartsAt: start, EndsAt: At(0, 12, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	alone := b.reserve(t, Student(8), request(4, start, At(0, 12, 0)))
	for _, n := range []int{0, 1, 2, 4} {
		w.Saw(n, start, 30, false)
	}
	ears := make([]*listener, len(b.Stores))
	for i, store := range b.Stores {
		ears[i] = &listener{Store: store}
	}
	heard := func(event booking.Event) (n int) {
		for _, ear := range ears {
			n += ear.heard(event)
		}
		return n
	}
	tend := func(now time.Time) {
		t.Helper()
		atOnce(8, func(i int) {
			service := booking.New(ears[i%len(ears)], func() time.Time { return now })
			if _, err := booking.NewTender(service, w).Tend(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	strike := func() booking.Strike {
		t.Helper()
		found, err := b.Stores[0].Strikes(t.Context(), booking.StrikeFilter{PersonID: StudentID(7)})
		if err != nil || len(found) != 1 {
			t.Fatalf("%d strikes, %v; want one for the party", len(found), err)
		}
		return found[0]
	}
	tend(start.Add(18 * time.Minute))
	for _, seat := range append(seats, alone) {
		if got, err := b.Stores[0].ByID(t.Context(), seat.ID); err != nil || got.Verdict != booking.VerdictAbsent {
			t.Errorf("%s is judged %q, %v", seat.StationID, got.Verdict, err)
		}
	}
	if n := heard(booking.EventVerdictAbsent); n != 2 {
		t.Errorf("%d messages, want one for the party and one for the other person", n)
	}
	first := strike()
	if first.State != booking.StrikeStanding {
		t.Errorf("the strike is %+v", first)
	}
	used := slices.IndexFunc(seats, func(seat booking.Booking) bool { return seat.ID == first.BookingID })
	w.Saw(used, start, 30, true) // late samples
	tend(start.Add(50 * time.Minute))
	if moved := strike(); moved.State != booking.StrikeStanding || moved.BookingID == first.BookingID || moved.ID != first.ID {
		t.Errorf("two seats were left empty, and the strike is %+v", moved)
	}
	for n := range seats {
		w.Saw(n, start, 30, true)
	}
	tend(start.Add(3 * time.Hour))
	if back := strike(); back.State != booking.StrikeTakenBack || heard(booking.EventStrikeTakenBack) != 1 {
		t.Errorf("all seats were used, and the strike is %+v, with %d messages", back, heard(booking.EventStrikeTakenBack))
	}
	if n := heard(booking.EventVerdictAbsent); n != 2 {
		t.Errorf("%d messages in the end", n)
	}
}
