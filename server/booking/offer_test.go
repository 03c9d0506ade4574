package booking_test

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

func TestAnOfferIsOfWholeLessonPeriods(t *testing.T) {
	s, store := new(clock).open(bookingtest.NewSchool())
	periods := []booking.Period{{Starts: 480, Ends: 525}, {Starts: 535, Ends: 580}, {Starts: 600, Ends: 645}, {Starts: 655, Ends: 700}}
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, Periods: &periods}); err != nil {
		t.Fatal(err)
	}
	for day, c := range []struct {
		wanted, shortest int // minutes
		from, until      time.Time
	}{
		{100, 45, at(1, 8, 0), at(1, 9, 40)},  // two periods and the break
		{60, 45, at(2, 8, 0), at(2, 8, 45)},   // one period is not longer than wanted
		{60, 60, at(3, 8, 0), at(3, 9, 40)},   // one would be too short
		{200, 60, at(4, 8, 0), at(4, 10, 45)}, // as many as fit
	} {
		made := reserve(t, s, 0, station(day, at(day+1, 8, 0), at(day+1, 11, 40)))
		w, err := s.Join(t.Context(), bookingtest.Student(1), booking.WaitRequest{
			StationID: made.StationID, From: at(day+1, 8, 0), Until: at(day+1, 12, 0),
			Wanted: time.Duration(c.wanted) * time.Minute, Shortest: time.Duration(c.shortest) * time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Cancel(t.Context(), bookingtest.Student(0), made.ID, 0); err != nil {
			t.Fatal(err)
		}
		if w, err = s.WaitByID(t.Context(), w.ID); err != nil || w.State != booking.WaitOffered {
			t.Fatalf("day %d: %+v, %v", day+1, w, err)
		}
		offer, err := store.ByID(t.Context(), w.BookingID)
		if err != nil || !offer.StartsAt.Equal(c.from) || !offer.EndsAt.Equal(c.until) {
			t.Errorf("day %d: offered from %v to %v, %v; want %v to %v", day+1, offer.StartsAt, offer.EndsAt, err, c.from, c.until)
		}
	}
}
