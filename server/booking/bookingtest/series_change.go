package bookingtest

import (
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

func seriesFollowing(t *testing.T, b bench) {
	made := b.series(t, class(0))
	rows := made.Occurrences
	// The second is moved for itself, the fourth cancelled for itself.
	if _, err := b.service(0).Change(t.Context(), Instructor(), rows[1].Bookings[0].ID, 0, booking.Change{StartsAt: new(At(7, 9, 0)), EndsAt: new(At(7, 11, 0))}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service(0).Cancel(t.Context(), Instructor(), rows[3].Bookings[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	later := booking.SeriesChange{From: "2026-11-30", Starts: new(15 * 60), Ends: new(17 * 60)}
	plan, err := b.service(1).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 1, later, true)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(plan), "kept:changed_for_itself moved skipped:cancelled_for_itself")
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 09:00-11:00 00, 12-07 14:00-16:00 00")
	done, err := b.service(1).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 1, later, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(done), "kept:changed_for_itself moved skipped:cancelled_for_itself")
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 09:00-11:00 00, 12-07 15:00-17:00 00")
	if _, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 1, later, false); fault.KindOf(err) != fault.KindStale {
		t.Errorf("with the old version: %v", err)
	}
	if _, err := b.service(0).ChangeSeries(t.Context(), Student(3), made.Series.ID, 0, later, false); fault.KindOf(err) != fault.KindForbidden {
		t.Errorf("somebody else: %v", err)
	}
}

// seriesPast changes all of a series of which some is over.
func seriesPast(t *testing.T, b bench) {
	made := b.series(t, class(0))
	now := At(7, 15, 0) // the second runs
	service := booking.New(b.Stores[0], func() time.Time { return now })
	stations := []string{StationID(1)}
	done, err := service.ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, booking.SeriesChange{StationIDs: &stations}, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(done), "moved moved")
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 14:00-16:00 00, 12-07 14:00-16:00 01, 12-14 14:00-16:00 01")
	// Another rule: Tuesdays and Mondays. What it no longer gives goes, what it gives anew comes.
	tuesdays := booking.SeriesChange{Rule: new("FREQ=WEEKLY;BYDAY=TU;UNTIL=20261215"), From: "2026-12-08"}
	done, err = service.ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, tuesdays, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(done), "booked cancelled booked")
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 14:00-16:00 00, 12-07 14:00-16:00 01, 12-08 14:00-16:00 01, 12-15 14:00-16:00 01")
	if _, err := service.CancelSeries(t.Context(), Instructor(), made.Series.ID, 0, "2026-12-08"); err != nil {
		t.Fatal(err)
	}
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 14:00-16:00 00, 12-07 14:00-16:00 01")
	for range 2 {
		if _, err := service.CancelSeries(t.Context(), Instructor(), made.Series.ID, 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 14:00-16:00 00")
}

// seriesOwnWay moves every day by one: each finds the time of its neighbour free, for that moves too.
func seriesOwnWay(t *testing.T, b bench) {
	r := class(0)
	r.Rule, r.First, r.Ends = "FREQ=DAILY;COUNT=5", "2026-11-24", 18*60
	made := b.series(t, r)
	for _, c := range []struct {
		starts, ends int
		want         string
	}{
		{16 * 60, 20 * 60, "11-24 16:00-20:00 00, 11-25 16:00-20:00 00, 11-26 16:00-20:00 00, 11-27 16:00-20:00 00, 11-28 16:00-20:00 00"},
		{13 * 60, 17 * 60, "11-24 13:00-17:00 00, 11-25 13:00-17:00 00, 11-26 13:00-17:00 00, 11-27 13:00-17:00 00, 11-28 13:00-17:00 00"},
	} {
		if _, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, booking.SeriesChange{Starts: &c.starts, Ends: &c.ends}, false); err != nil {
			t.Fatal(err)
		}
		wantText(t, b.times(t, made.Series.ID), c.want)
	}
	nights := r
	nights.StationIDs, nights.Override, nights.Starts, nights.Ends = []string{StationID(1)}, true, 7*60, 19*60
	slow := b.series(t, nights)
	night := booking.SeriesChange{Starts: new(20 * 60), Ends: new(32 * 60), Override: true} // until 8:00, when the next one used to run
	if _, err := b.service(0).ChangeSeries(t.Context(), Instructor(), slow.Series.ID, 0, night, false); err != nil {
		t.Fatal(err)
	}
	wantText(t, b.times(t, slow.Series.ID), "11-24 20:00-08:00 01, 11-25 20:00-08:00 01, 11-26 20:00-08:00 01, 11-27 20:00-08:00 01, 11-28 20:00-08:00 01")
	b.reserve(t, Student(0), request(0, At(2, 18, 0), At(2, 20, 0)))
	_, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, booking.SeriesChange{Starts: new(16 * 60), Ends: new(20 * 60)}, false)
	refusedFor(t, err, booking.CodeSlotTaken)
	kept, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0,
		booking.SeriesChange{Starts: new(16 * 60), Ends: new(20 * 60), Conflict: new(booking.ConflictSkip)}, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(kept), "moved kept:conflict moved moved moved")
}

// seriesStationsSwap gives a series of two stations the same ones in another order, and one other.
func seriesStationsSwap(t *testing.T, b bench) {
	made := b.series(t, class(0, 1))
	stations := []string{StationID(1), StationID(2)}
	if _, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, booking.SeriesChange{StationIDs: &stations, From: "2026-12-14"}, false); err != nil {
		t.Fatal(err)
	}
	got := b.times(t, made.Series.ID)
	for _, want := range []string{"12-07 14:00-16:00 00", "12-07 14:00-16:00 01", "12-14 14:00-16:00 01", "12-14 14:00-16:00 02"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	if strings.Contains(got, "12-14 14:00-16:00 00") {
		t.Errorf("station 0 is still there: %s", got)
	}
}
