package booking_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func at(days, hour, minute int) time.Time { return bookingtest.At(days, hour, minute) }

func open(s bookingtest.School) *booking.Service {
	return booking.New(bookingtest.NewMemory(s), bookingtest.Now)
}

// policy is the default one with these limits.
func policy(grid, shortest, longest, horizon, notice int) booking.Policy {
	p := booking.DefaultPolicy()
	p.GridMinutes, p.ShortestMinutes, p.LongestMinutes, p.HorizonDays, p.NoticeMinutes = grid, shortest, longest, horizon, notice
	return p
}

func codes(err error) []string {
	var refused *booking.Refused
	if !errors.As(err, &refused) {
		return nil
	}
	var out []string
	for _, r := range refused.Refusals {
		out = append(out, r.Code)
	}
	return out
}

func station(n int, from, until time.Time) booking.Request {
	return booking.Request{StationID: bookingtest.StationID(n), StartsAt: from, EndsAt: until}
}

func TestEachRuleRefusesWithItsCode(t *testing.T) {
	s := bookingtest.NewSchool()
	s.Stations[6].Bookable = false
	s.Outages = []equipment.Outage{
		{StationID: bookingtest.StationID(4), StartsAt: at(1, 12, 0), EndsAt: at(1, 13, 0)},
		{StationID: bookingtest.StationID(5), StartsAt: at(1, 12, 0)},
	}
	for _, c := range []struct {
		name  string
		r     booking.Request
		codes []string
	}{
		{"nothing against it", station(0, at(1, 10, 0), at(1, 11, 0)), nil},
		{"the end is the start", station(0, at(1, 10, 0), at(1, 10, 0)), []string{"empty_interval"}},
		{"the end is before the start", station(0, at(1, 10, 0), at(1, 9, 0)), []string{"empty_interval"}},
		{"yesterday", station(0, at(-1, 10, 0), at(-1, 11, 0)), []string{"in_past"}},
		{"the last slot of the horizon", station(0, at(14, 21, 0), at(14, 22, 0)), nil},
		{"a day too far", station(0, at(15, 8, 0), at(15, 9, 0)), []string{"too_far_ahead"}},
		{"five past", station(0, at(1, 10, 5), at(1, 11, 0)), []string{"off_grid"}},
		{"a second over", station(0, at(1, 10, 0), at(1, 11, 0).Add(time.Second)), []string{"off_grid"}},
		{"ten minutes", station(0, at(1, 10, 0), at(1, 10, 10)), []string{"off_grid", "too_short"}},
		{"as long as allowed", station(0, at(1, 10, 0), at(1, 14, 0)), nil},
		{"a slot too long", station(0, at(1, 10, 0), at(1, 14, 15)), []string{"too_long"}},
		{"from the first minute", station(0, at(1, 8, 0), at(1, 9, 0)), nil},
		{"before it opens", station(0, at(1, 7, 45), at(1, 9, 0)), []string{"outside_opening_hours"}},
		{"over closing time", station(0, at(1, 21, 45), at(1, 22, 15)), []string{"outside_opening_hours"}},
		{"all at once", station(0, at(15, 5, 1), at(15, 23, 0)), []string{"too_far_ahead", "off_grid", "too_long", "outside_opening_hours"}},
		{"a station that nobody may book", station(6, at(1, 10, 0), at(1, 11, 0)), []string{"station_not_bookable"}},
		{"until it breaks", station(4, at(1, 11, 0), at(1, 12, 0)), nil},
		{"while it is out of order", station(4, at(1, 12, 45), at(1, 14, 0)), []string{"station_out_of_order"}},
		{"once it is repaired", station(4, at(1, 13, 0), at(1, 14, 0)), nil},
		{"out of order until further notice", station(5, at(9, 10, 0), at(9, 11, 0)), []string{"station_out_of_order"}},
		{"a class of a student", booking.Request{StationID: bookingtest.StationID(0), StartsAt: at(1, 10, 0), EndsAt: at(1, 11, 0), Purpose: booking.PurposeClass},
			[]string{"class_needs_instructor"}},
	} {
		_, err := open(s).Reserve(t.Context(), bookingtest.Student(0), c.r)
		if got := codes(err); !slices.Equal(got, c.codes) || (err != nil) != (c.codes != nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.codes)
		}
	}
}

