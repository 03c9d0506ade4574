package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/fault"
)

// teamSchool has a team: student 0 is its captain, 1 and 2 are members.
func teamSchool() bookingtest.School {
	s := bookingtest.NewSchool()
	s.Teams = []account.Team{{ID: "team", Code: "WS", Programme: "worldskills", Version: 1, Members: []account.Member{
		{PersonID: bookingtest.StudentID(0), Captain: true}, {PersonID: bookingtest.StudentID(1)}, {PersonID: bookingtest.StudentID(2)},
	}}}
	return s
}

// benches asks for some of them from 10 to 12 tomorrow.
func benches(count int, adjacent booking.Adjacent) booking.PartyRequest {
	return booking.PartyRequest{KindID: "plc-bench", Count: count, Adjacent: adjacent, StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0)}
}

// held asks for seats that all are one student's: whoever runs the room may do that.
func held(student int, wish booking.PartyRequest) booking.PartyRequest {
	wish.PersonIDs = []string{bookingtest.StudentID(student)}
	return wish
}

func TestNobodySitsAtTwoStationsByAskingForBothAtOnce(t *testing.T) {
	school := teamSchool()
	s := open(school)
	two := benches(2, booking.AdjacentAny)
	_, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), two)
	wantCodes(t, "a party of one", err, "person_busy")
	_, err = s.CreateSeries(t.Context(), bookingtest.Student(5), booking.SeriesRequest{
		StationIDs: []string{"PLC-00", "PLC-01"}, First: "2026-11-24", Rule: "FREQ=DAILY;COUNT=1", Starts: 600, Ends: 720,
	}, false)
	wantCodes(t, "a series on two stations", err, "person_busy")
	party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, two))
	if err != nil {
		t.Fatalf("by an instructor: %v", err)
	}
	until := at(1, 12, 30)
	if _, err := s.ChangeParty(t.Context(), bookingtest.Student(5), party[0].PartyID, 0, booking.Change{EndsAt: &until}); err != nil {
		t.Errorf("what somebody else let them have: %v", err)
	}
	two.TeamID = "team"
	if _, err := s.ReserveTogether(t.Context(), bookingtest.Student(0), two); err != nil {
		t.Errorf("a captain for the team: %v", err)
	}
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, ManyStations: new(true)}); err != nil {
		t.Fatal(err)
	}
	two.TeamID, two.StartsAt, two.EndsAt = "", at(2, 10, 0), at(2, 12, 0)
	if _, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), two); err != nil {
		t.Errorf("where the policy lets them: %v", err)
	}
}

func stationsOf(party []booking.Booking) []string {
	var out []string
	for _, b := range party {
		out = append(out, b.StationID[len("station-"):])
	}
	return out
}

func occupy(t *testing.T, s *booking.Service, student, n int, from, until time.Time) booking.Booking {
	t.Helper()
	r := station(n, from, until)
	r.PersonID = bookingtest.StudentID(student)
	b, err := s.Reserve(t.Context(), bookingtest.Instructor(), r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCase05APartyIsAllOrNothing(t *testing.T) {
	store := bookingtest.NewMemory(teamSchool())
	s := booking.New(store, bookingtest.Now)
	party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(3, booking.AdjacentAny)))
	if err != nil || len(party) != 3 {
		t.Fatal(party, err)
	}
	for _, b := range party {
		if b.PartyID == "" || b.PartyID != party[0].PartyID || b.PersonID != bookingtest.StudentID(5) || b.DueAt.IsZero() {
			t.Errorf("a seat is %+v", b)
		}
	}
	_, err = s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(6, benches(4, booking.AdjacentAny)))
	var refused *booking.Refused
	if !errors.As(err, &refused) || fault.KindOf(err) != fault.KindConflict || !slices.Equal(codes(err), []string{"slot_taken"}) || refused.Refusals[0].Seat == 0 {
		t.Fatalf("four of the three that are left: %v", err)
	}
	if all, err := store.List(t.Context(), booking.Filter{}); err != nil || len(all) != 3 {
		t.Errorf("%d seats are stored, %v", len(all), err)
	}
	if unmet, err := store.Unmet(t.Context(), at(0, 0, 0), at(1, 0, 0)); err != nil || len(unmet) != 1 || unmet[0].Seats != 4 {
		t.Errorf("noted as unmet is %+v, want all 4 seats (%v)", unmet, err)
	}
	var ways []string
	for _, a := range refused.Alternatives {
		ways = append(ways, string(a.Why))
	}
	if !slices.Equal(ways, []string{"later", "fewer"}) {
		t.Errorf("the ways out are %v: %+v", ways, refused.Alternatives)
	}
}

func TestCase05NamedStationsAreRefusedSeatBySeatAllAtOnce(t *testing.T) {
	s := open(bookingtest.NewSchool())
	occupy(t, s, 10, 1, at(1, 9, 0), at(1, 11, 0))
	occupy(t, s, 11, 4, at(1, 9, 0), at(1, 11, 0))
	wish := booking.PartyRequest{StationIDs: []string{"PLC-00", "PLC-01", "station-04"}, StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0)}
	_, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, wish))
	var refused *booking.Refused
	if !errors.As(err, &refused) || len(refused.Refusals) != 2 {
		t.Fatal(err)
	}
	if a, b := refused.Refusals[0], refused.Refusals[1]; a.Seat != 2 || a.StationID != "station-01" || b.Seat != 3 || b.StationID != "station-04" {
		t.Errorf("refused are %+v", refused.Refusals)
	}
	if why := refused.Alternatives[0].Why; why != booking.WhyOtherStation || refused.Alternatives[0].StationIDs != "station-00 station-02 station-05" {
		t.Errorf("first of all %+v", refused.Alternatives[0])
	}
	wish.StationIDs = []string{"PLC-00", "station-00"}
	if _, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, wish)); fault.CodeOf(err) != "station_twice" {
		t.Errorf("the same station twice: %v", err)
	}
}

