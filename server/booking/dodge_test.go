package booking_test

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/fault"
)

// Ways around a rule that sly people have tried.

func TestWhatWasApprovedIsNotMadeSomethingElse(t *testing.T) {
	l := newLab(t, booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: bookingtest.StationID(0), Approval: new(booking.ApprovalInstructor)})
	approved := func(from, until time.Time) booking.Booking {
		t.Helper()
		b, err := l.Reserve(t.Context(), bookingtest.Student(0), booking.Request{StationID: bookingtest.StationID(0), StartsAt: from, EndsAt: until, Purpose: booking.PurposeResearch})
		if err == nil {
			b, err = l.Approve(t.Context(), bookingtest.Instructor(), b.ID, 0)
		}
		if err != nil || b.Status != booking.StatusConfirmed {
			t.Fatalf("%+v, %v", b, err)
		}
		return b
	}
	practice := booking.Change{Purpose: new(booking.PurposePractice)}
	b := approved(at(1, 10, 0), at(1, 12, 0))
	if after, err := l.Change(t.Context(), bookingtest.Instructor(), b.ID, 0, booking.Change{Purpose: new(booking.PurposeService)}); err != nil || after.Status != booking.StatusConfirmed {
		t.Errorf("by whoever approves: %+v, %v", after, err)
	}
	_, err := l.Change(t.Context(), bookingtest.Student(0), b.ID, 0, practice)
	if got := l.get(b); fault.CodeOf(err) != booking.CodeApprovalNeeded || got.Status != booking.StatusConfirmed {
		t.Errorf("another purpose before the start: %v, and it is %s", err, got.Status)
	}
	b = approved(at(2, 10, 0), at(2, 12, 0))
	l.now = at(2, 10, 1)
	_, err = l.Change(t.Context(), bookingtest.Student(0), b.ID, 0, practice)
	if fault.CodeOf(err) != booking.CodeApprovalNeeded {
		t.Errorf("another purpose after the start: %v", err)
	}
}

func TestWhoCheckedInAndMovesTheBookingHasNotCome(t *testing.T) {
	for _, how := range []booking.CheckIn{booking.CheckInQR, booking.CheckInInstructor} {
		l := newLab(t)
		b := l.book(0, at(1, 10, 0), at(1, 12, 0))
		l.now = at(1, 9, 50)
		r := booking.CheckInRequest{How: how, KeyFits: func(string) bool { return true }}
		actor := bookingtest.Student(0)
		if how == booking.CheckInInstructor {
			actor = bookingtest.Instructor()
		}
		if b, err := l.CheckIn(t.Context(), actor, b.ID, r); err != nil || b.Verdict != booking.VerdictArrived {
			t.Fatalf("%s: %+v, %v", how, b, err)
		}
		from, until := at(2, 10, 0), at(2, 12, 0)
		if after, err := l.Change(t.Context(), bookingtest.Student(0), b.ID, 0, booking.Change{StartsAt: &from, EndsAt: &until}); err != nil || after.Verdict != "" || after.CheckIn != "" {
			t.Errorf("%s: moved to the next day: %+v, %v", how, after, err)
		}
		l.witness.Saw(0, from, 20, false)
		l.at(from.Add(18 * time.Minute))
		if got := l.get(b); got.Verdict != booking.VerdictAbsent || l.strike(b) != booking.StrikeStanding {
			t.Errorf("%s: nobody came: %+v", how, got)
		}
	}
}

func TestAScanBeforeTheStartMakesNoLateCancellationFree(t *testing.T) {
	l := newLab(t, booking.PolicyRule{Scope: booking.ScopeSchool, CancelNoticeMinutes: new(60)})
	b := l.book(0, at(1, 10, 0), at(1, 12, 0))
	l.now = at(1, 9, 50)
	if _, err := l.CheckIn(t.Context(), bookingtest.Student(0), b.ID, booking.CheckInRequest{How: booking.CheckInQR, KeyFits: func(string) bool { return true }}); err != nil {
		t.Fatal(err)
	}
	after, err := l.Cancel(t.Context(), bookingtest.Student(0), b.ID, 0)
	if err != nil || after.Status != booking.StatusCancelled || !after.ChargedUntil.Equal(b.EndsAt) {
		t.Errorf("%+v, %v; want it charged as cancelled too late", after, err)
	}
}

func TestWhoGivesBackWithoutHavingComeSpendsNothingTwice(t *testing.T) {
	l := newLab(t)
	start, end := at(0, 10, 15), at(0, 12, 0)
	gone, worked := l.book(0, start, end), l.book(1, start, end)
	l.witness.Saw(0, start, 20, false)
	l.witness.Saw(1, start, 20, true)
	l.now = start.Add(2 * time.Minute) // no sample has come yet
	for n, b := range []booking.Booking{gone, worked} {
		after, err := l.Cancel(t.Context(), bookingtest.Student(n), b.ID, 0)
		if err != nil || after.Status != booking.StatusEnded || !after.ChargedUntil.Equal(end) {
			t.Errorf("before it is known whether they came: %+v, %v", after, err)
		}
	}
	l.at(start.Add(6 * time.Minute))
	if got := l.get(gone); got.Verdict != booking.VerdictAbsent || !got.ChargedUntil.Equal(end) {
		t.Errorf("who did not come: %+v", got)
	}
	if got := l.get(worked); got.Verdict != booking.VerdictArrived || !got.ChargedUntil.Equal(got.EndsAt) {
		t.Errorf("who came: %+v", got)
	}
}