func TestABookingNowStartsInTheRunningMinuteAndEndsOnTheGrid(t *testing.T) {
	// It is 10:07:20.
	for _, c := range []struct {
		from, until time.Time
		codes       []string
	}{
		{at(0, 10, 7), at(0, 11, 0), nil},
		{at(0, 10, 6), at(0, 11, 0), nil}, // the request took its time
		{at(0, 10, 8), at(0, 11, 0), nil}, // the caller's clock is ahead
		{at(0, 10, 5), at(0, 11, 0), []string{"in_past", "off_grid"}},
		{at(0, 10, 0), at(0, 11, 0), []string{"in_past"}}, // nobody can have booked what has passed
		{at(0, 10, 9), at(0, 11, 0), []string{"off_grid"}},
		{at(0, 10, 7).Add(20 * time.Second), at(0, 11, 0), []string{"off_grid"}},
		{at(0, 10, 7), at(0, 11, 7), []string{"off_grid"}},
		{at(0, 10, 7), at(0, 10, 15), []string{"too_short"}},
	} {
		_, err := open(bookingtest.NewSchool()).Reserve(t.Context(), bookingtest.Student(0), station(0, c.from, c.until))
		if got := codes(err); !slices.Equal(got, c.codes) {
			t.Errorf("from %v to %v: %v, want %v", c.from, c.until, err, c.codes)
		}
	}
}

func TestOnlyThoseWhoMayOverrideRulesBookAgainstThemAndNobodyOverAnOverlap(t *testing.T) {
	s := open(bookingtest.NewSchool())
	night := station(0, at(1, 2, 0), at(1, 7, 0))
	_, err := s.Reserve(t.Context(), bookingtest.Instructor(), night)
	var refused *booking.Refused
	if !errors.As(err, &refused) || !slices.Equal(codes(err), []string{"too_long", "outside_opening_hours"}) {
		t.Fatalf("without insisting: %v", err)
	}
	for _, r := range refused.Refusals {
		if !slices.Equal(r.OverridableBy, []account.Role{account.RoleInstructor, account.RoleAdmin}) {
			t.Errorf("%s may be overridden by %v", r.Code, r.OverridableBy)
		}
	}
	night.Override = true
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), night); !slices.Equal(codes(err), []string{"too_long", "outside_opening_hours"}) {
		t.Errorf("a student insists: %v", err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), night); err != nil {
		t.Errorf("an instructor insists: %v", err)
	}
	_, err = s.Reserve(t.Context(), bookingtest.Instructor(), night)
	if !errors.As(err, &refused) || !slices.Equal(codes(err), []string{"slot_taken"}) || refused.Refusals[0].OverridableBy != nil {
		t.Errorf("over an overlap: %v", err)
	}
	if fault.KindOf(err) != fault.KindConflict {
		t.Errorf("an overlap is a %s", fault.KindOf(err))
	}
}

func TestAnInstructorHoldsManyStationsForAClassButSitsAtOne(t *testing.T) {
	s := open(bookingtest.NewSchool())
	var class []booking.Request
	for n := range 4 {
		r := station(n, at(100, 8, 0), at(100, 16, 0)) // a term ahead, and as long as a day of teaching
		r.Purpose = booking.PurposeClass
		class = append(class, r)
	}
	made, err := s.ReserveParty(t.Context(), bookingtest.Instructor(), class)
	if err != nil || len(made) != 4 {
		t.Fatal(err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), station(5, at(1, 10, 0), at(1, 11, 0))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), station(6, at(1, 10, 30), at(1, 11, 30))); !slices.Equal(codes(err), []string{"person_busy"}) {
		t.Errorf("two seats at once: %v", err)
	}
	many := true
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: bookingtest.StationID(6), ManyStations: &many}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), station(6, at(1, 10, 30), at(1, 11, 30))); err != nil {
		t.Errorf("the policy allows it: %v", err)
	}
}