func TestCase05OnePersonHoldsAllSeatsOfAPartyButNoneElsewhere(t *testing.T) {
	s := open(teamSchool())
	occupy(t, s, 1, 3, at(1, 11, 0), at(1, 13, 0))
	wish := benches(3, booking.AdjacentAny)
	wish.TeamID, wish.PersonIDs = "team", []string{bookingtest.StudentID(0), bookingtest.StudentID(1), bookingtest.StudentID(2)}
	_, err := s.ReserveTogether(t.Context(), bookingtest.Student(0), wish)
	var refused *booking.Refused
	if !errors.As(err, &refused) || !slices.Equal(codes(err), []string{"person_busy"}) || refused.Refusals[0].Seat != 2 {
		t.Errorf("somebody of the team sits elsewhere: %v", err)
	}
	wish.PersonIDs = []string{bookingtest.StudentID(0)}
	party, err := s.ReserveTogether(t.Context(), bookingtest.Student(0), wish)
	if err != nil {
		t.Fatalf("one holds all seats: %v", err)
	}
	if party[0].Programme != "worldskills" || party[0].TeamID != "team" {
		t.Errorf("a seat of the team is %+v", party[0])
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(6, at(1, 11, 0), at(1, 12, 0))); !slices.Equal(codes(err), []string{"person_busy"}) {
		t.Errorf("one more station beside the party: %v", err)
	}
}

func TestCase05OnlyTheCaptainBooksForATeam(t *testing.T) {
	s := open(teamSchool())
	for _, c := range []struct {
		actor  account.Actor
		team   string
		people []string
		code   string
	}{
		{bookingtest.Student(0), "team", nil, ""},
		{bookingtest.Student(1), "team", nil, "not_captain"},
		{bookingtest.Student(9), "team", []string{bookingtest.StudentID(0)}, "not_captain"},
		{bookingtest.Instructor(), "team", []string{bookingtest.StudentID(1)}, ""},
		{bookingtest.Student(0), "team", []string{bookingtest.StudentID(9)}, "not_in_team"},
		{bookingtest.Student(0), "", []string{bookingtest.StudentID(1)}, "may_not_book_for_others"},
		{bookingtest.Student(0), "nobody's", nil, "team_unknown"},
	} {
		wish := benches(2, booking.AdjacentAny)
		wish.TeamID, wish.PersonIDs = c.team, c.people
		party, err := s.ReserveTogether(t.Context(), c.actor, wish)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s for %q with %v: %v, want %q", c.actor.PersonID, c.team, c.people, err, c.code)
		}
		if err != nil {
			continue
		}
		if _, err := s.CancelParty(t.Context(), bookingtest.Student(1), party[0].PartyID, 0); c.actor.PersonID == bookingtest.StudentID(0) && fault.CodeOf(err) != "not_captain" {
			t.Errorf("a member cancels all: %v", err)
		}
		if _, err := s.CancelParty(t.Context(), bookingtest.Student(0), party[0].PartyID, 0); err != nil {
			t.Errorf("the captain cancels all: %v", err)
		}
	}
	gone := teamSchool()
	gone.Teams[0].DisabledAt = bookingtest.Now()
	wish := benches(2, booking.AdjacentAny)
	wish.TeamID = "team"
	if _, err := open(gone).ReserveTogether(t.Context(), bookingtest.Instructor(), wish); fault.CodeOf(err) != "team_disabled" {
		t.Errorf("for a team that is no more: %v", err)
	}
}

func TestAPartyWithoutSenseIsRefusedBeforeAnybodyIsAsked(t *testing.T) {
	s := open(bookingtest.NewSchool())
	for _, c := range []struct {
		wish booking.PartyRequest
		code string
	}{
		{booking.PartyRequest{}, "station_or_kind"},
		{booking.PartyRequest{StationIDs: []string{"PLC-00"}, KindID: "plc-bench"}, "station_or_kind"},
		{booking.PartyRequest{StationIDs: []string{"PLC-00"}, Adjacent: booking.AdjacentRequired}, "party_named"},
		{booking.PartyRequest{KindID: "plc-bench"}, "party_size"},
		{booking.PartyRequest{KindID: "plc-bench", Count: 101}, "party_size"},
		{booking.PartyRequest{KindID: "plc-bench", Count: 2, Adjacent: "maybe"}, "adjacent_unknown"},
		{booking.PartyRequest{KindID: "plc-bench", Count: 3, PersonIDs: []string{"a", "b"}}, "party_people"},
		{booking.PartyRequest{KindID: "nothing", Count: 3}, "kind_unknown"},
		{booking.PartyRequest{StationIDs: []string{"PLC-00", "nothing"}}, "station_unknown"},
	} {
		c.wish.StartsAt, c.wish.EndsAt = at(1, 10, 0), at(1, 11, 0)
		if _, err := s.ReserveTogether(t.Context(), bookingtest.Student(0), c.wish); fault.CodeOf(err) != c.code {
			t.Errorf("%+v: %v, want %s", c.wish, err, c.code)
		}
	}
	elsewhere := benches(2, booking.AdjacentAny)
	elsewhere.RoomID = "room-b"
	if _, err := s.ReserveTogether(t.Context(), bookingtest.Student(0), elsewhere); !slices.Equal(codes(err), []string{"too_few_stations"}) {
		t.Errorf("in a room without benches: %v", err)
	}
}
