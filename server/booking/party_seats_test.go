package booking_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
)

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
			party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(c.count, c.adjacent)))
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
	_, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, wish))
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
		made, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, booking.PartyRequest{StationIDs: stations, StartsAt: a.StartsAt, EndsAt: a.EndsAt}))
		if err != nil {
			t.Errorf("%s was offered, and then: %v", a.Why, err)
			continue
		}
		if _, err := s.CancelParty(t.Context(), bookingtest.Student(5), made[0].PartyID, 0); err != nil {
			t.Error(err)
		}
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
		party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(2, adjacent)))
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
		party, err := s.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(2, adjacent)))
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
	party, err := store.ReserveTogether(t.Context(), bookingtest.Instructor(), held(5, benches(3, booking.AdjacentRequired)))
	var got []string
	for _, b := range party {
		got = append(got, b.StationID)
	}
	if !slices.Equal(got, []string{"id-PLC-03", "id-PLC-9", "id-PLC-10"}) {
		t.Errorf("got %v, %v", got, err)
	}
}