func TestStaffBookForOthersAndStudentsForThemselves(t *testing.T) {
	s := open(bookingtest.NewSchool())
	r := station(0, at(1, 10, 0), at(1, 11, 0))
	r.PersonID = bookingtest.StudentID(7)
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), r); fault.KindOf(err) != fault.KindForbidden {
		t.Errorf("a student for another: %v", err)
	}
	made, err := s.Reserve(t.Context(), bookingtest.Instructor(), r)
	if err != nil || made.PersonID != bookingtest.StudentID(7) || made.CreatedBy != "instructor" || made.Programme != "mechatronics" {
		t.Fatalf("%+v, %v", made, err)
	}
	if _, err := s.Cancel(t.Context(), bookingtest.Student(0), made.ID, 0); fault.KindOf(err) != fault.KindForbidden {
		t.Errorf("a stranger cancels: %v", err)
	}
	if _, err := s.Cancel(t.Context(), bookingtest.Student(7), made.ID, 0); err != nil {
		t.Errorf("the student cancels: %v", err)
	}
	r.PersonID = "nobody"
	if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), r); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("for nobody: %v", err)
	}
}

func TestTheNarrowestScopeDecidesEachLimit(t *testing.T) {
	s := open(bookingtest.NewSchool())
	minutes := func(n int) *int { return &n }
	for _, rule := range []booking.PolicyRule{
		{Scope: booking.ScopeStation, ScopeID: bookingtest.StationID(0), LongestMinutes: minutes(61)},
		{Scope: booking.ScopeKind, ScopeID: "kind-plc", LongestMinutes: minutes(62), HorizonDays: minutes(2)},
		{Scope: booking.ScopeRoom, ScopeID: "room-a", LongestMinutes: minutes(63), HorizonDays: minutes(3), NoticeMinutes: minutes(30)},
		{Scope: booking.ScopeSite, ScopeID: "site", LongestMinutes: minutes(64), HorizonDays: minutes(4), NoticeMinutes: minutes(40), ShortestMinutes: minutes(20)},
		{Scope: booking.ScopeSchool, LongestMinutes: minutes(65), HorizonDays: minutes(5), NoticeMinutes: minutes(50), ShortestMinutes: minutes(25), GridMinutes: minutes(5)},
	} {
		if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), rule); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]booking.Policy{
		"PLC-00": policy(5, 20, 61, 2, 30),
		"PLC-01": policy(5, 20, 62, 2, 30),
		"PC-03":  policy(5, 20, 64, 4, 40),
	} {
		if got, err := s.PolicyFor(t.Context(), id); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", id, got, err, want)
		}
	}
	_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(0, 10, 30), at(0, 11, 30)))
	if !slices.Equal(codes(err), []string{"too_little_notice"}) {
		t.Errorf("22 minutes before: %v", err)
	}
}

func TestCase06AnyStationOfAKindKeepsLongGapsWhole(t *testing.T) {
	s := open(bookingtest.NewSchool())
	// PLC-02 has one free hour, PLC-01 a free afternoon, the others the whole day.
	for _, r := range []booking.Request{
		station(2, at(1, 8, 0), at(1, 12, 0)), station(2, at(1, 13, 0), at(1, 17, 0)), station(2, at(1, 17, 0), at(1, 21, 0)), station(1, at(1, 8, 0), at(1, 12, 0)),
	} {
		r.PersonID, r.Purpose = "instructor", booking.PurposeClass
		if _, err := s.Reserve(t.Context(), bookingtest.Instructor(), r); err != nil {
			t.Fatal(err)
		}
	}
	wish := booking.Request{KindID: "plc-bench", StartsAt: at(1, 12, 0), EndsAt: at(1, 13, 0)}
	for i, want := range []int{2, 1, 0, 4} {
		made, err := s.Reserve(t.Context(), bookingtest.Student(i), wish)
		if err != nil || made.StationID != bookingtest.StationID(want) {
			t.Errorf("the %d. goes to %s, %v; want %s", i+1, made.StationID, err, bookingtest.StationID(want))
		}
	}
}
