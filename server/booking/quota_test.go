package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// with gives a school that has these quotas, where a person may sit at many stations.
func with(s bookingtest.School, quotas ...booking.Quota) bookingtest.School {
	for i := range quotas {
		quotas[i].ID = fmt.Sprintf("quota-%d", i)
		if quotas[i].Scope == "" {
			quotas[i].Scope = booking.ScopeSchool
		}
		if quotas[i].Per == "" {
			quotas[i].Per = booking.PerPerson
		}
	}
	s.Quotas = quotas
	return s
}

// limits gives the school's policy.
func limits(s bookingtest.School, rule booking.PolicyRule) bookingtest.School {
	rule.Scope = booking.ScopeSchool
	s.Policies = []booking.PolicyRule{rule}
	return s
}

func wantCodes(t *testing.T, what string, err error, want ...string) {
	t.Helper()
	if got := codes(err); !slices.Equal(got, want) || (err != nil) != (want != nil) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestCase04AQuotaIsCountedInWindowsOfTheSitesClock(t *testing.T) {
	always := in("Asia/Shanghai", true)
	helsinki := zone(t, "Europe/Helsinki")
	night := func(day, hour int) time.Time { return time.Date(2027, 10, day, hour, 0, 0, 0, helsinki) } // the 31st has 25 hours
	for _, c := range []struct {
		name        string
		school      bookingtest.School
		now         time.Time
		quota       booking.Quota
		from, until time.Time // taken first
		spans       [][2]time.Time
		refused     []bool
	}{
		{
			"a booking over midnight spends of both days", always, at(0, 10, 0), booking.Quota{Window: booking.WindowDay, MostMinutes: new(120)},
			at(1, 23, 0), at(2, 1, 0),
			[][2]time.Time{{at(1, 10, 0), at(1, 11, 0)}, {at(1, 12, 0), at(1, 12, 15)}, {at(2, 10, 0), at(2, 11, 0)}, {at(2, 12, 0), at(2, 12, 15)}},
			[]bool{false, true, false, true},
		},
		{
			"the week starts on Monday at midnight", always, at(0, 10, 0), booking.Quota{Window: booking.WindowWeek, MostMinutes: new(60)},
			at(6, 23, 30), at(7, 0, 30), // Sunday to Monday
			[][2]time.Time{{at(6, 12, 0), at(6, 12, 45)}, {at(6, 12, 0), at(6, 12, 30)}, {at(7, 12, 0), at(7, 12, 45)}, {at(7, 12, 0), at(7, 12, 30)}, {at(13, 12, 0), at(13, 12, 15)}},
			[]bool{true, false, true, false, true},
		},
		{
			"the month ends when it ends on the wall", always, at(0, 10, 0), booking.Quota{Window: booking.WindowMonth, MostMinutes: new(60)},
			at(7, 23, 15), at(8, 0, 15), // 30 November to 1 December
			[][2]time.Time{{at(2, 9, 0), at(2, 9, 30)}, {at(2, 9, 0), at(2, 9, 15)}, {at(14, 9, 0), at(14, 9, 45)}, {at(13, 9, 0), at(13, 9, 15)}},
			[]bool{true, false, false, true},
		},
		{
			"a day that is an hour longer has its hour, and counts it", in("Europe/Helsinki", true), night(30, 12), booking.Quota{Window: booking.WindowDay, MostMinutes: new(240)},
			night(31, 1), night(31, 4), // four hours by instants
			[][2]time.Time{{night(31, 10), night(31, 10).Add(15 * time.Minute)}, {night(30, 20), night(31, 0)}},
			[]bool{true, false},
		},
		{
			"one booking counts in each window that it touches", always, at(0, 10, 0), booking.Quota{Window: booking.WindowDay, MostBookings: new(1)},
			at(1, 23, 0), at(2, 1, 0),
			[][2]time.Time{{at(1, 10, 0), at(1, 11, 0)}, {at(2, 10, 0), at(2, 11, 0)}, {at(3, 10, 0), at(3, 11, 0)}, {at(3, 12, 0), at(3, 13, 0)}},
			[]bool{true, true, false, true},
		},
		{
			"hours of the day bound what counts", always, at(0, 10, 0),
			booking.Quota{Window: booking.WindowDay, MostMinutes: new(60), Hours: []booking.Hours{{From: 17 * 60, Until: 20 * 60}}},
			at(1, 16, 0), at(1, 17, 30),
			[][2]time.Time{{at(1, 19, 15), at(1, 20, 0)}, {at(1, 19, 30), at(1, 21, 0)}, {at(1, 8, 0), at(1, 12, 0)}, {at(1, 18, 0), at(1, 18, 15)}},
			[]bool{true, false, false, true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var clk clock
			s, _ := clk.open(with(c.school, c.quota))
			clk.now = c.now
			reserve(t, s, 0, station(0, c.from, c.until))
			for i, x := range c.spans {
				_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(4, x[0], x[1])) // another station: quotas do not care
				var want []string
				if c.refused[i] {
					want = []string{"quota_exceeded"}
				}
				wantCodes(t, fmt.Sprintf("the %d. span", i+1), err, want...)
			}
			if _, err := s.Reserve(t.Context(), bookingtest.Student(1), station(5, c.spans[0][0], c.spans[0][1])); err != nil {
				t.Errorf("somebody else: %v", err)
			}
		})
	}
}

