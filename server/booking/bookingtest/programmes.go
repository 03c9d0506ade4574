package bookingtest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// ownProgramme has students try, by every path that names a programme, to be charged to another one than theirs.
func ownProgramme(t *testing.T, b bench) {
	s := NewSchool()
	s.People = append(s.People, account.Person{ID: "guest", Login: "guest", Role: account.RoleStudent, Version: 1})
	s.Teams = []account.Team{
		{ID: "skills", Code: "WS", Name: "WS", Programme: "worldskills", Members: []account.Member{{PersonID: StudentID(0), Captain: true}}, Version: 1},
		{ID: "free", Code: "FR", Name: "FR", Members: []account.Member{{PersonID: StudentID(0), Captain: true}}, Version: 1},
	}
	b.Put(t, s)
	for team, own := range map[string]string{"": "mechatronics", "free": "mechatronics", "skills": "worldskills"} {
		r := request(0, At(1, 10, 0), At(1, 11, 0))
		r.TeamID = team
		made := b.reserve(t, Student(0), r)
		if made.Programme != own {
			t.Errorf("for the team %q it serves %q, want %q", team, made.Programme, own)
		}
		for _, other := range []string{"robotics", "automation"} {
			b.escapes(t, made, other)
		}
		if _, err := b.service(1).Change(t.Context(), Student(0), made.ID, 0, booking.Change{Programme: new("")}); fault.CodeOf(err) != "programme_not_yours" {
			t.Errorf("to none: %v", err)
		}
		b.cancel(t, Student(0), made.ID)
		r.Programme = own
		b.cancel(t, Student(0), b.reserve(t, Student(0), r).ID)
		r.Programme = "robotics"
		if r.PersonID = StudentID(0); b.reserve(t, Instructor(), r).Programme != "robotics" {
			t.Error("an instructor's choice is not kept")
		}
		b.cancel(t, Instructor(), b.onlyOne(t, 0).ID)
	}
	guest := request(0, At(1, 10, 0), At(1, 11, 0))
	guest.Programme = "robotics"
	_, err := b.service(0).Reserve(t.Context(), account.SignedIn("guest", account.RoleStudent), guest)
	refusedFor(t, err, booking.CodeProgrammeNotYours)
	guest.Programme = ""
	none := b.reserve(t, account.SignedIn("guest", account.RoleStudent), guest)
	if _, err = b.service(0).Change(t.Context(), account.SignedIn("guest", account.RoleStudent), none.ID, 0, booking.Change{Programme: new("robotics")}); none.Programme != "" {
		t.Errorf("whoever has no programme serves %q", none.Programme)
	}
	refusedFor(t, err, booking.CodeProgrammeNotYours)
}

// escapes tries every path with another programme than the one of whoever has the booking.
func (b bench) escapes(t *testing.T, made booking.Booking, other string) {
	t.Helper()
	who, s, later := Student(0), b.service(1), At(2, 10, 0)
	one := request(1, later, later.Add(time.Hour))
	one.Programme, one.TeamID, one.Override = other, made.TeamID, true
	_, reserved := s.Reserve(t.Context(), who, one)
	_, together := s.ReserveTogether(t.Context(), who, booking.PartyRequest{
		KindID: "plc-bench", Count: 1, StartsAt: later, EndsAt: later.Add(time.Hour), Programme: other, TeamID: made.TeamID,
	})
	series := booking.SeriesRequest{
		StationIDs: []string{StationID(2)}, First: "2026-11-25", Rule: "FREQ=DAILY;COUNT=2", Starts: 600, Ends: 660, Programme: other, TeamID: made.TeamID,
	}
	_, repeated := s.CreateSeries(t.Context(), who, series, false)
	series.Programme = ""
	standing, err := s.CreateSeries(t.Context(), who, series, false)
	if err != nil {
		t.Fatal(err)
	}
	_, altered := s.ChangeSeries(t.Context(), who, standing.Series.ID, 0, booking.SeriesChange{Programme: &other}, false)
	if _, err := s.CancelSeries(t.Context(), who, standing.Series.ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	wait := waitFor(0, made.StartsAt, made.EndsAt, 60, 60)
	wait.Programme, wait.TeamID = other, made.TeamID
	_, joined := s.Join(t.Context(), who, wait)
	_, changed := s.Change(t.Context(), who, made.ID, 0, booking.Change{Programme: &other})
	_, party := s.Change(t.Context(), who, made.ID, 0, booking.Change{Programme: &other, Override: true})
	for path, err := range map[string]error{
		"reserve": reserved, "party": together, "series": repeated, "series changed": altered, "waitlist": joined, "change": changed, "override": party,
	} {
		if fault.CodeOf(err) != "programme_not_yours" {
			t.Errorf("%s for %q, team %q: %v", path, other, made.TeamID, err)
		}
	}
}

// onlyOne gives the booking that stands on a station.
func (b bench) onlyOne(t *testing.T, station int) booking.Booking {
	t.Helper()
	all, err := b.Stores[0].Active(t.Context(), []string{StationID(station)}, "", At(0, 0, 0), At(9, 0, 0))
	if err != nil || len(all) != 1 {
		t.Fatalf("there are %d, %v; want one", len(all), err)
	}
	return all[0]
}
