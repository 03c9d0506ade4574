package bookingtest

import (
	"testing"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func widerReleases(t *testing.T, b bench) {
	down, err := b.service(0).StartOutage(t.Context(), Instructor(), equipment.Outage{StationID: StationID(0), StartsAt: At(1, 8, 0), EndsAt: At(2, 8, 0), Reason: "fan"}, false)
	if err != nil {
		t.Fatal(err)
	}
	afterOutage := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	if _, err := b.service(1).EndOutage(t.Context(), Instructor(), down.Outage.ID, 0); err != nil {
		t.Fatal(err)
	}
	b.offered(t, afterOutage, 0, At(1, 10, 0), At(1, 11, 0))

	made, err := b.service(0).CreateSeries(t.Context(), Student(2), booking.SeriesRequest{
		StationIDs: []string{StationID(1)}, First: "2026-11-24", Rule: "FREQ=DAILY;COUNT=3", Starts: 14 * 60, Ends: 15 * 60,
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	afterSeries := b.join(t, 3, waitFor(1, At(2, 14, 0), At(2, 15, 0), 60, 60))
	if _, err := b.service(1).CancelSeries(t.Context(), Student(2), made.Series.ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	b.offered(t, afterSeries, 1, At(2, 14, 0), At(2, 15, 0))
}

func waitPages(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	var want []string
	for n := range 5 {
		want = append(want, b.join(t, n+1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60)).ID)
	}
	var got []string
	f := booking.WaitFilter{Limit: 2}
	for {
		page, err := b.Stores[0].Waits(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, w := range page {
			got = append(got, w.ID)
		}
		f.After = page[len(page)-1].Cursor()
	}
	if len(got) != len(want) {
		t.Errorf("pages give %v, want %v", got, want)
	}
	for name, f := range map[string]booking.WaitFilter{
		"person": {PersonID: StudentID(2)}, "odd": {PersonID: "\x00"}, "states": {States: []booking.WaitState{booking.WaitOffered, booking.WaitBooked}},
	} {
		page, err := b.Stores[0].Waits(t.Context(), f)
		if n := map[string]int{"person": 1}[name]; err != nil || len(page) != n {
			t.Errorf("%s: %v, %v", name, page, err)
		}
	}
}

// leftTheTeam: who waited, or has booked, for a team that they have left is offered nothing for it, and takes nothing more.
func leftTheTeam(t *testing.T, b bench) {
	school := NewSchool()
	school.Teams = []account.Team{{ID: "team", Code: "WS", Name: "WS", Version: 1, Members: []account.Member{
		{PersonID: StudentID(1), Captain: true}, {PersonID: StudentID(2), Captain: true},
	}}}
	b.Put(t, school)
	join := func(station, who int) booking.Wait {
		wish := waitFor(station, At(1, 10, 0), At(1, 11, 0), 60, 60)
		wish.TeamID = "team"
		w, err := b.service(who).Join(t.Context(), Student(who), wish)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	taken, other := b.reserve(t, Student(8), request(0, At(1, 10, 0), At(1, 11, 0))), b.reserve(t, Student(9), request(1, At(1, 10, 0), At(1, 11, 0)))
	offered, passed := join(0, 1), join(1, 2)
	b.cancel(t, Student(8), taken.ID)
	hold := b.offered(t, offered, 0, At(1, 10, 0), At(1, 11, 0))
	own := request(2, At(2, 10, 0), At(2, 11, 0))
	own.TeamID = "team"
	made := b.reserve(t, Student(2), own)
	school.Teams[0].Members = []account.Member{{PersonID: StudentID(5), Captain: true}}
	b.Put(t, school)
	if _, err := b.service(1).Accept(t.Context(), Student(1), hold.ID); fault.CodeOf(err) != "not_in_team" {
		t.Errorf("the offer: %v", err)
	}
	b.cancel(t, Student(9), other.ID)
	b.waits(t, passed, "not_in_team")
	longer, shorter := At(2, 12, 0), At(2, 10, 30)
	if _, err := b.service(1).Change(t.Context(), Student(2), made.ID, 0, booking.Change{EndsAt: &longer}); fault.CodeOf(err) != "not_in_team" {
		t.Errorf("longer: %v", err)
	}
	if _, err := b.service(1).Change(t.Context(), Student(2), made.ID, 0, booking.Change{EndsAt: &shorter}); err != nil {
		t.Errorf("shorter: %v", err)
	}
}