func TestCase04ATermIsAWindowAndOutsideOfItNothingCounts(t *testing.T) {
	school := with(bookingtest.NewSchool(), booking.Quota{Window: booking.WindowTerm, MostMinutes: new(60)})
	school.Terms = []booking.Term{{ID: "autumn", Name: "autumn", Starts: "2026-09-01", Ends: "2026-11-25"}}
	s := open(school)
	reserve(t, s, 0, station(0, at(2, 10, 0), at(2, 11, 0))) // the last day
	_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(1, 10, 0), at(1, 10, 15)))
	wantCodes(t, "a quarter more in the term", err, "quota_exceeded")
	reserve(t, s, 0, station(0, at(3, 10, 0), at(3, 14, 0)))
}

func TestCase04WhatIsSpentStaysSpent(t *testing.T) {
	notice := 2*24*60 + 60
	school := limits(with(bookingtest.NewSchool(), booking.Quota{Window: booking.WindowWeek, MostMinutes: new(120)}), booking.PolicyRule{CancelNoticeMinutes: &notice})
	var c clock
	s, _ := c.open(school)
	early := reserve(t, s, 0, station(0, at(5, 10, 0), at(5, 12, 0)))
	if gone, err := s.Cancel(t.Context(), bookingtest.Student(0), early.ID, 0); err != nil || !gone.Charged().Empty() {
		t.Fatalf("in time: %+v, %v", gone, err)
	}
	late := reserve(t, s, 0, station(0, at(5, 10, 0), at(5, 12, 0)))
	c.now = at(3, 9, 1) // two days and 59 minutes before: the days count, too
	gone, err := s.Cancel(t.Context(), bookingtest.Student(0), late.ID, 0)
	if err != nil || gone.Status != booking.StatusCancelled || !gone.Charged().Until.Equal(late.EndsAt) {
		t.Fatalf("too late: %+v, %v", gone, err)
	}
	_, err = s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(5, 10, 0), at(5, 10, 15)))
	wantCodes(t, "after the late cancellation", err, "quota_exceeded")
	theirs := reserve(t, s, 1, station(0, at(4, 10, 0), at(4, 12, 0)))
	if gone, err := s.Cancel(t.Context(), bookingtest.Instructor(), theirs.ID, 0); err != nil || !gone.Charged().Empty() {
		t.Errorf("an instructor cancels for a student: %+v, %v", gone, err)
	}
}

// Friends take turns: each books for the team and cancels. In time it costs nothing, however often; too late it is charged each
// time, whoever comes next.
func TestCase04BookingAndCancellingInTurnsIsCountedWhoeversTurnItIs(t *testing.T) {
	school := limits(with(bookingtest.NewSchool(), booking.Quota{Per: booking.PerTeam, Window: booking.WindowWeek, MostMinutes: new(120)}),
		booking.PolicyRule{CancelNoticeMinutes: new(24 * 60)})
	red := account.Team{ID: "red", Code: "RED", Version: 1}
	for n := range 3 {
		red.Members = append(red.Members, account.Member{PersonID: bookingtest.StudentID(n), Captain: true})
	}
	school.Teams = []account.Team{red}
	var c clock
	s, _ := c.open(school)
	turn := func(n, minutes int) error {
		r := station(n%3, at(5, 10, 0), at(5, 10, minutes))
		r.TeamID = "red"
		made, err := s.Reserve(t.Context(), bookingtest.Student(n%3), r)
		if err != nil {
			return err
		}
		_, err = s.Cancel(t.Context(), bookingtest.Student(n%3), made.ID, 0)
		return err
	}
	for n := range 9 {
		if err := turn(n, 120); err != nil {
			t.Fatalf("turn %d in time: %v", n, err)
		}
	}
	c.now = at(4, 10, 30)
	for n := range 4 {
		if err := turn(n, 30); err != nil {
			t.Fatalf("turn %d too late: %v", n, err)
		}
	}
	for n := range 3 {
		wantCodes(t, "when all is spent", turn(n, 15), "quota_exceeded")
	}
	reserve(t, s, 0, station(0, at(5, 12, 0), at(5, 13, 0))) // for themselves
}

