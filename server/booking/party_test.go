package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
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
	party, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), benches(3, booking.AdjacentAny))
	if err != nil || len(party) != 3 {
		t.Fatal(party, err)
	}
	for _, b := range party {
		if b.PartyID == "" || b.PartyID != party[0].PartyID || b.PersonID != bookingtest.StudentID(5) || b.DueAt.IsZero() {
			t.Errorf("a seat is %+v", b)
		}
	}
	_, err = s.ReserveTogether(t.Context(), bookingtest.Student(6), benches(4, booking.AdjacentAny))
	var refused *booking.Refused
	if !errors.As(err, &refused) || fault.KindOf(err) != fault.KindConflict || !slices.Equal(codes(err), []string{"slot_taken"}) || refused.Refusals[0].Seat == 0 {
		t.Fatalf("four of the three that are left: %v", err)
	}
	if all, err := store.List(t.Context(), booking.Filter{}); err != nil || len(all) != 3 {
		t.Errorf("%d seats are stored, %v", len(all), err)
	}
	if unmet, err := store.Unmet(t.Context(), at(0, 0, 0), at(1, 0, 0)); err != nil || len(unmet) != 4 {
		t.Errorf("%d seats are noted as unmet, want all 4 (%v)", len(unmet), err)
	}
	var ways []string
	for _, a := range refused.Alternatives {
		ways = append(ways, string(a.Why))
	}
	if !slices.Equal(ways, []string{"later", "fewer"}) {
		t.Errorf("the ways out are %v: %+v", ways, refused.Alternatives)
	}
}

func TestCase05SideBySideIfPossible(t *testing.T) {
	for _, c := range []struct {
		name     string
		taken    []int // of 00 01 02 04 05 06, which stand in this order
		count    int
		adjacent booking.Adjacent
		want     []string
		code     string
	}{
		{"the free neighbours", []int{1}, 3, booking.AdjacentRequired, []string{"02", "04", "05"}, ""},
		{"no neighbours are left", []int{1, 4}, 3, booking.AdjacentRequired, nil, "not_adjacent"},
		{"then apart", []int{1, 4}, 3, booking.AdjacentPreferred, []string{"00", "02", "05"}, ""},
		{"more than there are", nil, 7, booking.AdjacentAny, nil, "too_few_stations"},
		{"as many as there are", nil, 6, booking.AdjacentRequired, []string{"00", "01", "02", "04", "05", "06"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(bookingtest.NewSchool())
			for i, n := range c.taken {
				occupy(t, s, 10+i, n, at(1, 9, 0), at(1, 11, 0))
			}
			party, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), benches(c.count, c.adjacent))
			if got := stationsOf(party); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v (%v)", got, c.want, err)
			}
			if c.code != "" && !slices.Equal(codes(err), []string{c.code}) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestCase05WhoIsToldThatNeighboursAreMissingMaySitApart(t *testing.T) {
	s := open(bookingtest.NewSchool())
	occupy(t, s, 10, 1, at(1, 9, 0), at(1, 11, 0))
	occupy(t, s, 11, 4, at(1, 9, 0), at(1, 11, 0))
	wish := benches(3, booking.AdjacentRequired)
	_, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), wish)
	var refused *booking.Refused
	if !errors.As(err, &refused) || len(refused.Alternatives) != 3 {
		t.Fatalf("got %v with %+v", err, refused)
	}
	for i, want := range []booking.Alternative{
		{StationID: bookingtest.StationID(0), StationIDs: "station-00 station-02 station-05", StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0), Why: booking.WhyApart},
		{StationID: bookingtest.StationID(1), StationIDs: "station-01 station-02 station-04", StartsAt: at(1, 11, 0), EndsAt: at(1, 13, 0), Why: booking.WhyLater},
		{StationID: bookingtest.StationID(5), StationIDs: "station-05 station-06", StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0), Why: booking.WhyFewer},
	} {
		if refused.Alternatives[i] != want {
			t.Errorf("way out %d is %+v, want %+v", i, refused.Alternatives[i], want)
		}
	}
	for _, a := range refused.Alternatives {
		stations := strings.Fields(a.StationIDs)
		made, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), booking.PartyRequest{StationIDs: stations, StartsAt: a.StartsAt, EndsAt: a.EndsAt})
		if err != nil {
			t.Errorf("%s was offered, and then: %v", a.Why, err)
			continue
		}
		if _, err := s.CancelParty(t.Context(), bookingtest.Student(5), made[0].PartyID, 0); err != nil {
			t.Error(err)
		}
	}
}

