package booking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

func buffered(minutes int) bookingtest.School {
	return limits(bookingtest.NewSchool(), booking.PolicyRule{BufferMinutes: &minutes})
}

func TestCase03ABufferIsAppliedOnceBetweenTwoBookings(t *testing.T) {
	s := open(buffered(15))
	reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0)))
	for _, c := range []struct {
		name        string
		from, until time.Time
		codes       []string
	}{
		{"right behind it", at(1, 11, 0), at(1, 12, 0), []string{"slot_taken"}},
		{"a buffer behind it, and not two", at(1, 11, 15), at(1, 12, 15), nil},
		{"right before it", at(1, 9, 0), at(1, 10, 0), []string{"slot_taken"}},
		{"a buffer before it, and not two", at(1, 8, 45), at(1, 9, 45), nil},
	} {
		_, err := s.Reserve(t.Context(), bookingtest.Student(1), station(0, c.from, c.until))
		wantCodes(t, c.name, err, c.codes...)
	}
	free, err := s.Availability(t.Context(), bookingtest.Student(2), booking.Query{StationIDs: []string{"PLC-00"}, From: at(1, 8, 0), Until: at(1, 16, 0)})
	if err != nil || len(free) != 2 || !free[0].Until.Equal(at(1, 8, 30)) || !free[1].From.Equal(at(1, 12, 30)) {
		t.Errorf("free is %v, %v", free, err)
	}
}

func TestCase03ABufferMayRunOverClosingTimeAndAWindowsEdge(t *testing.T) {
	s := open(buffered(30))
	last := reserve(t, s, 0, station(0, at(1, 21, 0), at(1, 22, 0)))
	if !last.OccupiedUntil.Equal(at(1, 22, 30)) {
		t.Errorf("the station is kept until %v", last.OccupiedUntil)
	}
	reserve(t, s, 1, station(1, at(1, 12, 0), at(1, 13, 0)))
	// Who asks about the time up to it must not be given its cleaning.
	free, err := s.Availability(t.Context(), bookingtest.Student(2), booking.Query{StationIDs: []string{"PLC-01"}, From: at(1, 8, 0), Until: at(1, 12, 0)})
	if err != nil || len(free) != 1 || !free[0].Until.Equal(at(1, 11, 30)) {
		t.Errorf("free is %v, %v", free, err)
	}
}

func TestCase03AnExtensionDoesNotEatTheNextOnesBuffer(t *testing.T) {
	var c clock
	s, _ := c.open(buffered(15))
	mine := reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0)))
	reserve(t, s, 1, station(0, at(1, 12, 0), at(1, 13, 0)))
	until := func(hour, minute int) booking.Change { return booking.Change{EndsAt: new(at(1, hour, minute))} }
	for _, c := range []struct {
		hour, minute int
		codes        []string
	}{{12, 0, []string{"slot_taken"}}, {11, 45, nil}} {
		_, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, until(c.hour, c.minute))
		wantCodes(t, "extended", err, c.codes...)
	}
	c.now = at(1, 11, 0)
	ended, err := s.Cancel(t.Context(), bookingtest.Student(0), mine.ID, 0)
	if err != nil || !ended.OccupiedUntil.Equal(at(1, 11, 15)) {
		t.Errorf("given back, it is cleaned all the same: %v, %v", ended.OccupiedUntil, err)
	}
}

func TestCase14ABookingStandsWhenARuleChangesAndIsFlagged(t *testing.T) {
	var c clock
	s, store := c.open(bookingtest.NewSchool())
	mine := reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 12, 0)))
	now := reserve(t, s, 1, station(1, at(0, 10, 7), at(0, 11, 0)))
	flags := func() [][]string {
		t.Helper()
		all, err := s.Flags(t.Context(), mine, now)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := flags(); got[0] != nil || got[1] != nil {
		t.Errorf("flags of what was just booked: %v", got)
	}
	school := limits(bookingtest.NewSchool(), booking.PolicyRule{LongestMinutes: new(60), MinPeople: new(2)})
	for i := range school.Hours {
		school.Hours[i].Opens = 11 * 60
	}
	store.Put(school)
	if got := flags(); !slices.Equal(got[0], []string{"too_long", "outside_opening_hours", "buddy_needed"}) {
		t.Errorf("flags after the rules changed: %v", got[0])
	}
	if stands, err := s.ByID(t.Context(), mine.ID); err != nil || stands != mine {
		t.Errorf("it stands as %+v, %v", stands, err)
	}
	shorter := booking.Change{EndsAt: new(at(1, 11, 0))}
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, shorter); err != nil {
		t.Errorf("giving some of it back: %v", err)
	}
	later := to(at(1, 12, 0), at(1, 14, 0))
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, later); !slices.Equal(codes(err), []string{"too_long", "buddy_needed"}) {
		t.Errorf("a new time goes by the new rules: %v", err)
	}
	c.now = at(1, 12, 0)
	if got := flags(); got[0] != nil {
		t.Errorf("flags of what is over: %v", got[0])
	}
}

func TestWhatIsLeftOfAQuotaIsTold(t *testing.T) {
	s := open(with(bookingtest.NewSchool(),
		booking.Quota{Name: "week", Window: booking.WindowWeek, MostMinutes: new(360)},
		booking.Quota{Name: "shared", Per: booking.PerProgramme, Window: booking.WindowDay, MostBookings: new(1)},
		booking.Quota{Name: "elsewhere", Window: booking.WindowDay, MostMinutes: new(1), Scope: booking.ScopeRoom, ScopeID: "room-b"}))
	reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 13, 0)))
	got, err := s.Allowance(t.Context(), bookingtest.Student(0), bookingtest.StudentID(0), "PLC-01", at(1, 15, 0))
	if err != nil || len(got) != 2 || got[0].Left != 180 || got[0].Spent != 180 || !got[0].Window.From.Equal(at(0, 0, 0)) || got[1].Left != 0 || got[1].Spent != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.Allowance(t.Context(), bookingtest.Student(0), bookingtest.StudentID(1), "PLC-01", at(1, 15, 0)); err == nil {
		t.Error("a student is told about another")
	}
}
