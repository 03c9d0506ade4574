package booking_test

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/fault"
)

func TestCase11CancelledTwiceIsCancelledOnce(t *testing.T) {
	var c clock
	s, store := c.open(bookingtest.NewSchool())
	made := reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0)))
	first, err := s.Cancel(t.Context(), bookingtest.Student(0), made.ID, made.Version)
	if err != nil || first.Status != booking.StatusCancelled {
		t.Fatalf("cancelled: %+v, %v", first, err)
	}
	c.now = c.now.Add(time.Hour)
	again, err := s.Cancel(t.Context(), bookingtest.Student(0), made.ID, made.Version) // of the version that the page has seen
	if err != nil || again != first {
		t.Errorf("the second time: %+v, %v; want what the first one made", again, err)
	}
	if lines, err := store.Trail(t.Context(), made.ID); err != nil || len(lines) != 2 {
		t.Errorf("the trail is %+v, %v", lines, err)
	}
	_, err = s.Cancel(t.Context(), bookingtest.Student(1), made.ID, 0)
	if fault.KindOf(err) != fault.KindForbidden {
		t.Errorf("by somebody else: %v", err)
	}
}

func TestCase11ACancellationAfterTheStartIsAnEarlyEnd(t *testing.T) {
	var c clock
	s, _ := c.open(bookingtest.NewSchool())
	made := reserve(t, s, 0, station(0, at(0, 10, 15), at(0, 12, 0)))
	wait, err := s.Join(t.Context(), bookingtest.Student(1), booking.WaitRequest{
		StationID: bookingtest.StationID(0), From: at(0, 10, 15), Until: at(0, 12, 0), Wanted: time.Hour, Shortest: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.now = at(0, 10, 40).Add(25 * time.Second)
	ended, err := s.Cancel(t.Context(), bookingtest.Student(0), made.ID, made.Version)
	if err != nil || ended.Status != booking.StatusEnded || !ended.EndsAt.Equal(at(0, 10, 40)) || !ended.PlannedEnd.Equal(at(0, 12, 0)) {
		t.Fatalf("ended: %+v, %v", ended, err)
	}
	again, err := s.Cancel(t.Context(), bookingtest.Student(0), made.ID, 0)
	if err != nil || again != ended {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	if wait, err = s.WaitByID(t.Context(), wait.ID); err != nil || wait.State != booking.WaitOffered {
		t.Errorf("who waits for the rest: %+v, %v", wait, err)
	}
	c.now = at(0, 12, 0)
	other := reserve(t, s, 2, station(1, at(0, 12, 0), at(0, 13, 0)))
	c.now = at(0, 13, 0)
	if _, err := s.Cancel(t.Context(), bookingtest.Student(2), other.ID, 0); fault.CodeOf(err) != "booking_over" {
		t.Errorf("what is over: %v", err)
	}
}

func TestWhoIsTooLateToCancelDoesNotMoveAwayAndCancelThere(t *testing.T) {
	s := open(bookingtest.NewSchool())
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, CancelNoticeMinutes: new(24 * 60)}
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), rule); err != nil {
		t.Fatal(err)
	}
	late, early := reserve(t, s, 0, station(0, at(1, 9, 0), at(1, 10, 0))), reserve(t, s, 1, station(1, at(2, 9, 0), at(2, 10, 0)))
	_, err := s.Change(t.Context(), bookingtest.Student(0), late.ID, 0, to(at(5, 9, 0), at(5, 10, 0)))
	wantCodes(t, "away from tomorrow", err, "too_late_to_change")
	other := bookingtest.StationID(2)
	_, err = s.Change(t.Context(), bookingtest.Student(0), late.ID, 0, booking.Change{StationID: &other})
	wantCodes(t, "to another station", err, "too_late_to_change")
	until := at(1, 10, 30)
	if _, err := s.Change(t.Context(), bookingtest.Student(0), late.ID, 0, booking.Change{EndsAt: &until}); err != nil {
		t.Errorf("longer: %v", err)
	}
	if _, err := s.Change(t.Context(), bookingtest.Student(1), early.ID, 0, to(at(5, 9, 0), at(5, 10, 0))); err != nil {
		t.Errorf("in time: %v", err)
	}
}

func TestCase11ANoticeOfDaysCountsForACancellation(t *testing.T) {
	var c clock
	s, store := c.open(bookingtest.NewSchool())
	notice := 3 * 24 * 60
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, CancelNoticeMinutes: &notice}); err != nil {
		t.Fatal(err)
	}
	for days, charged := range map[int]bool{2: true, 3: false, 5: false} {
		from := c.now.Truncate(15*time.Minute).AddDate(0, 0, days).Add(15 * time.Minute)
		made := reserve(t, s, days, station(0, from, from.Add(time.Hour)))
		gone, err := s.Cancel(t.Context(), bookingtest.Student(days), made.ID, 0)
		if err != nil || gone.Status != booking.StatusCancelled || gone.Charged().Empty() == charged {
			t.Errorf("%d days before: charged until %v of %v, %v; want charged: %v", days, gone.ChargedUntil, gone.StartsAt, err, charged)
		}
		if free, err := store.Active(t.Context(), []string{made.StationID}, "", from, from.Add(time.Hour)); err != nil || len(free) != 0 {
			t.Errorf("%d days before: it still blocks: %v, %v", days, free, err)
		}
	}
}