func TestCase04TheRunningBookingCountsAndSoDoesANoShow(t *testing.T) {
	var c clock
	s, store := c.open(with(bookingtest.NewSchool(), booking.Quota{Window: booking.WindowDay, MostMinutes: new(60)}))
	running := reserve(t, s, 0, station(0, at(0, 10, 7), at(0, 11, 0)))
	c.now = at(0, 10, 30)
	_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(0, 12, 0), at(0, 12, 15)))
	wantCodes(t, "while it runs", err, "quota_exceeded")
	err = store.Decide(t.Context(), booking.Ask{BookingIDs: []string{running.ID}}, func(v booking.View) (booking.Write, error) {
		b := v.Bookings[running.ID]
		b.Status, b.Verdict, b.PlannedEnd, b.EndsAt = booking.StatusEnded, booking.VerdictAbsent, b.EndsAt, at(0, 10, 25)
		return booking.Write{Update: []booking.Booking{b}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(0, 12, 0), at(0, 12, 15)))
	wantCodes(t, "who did not come", err, "quota_exceeded")
}

func TestCase04ATeamsBudgetIsOneWhoeversNameIsOnTheBooking(t *testing.T) {
	school := with(bookingtest.NewSchool(),
		booking.Quota{Per: booking.PerTeam, Window: booking.WindowWeek, MostMinutes: new(120), Scope: booking.ScopeKind, ScopeID: "kind-plc"},
		booking.Quota{Per: booking.PerProgramme, Window: booking.WindowDay, MostBookings: new(2), Scope: booking.ScopeRoom, ScopeID: "room-b"})
	red := account.Team{ID: "red", Code: "RED", Version: 1}
	for n := range 3 {
		red.Members = append(red.Members, account.Member{PersonID: bookingtest.StudentID(n), Captain: true})
	}
	school.Teams = []account.Team{red}
	s := open(school)
	team := func(n int, from, until time.Time) booking.Request {
		r := station(n, from, until)
		r.TeamID = "red"
		return r
	}
	reserve(t, s, 0, team(0, at(1, 10, 0), at(1, 11, 0)))
	reserve(t, s, 1, team(1, at(2, 10, 0), at(2, 11, 0)))
	_, err := s.Reserve(t.Context(), bookingtest.Student(2), team(2, at(3, 10, 0), at(3, 10, 15)))
	wantCodes(t, "a friend of the same team", err, "quota_exceeded")
	reserve(t, s, 2, station(2, at(3, 10, 0), at(3, 11, 0))) // for themselves
	for i := range 2 {
		reserve(t, s, 5+i, station(3+4*i, at(1, 10, 0), at(1, 11, 0))) // both of mechatronics
	}
	_, err = s.Reserve(t.Context(), bookingtest.Student(2), station(3, at(1, 12, 0), at(1, 13, 0)))
	wantCodes(t, "the third of the programme", err, "quota_exceeded")
	var refused *booking.Refused
	if errors.As(err, &refused); refused.Refusals[0].Limit != "2 bookings" || refused.Refusals[0].Actual != "3 bookings" {
		t.Errorf("the refusal is %+v", refused.Refusals[0])
	}
	other := station(3, at(1, 12, 0), at(1, 13, 0))
	other.Programme, other.PersonID = "nursing", bookingtest.StudentID(2)
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), other); err != nil {
		t.Errorf("for another programme, by an instructor: %v", err)
	}
}

