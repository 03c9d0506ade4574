package bookingtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// class is a weekly class of four weeks, Mondays from 14:00 to 16:00, from today on.
func class(stations ...int) booking.SeriesRequest {
	r := booking.SeriesRequest{First: "2026-11-23", Rule: "FREQ=WEEKLY;BYDAY=MO;COUNT=4", Starts: 14 * 60, Ends: 16 * 60, Purpose: booking.PurposeClass, Title: "PLC"}
	for _, n := range stations {
		r.StationIDs = append(r.StationIDs, StationID(n))
	}
	return r
}

func (b bench) series(t *testing.T, r booking.SeriesRequest) booking.SeriesResult {
	t.Helper()
	made, err := b.service(0).CreateSeries(t.Context(), Instructor(), r, false)
	if err != nil {
		t.Fatalf("series: %v", err)
	}
	return made
}

// times writes the bookings of a series that stand, by the clock in Shenzhen.
func (b bench) times(t *testing.T, id string) string {
	t.Helper()
	rows, err := b.Stores[0].List(t.Context(), booking.Filter{SeriesID: id})
	if err != nil {
		t.Fatal(err)
	}
	shenzhen := time.FixedZone("", 8*3600)
	var out []string
	for _, x := range rows {
		if x.Active() {
			out = append(out, fmt.Sprintf("%s-%s %s", x.StartsAt.In(shenzhen).Format("01-02 15:04"), x.EndsAt.In(shenzhen).Format("15:04"), strings.TrimPrefix(x.StationID, "station-")))
		}
	}
	slices.Sort(out) // of one time the stations
	return strings.Join(out, ", ")
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func outcomes(r booking.SeriesResult) string {
	var out []string
	for _, o := range r.Occurrences {
		text := string(o.Outcome)
		if o.Reason != "" {
			text += ":" + o.Reason
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func seriesConflict(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(0, At(7, 15, 0), At(7, 17, 0)))
	r := class(0)
	_, err := b.service(1).CreateSeries(t.Context(), Instructor(), r, false)
	refusedFor(t, err, booking.CodeSlotTaken)
	if all, err := b.Stores[0].Active(t.Context(), []string{StationID(0)}, "", At(0, 0, 0), At(60, 0, 0)); err != nil || len(all) != 1 {
		t.Errorf("the refused series left %v, %v", all, err)
	}
	if unmet, err := b.service(0).Unmet(t.Context(), Now(), Now().Add(time.Hour)); err != nil || len(unmet) != 1 || !unmet[0].StartsAt.Equal(At(7, 14, 0)) {
		t.Errorf("recorded %v, %v", unmet, err)
	}
	r.Conflict = booking.ConflictSkip
	skipped := b.series(t, r)
	wantText(t, outcomes(skipped), "booked skipped:conflict booked booked")
	wantText(t, b.times(t, skipped.Series.ID), "11-23 14:00-16:00 00, 12-07 14:00-16:00 00, 12-14 14:00-16:00 00")
	if skipped.Occurrences[1].Refusals[0].Code != booking.CodeSlotTaken {
		t.Errorf("%+v", skipped.Occurrences[1])
	}
	if _, err := b.service(0).CancelSeries(t.Context(), Instructor(), skipped.Series.ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	r.Conflict = booking.ConflictShift
	shifted := b.series(t, r)
	wantText(t, outcomes(shifted), "booked shifted booked booked")
	wantText(t, b.times(t, shifted.Series.ID), "11-23 14:00-16:00 00, 11-30 13:00-15:00 00, 12-07 14:00-16:00 00, 12-14 14:00-16:00 00")
	if o := shifted.Occurrences[1]; !o.Bookings[0].SeriesStart.Equal(At(7, 14, 0)) || !o.At.From.Equal(At(7, 13, 0)) {
		t.Errorf("the shifted one is known by %v and is at %v", o.Bookings[0].SeriesStart, o.At.From)
	}
}

func seriesPreview(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(0, At(7, 15, 0), At(7, 17, 0)))
	plan, err := b.service(0).CreateSeries(t.Context(), Instructor(), class(0), true)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(plan), "booked refused:conflict booked booked")
	all, err := b.Stores[0].Active(t.Context(), nil, "", At(0, 0, 0), At(60, 0, 0))
	unmet, err2 := b.service(0).Unmet(t.Context(), Now(), Now().Add(time.Hour))
	if err != nil || err2 != nil || len(all) != 1 || len(unmet) != 0 {
		t.Errorf("a preview left %v and %v: %v, %v", all, unmet, err, err2)
	}
	if _, err := b.service(0).SeriesByID(t.Context(), Instructor(), plan.Series.ID); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("a preview left a series: %v", err)
	}
}

func seriesHolidays(t *testing.T, b bench) {
	school := NewSchool()
	school.Exceptions = append(school.Exceptions, equipment.Exception{ID: "holiday", SiteID: "site", Day: "2026-11-30", Closed: true, Reason: "校庆"})
	b.Put(t, school)
	made := b.series(t, class(0))
	wantText(t, outcomes(made), "booked skipped:school_closed booked booked")
	if o := made.Occurrences[1]; o.Detail != "closed on 2026-11-30: 校庆" {
		t.Errorf("it says %q", o.Detail)
	}
}

func seriesRoom(t *testing.T, b bench) {
	r := class()
	r.RoomID = "room-b"
	made := b.series(t, r)
	if len(made.Occurrences) != 4 || len(made.Occurrences[0].Bookings) != 2 {
		t.Fatalf("%+v", made.Occurrences)
	}
	if x := made.Occurrences[0].Bookings; x[0].PartyID == "" || x[0].PartyID != x[1].PartyID || x[0].PartyID == made.Occurrences[1].Bookings[0].PartyID {
		t.Errorf("each time is a party of its own: %+v", x)
	}
	_, err := b.service(0).CreateSeries(t.Context(), Student(1), r, false)
	var refused *booking.Refused
	if fault.KindOf(err) != fault.KindConflict {
		t.Errorf("a student's class in the same room: %v, %v", err, refused)
	}
}

func seriesAtOnce(t *testing.T, b bench) {
	var mu sync.Mutex
	var made []string
	atOnce(6, func(i int) {
		r := class(0, 1, 2)
		if i%2 == 1 {
			r = class(2, 1, 0)
		}
		got, err := b.service(i).CreateSeries(t.Context(), Instructor(), r, false)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			made = append(made, outcomes(got))
		case fault.KindOf(err) != fault.KindConflict && fault.CodeOf(err) != "series_empty": // it is there already
			t.Errorf("%v", err)
		}
	})
	booked := 0
	for _, m := range made {
		if strings.HasPrefix(m, "booked") {
			booked++
		}
	}
	if booked != 1 {
		t.Errorf("%d of the series were booked: %v", booked, made)
	}
	b.noOverlaps(t)
	if all, err := b.Stores[0].SeriesOf(t.Context(), "", 10); err != nil || len(all) != 1 {
		t.Errorf("%d series are stored: %v, %v", len(all), all, err)
	}
}

