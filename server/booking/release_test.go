package booking_test

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// idle is a lab where a station that is idle for half an hour is asked about, and released five minutes later.
func idleLab(t *testing.T) *lab {
	t.Helper()
	return newLab(t, booking.PolicyRule{Scope: booking.ScopeSchool, IdleReleaseMinutes: new(30)})
}

// minute by minute, as the worker does.
func (l *lab) until(at time.Time) {
	l.t.Helper()
	for now := l.now.Truncate(time.Minute).Add(time.Minute); !now.After(at); now = now.Add(time.Minute) {
		l.at(now)
	}
}

func TestAnIdleStationIsAskedAboutAndReleased(t *testing.T) {
	l := idleLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 14, 0))
	l.witness.Saw(0, start, 20, true)
	l.witness.Saw(0, start.Add(20*time.Minute), 200, false)
	l.until(start.Add(51 * time.Minute))
	if got := l.get(b); !got.WarnedAt.IsZero() {
		t.Fatalf("asked after less than half an hour: %+v", got)
	}
	l.until(start.Add(52 * time.Minute)) // half an hour of idle minutes, and two for the samples to come
	if got := l.get(b); !got.WarnedAt.Equal(l.now) || got.Status != booking.StatusConfirmed {
		t.Fatalf("not asked: %+v", got)
	}
	l.until(start.Add(58 * time.Minute))
	if got := l.get(b); got.Status != booking.StatusConfirmed {
		t.Fatalf("released before all minutes were told: %+v", got)
	}
	l.until(start.Add(59 * time.Minute))
	got := l.get(b)
	if got.Status != booking.StatusEnded || !got.EndsAt.Equal(l.now) || !got.PlannedEnd.Equal(b.EndsAt) || !got.ChargedUntil.Equal(got.EndsAt) || !got.DueAt.IsZero() {
		t.Fatalf("%+v", got)
	}
	var acts []booking.Act
	trail, err := l.Trail(t.Context(), b.ID)
	for _, e := range trail {
		acts = append(acts, e.Act)
	}
	if want := []booking.Act{booking.ActReserved, booking.ActCheckedIn, booking.ActWarned, booking.ActReleased}; err != nil || len(acts) != 4 || acts[3] != want[3] || acts[2] != want[2] {
		t.Errorf("the trail: %v, %v", acts, err)
	}
}

func TestStillWorkingIsAnsweredByThePersonOrTheDevice(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(l *lab, b booking.Booking)
	}{
		{"the person", func(l *lab, b booking.Booking) {
			if _, err := l.Keep(l.t.Context(), bookingtest.Student(0), b.ID); err != nil {
				l.t.Fatal(err)
			}
		}},
		{"the device", func(l *lab, _ booking.Booking) { l.witness.Saw(0, l.now.Add(time.Minute), 1, true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := idleLab(t)
			start := at(0, 10, 15)
			b := l.book(0, start, at(0, 14, 0))
			l.witness.Saw(0, start, 20, true)
			l.witness.Saw(0, start.Add(20*time.Minute), 400, false)
			l.until(start.Add(52 * time.Minute))
			asked := l.get(b)
			c.answer(l, b)
			l.until(start.Add(80 * time.Minute))
			if got := l.get(b); got.Status != booking.StatusConfirmed || !got.WarnedAt.IsZero() {
				t.Fatalf("after the answer: %+v", got)
			}
			l.until(start.Add(90 * time.Minute))
			if got := l.get(b); !got.WarnedAt.After(asked.WarnedAt) {
				t.Errorf("not asked again: %+v", got)
			}
		})
	}
}

func TestAMinuteThatNobodyKnowsNeverReleases(t *testing.T) {
	l := idleLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 14, 0))
	l.witness.Saw(0, start, 20, true)
	for n := 20; n < 220; n += 20 { // every twentieth minute is missing
		l.witness.Saw(0, start.Add(time.Duration(n)*time.Minute), 19, false)
	}
	l.until(at(0, 13, 55))
	if got := l.get(b); !got.WarnedAt.IsZero() || got.Status != booking.StatusConfirmed {
		t.Errorf("%+v", got)
	}
}

func TestAMinuteUnknownAfterTheWarningHoldsTheReleaseBack(t *testing.T) {
	l := idleLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 14, 0))
	l.witness.Saw(0, start, 20, true)
	l.witness.Saw(0, start.Add(20*time.Minute), 33, false) // the device goes dark just after it has asked
	l.until(start.Add(70 * time.Minute))
	if got := l.get(b); !got.WarnedAt.IsZero() || got.Status != booking.StatusConfirmed {
		t.Errorf("%+v", got)
	}
}

func TestWithoutThePolicyNobodyIsAsked(t *testing.T) {
	l := newLab(t)
	b := l.book(0, at(0, 10, 15), at(0, 14, 0))
	l.witness.Saw(0, b.StartsAt, 20, true)
	l.witness.Saw(0, b.StartsAt.Add(20*time.Minute), 200, false)
	l.at(at(0, 13, 59))
	if got := l.get(b); got.Status != booking.StatusConfirmed || !got.WarnedAt.IsZero() || !got.DueAt.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestAnExtendedBookingIsStillWatched(t *testing.T) {
	l := idleLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 11, 0))
	l.witness.Saw(0, start, 40, true)
	l.witness.Saw(0, start.Add(40*time.Minute), 200, false)
	l.until(at(0, 10, 40))
	if got := l.get(b); !got.DueAt.IsZero() {
		t.Fatalf("it ends before it could be idle long enough: %+v", got)
	}
	end := at(0, 13, 0)
	if _, err := l.Change(t.Context(), bookingtest.Student(0), b.ID, 0, booking.Change{EndsAt: &end}); err != nil {
		t.Fatal(err)
	}
	l.until(at(0, 12, 0))
	if got := l.get(b); got.Status != booking.StatusEnded {
		t.Errorf("%+v", got)
	}
}

func TestACheckInWaitsForTheDeviceToConfirmIt(t *testing.T) {
	l := newLab(t)
	start := at(0, 10, 15)
	b := l.book(0, start, at(0, 12, 0))
	l.now = at(0, 10, 10)
	got, err := l.CheckIn(t.Context(), bookingtest.Student(0), b.ID, booking.CheckInRequest{How: booking.CheckInQR, KeyFits: func(string) bool { return true }})
	if err != nil || got.Verdict != booking.VerdictArrived || !got.CheckedInAt.Equal(l.now) || got.CheckedInBy != bookingtest.StudentID(0) {
		t.Fatalf("%+v, %v", got, err)
	}
	l.witness.Saw(0, start, 20, true)
	l.at(start.Add(19 * time.Minute))
	confirmed := l.get(b)
	if confirmed.Evidence.UsedMinutes == 0 || confirmed.CheckIn != booking.CheckInQR || confirmed.Version != got.Version {
		t.Errorf("%+v", confirmed)
	}
}
