package sqldb

import (
	"strings"
	"sync"
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/fault"
)

func TestAPanicInARuleIsTheErrorOfThatDecisionOnly(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		b := NewBookings(db)
		write := func(id string, station int) *decision {
			x := booking.Booking{
				ID: id, StationID: bookingtest.StationID(station), PersonID: bookingtest.StudentID(station), Purpose: booking.PurposePractice,
				StartsAt: bookingtest.At(1, 10, 0), EndsAt: bookingtest.At(1, 11, 0), Status: booking.StatusConfirmed, Version: 1,
			}
			return &decision{caller: calling(t.Context()), ask: booking.Ask{StationIDs: []string{x.StationID}}, decide: func(booking.View) (booking.Write, error) {
				return booking.Write{Insert: []booking.Booking{x}}, nil
			}}
		}
		bug := &decision{caller: calling(t.Context()), decide: func(booking.View) (booking.Write, error) { panic("a bug") }}
		batch := []*decision{write("one", 0), bug, write("two", 1)}
		b.together(batch)
		if err := bug.err; fault.KindOf(err) != fault.KindInternal || !strings.Contains(err.Error(), "a bug") || !strings.Contains(err.Error(), "booking_panic_test.go") {
			t.Errorf("the panic became %v", err)
		}
		if batch[0].err != nil || batch[2].err != nil {
			t.Errorf("the others got %v, %v", batch[0].err, batch[2].err)
		}
		if err := b.Decide(t.Context(), booking.Ask{}, bug.decide); err == nil {
			t.Error("Decide swallowed the panic")
		}
		if all, err := b.Active(t.Context(), nil, "", bookingtest.At(0, 0, 0), bookingtest.At(9, 0, 0)); err != nil || len(all) != 2 {
			t.Errorf("stored %v, %v", all, err)
		}
	})
}

func TestAPanicOutsideOfTheRulesLeavesNobodyWaiting(t *testing.T) {
	var q turns[*decision]
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			err := q.wait(&decision{caller: calling(t.Context())}, func([]*decision) { panic("a bug") })
			if fault.KindOf(err) != fault.KindInternal || !strings.Contains(err.Error(), "a bug") {
				t.Errorf("got %v", err)
			}
		})
	}
	wait.Wait()
	if err := q.wait(&decision{caller: calling(t.Context())}, func([]*decision) {}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