// seriesQuota lets two bookings a week pass: each occurrence sees those before it.
func seriesQuota(t *testing.T, b bench) {
	quota := booking.Quota{ID: "two", Name: "two", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowWeek, MostBookings: new(2)}
	d := quota.Document()
	d.ChangedAt = Now()
	if _, err := b.Stores[0].PutDocument(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	r := booking.SeriesRequest{
		StationIDs: []string{StationID(0)}, First: "2026-11-26", Rule: "FREQ=DAILY;COUNT=8", Starts: 600, Ends: 660, Conflict: booking.ConflictSkip,
	}
	made, err := b.service(0).CreateSeries(t.Context(), Student(0), r, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(made), "booked booked skipped:conflict skipped:conflict booked booked skipped:conflict skipped:conflict")
	// Moving them takes the old ones away first.
	moved, err := b.service(0).ChangeSeries(t.Context(), Student(0), made.Series.ID, 0, booking.SeriesChange{Starts: new(720), Ends: new(780), Conflict: new(booking.ConflictSkip)}, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, outcomes(moved), "moved moved skipped:conflict skipped:conflict moved moved skipped:conflict skipped:conflict")
}

// seriesPromotes offers what a series gives back to whoever waits for it.
func seriesPromotes(t *testing.T, b bench) {
	r := class(0)
	r.First, r.Rule = "2026-11-24", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4"
	made := b.series(t, r)
	wait := b.join(t, 5, booking.WaitRequest{StationID: StationID(0), From: At(7, 13, 0), Until: At(7, 17, 0), Wanted: 2 * time.Hour, Shortest: 2 * time.Hour})
	later := booking.SeriesChange{Starts: new(8 * 60), Ends: new(10 * 60)}
	if _, err := b.service(0).ChangeSeries(t.Context(), Instructor(), made.Series.ID, 0, later, false); err != nil {
		t.Fatal(err)
	}
	after, err := b.service(1).WaitByID(t.Context(), wait.ID)
	if err != nil || after.State != booking.WaitOffered {
		t.Fatalf("%+v, %v", after, err)
	}
	hold, err := b.service(1).ByID(t.Context(), after.BookingID)
	if err != nil || hold.Status != booking.StatusHeld || hold.StationID != StationID(0) {
		t.Errorf("%+v, %v", hold, err)
	}
	wantText(t, b.times(t, made.Series.ID), "11-24 08:00-10:00 00, 11-30 08:00-10:00 00, 12-01 08:00-10:00 00, 12-07 08:00-10:00 00")
}

// seriesClocks keeps 10:00 by the wall in Helsinki when the clocks move.
func seriesClocks(t *testing.T, b bench) {
	school := NewSchool()
	school.Sites[0].TimeZone = "Europe/Helsinki"
	b.Put(t, school)
	r := class(0)
	r.First, r.Rule, r.Starts, r.Ends = "2027-03-22", "FREQ=WEEKLY;COUNT=2", 10*60, 12*60
	made := b.series(t, r)
	for i, want := range []string{"2027-03-22T08:00:00Z", "2027-03-29T07:00:00Z"} {
		if got := made.Occurrences[i].Bookings[0].StartsAt.UTC().Format(time.RFC3339); got != want {
			t.Errorf("10:00 there is %s, want %s", got, want)
		}
	}
}

func seriesLimits(t *testing.T, b bench) {
	r := class(0)
	for _, c := range []struct {
		rule       string
		starts     int
		ends       int
		code       string
		stationIDs []string
	}{
		{"FREQ=DAILY;COUNT=401", 600, 660, "series_too_long", r.StationIDs},
		{"FREQ=DAILY", 600, 660, "series_endless", r.StationIDs},
		{"FREQ=DAILY;COUNT=3", 600, 600 + 1441, "occurrence_longer_than_period", r.StationIDs},
		{"FREQ=SECONDLY", 600, 660, "rrule_unsupported", r.StationIDs},
		{"FREQ=WEEKLY;X-LABTIDE-WEEKS=ODD", 600, 660, "term_missing", r.StationIDs},
		{"FREQ=DAILY;COUNT=3", 660, 600, "times_invalid", r.StationIDs},
		{"FREQ=DAILY;COUNT=3", 600, 660, "station_twice", []string{StationID(0), "PLC-00"}},
		{"FREQ=DAILY;COUNT=3", 600, 660, "stations_or_room", nil},
		{"FREQ=DAILY;COUNT=400", 600, 660, "series_too_large", []string{StationID(0), StationID(1), StationID(2), StationID(3), StationID(4), StationID(5)}},
	} {
		r.Rule, r.Starts, r.Ends, r.StationIDs = c.rule, c.starts, c.ends, c.stationIDs
		if _, err := b.service(0).CreateSeries(t.Context(), Instructor(), r, false); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.rule, err, c.code)
		}
	}
}