func TestCase05NamedStationsAreRefusedSeatBySeatAllAtOnce(t *testing.T) {
	s := open(bookingtest.NewSchool())
	occupy(t, s, 10, 1, at(1, 9, 0), at(1, 11, 0))
	occupy(t, s, 11, 4, at(1, 9, 0), at(1, 11, 0))
	wish := booking.PartyRequest{StationIDs: []string{"PLC-00", "PLC-01", "station-04"}, StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0)}
	_, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), wish)
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
	if _, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), wish); fault.CodeOf(err) != "station_twice" {
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

func TestCase05APartyMovesAndExtendsAsAWhole(t *testing.T) {
	s := open(bookingtest.NewSchool())
	party, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), benches(3, booking.AdjacentRequired))
	if err != nil {
		t.Fatal(err)
	}
	id, version := party[0].PartyID, booking.PartyVersion(party)
	occupy(t, s, 10, 1, at(1, 13, 0), at(1, 14, 0))
	until := at(1, 14, 0)
	_, err = s.ChangeParty(t.Context(), bookingtest.Student(5), id, version, booking.Change{EndsAt: &until})
	var refused *booking.Refused
	if !errors.As(err, &refused) || !slices.Equal(codes(err), []string{"slot_taken"}) {
		t.Fatalf("one seat cannot be longer: %v", err)
	}
	if now, _ := s.Party(t.Context(), id); !now[0].EndsAt.Equal(at(1, 12, 0)) || booking.PartyVersion(now) != version {
		t.Errorf("a part of it moved: %+v", now)
	}
	from, later := at(1, 11, 0), at(1, 13, 0)
	moved, err := s.ChangeParty(t.Context(), bookingtest.Student(5), id, version, booking.Change{StartsAt: &from, EndsAt: &later})
	if err != nil || booking.PartyVersion(moved) != version+3 {
		t.Fatalf("it does not stand in its own way: %v", err)
	}
	for _, b := range moved {
		if !b.StartsAt.Equal(from) || !b.EndsAt.Equal(later) {
			t.Errorf("a seat stayed behind: %+v", b)
		}
	}
	if _, err := s.ChangeParty(t.Context(), bookingtest.Student(5), id, version, booking.Change{EndsAt: &later}); fault.KindOf(err) != fault.KindStale {
		t.Errorf("by a page that is old: %v", err)
	}
	if _, err := s.ChangeParty(t.Context(), bookingtest.Student(6), id, 0, booking.Change{EndsAt: &later}); fault.KindOf(err) != fault.KindForbidden {
		t.Errorf("by somebody else: %v", err)
	}
}

func TestCase05OneSeatIsGivenBackAndTheOthersStay(t *testing.T) {
	s := open(bookingtest.NewSchool())
	party, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), benches(3, booking.AdjacentRequired))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Cancel(t.Context(), bookingtest.Student(5), party[1].ID, 0); err != nil {
		t.Fatal(err)
	}
	occupy(t, s, 10, 1, at(1, 10, 0), at(1, 12, 0))
	until := at(1, 13, 0)
	longer, err := s.ChangeParty(t.Context(), bookingtest.Student(5), party[0].PartyID, 0, booking.Change{EndsAt: &until})
	if err != nil {
		t.Fatalf("the seat that was given back is in nobody's way: %v", err)
	}
	var statuses []string
	for _, b := range longer {
		statuses = append(statuses, fmt.Sprint(b.Status, " ", b.EndsAt.Equal(until)))
	}
	slices.Sort(statuses)
	if !slices.Equal(statuses, []string{"cancelled false", "confirmed true", "confirmed true"}) {
		t.Errorf("afterwards %v", statuses)
	}
	for range 2 { // twice is once
		gone, err := s.CancelParty(t.Context(), bookingtest.Student(5), party[0].PartyID, 0)
		if err != nil || slices.ContainsFunc(gone, booking.Booking.Active) {
			t.Errorf("%+v, %v", gone, err)
		}
	}
	if _, err := s.ChangeParty(t.Context(), bookingtest.Student(5), party[0].PartyID, 0, booking.Change{EndsAt: &until}); fault.CodeOf(err) != "booking_over" {
		t.Errorf("what was cancelled: %v", err)
	}
}

