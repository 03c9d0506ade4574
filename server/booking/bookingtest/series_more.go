package bookingtest

import (
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func (b bench) changeSeries(t *testing.T, id string, c booking.SeriesChange) booking.SeriesResult {
	t.Helper()
	done, err := b.service(0).ChangeSeries(t.Context(), Instructor(), id, 0, c, false)
	if err != nil {
		t.Fatalf("change of the series: %v", err)
	}
	return done
}

// seriesEndStays ends a series in the middle: it goes on until then, and what changes later does not bring the rest back.
func seriesEndStays(t *testing.T, b bench) {
	made := b.series(t, class(0))
	cut, err := b.service(0).CancelSeries(t.Context(), Instructor(), made.Series.ID, 0, "2026-12-07")
	if err != nil || !cut.Series.EndedAt.IsZero() {
		t.Fatalf("two are still to come, and it ended at %v: %v", cut.Series.EndedAt, err)
	}
	b.changeSeries(t, made.Series.ID, booking.SeriesChange{Starts: new(9 * 60), Ends: new(11 * 60)})
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-30 09:00-11:00 00")
	if listed, err := b.service(0).SeriesOf(t.Context(), Instructor(), "instructor"); err != nil || !listed[0].Series.LastEndsAt.Equal(At(7, 11, 0)) {
		t.Errorf("the last one ends at %v: %v", listed, err)
	}
	_, err = b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, booking.SeriesChange{From: "2026-12-14", Starts: new(9 * 60), Ends: new(11 * 60)}, false)
	if fault.CodeOf(err) != "series_over" {
		t.Errorf("after its end: %v", err)
	}
	anew := b.changeSeries(t, made.Series.ID, booking.SeriesChange{From: "2026-12-14", Rule: new("FREQ=WEEKLY;COUNT=2")})
	wantText(t, outcomes(anew), "booked booked")
	gone, err := b.service(0).CancelSeries(t.Context(), Instructor(), made.Series.ID, 0, "")
	if err != nil || gone.Series.EndedAt.IsZero() {
		t.Errorf("the whole of it ended at %v: %v", gone.Series.EndedAt, err)
	}
	if listed, err := b.service(0).SeriesOf(t.Context(), Instructor(), ""); err != nil || !listed[0].Series.LastEndsAt.IsZero() {
		t.Errorf("none stands, and the last one ends at %v: %v", listed, err)
	}
}

// seriesDescribed calls a series otherwise: nothing is laid anew, so what was left out stays so.
func seriesDescribed(t *testing.T, b bench) {
	inTheWay := b.reserve(t, Student(0), request(0, At(7, 15, 0), At(7, 17, 0)))
	r := class(0)
	r.Conflict = booking.ConflictSkip
	made := b.series(t, r)
	b.cancel(t, Student(0), inTheWay.ID)
	done := b.changeSeries(t, made.Series.ID, booking.SeriesChange{Title: new("机器人"), Programme: new("robotics")})
	wantText(t, outcomes(done), "moved moved moved")
	wantText(t, done.Body.Title+" "+done.Body.Programme, "机器人 robotics")
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 12-07 14:00-16:00 00, 12-14 14:00-16:00 00")
	for _, o := range done.Occurrences {
		if x := b.stored(t, o.Bookings[0].ID); x.Programme != "robotics" {
			t.Errorf("it still serves %q", x.Programme)
		}
	}
	lessons := []booking.Lesson{{Line: 1, StationIDs: []string{"PLC-01"}, PersonID: "instructor", Title: "old", Times: []booking.LessonTime{{Span: equipment.Interval{From: At(1, 8, 0), Until: At(1, 9, 0)}}}}}
	results, imported, err := b.service(0).ImportLessons(t.Context(), Instructor(), lessons, false)
	if err != nil || !imported {
		t.Fatal(results, err)
	}
	renamed := b.changeSeries(t, results[0].SeriesID, booking.SeriesChange{Title: new("new")})
	wantText(t, renamed.Body.Title, "new")
}

// seriesShiftedGoesAlong moves a series of which one occurrence had been shifted: nobody changed that one for itself.
func seriesShiftedGoesAlong(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(0, At(7, 15, 0), At(7, 17, 0)))
	r := class(0)
	r.Conflict = booking.ConflictShift
	made := b.series(t, r)
	wantText(t, outcomes(made), "booked shifted booked booked")
	done := b.changeSeries(t, made.Series.ID, booking.SeriesChange{Starts: new(17 * 60), Ends: new(19 * 60)})
	wantText(t, outcomes(done), "moved moved moved moved")
	back := b.changeSeries(t, made.Series.ID, booking.SeriesChange{Starts: new(14 * 60), Ends: new(16 * 60)})
	wantText(t, outcomes(back), "moved shifted moved moved")
	again := b.changeSeries(t, made.Series.ID, booking.SeriesChange{Starts: new(18 * 60), Ends: new(20 * 60)})
	wantText(t, outcomes(again), "moved moved moved moved")
	wantText(t, b.times(t, made.Series.ID), "11-23 18:00-20:00 00, 11-30 18:00-20:00 00, 12-07 18:00-20:00 00, 12-14 18:00-20:00 00")
}