func TestCase04AChangeIsCountedAfterTakingTheOldRowAway(t *testing.T) {
	s := open(with(bookingtest.NewSchool(), booking.Quota{Window: booking.WindowDay, MostMinutes: new(120)}))
	mine := reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 12, 0)))
	mine, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, to(at(1, 13, 0), at(1, 15, 0)))
	if err != nil {
		t.Fatalf("as long, later: %v", err)
	}
	_, err = s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, to(at(1, 13, 0), at(1, 15, 15)))
	wantCodes(t, "longer", err, "quota_exceeded")
	var refused *booking.Refused
	if errors.As(err, &refused); refused.Refusals[0].Limit != "120" || refused.Refusals[0].Actual != "135" {
		t.Errorf("the refusal is %+v", refused.Refusals[0])
	}
	if _, err = s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, to(at(2, 13, 0), at(2, 15, 0))); err != nil {
		t.Errorf("to another day: %v", err)
	}
}

func TestSeatsOfOnePartyAtTheSameTimeCountOnceAndClassesNever(t *testing.T) {
	s := open(with(bookingtest.NewSchool(), booking.Quota{Window: booking.WindowDay, MostMinutes: new(60)}, booking.Quota{Window: booking.WindowDay, MostBookings: new(1)}))
	seats := []booking.Request{station(0, at(2, 10, 0), at(2, 11, 0)), station(1, at(2, 10, 0), at(2, 11, 0))}
	for i := range seats {
		seats[i].PersonID = bookingtest.StudentID(0)
	}
	many := true
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, ManyStations: &many}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReserveParty(t.Context(), bookingtest.Student(0), seats); err != nil {
		t.Errorf("two seats for an hour: %v", err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(2, at(2, 10, 0), at(2, 11, 0))); !slices.Equal(codes(err), []string{"quota_exceeded", "quota_exceeded"}) {
		t.Errorf("a third seat, of no party: %v", err)
	}
	class := station(0, at(1, 8, 0), at(1, 18, 0))
	class.Purpose = booking.PurposeClass
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), class); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), station(1, at(1, 10, 0), at(1, 11, 0))); err != nil {
		t.Errorf("a class costs nothing: %v", err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), station(1, at(1, 12, 0), at(1, 12, 15))); !slices.Equal(codes(err), []string{"quota_exceeded", "quota_exceeded"}) {
		t.Errorf("both quotas say so: %v", err)
	}
}

func TestAvailabilityOffersNothingThatAQuotaWouldRefuse(t *testing.T) {
	school := with(bookingtest.NewSchool(), booking.Quota{Name: "a day", Window: booking.WindowDay, MostMinutes: new(90)})
	s := open(school)
	reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0)))
	reserve(t, s, 0, station(0, at(2, 10, 0), at(2, 11, 30)))
	ask := booking.Query{StationIDs: []string{"PLC-01"}, From: at(1, 0, 0), Until: at(4, 0, 0), Length: 15 * time.Minute}
	free, err := s.Availability(t.Context(), bookingtest.Student(0), ask)
	want := []booking.Free{
		{StationID: bookingtest.StationID(1), From: at(1, 8, 0), Until: at(1, 10, 0), Longest: 30 * time.Minute},
		{StationID: bookingtest.StationID(1), From: at(1, 11, 0), Until: at(1, 22, 0), Longest: 30 * time.Minute},
		{StationID: bookingtest.StationID(1), From: at(3, 8, 0), Until: at(3, 22, 0), Longest: 90 * time.Minute},
	}
	if err != nil || !slices.Equal(free, want) {
		t.Errorf("%+v, %v", free, err)
	}
	_, err = s.Reserve(t.Context(), bookingtest.Student(0), station(1, at(1, 12, 0), at(1, 14, 0)))
	wantCodes(t, "two hours", err, "quota_exceeded")
	ways := alternatives(t, err)
	if !slices.Contains(ways, booking.Alternative{StationID: bookingtest.StationID(1), StartsAt: at(1, 12, 0), EndsAt: at(1, 12, 30), Why: booking.WhyShorter}) {
		t.Errorf("the ways out are %+v", ways)
	}
	if len(ways) == 0 {
		t.Fatal("there is no way out")
	}
	way := ways[0]
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), booking.Request{StationID: way.StationID, StartsAt: way.StartsAt, EndsAt: way.EndsAt}); err != nil {
		t.Errorf("%+v: %v", way, err)
	}
}