func timetables(t *testing.T, b bench) {
	lessons := []booking.Lesson{
		{Line: 2, RoomID: "room-b", PersonID: "instructor", Title: "CAD", First: "2026-11-24", Rule: "FREQ=WEEKLY;COUNT=3", Starts: 480, Ends: 570},
		{Line: 3, StationIDs: []string{"PLC-00"}, PersonID: "instructor", Times: []booking.LessonTime{
			{Span: equipment.Interval{From: At(1, 8, 0), Until: At(1, 9, 30)}, Planned: At(1, 8, 0)},
			{Span: equipment.Interval{From: At(2, 8, 0), Until: At(2, 9, 30)}, Planned: At(3, 8, 0)},
		}},
		{Line: 4, StationIDs: []string{"PLC-99"}, PersonID: "instructor", First: "2026-11-24", Rule: "FREQ=WEEKLY;COUNT=3", Starts: 480, Ends: 570},
		{Line: 5, StationIDs: []string{"PLC-00", "PLC-01"}, PersonID: "instructor", First: "2026-11-24", Rule: "FREQ=WEEKLY;COUNT=2", Starts: 540, Ends: 600},
	}
	results, imported, err := b.service(0).ImportLessons(t.Context(), Instructor(), lessons, false)
	if err != nil || imported || len(results) != 4 {
		t.Fatalf("%v, %v, %v", results, imported, err)
	}
	for i, want := range []bool{false, false, true, true} {
		if results[i].Refused() != want {
			t.Errorf("line %d: refused %v, want %v: %+v", results[i].Line, results[i].Refused(), want, results[i])
		}
	}
	if results[2].Fault.Code != "station_unknown" || results[3].Occurrences[0].Refusals[0].Code != booking.CodeSlotTaken {
		t.Errorf("%+v %+v", results[2], results[3])
	}
	if all, err := b.Stores[0].Active(t.Context(), nil, "", At(0, 0, 0), At(60, 0, 0)); err != nil || len(all) != 0 {
		t.Fatalf("half a timetable: %v, %v", all, err)
	}
	for round := range 2 { // twice is once
		if _, imported, err = b.service(0).ImportLessons(t.Context(), Instructor(), lessons[:2], false); err != nil || !imported {
			t.Fatalf("round %d: %v, %v", round, imported, err)
		}
		all, err := b.Stores[0].Active(t.Context(), nil, "", At(0, 0, 0), At(60, 0, 0))
		if err != nil || len(all) != 8 {
			t.Fatalf("round %d: %d bookings, %v", round, len(all), err)
		}
		for _, x := range all {
			if x.StationID == StationID(0) && x.StartsAt.Equal(At(2, 8, 0)) && !x.SeriesStart.Equal(At(3, 8, 0)) {
				t.Errorf("the moved one is known by %v", x.SeriesStart)
			}
		}
	}
	if _, _, err := b.service(0).ImportLessons(t.Context(), Student(0), lessons, true); fault.KindOf(err) != fault.KindForbidden {
		t.Errorf("a student: %v", err)
	}
}