// seriesByPeriods shifts to other lesson periods, as many in a row.
func seriesByPeriods(t *testing.T, b bench) {
	periods := []booking.Period{
		{Starts: 480, Ends: 525}, {Starts: 533, Ends: 578}, {Starts: 600, Ends: 650}, {Starts: 658, Ends: 708}, {Starts: 840, Ends: 885}, {Starts: 893, Ends: 938},
	}
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, Periods: &periods}); err != nil {
		t.Fatal(err)
	}
	r := class(0)
	r.First, r.Rule, r.Starts, r.Ends = "2026-11-24", "FREQ=WEEKLY;COUNT=2", 480, 578
	b.reserve(t, Student(0), request(0, At(8, 8, 53), At(8, 9, 38)))
	r.Conflict = booking.ConflictShift
	made := b.series(t, r)
	wantText(t, outcomes(made), "booked shifted")
	wantText(t, b.times(t, made.Series.ID), "11-24 08:00-09:38 00, 12-01 10:00-11:48 00")
	lesson := booking.Lesson{Line: 2, StationIDs: r.StationIDs, PersonID: "instructor", First: "2026-11-25", Rule: "FREQ=DAILY;COUNT=1", FirstPeriod: 5, LastPeriod: 6}
	results, imported, err := b.service(0).ImportLessons(t.Context(), Instructor(), []booking.Lesson{lesson}, false)
	if err != nil || !imported {
		t.Fatalf("%+v, %v", results, err)
	}
	wantText(t, b.times(t, results[0].SeriesID), "11-25 14:00-15:38 00")
	lesson.LastPeriod = 7
	if results, _, err = b.service(0).ImportLessons(t.Context(), Instructor(), []booking.Lesson{lesson}, true); err != nil || results[0].Fault == nil || results[0].Fault.Code != "period_unknown" {
		t.Errorf("there is no seventh: %+v, %v", results, err)
	}
}

// seriesSeatsMoveTogether asks for another time at which one of two stations is taken: then neither moves.
func seriesSeatsMoveTogether(t *testing.T, b bench) {
	made := b.series(t, class(0, 1))
	b.reserve(t, Student(0), request(1, At(7, 16, 0), At(7, 18, 0)))
	later := booking.SeriesChange{Starts: new(16 * 60), Ends: new(18 * 60), Conflict: new(booking.ConflictSkip)}
	done := b.changeSeries(t, made.Series.ID, later)
	wantText(t, outcomes(done), "moved moved kept:conflict kept:conflict moved moved moved moved")
	for _, o := range done.Occurrences[2:4] {
		if len(o.Refusals) != 1 || o.Refusals[0].StationID != StationID(1) {
			t.Errorf("why it stays: %+v", o.Refusals)
		}
	}
	later.Starts, later.Ends, later.Conflict = new(17*60), new(19*60), new(booking.ConflictShift)
	b.changeSeries(t, made.Series.ID, later)
	wantText(t, b.times(t, made.Series.ID), "11-23 17:00-19:00 00, 11-23 17:00-19:00 01, 11-30 18:00-20:00 00, 11-30 18:00-20:00 01, "+
		"12-07 17:00-19:00 00, 12-07 17:00-19:00 01, 12-14 17:00-19:00 00, 12-14 17:00-19:00 01")
}

// seriesFewer books a class around the bookings that are there: of that day the free stations only.
func seriesFewer(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(1, At(7, 15, 0), At(7, 17, 0)))
	r := class(0, 1, 2)
	r.Conflict = booking.ConflictFewer
	made := b.series(t, r)
	wantText(t, outcomes(made), "booked booked:conflict booked booked")
	if o := made.Occurrences[1]; len(o.Bookings) != 2 || len(o.Refusals) != 1 || o.Refusals[0].StationID != StationID(1) {
		t.Errorf("%+v", o)
	}
	b.reserve(t, Student(1), request(2, At(7, 17, 0), At(7, 18, 0)))
	later := booking.SeriesChange{From: "2026-11-30", Rule: new("FREQ=WEEKLY;COUNT=1"), Starts: new(16 * 60), Ends: new(18 * 60)}
	b.changeSeries(t, made.Series.ID, later)
	wantText(t, b.times(t, made.Series.ID), "11-23 14:00-16:00 00, 11-23 14:00-16:00 01, 11-23 14:00-16:00 02, 11-30 14:00-16:00 02, 11-30 16:00-18:00 00")
	_, err := b.service(0).CreateSeries(t.Context(), Instructor(), booking.SeriesRequest{Conflict: "none", StationIDs: r.StationIDs, First: r.First, Rule: r.Rule, Starts: 600, Ends: 660}, true)
	wantText(t, fault.CodeOf(err), "conflict_unknown")
}
