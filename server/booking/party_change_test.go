package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/fault"
)

func TestCase05APartyMovesAndExtendsAsAWhole(t *testing.T) {
	s := open(bookingtest.NewSchool())
	party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(3, booking.AdjacentRequired)))
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
	party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(3, booking.AdjacentRequired)))
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