func TestCase06APartyKeepsLongGapsWhole(t *testing.T) {
	s := open(bookingtest.NewSchool())
	// Between 10 and 12, stations 04 and 05 have nothing but that gap; the others are free all day.
	for i, n := range []int{4, 5} {
		occupy(t, s, 10+i, n, at(1, 8, 0), at(1, 10, 0))
		occupy(t, s, 20+i, n, at(1, 12, 0), at(1, 14, 0))
	}
	for _, adjacent := range []booking.Adjacent{booking.AdjacentAny, booking.AdjacentPreferred, booking.AdjacentRequired} {
		party, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), benches(2, adjacent))
		if err != nil || !slices.Equal(stationsOf(party), []string{"04", "05"}) {
			t.Errorf("%q: got %v, want the benches whose gap is cut least (%v)", adjacent, stationsOf(party), err)
			continue
		}
		if _, err := s.CancelParty(t.Context(), bookingtest.Student(5), party[0].PartyID, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCase06SideBySideGoesBeforeLosingLess(t *testing.T) {
	for adjacent, want := range map[booking.Adjacent][]string{
		booking.AdjacentAny: {"00", "05"}, booking.AdjacentPreferred: {"00", "01"}, booking.AdjacentRequired: {"00", "01"},
	} {
		s := open(bookingtest.NewSchool())
		for i, n := range []int{0, 5} { // these two have nothing but that gap, and stand apart
			occupy(t, s, 10+i, n, at(1, 8, 0), at(1, 10, 0))
			occupy(t, s, 20+i, n, at(1, 12, 0), at(1, 14, 0))
		}
		party, err := s.ReserveTogether(t.Context(), bookingtest.Student(5), benches(2, adjacent))
		if err != nil || !slices.Equal(stationsOf(party), want) {
			t.Errorf("%q: got %v, want %v (%v)", adjacent, stationsOf(party), want, err)
		}
	}
}

func TestNeighboursStandInTheOrderInWhichPeopleCount(t *testing.T) {
	s := bookingtest.NewSchool()
	s.Stations = nil
	for _, code := range []string{"PLC-10", "PLC-2", "PLC-1", "PLC-9", "PLC-03"} {
		s.Stations = append(s.Stations, equipment.Station{ID: "id-" + code, SiteID: "site", RoomID: "room-a", KindID: "kind-plc", Code: code, Bookable: true})
	}
	store := open(s)
	_, err := store.Reserve(t.Context(), bookingtest.Student(1), booking.Request{StationID: "PLC-2", StartsAt: at(1, 10, 0), EndsAt: at(1, 12, 0)})
	if err != nil {
		t.Fatal(err)
	}
	party, err := store.ReserveTogether(t.Context(), bookingtest.Student(5), benches(3, booking.AdjacentRequired))
	var got []string
	for _, b := range party {
		got = append(got, b.StationID)
	}
	if !slices.Equal(got, []string{"id-PLC-03", "id-PLC-9", "id-PLC-10"}) {
		t.Errorf("got %v, %v", got, err)
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

func TestCase05WhoDoesNotComeLosesTheirSeatAndTheOthersKeepTheirs(t *testing.T) {
	l := newLab(t)
	wish := booking.PartyRequest{StationIDs: []string{"PLC-00", "PLC-01", "PLC-02"}, StartsAt: at(0, 10, 15), EndsAt: at(0, 12, 0)}
	for n := range 3 {
		wish.PersonIDs = append(wish.PersonIDs, bookingtest.StudentID(n))
	}
	party, err := l.ReserveTogether(t.Context(), bookingtest.Instructor(), wish)
	if err != nil {
		t.Fatal(err)
	}
	l.witness.Saw(0, wish.StartsAt, 30, true)
	l.witness.Saw(1, wish.StartsAt, 30, false)
	l.at(at(0, 10, 45)) // of the third nothing is known
	var verdicts []booking.Verdict
	var stand []bool
	for _, b := range party {
		now := l.get(b)
		verdicts, stand = append(verdicts, now.Verdict), append(stand, now.Status == booking.StatusConfirmed)
	}
	if !slices.Equal(verdicts, []booking.Verdict{booking.VerdictArrived, booking.VerdictAbsent, booking.VerdictUnknown}) || !slices.Equal(stand, []bool{true, false, true}) {
		t.Fatalf("the verdicts are %v, and these stand: %v", verdicts, stand)
	}
	if l.strike(party[0]) != "" || l.strike(party[1]) != booking.StrikeStanding || l.strike(party[2]) != "" {
		t.Error("only who did not come has a strike")
	}
	occupyNow := station(1, at(0, 10, 45), at(0, 12, 0))
	if _, err := l.Reserve(t.Context(), bookingtest.Student(9), occupyNow); err != nil {
		t.Errorf("the seat goes to others: %v", err)
	}
	until := at(0, 12, 30)
	after, err := l.ChangeParty(t.Context(), bookingtest.Instructor(), party[0].PartyID, 0, booking.Change{EndsAt: &until})
	if err != nil {
		t.Fatalf("those who came stay longer: %v", err)
	}
	for i, b := range after {
		if longer := b.EndsAt.Equal(until); longer != (b.StationID != "station-01") {
			t.Errorf("seat %d ends at %v", i, b.EndsAt)
		}
	}
}
