package bookingtest

import (
	"slices"
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// leavers writes who makes room, in order.
func leavers(r booking.SeriesResult) []string {
	var out []string
	for _, d := range r.Displaced {
		out = append(out, d.Before.PersonID+" "+string(d.Fate))
	}
	return out
}

// seriesMakesRoom books a class over bookings of students: one moves to another bench at its time, and another class stays.
func seriesMakesRoom(t *testing.T, b bench) {
	moved := b.reserve(t, Student(0), request(0, At(7, 15, 0), At(7, 17, 0)))
	other := class(1)
	other.First, other.Rule = "2026-12-07", "FREQ=DAILY;COUNT=1"
	b.series(t, other)
	r := class(0, 1)
	r.Conflict = booking.ConflictDisplace
	plan, err := b.service(0).CreateSeries(t.Context(), Instructor(), r, true)
	if err != nil || len(plan.Displaced) != 1 || !b.stored(t, moved.ID).StartsAt.Equal(moved.StartsAt) || b.stored(t, moved.ID).StationID != moved.StationID {
		t.Fatalf("a preview moves somebody: %+v, %v", plan.Displaced, err)
	}
	made := b.series(t, r)
	wantText(t, outcomes(made), "booked booked skipped:conflict booked")
	if got := leavers(made); !slices.Equal(got, []string{StudentID(0) + " moved"}) {
		t.Errorf("%v", got)
	}
	after := b.stored(t, moved.ID)
	if after.StationID == StationID(0) || after.StationID == StationID(1) || after.Interval() != moved.Interval() || after.Version != 2 {
		t.Errorf("it is now %+v", after)
	}
	if made.Body.Conflict != booking.ConflictSkip {
		t.Errorf("later it goes by %s", made.Body.Conflict)
	}
	b.noOverlaps(t)
}

// seriesMakesRoomElsewhen fills every bench: whoever had one is offered another time, or knows that it is gone.
func seriesMakesRoomElsewhen(t *testing.T, b bench) {
	var had []booking.Booking
	for i, n := range []int{0, 1, 2} {
		had = append(had, b.reserve(t, Student(i), request(n, At(1, 14, 30), At(1, 15, 30))))
	}
	r := class(0, 1, 2, 4, 5, 6)
	r.First, r.Rule, r.Conflict = "2026-11-24", "FREQ=DAILY;COUNT=2", booking.ConflictDisplace
	made := b.series(t, r)
	wantText(t, outcomes(made), "booked booked")
	if got := leavers(made); !slices.Equal(got, []string{StudentID(0) + " offered", StudentID(1) + " offered", StudentID(2) + " offered"}) {
		t.Errorf("%v", got)
	}
	for i, was := range had {
		now := b.stored(t, was.ID)
		hold := made.Displaced[i].Instead
		if now.Status != booking.StatusCancelled || hold.Status != booking.StatusHeld || hold.PersonID != was.PersonID || b.stored(t, hold.ID).Status != booking.StatusHeld {
			t.Errorf("student %d had %+v, and has %+v", i, now, hold)
		}
		if entry := b.lastEntry(t, was.ID); entry.Act != booking.ActDisplaced || entry.Reason != "PLC" {
			t.Errorf("the audit says %+v", entry)
		}
	}
	b.noOverlaps(t)
	if plan, err := b.service(0).CreateSeries(t.Context(), Student(0), r, true); err != nil || plan.Count(booking.OutcomeBooked)+len(plan.Displaced) > 0 {
		t.Errorf("a student makes others leave: %+v, %v", plan.Displaced, err)
	}
	r.Purpose = booking.PurposePractice
	if _, err := b.service(0).CreateSeries(t.Context(), Instructor(), r, true); fault.CodeOf(err) != "displace_for_class" {
		t.Errorf("for practice: %v", err)
	}
	later := booking.SeriesChange{Conflict: new(booking.ConflictDisplace)}
	if _, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, later, true); fault.CodeOf(err) != "conflict_unknown" {
		t.Errorf("of a series that is there: %v", err)
	}
}

// seriesMakesRoomAtOnce lets two classes want the same benches while students book them.
func seriesMakesRoomAtOnce(t *testing.T, b bench) {
	for i := range 3 {
		b.reserve(t, Student(i), request(i, At(1, 14, 0), At(1, 15, 0)))
	}
	atOnce(8, func(i int) {
		if i%2 == 0 {
			_, _ = b.service(i).Reserve(t.Context(), Student(10+i), request(i%3, At(1, 15, 0), At(1, 16, 0)))
			return
		}
		r := class(0, 1, 2)
		r.First, r.Rule, r.Conflict, r.Starts, r.Ends = "2026-11-24", "FREQ=DAILY;COUNT=2", booking.ConflictDisplace, 14*60+30*(i%3), 16*60
		if _, err := b.service(i).CreateSeries(t.Context(), Instructor(), r, false); fault.KindOf(err) == fault.KindInternal && err != nil {
			t.Errorf("%v", err)
		}
	})
	b.noOverlaps(t)
}
